//! What goes wrong between a host and a card, apart from status words.

use iso7816::ParseError;

/// An error of the reader, not of the card's answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// No reader of that name is known.
    #[error("no reader named '{0}'")]
    NoReader(String),
    /// The name fits several readers.
    #[error("'{name}' fits several readers; name one of: {}", candidates.join(", "))]
    AmbiguousReader {
        /// The name, or part of a name, that was asked for.
        name: String,
        /// All readers that it fits.
        candidates: Vec<String>,
    },
    /// Another program holds the reader for itself, or this one asks for it while others use it.
    #[error("reader '{0}' is in use by another program")]
    ReaderInUse(String),
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
    /// A card is in the reader but does not answer to reset: it may be inserted the wrong way round.
    #[error("the card in reader '{0}' does not answer; is it the right way round?")]
    MuteCard(String),
    /// The card announces more response data for ever.
    #[error("the card's response has no end")]
    ResponseTooLong,
    /// A command or response that cannot be coded or read.
    #[error("malformed exchange: {0}")]
    Malformed(#[source] ParseError),
    /// Anything else that the reader's system reports.
    #[error("reader failure: {0}")]
    Transport(String),
}
