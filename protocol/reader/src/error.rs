//! What goes wrong between a host and a card, apart from status words.

use iso7816::ParseError;

/// An error of the reader, not of the card's answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// No reader of that name is known.
    #[error("no reader named '{0}'")]
    NoReader(String),
    /// The PC/SC service does not answer.
    #[error("the PC/SC service is not running; start pcscd")]
    NoService,
    /// There is no card in the reader.
    #[error("no card in reader '{0}'")]
    NoCard(String),
    /// The card was taken out, or its connection ended, in the middle of an exchange.
    #[error("the card was removed")]
    CardRemoved,
    /// Another program reset the card.
    #[error("another program reset the card")]
    CardReset,
    /// The card did not answer in time.
    #[error("the card did not answer within {0} ms")]
    Timeout(u64),
    /// A command or response that cannot be coded or read.
    #[error("malformed exchange: {0}")]
    Malformed(#[source] ParseError),
    /// Anything else that the reader's system reports.
    #[error("reader failure: {0}")]
    Transport(String),
}
