//! UTF-8 text, well formed or not: what is not counts as a code point for each sequence that is cut short or does not belong
//! [RFC 3629 §3].

use core::ops::Range;

/// Longest text that arrays can hold, in bytes.
pub(super) const TEXT_MAX: usize = 0x7FFF;

/// Code points and ill-formed sequences, in order; the flag tells the former.
pub(super) fn segments(text: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    text.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid();
        let points = valid.char_indices().map(|(at, point)| {
            (valid.as_bytes().get(at..at + point.len_utf8()).unwrap_or_default(), true)
        });
        let rest = Some((chunk.invalid(), false)).filter(|(bytes, _)| !bytes.is_empty());
        points.chain(rest)
    })
}

/// Number of code points.
pub(super) fn count(text: &[u8]) -> usize {
    segments(text).count()
}

/// The code point that begins at an index; `None` beyond the end.
pub(super) fn point_at(text: &[u8], index: usize) -> Option<&[u8]> {
    segments(text.get(index..)?).next().map(|(point, _)| point)
}

/// The code point that ends before an index; `None` at the beginning and beyond the end.
pub(super) fn point_before(text: &[u8], index: usize) -> Option<&[u8]> {
    segments(text.get(..index)?).last().map(|(point, _)| point)
}

/// The index so many code points after another one, or before; `None` when there are not as many.
pub(super) fn offset(text: &[u8], index: usize, points: i16) -> Option<usize> {
    let distance = usize::from(points.unsigned_abs());
    let sizes = |text| segments(text).map(|(point, _)| point.len());
    if points >= 0 {
        let sizes: Vec<usize> = sizes(text.get(index..)?).take(distance).collect();
        (sizes.len() == distance).then(|| index + sizes.iter().sum::<usize>())
    } else {
        let sizes: Vec<usize> = sizes(text.get(..index)?).collect();
        let skipped = sizes.get(sizes.len().checked_sub(distance)?..)?;
        Some(index - skipped.iter().sum::<usize>())
    }
}

/// The part between two indices in code points; to the end without the second.
pub(super) fn substring(text: &[u8], begin: i16, end: Option<i16>) -> Option<&[u8]> {
    let place = |points: i16| if points < 0 { None } else { offset(text, 0, points) };
    let range = Range { start: place(begin)?, end: end.map_or(Some(text.len()), place)? };
    text.get(range)
}

/// In lower or upper case, as far as ASCII goes, without what is ill-formed.
pub(super) fn in_case(text: &[u8], lower: bool) -> Vec<u8> {
    let points = segments(text).filter(|(_, is_point)| *is_point);
    let mut all: Vec<u8> = points.flat_map(|(point, _)| point).copied().collect();
    if lower {
        all.make_ascii_lowercase();
    } else {
        all.make_ascii_uppercase();
    }
    all
}

/// How two texts compare: the difference of the first bytes that differ, or that of the lengths.
pub(super) fn compare(left: &[u8], right: &[u8]) -> i32 {
    let mut pairs = left.iter().zip(right);
    if let Some((left, right)) = pairs.find(|(left, right)| left != right) {
        return i32::from(*left) - i32::from(*right);
    }
    let length = |text: &[u8]| i32::try_from(text.len()).unwrap_or(i32::MAX);
    length(left) - length(right)
}

/// Where a part is in a text for the first time.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window == part)
}

/// The text with every occurrence of a part replaced; `None` when it becomes too long. A part without bytes does not occur.
pub(super) fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(at) = find(rest, old).filter(|_| !old.is_empty()) {
        out.extend_from_slice(rest.get(..at)?);
        out.extend_from_slice(new);
        rest = rest.get(at + old.len()..)?;
        if out.len() > TEXT_MAX {
            return None;
        }
    }
    out.extend_from_slice(rest);
    (out.len() <= TEXT_MAX).then_some(out)
}

/// Without control characters and spaces at both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| *byte > b' ';
    let start = text.iter().position(is_text).unwrap_or(text.len());
    let end = text.iter().rposition(is_text).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &[u8] = "aé€\u{1F600}z".as_bytes();

    #[test]
    fn code_points_are_found_from_both_ends() {
        assert_eq!(count(TEXT), 5);
        assert_eq!(point_at(TEXT, 1), Some("é".as_bytes()));
        assert_eq!(point_before(TEXT, 10), Some("\u{1F600}".as_bytes()));
        assert_eq!((point_at(TEXT, 11), point_before(TEXT, 0)), (None, None));
        assert_eq!(offset(TEXT, 0, 3), Some(6));
        assert_eq!(offset(TEXT, 6, -2), Some(1));
        assert_eq!((offset(TEXT, 6, 3), offset(TEXT, 6, -4)), (None, None));
    }

    #[test]
    fn what_is_ill_formed_counts_once() {
        // A sequence cut short, a continuation that belongs to nothing, an octet that never occurs.
        assert_eq!(count(b"a\xE2\x82b\x80\xFF"), 5);
        assert_eq!(point_at(b"\xE2\x82b", 0), Some(&b"\xE2\x82"[..]));
        assert_eq!(point_at(TEXT, 2), Some(&b"\xA9"[..]));
        assert_eq!(in_case(b"A\xE2\x82B\xC3\x89", true), b"ab\xC3\x89");
    }

    #[test]
    fn substrings_are_of_code_points() {
        assert_eq!(substring(TEXT, 1, Some(3)), Some("é€".as_bytes()));
        assert_eq!(substring(TEXT, 3, None), Some("\u{1F600}z".as_bytes()));
        assert_eq!(substring(TEXT, 5, None), Some(&b""[..]));
        assert_eq!((substring(TEXT, 3, Some(2)), substring(TEXT, -1, None)), (None, None));
    }

    #[test]
    fn texts_compare_by_byte_then_length() {
        assert_eq!(compare(b"abc", b"abd"), -1);
        assert_eq!(compare(b"\xC3", b"A"), 0xC3 - 0x41);
        assert_eq!(compare(b"abc", b"a"), 2);
    }

    #[test]
    fn parts_are_replaced_from_the_left() {
        assert_eq!(replace(b"aaa", b"aa", b"b"), Some(b"ba".to_vec()));
        assert_eq!(replace(b"aaa", b"", b"b"), Some(b"aaa".to_vec()));
        assert_eq!(replace(&[b'a'; 1000], b"a", &[b'b'; 1000]), None);
    }

    #[test]
    fn ends_are_trimmed() {
        assert_eq!(trim(b" \t a b\n"), b"a b");
        assert_eq!(trim(b" \0 "), b"");
    }

    proptest! {
        #[test]
        fn segments_are_the_text(text: Vec<u8>) {
            let joined: Vec<u8> = segments(&text).flat_map(|(point, _)| point).copied().collect();
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn points_are_counted_as_characters_are(text: String) {
            prop_assert_eq!(count(text.as_bytes()), text.chars().count());
        }
    }
}
