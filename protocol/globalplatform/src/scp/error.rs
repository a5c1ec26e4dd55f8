//! Why a secure channel was not opened, or was closed.

use iso7816::{ParseError, StatusWord};

use crate::key::KeyError;

/// A failure of a secure channel. Unless said otherwise the channel it came from is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScpError {
    /// The card's cryptogram is wrong: not the card that has the keys, or not these keys.
    #[error("the card cryptogram is wrong")]
    CardCryptogramMismatch,
    /// The channel was closed before; INITIALIZE UPDATE opens a new one.
    #[error("the secure channel is closed")]
    ChannelClosed,
    /// The host's C-MAC (or, under SCP01 and SCP02, the ciphertext it is checked after) is wrong.
    #[error("the command MAC is wrong")]
    CommandMacMismatch,
    /// The host sent a command with other protection than the session's security level asks for.
    #[error("the command is not protected as the security level asks for")]
    CommandProtectionMismatch,
    /// The plain data do not fit a command or a response once they are wrapped. The channel stays open.
    #[error("{length} bytes do not fit a protected command")]
    DataTooLong {
        /// Length of the plain data, in bytes.
        length: usize,
    },
    /// The host's cryptogram is wrong: the host does not know the keys.
    #[error("the host cryptogram is wrong")]
    HostCryptogramMismatch,
    /// A key is of the wrong kind for the protocol.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The card's answer to INITIALIZE UPDATE is not one.
    #[error("malformed answer to INITIALIZE UPDATE: {0}")]
    MalformedAnswer(ParseError),
    /// The session has no such key (R-MAC, data encryption).
    #[error("the session has no {0} key")]
    MissingKey(&'static str),
    /// The card's response cannot be decrypted although its MAC is right.
    #[error("the response does not decrypt to padded data")]
    ResponseCiphertextMalformed,
    /// The card's R-MAC is wrong or missing.
    #[error("the response MAC is wrong")]
    ResponseMacMismatch,
    /// The sequence counter of the key set has reached its end.
    #[error("the sequence counter is exhausted")]
    SequenceCounterExhausted,
    /// The card answered INITIALIZE UPDATE or EXTERNAL AUTHENTICATE with this status.
    #[error("the card refused with {0}")]
    StatusRefused(StatusWord),
    /// A command came that does not belong here, e.g. BEGIN R-MAC SESSION twice. The channel stays open.
    #[error("the command is out of order")]
    UnexpectedCommand,
    /// No logical channel has this number. The channel stays open.
    #[error("there is no logical channel {0}")]
    UnknownLogicalChannel(u8),
    /// The security level byte is not offered by the protocol and its option.
    #[error("security level {0:02X} is not offered")]
    UnsupportedLevel(u8),
    /// Protocol or option is undefined, or initiates its sessions in the other way.
    #[error("secure channel protocol {id:02X} with option {i:02X} is not supported")]
    UnsupportedProtocol {
        /// Protocol identifier, 01 to 03.
        id: u8,
        /// Option.
        i: u8,
    },
    /// A challenge or cryptogram does not have the length that the protocol asks for.
    #[error("{length} bytes where the protocol has another length")]
    WrongLength {
        /// Length that came, in bytes.
        length: usize,
    },
}

impl ScpError {
    /// What a card answers [GPCS 2.3.1 §11.1.3, §D.4.2.7, §E.5.2.7].
    #[must_use]
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::HostCryptogramMismatch => StatusWord::AUTHENTICATION_FAILED,
            Self::UnexpectedCommand
            | Self::SequenceCounterExhausted
            | Self::UnsupportedProtocol { .. } => StatusWord::CONDITIONS_OF_USE,
            Self::UnsupportedLevel(_) => StatusWord::WRONG_P1P2,
            Self::UnknownLogicalChannel(_) => StatusWord::CHANNEL_NOT_SUPPORTED,
            Self::WrongLength { .. } | Self::DataTooLong { .. } => StatusWord::WRONG_LENGTH,
            Self::MissingKey(_) => StatusWord::REFERENCED_DATA_NOT_FOUND,
            _ => StatusWord::SECURITY_STATUS,
        }
    }
}
