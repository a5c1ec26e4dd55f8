//! Application identifiers [ISO 7816-5 §7].

use core::fmt;

use crate::error::{ParseError, ParseErrorKind};

/// Shortest AID, in bytes: the registered provider identifier alone [ISO 7816-5 §7.2].
pub const AID_LENGTH_MIN: usize = 5;
/// Longest AID, in bytes [ISO 7816-5 §7.2].
pub const AID_LENGTH_MAX: usize = 16;

/// An application identifier of 5 to 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aid {
    // Invariant: AID_LENGTH_MIN <= length <= AID_LENGTH_MAX; bytes beyond `length` are zero, so that Eq and Ord may be derived.
    bytes: [u8; AID_LENGTH_MAX],
    length: u8,
}

impl Aid {
    /// An AID from its bytes.
    ///
    /// # Errors
    /// `OutOfRange` unless there are 5 to 16 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() < AID_LENGTH_MIN {
            return Err(ParseErrorKind::OutOfRange.at(bytes.len()));
        }
        let mut copy = [0; AID_LENGTH_MAX];
        copy.get_mut(..bytes.len())
            .ok_or(ParseErrorKind::OutOfRange.at(AID_LENGTH_MAX))?
            .copy_from_slice(bytes);
        let length =
            u8::try_from(bytes.len()).map_err(|_| ParseErrorKind::OutOfRange.at(AID_LENGTH_MAX))?;
        Ok(Self { bytes: copy, length })
    }

    /// An AID known when the program is compiled; a wrong length is a compile error in a `const`.
    ///
    /// # Panics
    /// Unless there are 5 to 16 bytes.
    #[must_use]
    #[allow(clippy::panic, clippy::indexing_slicing, clippy::cast_possible_truncation)] // const: checked by the compiler
    pub const fn from_const(bytes: &[u8]) -> Self {
        assert!(
            bytes.len() >= AID_LENGTH_MIN && bytes.len() <= AID_LENGTH_MAX,
            "an AID has 5 to 16 bytes"
        );
        let mut copy = [0; AID_LENGTH_MAX];
        let mut i = 0;
        while i < bytes.len() {
            copy[i] = bytes[i];
            i += 1;
        }
        Self { bytes: copy, length: bytes.len() as u8 }
    }

    /// The bytes of the AID.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&self.bytes)
    }

    /// Whether this AID begins with `prefix` (partial selection, [ISO 7816-4 §8.2.1.2]).
    #[must_use]
    pub fn starts_with(&self, prefix: &[u8]) -> bool {
        self.as_bytes().starts_with(prefix)
    }

    /// The registered application provider identifier: the first five bytes.
    #[must_use]
    pub fn rid(&self) -> [u8; AID_LENGTH_MIN] {
        let mut rid = [0; AID_LENGTH_MIN];
        rid.iter_mut().zip(self.bytes).for_each(|(to, from)| *to = from);
        rid
    }
}

impl fmt::Display for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aid({self})")
    }
}

impl TryFrom<&[u8]> for Aid {
    type Error = ParseError;

    fn try_from(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::new(bytes)
    }
}
