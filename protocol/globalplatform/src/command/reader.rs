//! Reads length-value fields in order, keeping the offset for errors.

use iso7816::{Aid, ParseError, ParseErrorKind};

/// A cursor over the data field of a command.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], ParseError> {
        let (field, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(ParseErrorKind::Truncated.at(self.offset + self.rest.len()))?;
        self.rest = rest;
        self.offset += length;
        Ok(field)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, ParseError> {
        Ok(self.array::<1>()?[0])
    }

    /// One length byte, then the value.
    pub(crate) fn lv(&mut self) -> Result<&'a [u8], ParseError> {
        let length = self.byte()?;
        self.take(length.into())
    }

    /// A BER length, then the value.
    pub(crate) fn long_lv(&mut self) -> Result<&'a [u8], ParseError> {
        let length = self.long_length()?;
        self.take(length)
    }

    /// A BER length; 128 may also be the single byte 80 [GPCS 2.3.1 §11.1.5].
    pub(crate) fn long_length(&mut self) -> Result<usize, ParseError> {
        let at = self.offset;
        Ok(match self.byte()? {
            short @ 0..=0x80 => usize::from(short),
            0x81 => self.byte()?.into(),
            0x82 => u16::from_be_bytes(self.array()?).into(),
            _ => return Err(ParseErrorKind::UnexpectedByte.at(at)),
        })
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// An AID with its length byte; `None` for length 0.
    pub(crate) fn aid(&mut self) -> Result<Option<Aid>, ParseError> {
        let at = self.offset;
        match self.lv()? {
            [] => Ok(None),
            bytes => Aid::new(bytes).map(Some).map_err(|error| error.kind.at(at)),
        }
    }

    pub(crate) fn finish(&self) -> Result<(), ParseError> {
        if self.is_empty() { Ok(()) } else { Err(ParseErrorKind::TrailingBytes.at(self.offset)) }
    }
}

/// Appends one length byte and the value; values beyond 255 bytes are cut there.
pub(crate) fn push_lv(data: &mut Vec<u8>, value: &[u8]) {
    let value = value.get(..usize::from(u8::MAX)).unwrap_or(value);
    data.extend(u8::try_from(value.len()));
    data.extend_from_slice(value);
}

/// Appends a BER length and the value.
pub(crate) fn push_long_lv(data: &mut Vec<u8>, value: &[u8]) {
    iso7816::tlv::push_length(data, value.len());
    data.extend_from_slice(value);
}
