//! Fields with a length byte in front, as INSTALL and PUT KEY have them [GPCS 2.3.1 §11.5.2.3, §11.8.2.3].

use iso7816::{Aid, ParseError, StatusWord, tlv};

/// Reads fields in order. Whatever is missing or left over is 6A80.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, StatusWord> {
        let (byte, rest) = self.rest.split_first().ok_or(StatusWord::WRONG_DATA)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], StatusWord> {
        let (field, rest) = self.rest.split_at_checked(length).ok_or(StatusWord::WRONG_DATA)?;
        self.rest = rest;
        Ok(field)
    }

    /// A field with one length byte.
    pub(super) fn short(&mut self) -> Result<&'a [u8], StatusWord> {
        let length = self.byte()?;
        self.take(usize::from(length))
    }

    /// A field with a BER length; 128 may also be the single byte 80 [GPCS 2.3.1 §11.1.5].
    pub(super) fn long(&mut self) -> Result<&'a [u8], StatusWord> {
        let length = match self.byte()? {
            short @ 0..=0x80 => usize::from(short),
            0x81 => usize::from(self.byte()?),
            0x82 => usize::from(u16::from_be_bytes([self.byte()?, self.byte()?])),
            _ => return Err(StatusWord::WRONG_DATA),
        };
        self.take(length)
    }

    /// An AID, or nothing.
    pub(super) fn aid(&mut self) -> Result<Option<Aid>, StatusWord> {
        match self.short()? {
            [] => Ok(None),
            bytes => Aid::new(bytes).map(Some).map_err(|_| StatusWord::WRONG_DATA),
        }
    }

    pub(super) const fn finish(self) -> Result<(), StatusWord> {
        if self.rest.is_empty() { Ok(()) } else { Err(StatusWord::WRONG_DATA) }
    }
}

/// The value of an object at the top level, or 6A80 where the objects are malformed.
pub(super) fn find(objects: &[u8], tag: u32) -> Result<Option<&[u8]>, StatusWord> {
    tlv::find(objects, tag).map_err(malformed)
}

pub(super) const fn malformed(_: ParseError) -> StatusWord {
    StatusWord::WRONG_DATA
}

/// A number of one to four bytes, big-endian; longer ones saturate.
pub(super) fn number(bytes: &[u8]) -> usize {
    let shift = |sum: usize, byte: &u8| sum.saturating_mul(256).saturating_add(usize::from(*byte));
    bytes.iter().fold(0, shift)
}
