//! SELECT by AID [GPCS 2.3.1 §11.9].

use iso7816::{Command, aid::AID_LENGTH_MAX};

use super::CommandError;

/// SELECT by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// AID or the beginning of one; empty selects the issuer security domain.
    pub name: Vec<u8>,
    /// Whether the next application that matches is wanted, not the first.
    pub next: bool,
}

impl Select {
    /// INS.
    pub const INS: u8 = 0xA4;
    /// P1: select by name.
    const BY_NAME: u8 = 0x04;

    /// SELECT of the first application that matches.
    #[must_use]
    pub fn first(name: &[u8]) -> Self {
        Self { name: name.to_vec(), next: false }
    }

    /// Reads the command.
    ///
    /// # Errors
    /// `UnknownParameters` unless it selects by name; `Parse` for names beyond 16 bytes.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let next = match (command.header.p1, command.header.p2) {
            (Self::BY_NAME, 0x00) => false,
            (Self::BY_NAME, 0x02) => true,
            _ => return Err(CommandError::UnknownParameters(command.header.p1p2())),
        };
        if command.data.len() > AID_LENGTH_MAX {
            return Err(CommandError::out_of_range(AID_LENGTH_MAX));
        }
        Ok(Self { name: command.data.clone(), next })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        Command::new(0x00, Self::INS, Self::BY_NAME, if self.next { 0x02 } else { 0x00 })
            .with_data(self.name.clone())
            .with_expected(256)
    }
}
