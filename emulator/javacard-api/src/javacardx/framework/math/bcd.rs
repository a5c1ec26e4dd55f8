//! Packed decimal digits and their values.

use super::unsigned;

/// Whether every half of every byte is a decimal digit.
pub(super) fn is_bcd(digits: &[u8]) -> bool {
    digits.iter().all(|pair| pair >> 4 <= 9 && pair & 0x0F <= 9)
}

/// The value of packed digits in at most so many bytes, without leading zeros; `None` when they are no digits, or the value is larger.
pub(super) fn to_value(digits: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
    if !is_bcd(digits) {
        return None;
    }
    let mut value = Vec::new();
    for pair in digits {
        value = unsigned::multiply_add(&value, 100, pair >> 4, pair & 0x0F);
        if value.len() > bytes_max {
            return None;
        }
    }
    Some(value)
}

/// The packed digits of a value, two at least, the first of which is 0 when there is an odd number of them.
pub(super) fn from_value(value: &[u8]) -> Vec<u8> {
    let mut rest = unsigned::trim(value).to_vec();
    let mut digits = Vec::new();
    while !rest.is_empty() {
        let (quotient, pair) = unsigned::divide(&rest, 100);
        digits.push(((pair / 10) << 4) | (pair % 10));
        rest = quotient;
    }
    if digits.is_empty() {
        digits.push(0);
    }
    digits.reverse();
    digits
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_and_values_convert() {
        assert_eq!(to_value(&hex!("0256"), 8), Some(hex!("0100").to_vec()));
        assert_eq!(to_value(&hex!("0000"), 8), Some(vec![]));
        assert_eq!(to_value(&hex!("1A"), 8), None);
        assert_eq!(to_value(&hex!("0256"), 1), None);
        assert_eq!(from_value(&hex!("0000")), hex!("00"));
        assert_eq!(from_value(&hex!("00FF")), hex!("0255"));
        assert_eq!(from_value(&hex!("FFFFFFFFFFFFFFFF")), hex!("18446744073709551615"));
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_decimal_form(value: u128) {
            let digits = from_value(&value.to_be_bytes());
            let mut text = value.to_string();
            if text.len() % 2 == 1 {
                text.insert(0, '0');
            }
            let printed: String = digits
                .iter()
                .flat_map(|pair| [pair >> 4, pair & 0x0F])
                .map(|digit| char::from(b'0' + digit))
                .collect();
            prop_assert_eq!(printed, text);
            let (read, bytes) = (to_value(&digits, 16).unwrap(), value.to_be_bytes());
            prop_assert_eq!(read.as_slice(), unsigned::trim(&bytes));
        }
    }
}
