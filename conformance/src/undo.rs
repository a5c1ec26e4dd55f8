//! What a case did to a card, told by how it is undone.

use iso7816::{Command, StatusWord};
use serde::{Deserialize, Serialize};

use crate::{session::Session, verdict::Stop};

/// A step that takes back what a case did: plain commands for the issuer security domain, sent through a fresh secure channel.
///
/// It must be right whether or not the thing was done: what is not there cannot be deleted, and that is fine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// What it does, in a few words.
    pub what: String,
    /// The commands, in hexadecimal.
    pub commands: Vec<String>,
    /// Status words beside 9000 with which all is well, e.g. 6A88 for a DELETE of what is not there.
    pub tolerated: Vec<u16>,
    /// AID, in hexadecimal, of the security domain that takes the commands; the issuer's by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

/// Most commands of one step.
pub const COMMANDS_MAX: usize = 64;
/// What answers the deletion of something that is not there.
const NOT_THERE: [u16; 3] = [0x6A88, 0x6A82, 0x6A80];

impl Undo {
    /// DELETE of a load file with its applications [GPCS 2.3.1 §11.2].
    #[must_use]
    pub fn delete_load_file(aid: &[u8]) -> Self {
        Self::of(
            format!("delete load file {}", hex::encode_upper(aid)),
            &[delete(aid, 0x80)],
            &NOT_THERE,
        )
    }

    /// DELETE of an application or a security domain [GPCS 2.3.1 §11.2].
    #[must_use]
    pub fn delete_application(aid: &[u8]) -> Self {
        Self::of(
            format!("delete application {}", hex::encode_upper(aid)),
            &[delete(aid, 0x00)],
            &NOT_THERE,
        )
    }

    /// DELETE of the keys of a version [GPCS 2.3.1 §11.2.2.3.2].
    #[must_use]
    pub fn delete_keys(version: u8) -> Self {
        let command = Command::new(0x80, 0xE4, 0x00, 0x00).with_data([0xD2, 0x01, version]);
        Self::of(format!("delete key version {version:02X}"), &[command], &NOT_THERE)
    }

    /// These commands, tolerating these status words. Commands that cannot be coded are left out.
    #[must_use]
    pub fn of(what: impl Into<String>, commands: &[Command], tolerated: &[u16]) -> Self {
        let commands = commands
            .iter()
            .filter_map(|command| command.clone().with_expected(256).to_bytes().ok())
            .map(hex::encode_upper)
            .collect();
        Self { what: what.into(), commands, tolerated: tolerated.to_vec(), domain: None }
    }

    /// The same, sent to another security domain.
    #[must_use]
    pub fn in_domain(mut self, aid: &[u8]) -> Self {
        self.domain = Some(hex::encode_upper(aid));
        self
    }

    /// Undoes it.
    ///
    /// # Errors
    /// `Abort`, when the card does not go along: it is not as it was.
    pub fn execute(&self, session: &mut Session<'_>) -> Result<(), Stop> {
        session.reset()?;
        let mut opening = crate::session::Opening::at(globalplatform::SecurityLevel::C_MAC);
        if let Some(aid) = &self.domain {
            opening = opening.with_domain(&hex::decode(aid).map_err(anyhow::Error::from)?);
        }
        let mut secure = session.open_with(&opening)?;
        for bytes in self.commands.iter().take(COMMANDS_MAX) {
            let command = Command::parse(&hex::decode(bytes).map_err(anyhow::Error::from)?)?;
            let status = session.over(&mut secure, &command)?.status;
            if !self.is_done_by(status) {
                return Err(Stop::abort(format!("could not {}: {status}", self.what)));
            }
        }
        Ok(())
    }

    fn is_done_by(&self, status: StatusWord) -> bool {
        status.is_ok() || self.tolerated.contains(&status.0)
    }
}

fn delete(aid: &[u8], p2: u8) -> Command {
    let length = u8::try_from(aid.len()).unwrap_or(u8::MAX);
    Command::new(0x80, 0xE4, 0x00, p2).with_data([&[0x4F, length], aid].concat())
}
