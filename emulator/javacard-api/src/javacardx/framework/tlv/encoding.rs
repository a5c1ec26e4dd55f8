//! BER-TLV as the package knows it: tags of up to four octets, lengths in definite form, sizes that a short can say
//! [ISO/IEC 8825-1 §8.1].

/// Longest tag, in octets: the API asks for three at least.
pub(super) const TAG_SIZE_MAX: usize = 4;
/// Longest value and longest structure, in bytes.
pub(super) const SIZE_MAX: usize = 0x7FFF;

const CONSTRUCTED: u8 = 0x20;
const NUMBER: u8 = 0x1F;
const MORE: u8 = 0x80;

/// What is wrong with an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It ends before it is complete.
    Truncated,
    /// The tag is none.
    Tag,
    /// The tag has more octets than are supported.
    TagSize,
    /// The length is indefinite or none.
    Length,
    /// The length is greater than [`SIZE_MAX`].
    LengthSize,
    /// The value of a constructed structure is not a sequence of structures, or there is more than one structure.
    Content,
}

/// A tag, in a form that is never 0 and fits a cell: its octets from the highest byte down, and below them, if they are fewer than
/// four, their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u32);

impl Tag {
    /// The tag with this class (0 to 3) and number.
    pub(super) fn new(class: u8, constructed: bool, number: u16) -> Self {
        let first = class << 6 | if constructed { CONSTRUCTED } else { 0 };
        let [low, middle, high] = [number, number >> 7, number >> 14].map(septet);
        match number {
            0..0x1F => Self::from_octets(&[first | low]),
            0x1F..0x80 => Self::from_octets(&[first | NUMBER, low]),
            0x80..0x4000 => Self::from_octets(&[first | NUMBER, middle | MORE, low]),
            _ => Self::from_octets(&[first | NUMBER, high | MORE, middle | MORE, low]),
        }
    }

    /// The tag at the beginning of an encoding.
    ///
    /// # Errors
    /// `Truncated`; `Tag` when the number begins with zeros; `TagSize`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let (first, rest) = bytes.split_first().ok_or(Malformed::Truncated)?;
        if first & NUMBER != NUMBER {
            return Ok(Self::from_octets(&[*first]));
        }
        if rest.first() == Some(&MORE) {
            return Err(Malformed::Tag);
        }
        let last = rest.iter().take(TAG_SIZE_MAX).position(|octet| octet & MORE == 0);
        let size = match last {
            Some(last) => last + 2,
            None if rest.len() < TAG_SIZE_MAX - 1 => return Err(Malformed::Truncated),
            None => return Err(Malformed::TagSize),
        };
        if size > TAG_SIZE_MAX {
            return Err(Malformed::TagSize);
        }
        bytes.get(..size).map(Self::from_octets).ok_or(Malformed::Truncated)
    }

    fn from_octets(octets: &[u8]) -> Self {
        let mut all = [0, 0, 0, u8::try_from(octets.len()).unwrap_or(0)];
        for (place, octet) in all.iter_mut().zip(octets) {
            *place = *octet;
        }
        Self(u32::from_be_bytes(all))
    }

    /// What a cell holds, if it holds a tag.
    pub(super) const fn from_cell(cell: i32) -> Option<Self> {
        if cell == 0 { None } else { Some(Self(cell.cast_unsigned())) }
    }

    /// As a cell, which is not 0.
    pub(super) const fn to_cell(self) -> i32 {
        self.0.cast_signed()
    }

    /// Number of octets.
    pub(super) const fn size(self) -> usize {
        let [first, second, third, _] = self.0.to_be_bytes();
        if first & NUMBER != NUMBER {
            1
        } else if second & MORE == 0 {
            2
        } else if third & MORE == 0 {
            3
        } else {
            4
        }
    }

    /// Its octets.
    pub(super) fn octets(self) -> Vec<u8> {
        self.0.to_be_bytes().into_iter().take(self.size()).collect()
    }

    /// Its class, 0 to 3.
    pub(super) const fn class(self) -> u8 {
        self.0.to_be_bytes()[0] >> 6
    }

    /// Whether it is of a constructed structure.
    pub(super) const fn is_constructed(self) -> bool {
        self.0.to_be_bytes()[0] & CONSTRUCTED != 0
    }

    /// Its number.
    pub(super) fn number(self) -> u32 {
        let octets = self.octets();
        match octets.as_slice() {
            [first] => u32::from(first & NUMBER),
            [_, rest @ ..] => {
                rest.iter().fold(0, |number, octet| number << 7 | u32::from(octet & !MORE))
            }
            [] => 0,
        }
    }
}

fn septet(number: u16) -> u8 {
    number.to_be_bytes()[1] & !MORE
}

/// Tag and length of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The tag.
    pub(super) tag: Tag,
    /// Octets of tag and length.
    pub(super) size: usize,
    /// Octets of the value.
    pub(super) length: usize,
}

impl Header {
    /// The tag and length at the beginning of an encoding; whether the value is there is not looked at.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let tag = Tag::parse(bytes)?;
        let after = bytes.get(tag.size()..).unwrap_or_default();
        let (first, rest) = after.split_first().ok_or(Malformed::Truncated)?;
        if *first < MORE {
            return Ok(Self { tag, size: tag.size() + 1, length: usize::from(*first) });
        }
        if *first == MORE || *first == 0xFF {
            return Err(Malformed::Length);
        }
        let count = usize::from(first & !MORE);
        let octets = rest.get(..count).ok_or(Malformed::Truncated)?;
        let add = |length: usize, octet: &u8| length.saturating_mul(256) + usize::from(*octet);
        let length = octets.iter().fold(0, |length, octet| add(length.min(SIZE_MAX + 1), octet));
        if length > SIZE_MAX {
            return Err(Malformed::LengthSize);
        }
        Ok(Self { tag, size: tag.size() + 1 + count, length })
    }

    /// Octets of the whole structure.
    pub(super) const fn total(&self) -> usize {
        self.size + self.length
    }
}

/// The structure at the beginning of an encoding: its header, and its value.
///
/// # Errors
/// [`Malformed`]; `Truncated` when the value is not all there.
pub(super) fn structure(bytes: &[u8]) -> Result<(Header, &[u8]), Malformed> {
    let header = Header::parse(bytes)?;
    let value = bytes.get(header.size..header.total()).ok_or(Malformed::Truncated)?;
    Ok((header, value))
}

/// The structures of which a value consists, with their offsets; the first that is none ends it.
pub(super) fn children(
    value: &[u8],
) -> impl Iterator<Item = Result<(usize, Header, &[u8]), Malformed>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let rest = value.get(at..).filter(|rest| !rest.is_empty())?;
        let found = structure(rest).map(|(header, content)| (at, header, content));
        at = match &found {
            Ok((_, header, _)) => at + header.total(),
            Err(_) => value.len(),
        };
        Some(found)
    })
}

/// Whether the bytes are one structure, well formed all the way down.
///
/// # Errors
/// [`Malformed`].
pub(super) fn verify(bytes: &[u8]) -> Result<Header, Malformed> {
    let (header, value) = structure(bytes)?;
    if header.total() != bytes.len() {
        return Err(Malformed::Content);
    }
    // What is left to look at: every structure is put here once, so that depth costs no stack.
    let mut pending = if header.tag.is_constructed() { vec![value] } else { Vec::new() };
    while let Some(value) = pending.pop() {
        for child in children(value) {
            let (_, child, content) = child?;
            if child.tag.is_constructed() {
                pending.push(content);
            }
        }
    }
    Ok(header)
}

/// Appends tag and length.
pub(super) fn put_header(out: &mut Vec<u8>, tag: Tag, length: usize) {
    out.extend(tag.octets());
    let [.., high, low] = length.to_be_bytes();
    match length {
        0..0x80 => out.push(low),
        0x80..0x100 => out.extend([0x81, low]),
        _ => out.extend([0x82, high, low]),
    }
}

/// Octets of the structure with this tag and length of value.
pub(super) const fn total(tag: Tag, length: usize) -> usize {
    let length_size = if length < 0x80 {
        1
    } else if length < 0x100 {
        2
    } else {
        3
    };
    tag.size() + length_size + length
}

/// The structure with this tag and value.
///
/// # Errors
/// `LengthSize` when it is longer than [`SIZE_MAX`].
pub(super) fn encode(tag: Tag, value: &[&[u8]]) -> Result<Vec<u8>, Malformed> {
    let length = value.iter().map(|part| part.len()).sum();
    if total(tag, length) > SIZE_MAX {
        return Err(Malformed::LengthSize);
    }
    let mut out = Vec::with_capacity(total(tag, length));
    put_header(&mut out, tag, length);
    out.extend(value.concat());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_are_as_long_as_their_number_needs() {
        assert_eq!(Tag::new(0, false, 0).octets(), hex!("00"));
        assert_eq!(Tag::new(1, true, 30).octets(), hex!("7E"));
        assert_eq!(Tag::new(1, true, 31).octets(), hex!("7F1F"));
        assert_eq!(Tag::new(2, false, 0x3FFF).octets(), hex!("9FFF7F"));
        assert_eq!(Tag::new(3, false, 0x7FFF).octets(), hex!("DF81FF7F"));
    }

    #[test]
    fn tags_that_are_none_are_told_apart() {
        assert_eq!(Tag::parse(&[]), Err(Malformed::Truncated));
        assert_eq!(Tag::parse(&hex!("1F")), Err(Malformed::Truncated));
        assert_eq!(Tag::parse(&hex!("1F81")), Err(Malformed::Truncated));
        assert_eq!(Tag::parse(&hex!("1F8001")), Err(Malformed::Tag));
        assert_eq!(Tag::parse(&hex!("1F81828304")), Err(Malformed::TagSize));
        assert_eq!(Tag::parse(&hex!("1F818283")), Err(Malformed::TagSize));
    }

    #[test]
    fn a_small_number_may_stand_in_a_long_tag() {
        // Payment schemes number their objects so.
        assert_eq!(Tag::parse(&hex!("9F02")).map(Tag::number), Ok(2));
    }

    #[test]
    fn lengths_have_definite_form() {
        assert_eq!(Header::parse(&hex!("0480")), Err(Malformed::Length));
        assert_eq!(Header::parse(&hex!("04FF")), Err(Malformed::Length));
        assert_eq!(Header::parse(&hex!("0481")), Err(Malformed::Truncated));
        assert_eq!(Header::parse(&hex!("04820100")).map(|header| header.length), Ok(256));
        assert_eq!(Header::parse(&hex!("0485000000007F")).map(|header| header.length), Ok(127));
        assert_eq!(Header::parse(&hex!("04828000")), Err(Malformed::LengthSize));
        assert_eq!(Header::parse(&hex!("0488FFFFFFFFFFFFFFFF")), Err(Malformed::LengthSize));
    }

    #[test]
    fn a_structure_is_verified_all_the_way_down() {
        assert!(verify(&hex!("3006 0401AA 3001 05")).is_err());
        assert!(verify(&hex!("3007 0401AA 3002 0500")).is_ok());
        assert_eq!(verify(&hex!("0401AA00")), Err(Malformed::Content));
        assert_eq!(verify(&hex!("0402AA")), Err(Malformed::Truncated));
    }

    #[test]
    fn deep_nesting_is_verified_without_a_stack() {
        let mut bytes = Vec::new();
        while bytes.len() < 30000 {
            bytes = encode(Tag::new(0, true, 16), &[&bytes]).unwrap();
        }
        assert!(verify(&bytes).is_ok());
    }

    proptest! {
        #[test]
        fn a_tag_reads_back(class in 0_u8..4, constructed: bool, number in 0_u16..0x8000) {
            let tag = Tag::new(class, constructed, number);
            prop_assert_eq!(Tag::parse(&tag.octets()), Ok(tag));
            prop_assert_eq!(Tag::from_cell(tag.to_cell()), Some(tag));
            prop_assert_eq!((tag.class(), tag.is_constructed()), (class, constructed));
            prop_assert_eq!(tag.number(), u32::from(number));
        }

        #[test]
        fn a_structure_reads_back(number in 0_u16..0x8000, value: Vec<u8>) {
            let tag = Tag::new(1, false, number);
            let bytes = encode(tag, &[&value]).unwrap();
            prop_assert_eq!(bytes.len(), total(tag, value.len()));
            let (header, content) = structure(&bytes).unwrap();
            prop_assert_eq!((header.tag, content), (tag, value.as_slice()));
        }

        #[test]
        fn anything_is_read_or_refused(bytes: Vec<u8>) {
            let _ = verify(&bytes);
        }
    }
}
