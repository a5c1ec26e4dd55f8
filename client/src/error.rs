//! Why an operation did not succeed, and with which exit code the program says so.

use reader::ReaderError;
use token_management::message::{Operation, Status, Violation};

/// Success.
pub const EXIT_OK: u8 = 0;
/// The server refused or could not do the operation.
pub const EXIT_REFUSED: u8 = 1;
/// The command line, a file it names, or a password is not usable.
pub const EXIT_USAGE: u8 = 2;
/// No reader, no card, or the card vanished.
pub const EXIT_CARD: u8 = 3;
/// The server cannot be reached, vanished, or does not speak the protocol.
pub const EXIT_CONNECTION: u8 = 4;
/// Interrupted by the user, as shells report it.
pub const EXIT_INTERRUPTED: u8 = 130;

/// Why an operation did not succeed; each variant says who is at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server was not reached or the connection broke.
    #[error("no connection to the server: {0}")]
    Connection(String),
    /// A password or PIN could not be had, or cannot be used.
    #[error("{0}")]
    Credentials(String),
    /// The user pressed Ctrl-C.
    #[error("interrupted; the token may be half done, the next format or enrolment repairs it")]
    Interrupted,
    /// Output could not be written.
    #[error("cannot write output: {0}")]
    Output(#[source] std::io::Error),
    /// The reader or the card.
    #[error("{0}")]
    Reader(#[from] ReaderError),
    /// The server ended the operation with an error.
    #[error("the server did not {}: {status}", operation.text())]
    Refused {
        /// What was asked for.
        operation: Operation,
        /// Why it was not done.
        status: Status,
    },
    /// The server answered the HTTP request with an error.
    #[error("the server answered HTTP status {0}; is this the address of a TPS?")]
    RefusedHttp(u16),
    /// The server sent what is no message.
    #[error("the server breaks the protocol: {0}")]
    ServerMisbehaved(#[from] Violation),
    /// The server sent a message that makes no sense.
    #[error("the server breaks the protocol: {0}")]
    ServerMisled(&'static str),
    /// The server said nothing for too long.
    #[error("the server said nothing for {0} s")]
    ServerSilent(u64),
    /// The server closed the connection before the end of the operation.
    #[error("the server closed the connection in the middle of the operation")]
    ServerVanished,
    /// The whole operation took too long.
    #[error("the operation did not end within {0} s")]
    TooLong(u64),
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
}

impl ClientError {
    /// The exit code for this error.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } => EXIT_REFUSED,
            Self::Credentials(_) | Self::Usage(_) | Self::Output(_) => EXIT_USAGE,
            Self::Reader(_) => EXIT_CARD,
            Self::Interrupted => EXIT_INTERRUPTED,
            Self::Connection(_)
            | Self::RefusedHttp(_)
            | Self::ServerMisbehaved(_)
            | Self::ServerMisled(_)
            | Self::ServerSilent(_)
            | Self::ServerVanished
            | Self::TooLong(_) => EXIT_CONNECTION,
        }
    }

    /// The status that the operation ended with, where it is the server's, or the one that stands for what happened here.
    #[must_use]
    pub const fn status(&self) -> Option<Status> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::ServerVanished | Self::ServerSilent(_) => Some(Status::ConnectionLost),
            Self::Reader(_) => Some(Status::CannotPerformOperation),
            _ => None,
        }
    }
}
