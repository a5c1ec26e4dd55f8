//! Elements of ASN.1 as they stand in a file: tag, length, content, and where they begin.
//!
//! A linter must be able to read what a strict decoder refuses, or it could only say "malformed". So lengths may be written longer
//! than need be here, contents may be wrong, and what is broken is told with its offset.

use core::fmt;

use const_oid::ObjectIdentifier;

/// Most elements that one element is read to have; a list of revoked certificates is the longest of them.
pub const ELEMENTS_MAX: usize = 500_000;

/// Identifier octets [X.690 §8.1.2].
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0A;
    /// UTF8 STRING.
    pub const UTF8_STRING: u8 = 0x0C;
    /// NUMERIC STRING.
    pub const NUMERIC_STRING: u8 = 0x12;
    /// PRINTABLE STRING.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TELETEX STRING.
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5 STRING.
    pub const IA5_STRING: u8 = 0x16;
    /// UTC TIME.
    pub const UTC_TIME: u8 = 0x17;
    /// GENERALIZED TIME.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// VISIBLE STRING.
    pub const VISIBLE_STRING: u8 = 0x1A;
    /// UNIVERSAL STRING.
    pub const UNIVERSAL_STRING: u8 = 0x1C;
    /// BMP STRING.
    pub const BMP_STRING: u8 = 0x1E;
    /// SEQUENCE.
    pub const SEQUENCE: u8 = 0x30;
    /// SET.
    pub const SET: u8 = 0x31;

    /// Whether there are elements inside.
    /// CONSTRUCTED.
    pub const CONSTRUCTED: u8 = 0x20;

    /// A context-specific tag around other elements.
    #[must_use]
    pub const fn context(number: u8) -> u8 {
        0xA0 | number
    }

    /// A context-specific tag in place of a primitive one.
    #[must_use]
    pub const fn primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// What keeps an element from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The bytes end before the element does.
    Truncated,
    /// The length is left open [X.690 §8.1.3.6].
    IndefiniteLength,
    /// A length of more bytes than any file has.
    LengthTooLarge,
    /// A tag of several bytes, which no element of these documents has.
    LongTag,
    /// Bytes follow where the element should be the last.
    TrailingBytes,
    /// More elements than are read.
    TooMany,
}

/// Where something is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The flaw.
    pub flaw: Flaw,
    /// Where, in bytes from the beginning of the document.
    pub offset: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.flaw {
            Flaw::Truncated => "an element is longer than what it is in",
            Flaw::IndefiniteLength => "an indefinite length",
            Flaw::LengthTooLarge => "a length of too many bytes",
            Flaw::LongTag => "a tag of several bytes",
            Flaw::TrailingBytes => "bytes after the end",
            Flaw::TooMany => "too many elements",
        };
        write!(f, "{what} at offset {}", self.offset)
    }
}

/// One element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Node<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// Where it begins in the document, in bytes.
    pub offset: usize,
    /// What it holds.
    pub content: &'a [u8],
    /// All of it, from the identifier octet on.
    pub encoded: &'a [u8],
    /// Whether the length is written in as few bytes as can be [X.690 §10.1].
    pub minimal_length: bool,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} at {} ({} bytes)", self.tag, self.offset, self.content.len())
    }
}

impl<'a> Node<'a> {
    /// Reads the first element of `bytes`, which are at `offset` in the document.
    ///
    /// # Errors
    /// Where the element cannot be read.
    pub fn first(bytes: &'a [u8], offset: usize) -> Result<Self, Malformed> {
        let broken = |flaw| Malformed { flaw, offset };
        let (&tag, rest) = bytes.split_first().ok_or(broken(Flaw::Truncated))?;
        if tag & 0x1F == 0x1F {
            return Err(broken(Flaw::LongTag));
        }
        let (length, length_size, minimal_length) = length(rest).map_err(broken)?;
        let (header, end) = (1 + length_size, (1 + length_size).checked_add(length));
        let encoded = end.and_then(|end| bytes.get(..end)).ok_or(broken(Flaw::Truncated))?;
        let content = encoded.get(header..).unwrap_or_default();
        Ok(Self { tag, offset, content, encoded, minimal_length })
    }

    /// Reads the one element that `bytes` are.
    ///
    /// # Errors
    /// Where the element cannot be read, or something follows it.
    pub fn only(bytes: &'a [u8], offset: usize) -> Result<Self, Malformed> {
        let node = Self::first(bytes, offset)?;
        if node.encoded.len() < bytes.len() {
            return Err(Malformed { flaw: Flaw::TrailingBytes, offset: node.end() });
        }
        Ok(node)
    }

    /// Offset of the first byte after it.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.offset + self.encoded.len()
    }

    /// Offset of its content.
    #[must_use]
    pub const fn content_offset(&self) -> usize {
        self.offset + self.encoded.len() - self.content.len()
    }

    /// The elements inside.
    ///
    /// # Errors
    /// Where one of them cannot be read.
    pub fn children(&self) -> Result<Vec<Self>, Malformed> {
        let (mut children, mut rest, mut offset) =
            (Vec::new(), self.content, self.content_offset());
        while !rest.is_empty() {
            if children.len() == ELEMENTS_MAX {
                return Err(Malformed { flaw: Flaw::TooMany, offset });
            }
            let child = Self::first(rest, offset)?;
            rest = rest.get(child.encoded.len()..).unwrap_or_default();
            offset = child.end();
            children.push(child);
        }
        Ok(children)
    }

    /// The elements inside, none when they cannot be read; for what is judged once the structure is.
    #[must_use]
    pub fn elements(&self) -> Vec<Self> {
        self.children().unwrap_or_default()
    }

    /// The element that the content, after `skip` bytes, consists of.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn wrapped(&self, skip: usize) -> Result<Self, Malformed> {
        let offset = self.content_offset() + skip;
        let broken = Malformed { flaw: Flaw::Truncated, offset };
        Self::only(self.content.get(skip..).ok_or(broken)?, offset)
    }

    /// The object identifier that it is.
    #[must_use]
    pub fn oid(&self) -> Option<ObjectIdentifier> {
        (self.tag == tag::OBJECT_IDENTIFIER)
            .then(|| ObjectIdentifier::from_bytes(self.content).ok())
            .flatten()
    }

    /// The number that it is, where it is not negative and small.
    #[must_use]
    pub fn small_number(&self) -> Option<u64> {
        let negative = self.content.first().is_none_or(|byte| byte & 0x80 != 0);
        let digits = self.content.iter().skip_while(|byte| **byte == 0);
        (!negative && digits.clone().count() <= 8)
            .then(|| digits.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// The length at the beginning of `bytes`: its value, how many bytes it takes, and whether they are as few as can be [X.690 §8.1.3].
fn length(bytes: &[u8]) -> Result<(usize, usize, bool), Flaw> {
    let (&first, rest) = bytes.split_first().ok_or(Flaw::Truncated)?;
    let count = usize::from(first & 0x7F);
    match first {
        ..0x80 => return Ok((usize::from(first), 1, true)),
        0x80 => return Err(Flaw::IndefiniteLength),
        _ => {}
    }
    let digits = rest.get(..count).ok_or(Flaw::Truncated)?;
    if digits.iter().skip_while(|byte| **byte == 0).count() > 4 {
        return Err(Flaw::LengthTooLarge);
    }
    let value = digits.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let minimal = value >= 0x80 && digits.first() != Some(&0);
    Ok((usize::try_from(value).map_err(|_| Flaw::LengthTooLarge)?, 1 + count, minimal))
}

/// Elements taken one after the other, each only where its tag is the expected one.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    rest: std::collections::VecDeque<Node<'a>>,
    /// What kept the elements from being read.
    pub malformed: Option<Malformed>,
}

impl<'a> Parts<'a> {
    /// The parts of an element; none when there is no element.
    #[must_use]
    pub fn of(node: Option<Node<'a>>) -> Self {
        match node.map(|node| node.children()) {
            None => Self { rest: [].into(), malformed: None },
            Some(Ok(children)) => Self { rest: children.into(), malformed: None },
            Some(Err(malformed)) => Self { rest: [].into(), malformed: Some(malformed) },
        }
    }

    /// The next element, if it has this tag.
    pub fn take(&mut self, tag: u8) -> Option<Node<'a>> {
        self.take_any(&[tag])
    }

    /// The next element, if it has one of these tags.
    pub fn take_any(&mut self, tags: &[u8]) -> Option<Node<'a>> {
        self.rest.pop_front_if(|node| tags.contains(&node.tag))
    }

    /// The next element, whatever it is.
    pub fn take_next(&mut self) -> Option<Node<'a>> {
        self.rest.pop_front()
    }

    /// The same with everything taken, for what matters only as far as it can be read.
    #[must_use]
    pub fn read_through(mut self) -> Self {
        self.rest.clear();
        self
    }

    /// What was not taken.
    #[must_use]
    pub fn left(&self) -> Option<Node<'a>> {
        self.rest.front().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaw, Malformed, Node};

    #[test]
    fn lengths_are_read_as_they_are_written() {
        let long = Node::only(&[0x04, 0x81, 0x01, 0xAA], 10).unwrap();
        assert_eq!(
            (long.content, long.minimal_length, long.content_offset()),
            (&[0xAA][..], false, 13)
        );
        let flaw = |bytes: &[u8]| Node::only(bytes, 0).unwrap_err();
        assert_eq!(flaw(&[0x30, 0x80, 0, 0]).flaw, Flaw::IndefiniteLength);
        assert_eq!(flaw(&[0x30, 0x05, 0]).flaw, Flaw::Truncated);
        assert_eq!(flaw(&[0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1]).flaw, Flaw::LengthTooLarge);
        assert_eq!(flaw(&[0x05, 0, 1]), Malformed { flaw: Flaw::TrailingBytes, offset: 2 });
    }

    #[test]
    fn children_know_where_they_are() {
        let node = Node::only(&[0x30, 0x05, 0x02, 0x01, 0x07, 0x05, 0x00], 100).unwrap();
        let offsets: Vec<usize> =
            node.children().unwrap().iter().map(|child| child.offset).collect();
        assert_eq!(offsets, [102, 105]);
        assert_eq!(node.children().unwrap()[0].small_number(), Some(7));
    }
}
