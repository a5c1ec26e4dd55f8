//! Encryption with either key [RFC 8017 §7.2], [RFC 2313 §8]: a private key pads as for a signature.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{length, oaep};
use crate::{CryptoError, Key, cipher::RsaPadding};

/// Bytes of a padded message that are not its own: two before the padding, one after, and eight of padding.
const OVERHEAD: usize = 11;
/// Fill of block type 1.
const FILL: u8 = 0xFF;
/// Block type of a private key.
const PRIVATE: u8 = 1;
/// Block type of a public key.
const PUBLIC: u8 = 2;

fn raw(key: &Key, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    match key {
        Key::RsaPublic(key) => key.raw(input),
        Key::RsaPrivate(key) => key.raw(input),
        _ => Err(CryptoError::InvalidInit),
    }
}

/// Pads and encrypts a message.
pub(crate) fn encrypt(
    rng: &mut dyn CryptoRng,
    padding: RsaPadding,
    key: &Key,
    message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let length = length(key)?;
    match padding {
        RsaPadding::None => raw(key, check(message, length)?),
        RsaPadding::Pkcs1 => {
            let random = matches!(key, Key::RsaPublic(_)).then_some(rng);
            raw(key, &pad(random, message, length)?)
        }
        RsaPadding::Oaep(digest) => raw(key, &oaep::encode(rng, digest, message, length)?),
    }
}

/// Decrypts a message and takes its padding off.
pub(crate) fn decrypt(
    padding: RsaPadding,
    key: &Key,
    message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let length = length(key)?;
    let encoded = raw(key, check(message, length)?)?;
    match padding {
        RsaPadding::None => Ok(encoded),
        RsaPadding::Pkcs1 => {
            let made_by = if matches!(key, Key::RsaPublic(_)) { PRIVATE } else { PUBLIC };
            unpad(&encoded, made_by)
        }
        RsaPadding::Oaep(digest) => oaep::decode(digest, &encoded),
    }
}

fn check(message: &[u8], length: usize) -> Result<&[u8], CryptoError> {
    if message.len() == length { Ok(message) } else { Err(CryptoError::IllegalUse) }
}

/// Block type 2 with random bytes, or block type 1 without [RFC 2313 §8.1].
pub(super) fn pad(
    random: Option<&mut dyn CryptoRng>,
    message: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let room = length.checked_sub(message.len().saturating_add(OVERHEAD));
    let fill = room.ok_or(CryptoError::IllegalUse)?.saturating_add(OVERHEAD - 3);
    let mut block = Zeroizing::new(Vec::with_capacity(length));
    block.extend_from_slice(&[0, if random.is_some() { PUBLIC } else { PRIVATE }]);
    match random {
        None => block.resize(2 + fill, FILL),
        Some(rng) => (0..fill).for_each(|_| block.push(nonzero(rng))),
    }
    block.push(0);
    block.extend_from_slice(message);
    Ok(block)
}

/// A random byte other than zero.
fn nonzero(rng: &mut dyn CryptoRng) -> u8 {
    let mut byte = [0];
    // A source that gives zeros for ever must not hang the card.
    for _ in 0..u8::MAX {
        rng.fill_bytes(&mut byte);
        if byte != [0] {
            return byte[0];
        }
    }
    FILL
}

fn unpad(block: &[u8], block_type: u8) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let padded = match block.split_first_chunk() {
        Some(([0, first], padded)) if *first == block_type => padded,
        _ => return Err(CryptoError::IllegalUse),
    };
    let fill = padded.iter().position(|byte| *byte == 0).ok_or(CryptoError::IllegalUse)?;
    let (fill, message) = padded.split_at_checked(fill).ok_or(CryptoError::IllegalUse)?;
    let filled = block_type == PUBLIC || fill.iter().all(|byte| *byte == FILL);
    match message {
        [_, message @ ..] if filled && fill.len() >= OVERHEAD - 3 => {
            Ok(Zeroizing::new(message.to_vec()))
        }
        _ => Err(CryptoError::IllegalUse),
    }
}
