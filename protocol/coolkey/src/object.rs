//! Objects in the applet's store: identifiers and what LIST OBJECTS says of them.

use core::fmt;

use iso7816::ParseError;

use crate::{acl::ObjectAcl, cursor::Cursor};

/// Number of index characters: `0`-`9`, `A`-`Z`, `a`-`z`.
pub const OBJECT_INDEX_COUNT: u8 = 62;

/// The four bytes by which an object is known: two ASCII characters (type, index) and two zeros for token objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; 4]);

impl ObjectId {
    /// `z0`: the combined object.
    pub const COMBINED: Self = Self(*b"z0\0\0");
    /// The I/O buffer.
    pub const IO_BUFFER: Self = Self([0xFF; 4]);
    /// The other name of the I/O buffer.
    pub const IO_BUFFER_EXPORT: Self = Self([0xFF, 0xFF, 0xFF, 0xFE]);
    /// Where TPS puts a wrapped private key for IMPORT KEY ENCRYPTED.
    pub const WRAPPED_KEY: Self = Self([0xFF, 0x00, 0xFF, 0xF3]);

    /// A token object of this type letter and index; `None` for an index beyond 61.
    #[must_use]
    pub const fn token(letter: u8, index: u8) -> Option<Self> {
        let character = match index {
            0..=9 => b'0' + index,
            10..=35 => b'A' + (index - 10),
            36..=61 => b'a' + (index - 36),
            _ => return None,
        };
        Some(Self([letter, character, 0, 0]))
    }

    /// `C<index>`: DER of a certificate.
    #[must_use]
    pub const fn certificate(index: u8) -> Option<Self> {
        Self::token(b'C', index)
    }

    /// `c<index>`: attributes of a certificate.
    #[must_use]
    pub const fn certificate_attributes(index: u8) -> Option<Self> {
        Self::token(b'c', index)
    }

    /// `k<slot>`: attributes of the key in a key slot.
    #[must_use]
    pub const fn key_attributes(slot: u8) -> Option<Self> {
        Self::token(b'k', slot)
    }

    /// The type letter: the first byte.
    #[must_use]
    pub const fn letter(self) -> u8 {
        self.0[0]
    }

    /// The index that the second character stands for, by the rule the objects are created with.
    #[must_use]
    pub const fn index(self) -> Option<u8> {
        match self.0[1] {
            digit @ b'0'..=b'9' => Some(digit - b'0'),
            upper @ b'A'..=b'Z' => Some(upper - b'A' + 10),
            lower @ b'a'..=b'z' => Some(lower - b'a' + 36),
            _ => None,
        }
    }

    /// Whether this names the I/O buffer and not an object in the store.
    #[must_use]
    pub fn is_io_buffer(self) -> bool {
        matches!(self, Self::IO_BUFFER | Self::IO_BUFFER_EXPORT)
    }

    /// The four bytes as one number.
    #[must_use]
    pub const fn number(self) -> u32 {
        u32::from_be_bytes(self.0)
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.array().map(Self)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [letter, index, 0, 0]
                if letter.is_ascii_alphabetic() && index.is_ascii_alphanumeric() =>
            {
                write!(f, "{}{}", char::from(letter), char::from(index))
            }
            _ => write!(f, "{:08X}", self.number()),
        }
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

/// One object in the list: `u4 id, u4 size, u2 read, u2 write, u2 delete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectRecord {
    /// Which object.
    pub id: ObjectId,
    /// Its size in bytes.
    pub size: u32,
    /// Who may do what with it.
    pub acl: ObjectAcl,
}

impl ObjectRecord {
    /// Bytes on the wire.
    pub const LENGTH: usize = 14;

    /// The answer to LIST OBJECTS.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.id.0[..], &self.size.to_be_bytes(), &self.acl.to_bytes()].concat()
    }

    /// Parses the answer to LIST OBJECTS.
    ///
    /// # Errors
    /// Unless there are exactly 14 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let record = Self {
            id: ObjectId::read(&mut cursor)?,
            size: cursor.u32()?,
            acl: ObjectAcl::read(&mut cursor)?,
        };
        cursor.finish()?;
        Ok(record)
    }
}
