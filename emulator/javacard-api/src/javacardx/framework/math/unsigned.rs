//! Unsigned numbers of any length, big-endian; results have no leading zeros, and zero has no bytes.

use core::cmp::Ordering;

/// Without leading zeros.
pub(super) fn trim(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Which one is larger.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (trim(left), trim(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// From digits to the base 256, least significant first.
fn from_low_first(mut digits: Vec<u8>) -> Vec<u8> {
    digits.reverse();
    trim(&digits).to_vec()
}

/// The sum.
pub(super) fn add(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut low = [left.iter().rev(), right.iter().rev()];
    let (mut sum, mut carry) = (Vec::new(), 0);
    for _ in 0..left.len().max(right.len()) {
        let [left, right] =
            low.each_mut().map(|digits| digits.next().copied().map_or(0, u16::from));
        let [high, digit] = (left + right + carry).to_be_bytes();
        carry = u16::from(high);
        sum.push(digit);
    }
    sum.extend(u8::try_from(carry));
    from_low_first(sum)
}

/// The difference; `None` when it is negative.
pub(super) fn subtract(left: &[u8], right: &[u8]) -> Option<Vec<u8>> {
    if compare(left, right) == Ordering::Less {
        return None;
    }
    let (mut difference, mut borrow) = (Vec::new(), false);
    let mut low = trim(right).iter().rev();
    for digit in left.iter().rev() {
        let (first, under) = digit.overflowing_sub(low.next().copied().unwrap_or(0));
        let (second, again) = first.overflowing_sub(u8::from(borrow));
        borrow = under || again;
        difference.push(second);
    }
    Some(from_low_first(difference))
}

/// The product.
pub(super) fn multiply(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut product = vec![0_u8; left.len() + right.len()];
    for (shift, factor) in left.iter().rev().enumerate() {
        let mut carry = 0_u16;
        let places = product.iter_mut().skip(shift);
        for (place, digit) in places.zip(right.iter().rev().chain([&0])) {
            let sum = u16::from(*factor) * u16::from(*digit) + u16::from(*place) + carry;
            let [high, low] = sum.to_be_bytes();
            (*place, carry) = (low, u16::from(high));
        }
    }
    from_low_first(product)
}

/// `number * factor + tens * 10 + ones`.
pub(super) fn multiply_add(number: &[u8], factor: u8, tens: u8, ones: u8) -> Vec<u8> {
    let mut carry = u16::from(tens) * 10 + u16::from(ones);
    let mut digits = Vec::with_capacity(number.len() + 1);
    for digit in number.iter().rev() {
        let [high, low] = (u16::from(*digit) * u16::from(factor) + carry).to_be_bytes();
        carry = u16::from(high);
        digits.push(low);
    }
    digits.extend(u8::try_from(carry));
    from_low_first(digits)
}

/// Quotient and remainder of a division by a number that is not 0.
pub(super) fn divide(number: &[u8], divisor: u8) -> (Vec<u8>, u8) {
    let divisor = u16::from(divisor.max(1));
    let (mut quotient, mut rest) = (Vec::with_capacity(number.len()), 0_u16);
    for digit in number {
        let part = rest << 8 | u16::from(*digit);
        rest = part % divisor;
        quotient.extend(u8::try_from(part / divisor));
    }
    (trim(&quotient).to_vec(), u8::try_from(rest).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(value: u128) -> Vec<u8> {
        trim(&value.to_be_bytes()).to_vec()
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_integers(left: u64, right: u64, zeros in 0_usize..3) {
            let (l, r) = (u128::from(left), u128::from(right));
            let padded: Vec<u8> = vec![0; zeros].into_iter().chain(left.to_be_bytes()).collect();
            let other = right.to_be_bytes();
            prop_assert_eq!(add(&padded, &other), number(l + r));
            prop_assert_eq!(multiply(&padded, &other), number(l * r));
            prop_assert_eq!(subtract(&padded, &other), l.checked_sub(r).map(number));
            prop_assert_eq!(compare(&padded, &other), l.cmp(&r));
        }

        #[test]
        fn division_leaves_what_is_left(value: u128, divisor in 1_u8..=255) {
            let (quotient, rest) = divide(&value.to_be_bytes(), divisor);
            prop_assert_eq!(quotient, number(value / u128::from(divisor)));
            prop_assert_eq!(u128::from(rest), value % u128::from(divisor));
        }
    }

    #[test]
    fn zero_has_no_bytes() {
        assert_eq!(add(&[0, 0], &[]), Vec::<u8>::new());
        assert_eq!(multiply(&[0], &[255; 40]), Vec::<u8>::new());
        assert_eq!(subtract(&[1], &[0, 1]), Some(vec![]));
        assert_eq!(compare(&[], &[0, 0]), Ordering::Equal);
    }
}
