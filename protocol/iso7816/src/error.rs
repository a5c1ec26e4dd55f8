//! What is wrong with bytes that are not what they should be, and where.

use core::fmt;

/// A parse failure: what is wrong, and the offset (in bytes from the start of the input) at which it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Where, in bytes from the start of the parsed input.
    pub offset: usize,
}

/// The kinds of [`ParseError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The input ends before the value does.
    Truncated,
    /// Bytes are left after the value.
    TrailingBytes,
    /// A length field contradicts the bytes that are there.
    LengthMismatch,
    /// A length or count is outside what the format allows.
    OutOfRange,
    /// A byte has a value that the format does not know.
    UnexpectedByte,
    /// A check byte does not match.
    BadChecksum,
    /// Data objects are nested deeper than this crate follows.
    TooDeep,
}

impl ParseErrorKind {
    /// This kind of error at `offset`.
    #[must_use]
    pub const fn at(self, offset: usize) -> ParseError {
        ParseError { kind: self, offset }
    }
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "input ends too early",
            Self::TrailingBytes => "bytes left over",
            Self::LengthMismatch => "length field does not match the data",
            Self::OutOfRange => "length or count out of range",
            Self::UnexpectedByte => "unexpected byte",
            Self::BadChecksum => "check byte does not match",
            Self::TooDeep => "data objects nested too deep",
        })
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl core::error::Error for ParseError {}
