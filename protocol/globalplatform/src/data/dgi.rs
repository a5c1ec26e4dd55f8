//! Data groupings: what STORE DATA carries in DGI format [GPCS 2.3.1 §11.11.2.3, §11.11.4].

mod stored_key;

use iso7816::{ParseError, ParseErrorKind};

use crate::command::Reader;

pub use stored_key::{PlainComponent, StoredKey};

/// Identifier of the grouping that has data objects of the security domain in it.
pub const OBJECTS: u16 = 0x0070;
/// Identifier of the grouping that says what the keys after it are.
pub const KEY_TEMPLATES: u16 = 0x00B9;
/// Identifier of the grouping of a symmetric key.
pub const SYMMETRIC_KEY: u16 = 0x8113;
/// First byte of a length of three bytes.
const LONG_LENGTH: u8 = 0xFF;
/// Most groupings in one run of STORE DATA.
const GROUPINGS_MAX: usize = 256;

/// A data grouping: identifier and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataGrouping {
    /// Identifier.
    pub identifier: u16,
    /// Value; at most 65,535 bytes.
    pub value: Vec<u8>,
}

impl DataGrouping {
    /// A grouping.
    #[must_use]
    pub fn new(identifier: u16, value: impl Into<Vec<u8>>) -> Self {
        Self { identifier, value: value.into() }
    }

    /// Whether the value is encrypted under the data encryption key: the highest bit of the identifier.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.identifier & 0x8000 != 0
    }

    /// Reads groupings that stand one after the other: the data of a run of STORE DATA, put together.
    ///
    /// # Errors
    /// `Truncated`; `OutOfRange` for more than 256 of them.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, ParseError> {
        let mut reader = Reader::new(bytes);
        let mut groupings = Vec::new();
        while !reader.is_empty() {
            if groupings.len() == GROUPINGS_MAX {
                return Err(ParseErrorKind::OutOfRange.at(reader.offset()));
            }
            let identifier = u16::from_be_bytes(reader.array()?);
            let length = match reader.byte()? {
                LONG_LENGTH => u16::from_be_bytes(reader.array()?),
                short => short.into(),
            };
            groupings.push(Self::new(identifier, reader.take(length.into())?));
        }
        Ok(groupings)
    }

    /// Appends the grouping; a value beyond 65,535 bytes is cut there.
    pub fn push(&self, bytes: &mut Vec<u8>) {
        let value = self.value.get(..usize::from(u16::MAX)).unwrap_or(&self.value);
        bytes.extend_from_slice(&self.identifier.to_be_bytes());
        match value.len().to_be_bytes() {
            [.., 0, short] if short != LONG_LENGTH => bytes.push(short),
            [.., high, low] => bytes.extend_from_slice(&[LONG_LENGTH, high, low]),
        }
        bytes.extend_from_slice(value);
    }

    /// The bytes of groupings one after the other.
    #[must_use]
    pub fn write_all(groupings: &[Self]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for grouping in groupings {
            grouping.push(&mut bytes);
        }
        bytes
    }
}
