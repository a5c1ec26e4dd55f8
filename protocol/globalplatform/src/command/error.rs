//! Why bytes are not a command, or a command cannot be obeyed as it stands.

use iso7816::{ParseError, ParseErrorKind, StatusWord};

use crate::{key::KeyError, scp::ScpError};

/// What is wrong with a command; the host is at fault in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// A key in the command is wrong.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The data field is malformed.
    #[error("malformed data field: {0}")]
    Parse(#[from] ParseError),
    /// The secure channel refused.
    #[error(transparent)]
    SecureChannel(#[from] ScpError),
    /// The instruction is none of GlobalPlatform's.
    #[error("instruction {0:02X} is unknown")]
    UnknownInstruction(u8),
    /// P1 or P2 is none of the command's.
    #[error("P1 P2 = {0:04X} is undefined")]
    UnknownParameters(u16),
}

impl CommandError {
    /// What a card answers [GPCS 2.3.1 §11.1.3].
    #[must_use]
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::Key(KeyError::CheckValueMismatch) => StatusWord::SECURITY_STATUS,
            Self::Key(_) | Self::Parse(_) => StatusWord::WRONG_DATA,
            Self::SecureChannel(error) => error.status(),
            Self::UnknownInstruction(_) => StatusWord::INS_NOT_SUPPORTED,
            Self::UnknownParameters(_) => StatusWord::WRONG_P1P2,
        }
    }

    pub(crate) const fn out_of_range(offset: usize) -> Self {
        Self::Parse(ParseErrorKind::OutOfRange.at(offset))
    }
}
