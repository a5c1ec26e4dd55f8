//! Reading big-endian fields from hostile bytes, with the offset kept for the error.

use iso7816::{ParseError, ParseErrorKind};

/// A position in bytes that are being taken apart.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// Where the next byte is, from the start of the input.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], ParseError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(ParseErrorKind::Truncated.at(self.offset + self.rest.len()))?;
        self.rest = rest;
        self.offset += length;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(ParseErrorKind::Truncated.at(self.offset + self.rest.len()))?;
        self.rest = rest;
        self.offset += N;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ParseError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ParseError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Bytes after their length in one byte.
    pub(crate) fn short_field(&mut self) -> Result<&'a [u8], ParseError> {
        let length = usize::from(self.u8()?);
        self.take(length)
    }

    /// Bytes after their length in two bytes.
    pub(crate) fn field(&mut self) -> Result<&'a [u8], ParseError> {
        let length = usize::from(self.u16()?);
        self.take(length)
    }

    /// Everything that is left.
    pub(crate) fn remainder(self) -> &'a [u8] {
        self.rest
    }

    /// Nothing may be left.
    pub(crate) const fn finish(self) -> Result<(), ParseError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(ParseErrorKind::TrailingBytes.at(self.offset))
        }
    }
}

/// Appends `bytes` after their length in two bytes.
pub(crate) fn push_field(to: &mut Vec<u8>, bytes: &[u8]) -> Result<(), ParseError> {
    let length = u16::try_from(bytes.len()).map_err(|_| ParseErrorKind::OutOfRange.at(to.len()))?;
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(bytes);
    Ok(())
}

/// Appends `bytes` after their length in one byte.
pub(crate) fn push_short_field(to: &mut Vec<u8>, bytes: &[u8]) -> Result<(), ParseError> {
    let length = u8::try_from(bytes.len()).map_err(|_| ParseErrorKind::OutOfRange.at(to.len()))?;
    to.push(length);
    to.extend_from_slice(bytes);
    Ok(())
}
