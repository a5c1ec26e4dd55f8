//! `--cap`: applets for the cards of a run.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use capfile::{CapFile, container};
use card::{Card, CardProfile, Random};
use cardinal_emulator::modules;
use cardinal_emulator::profile::{self, Source};
use clap::{Args, ValueHint};
use iso7816::{Aid, StatusWord};

use super::number::{HexBytes, hex_bytes};

/// Persistent memory of a card that is made for a run, in bytes.
const MEMORY: u32 = 1024 * 1024;

/// Options that put applets on a card.
#[derive(Args)]
pub(super) struct Applets {
    /// Load this CAP file (.cap or .ijc) and install its applets first; may be repeated. Without IMAGE: on a card for this run only
    #[arg(long = "cap", id = "caps", value_name = "FILE", value_hint = ValueHint::FilePath)]
    caps: Vec<PathBuf>,
    /// Install parameters of the applets (the value of tag C9), hex
    #[arg(long, value_name = "HEX", value_parser = hex_bytes, requires = "caps")]
    install_params: Option<HexBytes>,
    /// AID of the instance, hex, instead of the applet's own; for a file with one applet
    #[arg(long, value_name = "HEX", value_parser = hex_bytes, requires = "caps")]
    aid: Option<HexBytes>,
    /// Without IMAGE: a card of this kind that lives as long as the run; a name from `profile list`, or a TOML file
    #[arg(long, id = "profile", value_name = "PROFILE", value_hint = ValueHint::FilePath)]
    profile: Option<String>,
}

impl Applets {
    /// A card that lives as long as the run: of the kind that is named, or a token with room for applets.
    pub(super) fn fresh_card(&self, random: Box<dyn Random>) -> anyhow::Result<Card> {
        let Some(name) = &self.profile else {
            let mut profile = CardProfile::default();
            profile.personality.memory = MEMORY;
            return Ok(Card::new(&profile, modules(), random)?);
        };
        let Source { profile, folder } = Source::open(name)?;
        let mut card = Card::new(&profile, modules(), random)?;
        profile::put_on(&mut card, &profile, folder.as_deref())?;
        Ok(card)
    }

    /// Loads the files and installs their applets; what is on the card already stays as it is.
    pub(super) fn put_on(&self, card: &mut Card) -> anyhow::Result<()> {
        self.caps.iter().try_for_each(|file| {
            self.put_file_on(card, file).with_context(|| format!("CAP file {}", file.display()))
        })
    }

    fn put_file_on(&self, card: &mut Card, file: &PathBuf) -> anyhow::Result<()> {
        let bytes = std::fs::read(file)?;
        let cap = CapFile::parse(&bytes)?;
        let package = cap.header.aid;
        let loaded = card.load_files().iter().any(|file| file.loaded && file.aid == package);
        if !loaded {
            let loaded = card.load(&container::load_file(&bytes)?);
            loaded.map_err(|status| refusal(card, "LOAD", status))?;
        }
        let applets: Vec<Aid> =
            cap.applet.iter().flat_map(|all| &all.applets).map(|applet| applet.aid).collect();
        if let [other, _, ..] = applets.as_slice() {
            ensure!(
                self.aid.is_none(),
                "the file has several applets ({other} …); --aid is for a file with one"
            );
        }
        applets.into_iter().try_for_each(|applet| self.install(card, applet))
    }

    fn install(&self, card: &mut Card, applet: Aid) -> anyhow::Result<()> {
        let instance = match &self.aid {
            Some(HexBytes(bytes)) => Aid::new(bytes).context("--aid has 5 to 16 bytes")?,
            None => applet,
        };
        if card.applications().iter().any(|entry| entry.aid == instance) {
            return Ok(());
        }
        let parameters = self.install_params.as_ref().map_or(&[][..], |HexBytes(bytes)| bytes);
        match card.install(applet, instance, parameters) {
            Ok(()) => Ok(()),
            Err(status) => bail!("applet {applet}: {}", refusal(card, "INSTALL", status)),
        }
    }
}

fn refusal(card: &Card, command: &str, status: StatusWord) -> anyhow::Error {
    match card.failure() {
        Some(failure) => anyhow::anyhow!("{command} was answered {status}: {failure}"),
        None => anyhow::anyhow!("{command} was answered {status}"),
    }
}
