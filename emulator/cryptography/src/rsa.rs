//! RSA: keys, raw operations, and what PKCS#1 builds of them.
//!
//! A private key works without its public exponent, as Java Card keys do: from the modulus and exponent, or by the Chinese remainder
//! theorem. Exponentiation takes the same time for all numbers of a length; there is no blinding, for it needs the public exponent.

mod encryption;
mod generate;
pub(crate) mod iso9796;
mod key;
mod oaep;
mod pkcs1;
mod pss;

pub(crate) use self::{
    encryption::{decrypt, encrypt},
    pkcs1::{Scheme, sign, verify},
};
pub use self::{
    generate::RsaKeyPair,
    key::{CrtParts, RsaPrivateKey, RsaPublicKey},
};
use crate::{CryptoError, Key};

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
