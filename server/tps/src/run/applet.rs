//! The applet: deleted, loaded where there is a file, installed.

use coolkey::Command as TokenCommand;
use globalplatform::{
    command::{Delete, Install, InstallPurpose, Load, LoadFile},
    data::Privileges,
};
use iso7816::{Aid, Command};
use token_management::message::Status;

use super::{Run, channel::Transport};
use crate::outcome::Fault;

/// Percentages between which LOAD reports its progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Run {
    /// Puts a fresh applet on the card and selects it [GPCS 2.3.1 §9.3].
    pub(super) async fn install_applet(&mut self, span: Span) -> Result<(), Fault> {
        let card_manager = self.facts()?.card_manager;
        self.note("installing the applet").await?;
        self.must_select(card_manager).await?;
        self.open_channel(Transport::NotWanted).await?;
        let file = self.cx.config.applet.file.clone();
        // What is not there cannot be deleted, which is no reason to stop.
        self.secured_any(&self.for_card(Delete::object(self.names.instance, false).to_command())?)
            .await?;
        if let Some(file) = file {
            let package = Delete::object(self.names.package, self.facts()?.is_global_platform());
            self.secured_any(&self.for_card(package.to_command())?).await?;
            self.load(&file.bytes, span).await?;
        }
        let install = self.for_card(self.install_command().to_command())?;
        self.secured(&install, Status::UpgradeApplet).await?;
        self.must_select_or(self.names.instance, Status::UpgradeApplet).await?;
        self.learn_version().await
    }

    /// Open Platform 2.0.1 cards take no Le where GlobalPlatform has one.
    fn for_card(&self, mut command: Command) -> Result<Command, Fault> {
        if !self.facts()?.is_global_platform() {
            command.expected = None;
        }
        Ok(command)
    }

    async fn load(&mut self, file: &[u8], span: Span) -> Result<(), Fault> {
        let fault = |e: globalplatform::command::CommandError| {
            Fault::new(Status::UpgradeApplet, e.to_string())
        };
        let for_load = self.for_card(self.load_command(file.len())?)?;
        self.secured(&for_load, Status::UpgradeApplet).await?;
        let image = LoadFile::plain(file.to_vec()).to_bytes();
        let blocks = Load::blocks(&image, self.load_block_length()?).map_err(fault)?;
        let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX).max(1);
        let mut reported = None;
        for (index, block) in (0_u32..).zip(blocks) {
            let percent = span.from + (span.to - span.from) * index / count;
            if reported.replace(percent) != Some(percent) {
                self.cx.progress(percent, "PROGRESS_APPLET_BLOCK").await?;
            }
            let command = self.for_card(block.to_command())?;
            self.secured(&command, Status::UpgradeApplet).await?;
        }
        Ok(())
    }

    /// INSTALL [for load], with the memory that Dogtag asks for [GPCS 2.3.1 §11.5.2.3.1].
    fn load_command(&self, file_length: usize) -> Result<Command, Fault> {
        let facts = self.facts()?;
        let domain = facts.is_global_platform().then_some(facts.card_manager);
        let domain_length = domain.map_or(0, |aid: Aid| aid.as_bytes().len());
        let size = u16::try_from(file_length + 24 + domain_length)
            .map_err(|_| Fault::new(Status::UpgradeApplet, "the load file is too large"))?;
        let [high, low] = size.to_be_bytes();
        let purpose = InstallPurpose::Load {
            load_file: self.names.package,
            security_domain: domain,
            hash: Vec::new(),
        };
        let parameters = vec![0xEF, 0x04, 0xC6, 0x02, high, low];
        Ok(Install::new(purpose).with_parameters(parameters).to_command())
    }

    /// INSTALL [for install and make selectable]; EF comes before C9, as Dogtag has it [GPCS 2.3.1 §11.5.2.3.2].
    fn install_command(&self) -> Install {
        let rules = &self.cx.config.channel;
        let mut parameters = vec![0xEF, 0x04, 0xC8, 0x02];
        parameters.extend_from_slice(&rules.instance_size.to_be_bytes());
        // The applet's own: no issuer information, then two bytes with the size of its store.
        parameters.extend_from_slice(&[0xC9, 0x04, 0x00, 0x02]);
        parameters.extend_from_slice(&rules.applet_memory.to_be_bytes());
        Install::new(InstallPurpose::Install {
            load_file: Some(self.names.package),
            module: Some(self.names.instance),
            instance: Some(self.names.instance),
            privileges: Privileges::empty(),
            make_selectable: true,
        })
        .with_parameters(parameters)
    }

    /// Reads the version of the applet that is selected now.
    async fn learn_version(&mut self) -> Result<(), Fault> {
        let status = self.plain(TokenCommand::GetStatus).await?;
        let build = self.plain(TokenCommand::GetBuildId).await?;
        let version = super::inspect::applet_version(&status.data, &build.data);
        if let Some(facts) = &mut self.facts {
            facts.applet = Some(version);
        }
        Ok(())
    }

    /// Writes the URL that the holder's client reads, over an open channel to the applet.
    pub(super) async fn write_issuer_info(&mut self, url: &str) -> Result<(), Fault> {
        let url = self.substitute(url)?;
        let info = coolkey::report::IssuerInfo::new(&url)
            .map_err(|e| Fault::new(Status::Misconfiguration, e.to_string()))?;
        self.secured_token(TokenCommand::SetIssuerInfo(info), Status::CannotPerformOperation)
            .await
            .map(drop)
    }
}
