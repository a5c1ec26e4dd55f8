//! BER-TLV data objects [ISO 7816-4 §6.3, ISO 8825-1 §8.1], as cards use them: tags of one to three bytes, definite lengths
//! of up to three length bytes.
//!
//! Two views of the same bytes: [`parse`] walks the objects at one level without copying; [`Writer`] builds them.

use crate::error::{ParseError, ParseErrorKind};

/// Longest tag that this crate reads, in bytes.
pub const TAG_LENGTH_MAX: usize = 3;
/// Longest value that this crate reads or writes, in bytes.
pub const VALUE_LENGTH_MAX: usize = 0xFF_FFFF;

/// A tag as the number its bytes spell, e.g. `0x9F7F`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);

impl core::fmt::Debug for Tag {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Tag({:X})", self.0)
    }
}

impl Tag {
    /// The bytes of the tag, leading zero bytes dropped.
    pub fn bytes(self) -> impl Iterator<Item = u8> {
        let bytes = self.0.to_be_bytes();
        let skip = bytes.iter().take(3).take_while(|byte| **byte == 0).count();
        bytes.into_iter().skip(skip)
    }

    /// Whether the value is made of data objects (bit 6 of the first byte).
    #[must_use]
    pub fn is_constructed(self) -> bool {
        self.bytes().next().is_some_and(|byte| byte & 0x20 != 0)
    }
}

/// One data object, its value borrowed from the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataObject<'a> {
    /// The tag.
    pub tag: Tag,
    /// The value.
    pub value: &'a [u8],
}

/// Walks the data objects of `input`, one level deep. After the first error the iterator ends.
///
/// Bytes 00 and FF between objects are skipped, as [ISO 7816-4 §6.3] allows.
#[must_use]
pub const fn parse(input: &[u8]) -> Objects<'_> {
    Objects { input, offset: 0 }
}

/// Finds the first object with `tag` at the top level of `input`.
///
/// # Errors
/// The first malformed object before it.
pub fn find(input: &[u8], tag: u32) -> Result<Option<&[u8]>, ParseError> {
    for object in parse(input) {
        let object = object?;
        if object.tag == Tag(tag) {
            return Ok(Some(object.value));
        }
    }
    Ok(None)
}

/// Iterator over data objects; see [`parse`].
#[derive(Clone, Debug)]
pub struct Objects<'a> {
    input: &'a [u8],
    offset: usize,
}

impl<'a> Objects<'a> {
    /// Where the next object begins, in bytes from the start of the input.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    fn byte(&mut self) -> Result<u8, ParseError> {
        let byte = *self.input.get(self.offset).ok_or(ParseErrorKind::Truncated.at(self.offset))?;
        self.offset += 1;
        Ok(byte)
    }

    fn tag(&mut self) -> Result<Tag, ParseError> {
        let first = self.byte()?;
        let mut tag = u32::from(first);
        if first & 0x1F == 0x1F {
            for more in (1..TAG_LENGTH_MAX).rev() {
                let byte = self.byte()?;
                tag = tag << 8 | u32::from(byte);
                if byte & 0x80 == 0 {
                    break;
                }
                if more == 1 {
                    return Err(ParseErrorKind::OutOfRange.at(self.offset - 1));
                }
            }
        }
        Ok(Tag(tag))
    }

    fn length(&mut self) -> Result<usize, ParseError> {
        let at = self.offset;
        match self.byte()? {
            short @ 0..=0x7F => Ok(usize::from(short)),
            long @ 0x81..=0x83 => {
                (0x80..long).try_fold(0, |length, _| Ok(length << 8 | usize::from(self.byte()?)))
            }
            _ => Err(ParseErrorKind::UnexpectedByte.at(at)),
        }
    }

    fn object(&mut self) -> Result<DataObject<'a>, ParseError> {
        let tag = self.tag()?;
        let length = self.length()?;
        let value = self
            .input
            .get(self.offset..)
            .and_then(|rest| rest.get(..length))
            .ok_or(ParseErrorKind::Truncated.at(self.input.len()))?;
        self.offset += length;
        Ok(DataObject { tag, value })
    }
}

impl<'a> Iterator for Objects<'a> {
    type Item = Result<DataObject<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while matches!(self.input.get(self.offset), Some(0x00 | 0xFF)) {
            self.offset += 1;
        }
        if self.offset >= self.input.len() {
            return None;
        }
        let object = self.object();
        if object.is_err() {
            self.offset = self.input.len();
        }
        Some(object)
    }
}

/// Builds data objects.
///
/// ```
/// use iso7816::tlv::Writer;
/// let fci = Writer::new().constructed(0x6F, |fci| fci.object(0x84, &[0xA0, 0, 0, 1, 0x51])).finish();
/// assert_eq!(fci, [0x6F, 7, 0x84, 5, 0xA0, 0, 0, 1, 0x51]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Appends an object. A value beyond [`VALUE_LENGTH_MAX`] is cut there; no card data comes near it.
    #[must_use]
    pub fn object(mut self, tag: u32, value: &[u8]) -> Self {
        let value = value.get(..VALUE_LENGTH_MAX).unwrap_or(value);
        self.bytes.extend(Tag(tag).bytes());
        push_length(&mut self.bytes, value.len());
        self.bytes.extend_from_slice(value);
        self
    }

    /// Appends an object whose value `build` writes.
    #[must_use]
    pub fn constructed(self, tag: u32, build: impl FnOnce(Self) -> Self) -> Self {
        let inner = build(Self::new()).bytes;
        self.object(tag, &inner)
    }

    /// Appends bytes that are data objects already.
    #[must_use]
    pub fn raw(mut self, objects: &[u8]) -> Self {
        self.bytes.extend_from_slice(objects);
        self
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Appends the shortest definite length of at most three bytes after the count byte [ISO 8825-1 §8.1.3].
pub fn push_length(bytes: &mut Vec<u8>, length: usize) {
    let [.., high, mid, low] = length.to_be_bytes();
    match (high, mid, low) {
        (0, 0, 0..=0x7F) => bytes.push(low),
        (0, 0, _) => bytes.extend_from_slice(&[0x81, low]),
        (0, ..) => bytes.extend_from_slice(&[0x82, mid, low]),
        _ => bytes.extend_from_slice(&[0x83, high, mid, low]),
    }
}
