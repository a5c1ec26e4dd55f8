//! RSA: keys, raw operations, and what PKCS#1 builds of them.
//!
//! A private key works without its public exponent, as Java Card keys do: from the modulus and exponent, or by the Chinese remainder
//! theorem. Exponentiation takes the same time for all numbers of a length.

mod generate;
mod key;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use self::{
    generate::RsaKeyPair,
    key::{RsaPrivateKey, RsaPublicKey},
};
use crate::{CryptoError, DigestAlgorithm, Key, cipher::RsaPadding, signature::RsaSignatureScheme};

/// Longest modulus, in bytes.
pub const MODULUS_LENGTH_MAX: usize = 512;
/// Shortest modulus, in bytes.
pub const MODULUS_LENGTH_MIN: usize = 64;

/// Length of the modulus of a key, in bytes.
pub(crate) fn length(key: &Key) -> Result<usize, CryptoError> {
    match key {
        Key::RsaPublic(key) => Ok(key.length()),
        Key::RsaPrivate(key) => Ok(key.length()),
        _ => Err(CryptoError::InvalidInit),
    }
}

pub(crate) fn encrypt(
    _rng: &mut dyn CryptoRng,
    _padding: RsaPadding,
    _key: &Key,
    _message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    Err(CryptoError::NoSuchAlgorithm)
}
pub(crate) fn decrypt(
    _padding: RsaPadding,
    _key: &Key,
    _message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    Err(CryptoError::NoSuchAlgorithm)
}
pub(crate) fn sign(
    _rng: &mut dyn CryptoRng,
    _s: (RsaSignatureScheme, Option<DigestAlgorithm>),
    _key: &RsaPrivateKey,
    _hash: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    Err(CryptoError::NoSuchAlgorithm)
}
pub(crate) fn verify(
    _s: (RsaSignatureScheme, Option<DigestAlgorithm>),
    _key: &RsaPublicKey,
    _hash: &[u8],
    _signature: &[u8],
) -> Result<bool, CryptoError> {
    Err(CryptoError::NoSuchAlgorithm)
}
