//! OAEP with an empty label [RFC 8017 §7.1], and the mask generation function [RFC 8017 §B.2.1].

use rand_core::CryptoRng;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::{CryptoError, DigestAlgorithm, MessageDigest, cipher::xor};

/// What stands between the padding and the message.
const MARK: u8 = 1;

/// MGF1: combines `target` with the mask that a seed gives.
pub(super) fn mask(digest: DigestAlgorithm, seed: &[u8], target: &mut [u8]) {
    for (counter, block) in (0_u32..).zip(target.chunks_mut(digest.length())) {
        let mut engine = MessageDigest::new(digest);
        engine.update(seed);
        engine.update(&counter.to_be_bytes());
        xor(block, &engine.finish());
    }
}

/// Encodes a message for a modulus of `length` bytes [RFC 8017 §7.1.1].
pub(super) fn encode(
    rng: &mut dyn CryptoRng,
    digest: DigestAlgorithm,
    message: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let hash_length = digest.length();
    let used = message.len().saturating_add(2 * hash_length + 2);
    let fill = length.checked_sub(used).ok_or(CryptoError::IllegalUse)?;
    let mut encoded = Zeroizing::new(vec![0; 1 + hash_length]);
    encoded.reserve_exact(length);
    encoded.extend_from_slice(&MessageDigest::digest(digest, &[]));
    let padded = encoded.len() + fill;
    encoded.resize(padded, 0);
    encoded.push(MARK);
    encoded.extend_from_slice(message);
    let (seed, block) = parts(&mut encoded, hash_length)?;
    rng.fill_bytes(seed);
    mask(digest, seed, block);
    mask(digest, block, seed);
    Ok(encoded)
}

/// Decodes a message [RFC 8017 §7.1.2]; that and where it is wrong takes the same time.
pub(super) fn decode(
    digest: DigestAlgorithm,
    encoded: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let hash_length = digest.length();
    let mut encoded = Zeroizing::new(encoded.to_vec());
    let first = encoded.first().copied().unwrap_or(MARK);
    let (seed, block) = parts(&mut encoded, hash_length)?;
    mask(digest, block, seed);
    mask(digest, seed, block);
    let (label, padded) = block.split_at_checked(hash_length).ok_or(CryptoError::IllegalUse)?;
    let (start, found) = message_start(padded);
    let valid = first.ct_eq(&0) & label.ct_eq(&MessageDigest::digest(digest, &[])) & found;
    if bool::from(valid) {
        Ok(Zeroizing::new(padded.get(start..).unwrap_or_default().to_vec()))
    } else {
        Err(CryptoError::IllegalUse)
    }
}

/// The seed, and the block that follows it.
fn parts(encoded: &mut [u8], hash_length: usize) -> Result<(&mut [u8], &mut [u8]), CryptoError> {
    let rest = encoded.get_mut(1..).ok_or(CryptoError::IllegalUse)?;
    rest.split_at_mut_checked(hash_length).ok_or(CryptoError::IllegalUse)
}

/// Where the message starts, after zeros and a mark, and whether it does.
fn message_start(padded: &[u8]) -> (usize, Choice) {
    let (mut start, mut looking, mut valid) = (0_u32, Choice::from(1), Choice::from(1));
    for (place, byte) in (1_u32..).zip(padded) {
        let mark = byte.ct_eq(&MARK);
        valid &= !looking | mark | byte.ct_eq(&0);
        start.conditional_assign(&place, looking & mark);
        looking &= !mark;
    }
    (usize::try_from(start).unwrap_or(usize::MAX), valid & !looking)
}
