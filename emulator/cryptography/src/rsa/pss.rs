//! PSS [RFC 8017 §9.1], the digest in the mask generation function too.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::oaep::mask;
use crate::{CryptoError, DigestAlgorithm, MessageDigest};

/// Last byte of an encoded message.
const TRAILER: u8 = 0xBC;
/// What stands between the padding and the salt.
const MARK: u8 = 1;
/// Zeros before the digest.
const PREFIX: [u8; 8] = [0; 8];

fn hash(digest: DigestAlgorithm, message_hash: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut engine = MessageDigest::new(digest);
    engine.update(&PREFIX);
    engine.update(message_hash);
    engine.update(salt);
    engine.finish()
}

/// Mask of the bits of the first byte that a number of `bits` bits uses.
fn first_mask(bits: usize) -> u8 {
    0xFF >> ((8 - bits % 8) % 8)
}

/// Encodes a digest for a modulus of `modulus_bits` bits [RFC 8017 §9.1.1].
pub(super) fn encode(
    rng: &mut dyn CryptoRng,
    (digest, salt_length): (DigestAlgorithm, usize),
    message_hash: &[u8],
    modulus_bits: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let bits = modulus_bits.saturating_sub(1);
    let length = bits.div_ceil(8);
    let used = digest.length().saturating_add(salt_length).saturating_add(2);
    let fill = length.checked_sub(used).ok_or(CryptoError::IllegalValue)?;
    let mut salt = Zeroizing::new(vec![0; salt_length]);
    rng.fill_bytes(&mut salt);
    let hash = hash(digest, message_hash, &salt);
    let mut encoded = Zeroizing::new(vec![0; fill]);
    encoded.reserve_exact(length);
    encoded.push(MARK);
    encoded.extend_from_slice(&salt);
    mask(digest, &hash, &mut encoded);
    if let Some(first) = encoded.first_mut() {
        *first &= first_mask(bits);
    }
    encoded.extend_from_slice(&hash);
    encoded.push(TRAILER);
    Ok(encoded)
}

/// Whether a number, as long as the modulus, is an encoding of a digest [RFC 8017 §9.1.2].
pub(super) fn verify(
    (digest, salt_length): (DigestAlgorithm, usize),
    message_hash: &[u8],
    encoded: &[u8],
    modulus_bits: usize,
) -> bool {
    let bits = modulus_bits.saturating_sub(1);
    let Some(surplus) = encoded.len().checked_sub(bits.div_ceil(8)) else { return false };
    let Some((zeros, encoded)) = encoded.split_at_checked(surplus) else { return false };
    let [block @ .., TRAILER] = encoded else { return false };
    let place = block.len().checked_sub(digest.length());
    let Some((block, hashed)) = place.and_then(|place| block.split_at_checked(place)) else {
        return false;
    };
    let mut block = block.to_vec();
    let first = block.first().copied().unwrap_or(u8::MAX);
    mask(digest, hashed, &mut block);
    if let Some(first) = block.first_mut() {
        *first &= first_mask(bits);
    }
    let place = block.len().checked_sub(salt_length);
    let Some((padding, salt)) = place.and_then(|place| block.split_at_checked(place)) else {
        return false;
    };
    let [fill @ .., MARK] = padding else { return false };
    let padded = zeros.iter().chain(fill).all(|byte| *byte == 0);
    padded
        && first & !first_mask(bits) == 0
        && bool::from(hash(digest, message_hash, salt).ct_eq(hashed))
}
