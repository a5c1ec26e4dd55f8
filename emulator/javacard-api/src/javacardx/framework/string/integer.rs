//! Numbers as text.

/// A sign, and what follows it.
fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    }
}

/// The number that a text is: `-`, then decimal digits without leading zeros, or hexadecimal ones after `0x`, `0X` or `#`.
/// `None` for anything else, and for what 64 bits cannot say.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let (negative, text) = sign(text);
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', digits @ ..] | [b'#', digits @ ..] => (16, digits),
        [b'0', _, ..] => return None,
        digits => (10, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let magnitude = digits.iter().try_fold(0_i128, |number, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        number.checked_mul(radix.into())?.checked_add(digit.into())
    })?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// The signed number in up to four shorts, the most significant first.
pub(super) fn from_shorts(shorts: &[i16]) -> Option<i64> {
    if shorts.is_empty() || shorts.len() > 4 {
        return None;
    }
    let first = if shorts.first().is_some_and(|first| *first < 0) { -1 } else { 0 };
    let add = |number: i64, short: &i16| number << 16 | i64::from(short.cast_unsigned());
    Some(shorts.iter().fold(first, add))
}

/// A number as shorts, the most significant first, without those that are 0 before the first that is not.
pub(super) fn to_shorts(number: i64) -> Vec<i16> {
    let bytes = number.to_be_bytes();
    let shorts = bytes.as_chunks().0.iter().map(|pair| i16::from_be_bytes(*pair));
    let mut shorts: Vec<i16> = shorts.skip_while(|short| *short == 0).collect();
    if shorts.is_empty() {
        shorts.push(0);
    }
    shorts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_grammar_is_kept() {
        assert_eq!(parse(b"0"), Some(0));
        assert_eq!(parse(b"-0x1F"), Some(-31));
        assert_eq!(parse(b"#ff"), Some(255));
        assert_eq!(parse(b"-9223372036854775808"), Some(i64::MIN));
        for wrong in ["", "-", "+1", "007", "0x", "#", "1 ", "--1", "9223372036854775808", "1A"] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(parse(&[b'9'; 5000]), None);
    }

    #[test]
    fn shorts_are_signed() {
        assert_eq!(from_shorts(&[-1]), Some(-1));
        assert_eq!(from_shorts(&[0, -1]), Some(0xFFFF));
        assert_eq!((from_shorts(&[]), from_shorts(&[0; 5])), (None, None));
        assert_eq!(to_shorts(0), [0]);
        assert_eq!(to_shorts(0x1_0000), [1, 0]);
        assert_eq!(to_shorts(-1), [-1; 4]);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_parsed(number: i64) {
            prop_assert_eq!(parse(number.to_string().as_bytes()), Some(number));
            let shorts = to_shorts(number);
            let padded = [vec![0; 4 - shorts.len()], shorts].concat();
            prop_assert_eq!(from_shorts(&padded), Some(number));
        }
    }
}
