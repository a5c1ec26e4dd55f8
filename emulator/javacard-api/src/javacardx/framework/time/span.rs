//! Amounts of time in microseconds, in the units and byte forms of the API.

/// Microseconds in a unit by its number: `MICROS` (2), `MILLIS`, `SECONDS`, `MINUTES`, `HOURS`, `DAYS` (7).
pub(super) const fn unit(number: i16) -> Option<i64> {
    const SECOND: i64 = 1_000_000;
    Some(match number {
        2 => 1,
        3 => 1000,
        4 => SECOND,
        5 => 60 * SECOND,
        6 => 3600 * SECOND,
        7 => 86400 * SECOND,
        _ => return None,
    })
}

/// So many units as microseconds; `None` when that is more than 64 bits can say. A short of days always fits.
pub(super) const fn of(amount: i64, unit: i64) -> Option<i64> {
    amount.checked_mul(unit)
}

/// A signed number, the high byte first, of any length but none; `None` when it does not fit in 64 bits.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<i64> {
    let fill = if bytes.first()? & 0x80 == 0 { 0 } else { 0xFF };
    let extra = bytes.len().saturating_sub(8);
    let (sign, number) = bytes.split_at_checked(extra)?;
    let mut all = [fill; 8];
    let mut places = all.iter_mut().rev();
    number.iter().rev().zip(&mut places).for_each(|(byte, place)| *place = *byte);
    let number = i64::from_be_bytes(all);
    let extends = sign.iter().all(|byte| *byte == fill) && (number < 0) == (fill != 0);
    extends.then_some(number)
}

/// Bytes that a number needs as a signed one.
pub(super) fn byte_length(number: i64) -> usize {
    let bits = 65 - number.unsigned_abs().leading_zeros();
    // The most negative number of each length needs a bit less than its magnitude says.
    let bits = if number < 0 { 65 - (number + 1).unsigned_abs().leading_zeros() } else { bits };
    usize::try_from(bits.div_ceil(8)).unwrap_or(8)
}

/// A number in so many bytes, the high byte first; `None` when it needs more.
pub(super) fn to_bytes(number: i64, length: usize) -> Option<Vec<u8>> {
    if byte_length(number) > length {
        return None;
    }
    let fill = if number < 0 { 0xFF } else { 0 };
    let mut bytes = vec![fill; length.saturating_sub(8)];
    bytes.extend(number.to_be_bytes().into_iter().skip(8_usize.saturating_sub(length)));
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_take_the_bytes_that_they_need() {
        for (number, length) in [(0, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (32767, 2)] {
            assert_eq!(byte_length(number), length, "{number}");
        }
        assert_eq!((byte_length(i64::MAX), byte_length(i64::MIN)), (8, 8));
        assert_eq!(to_bytes(-2, 3), Some(vec![0xFF, 0xFF, 0xFE]));
        assert_eq!(to_bytes(128, 1), None);
        assert_eq!(to_bytes(0, 0), None);
    }

    #[test]
    fn numbers_are_read_with_their_sign() {
        assert_eq!(from_bytes(&[0xFF]), Some(-1));
        assert_eq!(from_bytes(&[0, 0xFF]), Some(255));
        assert_eq!(from_bytes(&[]), None);
        assert_eq!(from_bytes(&[0, 0x80, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(from_bytes(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: i64, spare in 0_usize..5) {
            let bytes = to_bytes(number, byte_length(number) + spare).unwrap();
            prop_assert_eq!(from_bytes(&bytes), Some(number));
            prop_assert_eq!(to_bytes(number, byte_length(number) - 1), None);
        }
    }
}
