//! Keys of RSA, and the numbers to the power of them.

use crypto_bigint::{
    BoxedUint, NonZero, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use zeroize::{Zeroize, Zeroizing};

use super::{MODULUS_LENGTH_MAX, MODULUS_LENGTH_MIN};
use crate::CryptoError;

/// A public key [RFC 8017 §3.1].
#[derive(Clone)]
pub struct RsaPublicKey {
    modulus: Modulus,
    exponent: BoxedUint,
}

/// A private key in either form [RFC 8017 §3.2], wiped on drop.
#[derive(Clone)]
pub struct RsaPrivateKey(Private);

#[derive(Clone)]
enum Private {
    Exponent { modulus: Modulus, exponent: Secret },
    Crt(Box<Crt>),
}

/// The five numbers of a private key, and the modulus that they have in common.
#[derive(Clone)]
struct Crt {
    modulus: Modulus,
    p: Modulus,
    q: Modulus,
    dp: Secret,
    dq: Secret,
    inverse: Secret,
}

/// The parts of a private key in the form of the Chinese remainder theorem, big-endian, as `RSAPrivateCrtKey` calls them.
#[derive(Clone, Copy)]
pub struct CrtParts<'a> {
    /// The first prime, P.
    pub p: &'a [u8],
    /// The second prime, Q.
    pub q: &'a [u8],
    /// The private exponent modulo P - 1, DP1.
    pub dp: &'a [u8],
    /// The private exponent modulo Q - 1, DQ1.
    pub dq: &'a [u8],
    /// The inverse of Q modulo P, PQ.
    pub inverse: &'a [u8],
}

/// A number that is wiped on drop.
#[derive(Clone)]
struct Secret(BoxedUint);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// An odd modulus, with what is precomputed for it, and its length in bytes.
#[derive(Clone)]
struct Modulus {
    parameters: BoxedMontyParams,
    length: usize,
}

impl RsaPublicKey {
    /// A key from its modulus and exponent, big-endian; zeros before them are not looked at.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the modulus is even or not of 512 to 4096 bits, or the exponent is zero or longer than it.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, CryptoError> {
        let _ = (modulus, exponent);
        Err(CryptoError::NoSuchAlgorithm)
    }

    /// Length of the modulus, in bytes.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.modulus.length
    }

    /// The number `input` to the power of the exponent.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalUse`] where the number is not smaller than the modulus.
    pub fn raw(&self, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let _ = input;
        Err(CryptoError::NoSuchAlgorithm)
    }
}

impl RsaPrivateKey {
    /// A key from its modulus and private exponent, big-endian; zeros before them are not looked at.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the modulus is even or not of 512 to 4096 bits, or the exponent is zero or longer than it.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, CryptoError> {
        let _ = (modulus, exponent);
        Err(CryptoError::NoSuchAlgorithm)
    }

    /// A key in the form of the Chinese remainder theorem.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where a prime is even, their product is not of 512 to 4096 bits, or another part is longer than the
    /// prime it belongs to.
    pub fn from_crt(parts: CrtParts<'_>) -> Result<Self, CryptoError> {
        let _ = parts;
        Err(CryptoError::NoSuchAlgorithm)
    }

    /// Length of the modulus, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        match &self.0 {
            Private::Exponent { modulus, .. } => modulus.length,
            Private::Crt(crt) => crt.modulus.length,
        }
    }

    /// The number `input` to the power of the private exponent.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalUse`] where the number is not smaller than the modulus.
    pub fn raw(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let _ = input;
        Err(CryptoError::NoSuchAlgorithm)
    }
}
