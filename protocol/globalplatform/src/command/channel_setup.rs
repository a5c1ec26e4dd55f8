//! INITIALIZE UPDATE and EXTERNAL AUTHENTICATE as values; [`crate::scp`] makes and checks them.

use iso7816::Command;

use super::CommandError;
use crate::scp::{INS_EXTERNAL_AUTHENTICATE, INS_INITIALIZE_UPDATE};

/// INITIALIZE UPDATE [GPCS 2.3.1 §E.5.1, AmdD 1.1.1 §7.1.1].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitializeUpdate {
    /// Key version number; 00 asks for the default key set.
    pub key_version: u8,
    /// Key index: SCP01 only, else 00.
    pub key_index: u8,
    /// Host challenge of 8 or 16 bytes.
    pub host_challenge: Vec<u8>,
}

impl InitializeUpdate {
    /// INS.
    pub const INS: u8 = INS_INITIALIZE_UPDATE;

    /// Reads the command; the length of the challenge is checked by the handshake, which knows the protocol.
    ///
    /// # Errors
    /// None so far; the signature is that of all commands.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        Ok(Self {
            key_version: command.header.p1,
            key_index: command.header.p2,
            host_challenge: command.data.clone(),
        })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        Command::new(0x80, Self::INS, self.key_version, self.key_index)
            .with_data(self.host_challenge.clone())
            .with_expected(256)
    }
}

/// EXTERNAL AUTHENTICATE [GPCS 2.3.1 §E.5.2, AmdD 1.1.1 §7.1.2].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalAuthenticate {
    /// The security level that is asked for.
    pub security_level: u8,
    /// Host cryptogram, then C-MAC.
    pub data: Vec<u8>,
}

impl ExternalAuthenticate {
    /// INS.
    pub const INS: u8 = INS_EXTERNAL_AUTHENTICATE;

    /// Reads the command.
    ///
    /// # Errors
    /// `UnknownParameters` unless P2 is 00.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        match command.header.p2 {
            0 => Ok(Self { security_level: command.header.p1, data: command.data.clone() }),
            _ => Err(CommandError::UnknownParameters(command.header.p1p2())),
        }
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        Command::new(0x84, Self::INS, self.security_level, 0x00).with_data(self.data.clone())
    }
}
