//! BEGIN and END R-MAC SESSION [GPCS 2.3.1 §E.5.3, §E.5.4, AmdD 1.1.1 §7.1.3].

use iso7816::Command;

use super::{CommandError, Reader, push_lv};
use crate::scp::{INS_BEGIN_RMAC, INS_END_RMAC};

/// Longest data of BEGIN R-MAC SESSION, in bytes [GPCS 2.3.1 §E.5.3.4].
const SESSION_DATA_MAX: usize = 24;

/// BEGIN R-MAC SESSION.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginRmacSession {
    /// P1: 00 for one R-MAC at the end (SCP02), 10 for R-MAC, 30 for R-MAC and R-encryption (SCP03).
    pub level: u8,
    /// Data that enter the R-MAC, at most 24 bytes.
    pub data: Vec<u8>,
}

impl BeginRmacSession {
    /// INS.
    pub const INS: u8 = INS_BEGIN_RMAC;

    /// Reads the command.
    ///
    /// # Errors
    /// `UnknownParameters`, or `Parse` for data that are no length and value of at most 24 bytes.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        if !matches!(command.header.p1, 0x00 | 0x10 | 0x30) || command.header.p2 != 0x01 {
            return Err(CommandError::UnknownParameters(command.header.p1p2()));
        }
        let mut reader = Reader::new(&command.data);
        let data = if reader.is_empty() { Vec::new() } else { reader.lv()?.to_vec() };
        reader.finish()?;
        if data.len() > SESSION_DATA_MAX {
            return Err(CommandError::out_of_range(0));
        }
        Ok(Self { level: command.header.p1, data })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let mut data = Vec::new();
        push_lv(&mut data, &self.data);
        Command::new(0x80, Self::INS, self.level, 0x01).with_data(data)
    }
}

/// END R-MAC SESSION.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndRmacSession {
    /// Whether the session ends; else its R-MAC so far is returned only (SCP02).
    pub ends: bool,
}

impl EndRmacSession {
    /// INS.
    pub const INS: u8 = INS_END_RMAC;

    /// Reads the command.
    ///
    /// # Errors
    /// `UnknownParameters`.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        match (command.header.p1, command.header.p2) {
            (0x00, 0x01) => Ok(Self { ends: false }),
            (0x00, 0x03) => Ok(Self { ends: true }),
            _ => Err(CommandError::UnknownParameters(command.header.p1p2())),
        }
    }

    /// The command.
    #[must_use]
    pub const fn to_command(&self) -> Command {
        Command::new(0x80, Self::INS, 0x00, if self.ends { 0x03 } else { 0x01 }).with_expected(256)
    }
}
