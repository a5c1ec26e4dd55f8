//! Wrapped private keys: decryption, and what is inside.

use ::coolkey::{command::WrappingAlgorithm, status};
use der::{Decode, SliceReader};
use globalplatform::Key;
use iso7816::StatusWord;
use pkcs1::RsaPrivateKeyRef;
use pkcs8::PrivateKeyInfoRef;
use thiserror::Error;
use zeroize::Zeroizing;

use super::rsa_key::{Pair, RsaError};

/// Alternative initial value of AES key wrap with padding, before the length [RFC 5649 §3].
const KEY_WRAP_CONSTANT: [u8; 4] = [0xA6, 0x59, 0x59, 0xA6];
/// Rounds of AES key wrap [RFC 3394 §2.2.2].
const KEY_WRAP_ROUNDS: u64 = 6;
/// Half an AES block, in bytes: the unit of AES key wrap.
const HALF_BLOCK: usize = 8;
const AES_BLOCK: usize = 16;
/// First byte of anything that is a SEQUENCE.
const SEQUENCE: u8 = 0x30;

/// Why a wrapped private key was not taken; the sender is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum UnwrapError {
    /// It is not DER.
    #[error("the private key is not DER")]
    MalformedDer,
    /// It is not for RSA.
    #[error("the private key is not for RSA")]
    NotRsa,
    /// The ciphertext is no whole number of blocks.
    #[error("the wrapped private key is no whole number of blocks")]
    NotBlockAligned,
    /// What comes out is no private key: the wrapping key or the padding is wrong, or the numbers are no RSA key.
    #[error("the wrapped private key does not unwrap")]
    NotUnwrapped,
}

impl From<UnwrapError> for StatusWord {
    fn from(error: UnwrapError) -> Self {
        match error {
            UnwrapError::MalformedDer => status::DER_INVALID,
            UnwrapError::NotRsa => status::ALGORITHM_ID_INVALID,
            // The platform throws an exception that the Java applet does not catch.
            UnwrapError::NotBlockAligned => Self::UNKNOWN,
            UnwrapError::NotUnwrapped => status::WRAPPED_PRIVATE_KEY_INVALID,
        }
    }
}

/// Decrypts a wrapped private key. Under DES the padding stays; the private key says itself where it ends.
pub(super) fn decrypt(
    key: &Key,
    algorithm: WrappingAlgorithm,
    iv: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    let aligned = |_| UnwrapError::NotBlockAligned;
    match algorithm {
        WrappingAlgorithm::AES_KEY_WRAP_PADDED => unwrap_padded(key, ciphertext),
        WrappingAlgorithm::AES_CBC => {
            // The applet has a vector of its own, all zero, and ignores the one that was sent.
            let padded = key.decrypt_cbc(&[], ciphertext).map_err(aligned)?;
            remove_padding(padded)
        }
        _ => key.decrypt_cbc(iv, ciphertext).map_err(aligned),
    }
}

/// PKCS#7 padding [RFC 5652 §6.3].
fn remove_padding(mut padded: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    let count = padded.last().copied().map_or(0, usize::from);
    let length = padded.len().checked_sub(count).ok_or(UnwrapError::NotUnwrapped)?;
    let padding = padded.get(length..).unwrap_or_default();
    let wrong = padding.iter().any(|byte| usize::from(*byte) != count);
    if wrong || !(1..=AES_BLOCK).contains(&count) {
        return Err(UnwrapError::NotUnwrapped);
    }
    padded.truncate(length);
    Ok(padded)
}

/// AES key unwrap with padding [RFC 5649 §4.2].
fn unwrap_padded(key: &Key, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    let refused = UnwrapError::NotUnwrapped;
    if ciphertext.len() < AES_BLOCK || !ciphertext.len().is_multiple_of(HALF_BLOCK) {
        return Err(refused);
    }
    let (head, mut plain) = if ciphertext.len() == AES_BLOCK {
        split(&key.decrypt_ecb(ciphertext).map_err(|_| refused)?).ok_or(refused)?
    } else {
        unwrap_semiblocks(key, ciphertext).ok_or(refused)?
    };
    let (constant, length) = head.split_first_chunk::<4>().ok_or(refused)?;
    let length = length.try_into().map(u32::from_be_bytes).map_err(|_| refused)?;
    let length = usize::try_from(length).map_err(|_| refused)?;
    let padding = plain.get(length..).ok_or(refused)?;
    if *constant != KEY_WRAP_CONSTANT
        || padding.len() >= HALF_BLOCK
        || padding.iter().any(|byte| *byte != 0)
    {
        return Err(refused);
    }
    plain.truncate(length);
    Ok(plain)
}

type Unwrapped = ([u8; HALF_BLOCK], Zeroizing<Vec<u8>>);

fn split(bytes: &[u8]) -> Option<Unwrapped> {
    let (head, rest) = bytes.split_first_chunk::<HALF_BLOCK>()?;
    Some((*head, Zeroizing::new(rest.to_vec())))
}

/// The rounds of RFC 3394, backwards [RFC 3394 §2.2.2].
fn unwrap_semiblocks(key: &Key, ciphertext: &[u8]) -> Option<Unwrapped> {
    let (mut a, mut r) = split(ciphertext)?;
    let mut t = KEY_WRAP_ROUNDS * u64::try_from(r.len() / HALF_BLOCK).ok()?;
    for _ in 0..KEY_WRAP_ROUNDS {
        for semiblock in r.rchunks_exact_mut(HALF_BLOCK) {
            let counted = (u64::from_be_bytes(a) ^ t).to_be_bytes();
            let block = Zeroizing::new([&counted[..], &*semiblock].concat());
            let (head, rest) = split(&key.decrypt_ecb(&block).ok()?)?;
            a = head;
            semiblock.copy_from_slice(&rest);
            t -= 1;
        }
    }
    Some((a, r))
}

/// The key pair in a PKCS#8 PrivateKeyInfo; what follows it is padding [RFC 5208 §5, RFC 8017 §A.1.2].
pub(super) fn parse_pkcs8(bits: u16, bytes: &[u8]) -> Result<Pair, UnwrapError> {
    if bytes.first() != Some(&SEQUENCE) {
        return Err(UnwrapError::NotUnwrapped);
    }
    let malformed = |_| UnwrapError::MalformedDer;
    let mut reader = SliceReader::new(bytes).map_err(malformed)?;
    let info = PrivateKeyInfoRef::decode(&mut reader).map_err(malformed)?;
    if info.algorithm.oid != pkcs1::ALGORITHM_OID {
        return Err(UnwrapError::NotRsa);
    }
    let key: RsaPrivateKeyRef<'_> =
        Decode::from_der(info.private_key.as_bytes()).map_err(malformed)?;
    let numbers = [key.prime1.as_bytes(), key.prime2.as_bytes(), key.public_exponent.as_bytes()];
    Pair::from_primes(bits, numbers, Some(key.modulus.as_bytes()))
        .map_err(|_: RsaError| UnwrapError::NotUnwrapped)
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    /// [RFC 5649 §6]
    const KEY: [u8; 24] = hex!("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");

    #[test]
    fn key_wrap_of_20_bytes_as_published() {
        let wrapped = hex!("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
        let plain = unwrap_padded(&Key::aes(&KEY).unwrap(), &wrapped).unwrap();
        assert_eq!(*plain, hex!("c37b7e6492584340bed12207808941155068f738"));
    }

    #[test]
    fn key_wrap_of_7_bytes_as_published() {
        let wrapped = hex!("afbeb0f07dfbf5419200f2ccb50bb24f");
        let plain = unwrap_padded(&Key::aes(&KEY).unwrap(), &wrapped).unwrap();
        assert_eq!(*plain, hex!("466f7250617369"));
    }

    #[test]
    fn any_changed_bit_is_noticed() {
        let wrapped = hex!("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a");
        let key = Key::aes(&KEY).unwrap();
        for bit in 0..wrapped.len() * 8 {
            let mut changed = wrapped;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unwrap_padded(&key, &changed).err(), Some(UnwrapError::NotUnwrapped));
        }
    }

    #[test]
    fn padding_must_be_whole() {
        let remove = |bytes: &[u8]| remove_padding(Zeroizing::new(bytes.to_vec()));
        assert_eq!(*remove(&[7, 2, 2]).unwrap(), [7]);
        for wrong in [&[][..], &[0], &[1, 2], &[5, 5], &[17; 17]] {
            assert!(remove(wrong).is_err());
        }
    }
}
