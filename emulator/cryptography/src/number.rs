//! Numbers as bytes, big-endian.

use crypto_bigint::BoxedUint;
use zeroize::{Zeroize, Zeroizing};

use crate::CryptoError;

/// Without the zeros before it.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// A number of at most `length` bytes, with room for as many.
pub(crate) fn parse(bytes: &[u8], length: usize) -> Result<BoxedUint, CryptoError> {
    let bits = u32::try_from(length * 8).map_err(|_| CryptoError::IllegalValue)?;
    BoxedUint::from_be_slice(trim(bytes), bits).map_err(|_| CryptoError::IllegalValue)
}

/// The number in exactly `length` bytes, into which it is known to fit; it is wiped.
pub(crate) fn write(mut number: BoxedUint, length: usize) -> Zeroizing<Vec<u8>> {
    let bytes = Zeroizing::new(number.to_be_bytes().into_vec());
    number.zeroize();
    fit(&bytes, length)
}

/// The bytes with zeros before them, or the last of them.
pub(crate) fn fit(bytes: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let start = bytes.len().saturating_sub(length);
    let digits = bytes.get(start..).unwrap_or_default();
    let mut output = Zeroizing::new(vec![0; length]);
    output.iter_mut().rev().zip(digits.iter().rev()).for_each(|(to, from)| *to = *from);
    output
}

/// As many of a digest's first bits as an order has, as a number [SEC 1 §4.1.3 step 5], [FIPS 186-4 §4.6].
pub(crate) fn leftmost_bits(digest: &[u8], bits: usize) -> Vec<u8> {
    let length = bits.div_ceil(8);
    let Some(digest) = digest.get(..length) else { return digest.to_vec() };
    let surplus = (length * 8).saturating_sub(bits);
    let mut carry = 0_u16;
    digest
        .iter()
        .map(|byte| {
            let window = carry << 8 | u16::from(*byte);
            carry = u16::from(*byte);
            (window >> surplus).to_be_bytes()[1]
        })
        .collect()
}

/// A number that is wiped on drop.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) BoxedUint);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
