//! Response APDUs [ISO 7816-4 §5.1].

use core::fmt;

use crate::{
    error::{ParseError, ParseErrorKind},
    status::StatusWord,
};

/// Longest response data field, in bytes [ISO 7816-4 §5.1].
pub const RESPONSE_DATA_MAX: usize = 65_536;

/// A response: data, then the status word.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The data field.
    pub data: Vec<u8>,
    /// SW1 SW2.
    pub status: StatusWord,
}

impl Response {
    /// A response with data and status.
    #[must_use]
    pub const fn new(data: Vec<u8>, status: StatusWord) -> Self {
        Self { data, status }
    }

    /// Data and 9000.
    #[must_use]
    pub const fn ok(data: Vec<u8>) -> Self {
        Self::new(data, StatusWord::OK)
    }

    /// A status word alone.
    #[must_use]
    pub const fn status(status: StatusWord) -> Self {
        Self::new(Vec::new(), status)
    }

    /// Splits response bytes into data and status.
    ///
    /// # Errors
    /// `Truncated` below two bytes, `OutOfRange` above 65,538.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let (data, [sw1, sw2]) =
            bytes.split_last_chunk().ok_or(ParseErrorKind::Truncated.at(bytes.len()))?;
        if data.len() > RESPONSE_DATA_MAX {
            return Err(ParseErrorKind::OutOfRange.at(RESPONSE_DATA_MAX));
        }
        Ok(Self::new(data.to_vec(), StatusWord::from_bytes(*sw1, *sw2)))
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.data.len() + 2);
        bytes.extend_from_slice(&self.data);
        bytes.extend_from_slice(&self.status.to_bytes());
        bytes
    }
}

impl From<StatusWord> for Response {
    fn from(status: StatusWord) -> Self {
        Self::status(status)
    }
}

/// Shows the status and the length of the data, never the data: it may hold a key or a nonce.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} bytes, {:04X})", self.data.len(), self.status.0)
    }
}
