//! What is wrong with a script, and how a card differed from one.

use globalplatform::ScpError;
use thiserror::Error;

/// A script that is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {kind}")]
pub struct SyntaxError {
    /// Number of the line, from 1; of its first part where it goes on.
    pub line: usize,
    /// What is wrong there.
    pub kind: SyntaxErrorKind,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// A bracket without its partner.
    #[error("a bracket has no partner")]
    Bracket,
    /// The status word of an expected answer is missing or none.
    #[error("the expected answer ends in no status word")]
    ExpectedStatus,
    /// A directive lacks something.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// No such constant or key set.
    #[error("there is no {0:?} before this line")]
    UnknownName(String),
    /// Neither hex nor anything else that may stand here.
    #[error("{0:?} cannot stand here")]
    Unexpected(String),
    /// A part of a constant that it does not have.
    #[error("the constant has no bytes {0} to {1}")]
    Range(usize, usize),
    /// A name is taken.
    #[error("{0:?} is named twice")]
    Renamed(String),
    /// A limit of this crate.
    #[error("more than {0}")]
    TooMuch(&'static str),
    /// A key is of the wrong length for the card's protocol, or the protocol is none.
    #[error("no card has this protocol with these keys")]
    Keys,
}

impl SyntaxErrorKind {
    /// The error at a line.
    pub(crate) const fn at(self, line: usize) -> SyntaxError {
        SyntaxError { line, kind: self }
    }
}

/// Where a card differed from a script.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {kind}")]
pub struct Failure {
    /// Number of the line, from 1.
    pub line: usize,
    /// What happened there.
    pub kind: FailureKind,
}

/// How a card differed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FailureKind {
    /// Another answer than the expected one.
    #[error("{command} was answered {answer}, expected {expected}")]
    Answer {
        /// The plain command, its header and the length of its data.
        command: String,
        /// The plain answer in hex, cut when it is long.
        answer: String,
        /// The pattern.
        expected: String,
    },
    /// The card could not be talked to.
    #[error("no answer: {0}")]
    Transport(String),
    /// The secure channel: a cryptogram, a MAC, a level that is not offered.
    #[error("secure channel: {0}")]
    Channel(#[from] ScpError),
    /// What an expression asks for is not there, e.g. the data encryption key without a channel.
    #[error("{0}")]
    Value(SyntaxErrorKind),
    /// The answer is shorter than a status word.
    #[error("the answer is none")]
    Malformed,
}
