//! X25519 and Ed25519: the curves of `javacard.security.XECKey`.

use curve25519_dalek::montgomery::MontgomeryPoint;
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::prehashed::Prehashed;
use crate::CryptoError;

/// Length of a key of either kind on either curve, in bytes.
const KEY_LENGTH: usize = 32;

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
        KEY_LENGTH
    }

    /// Length of a key as `Key.getSize` has it, in bits [RFC 7748 §5], [RFC 8032 §5.1].
    #[must_use]
    pub const fn bits(self) -> u16 {
        255
    }
}

/// A public key, encoded as its RFC has it.
#[derive(Clone)]
pub struct XecPublicKey(Public);

#[derive(Clone)]
enum Public {
    Ed25519(VerifyingKey),
    X25519([u8; KEY_LENGTH]),
}

/// A private key, encoded as its RFC has it; wiped on drop.
#[derive(Clone)]
pub struct XecPrivateKey {
    curve: XecCurve,
    encoded: Zeroizing<[u8; KEY_LENGTH]>,
}

impl XecPublicKey {
    /// A key from its encoding.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is not of its length, or no point.
    pub fn new(curve: XecCurve, encoded: &[u8]) -> Result<Self, CryptoError> {
        let encoded = encoded.try_into().map_err(|_| CryptoError::IllegalValue)?;
        Ok(Self(match curve {
            XecCurve::X25519 => Public::X25519(encoded),
            XecCurve::Ed25519 => Public::Ed25519(
                VerifyingKey::from_bytes(&encoded).map_err(|_| CryptoError::IllegalValue)?,
            ),
        }))
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> XecCurve {
        match self.0 {
            Public::Ed25519(_) => XecCurve::Ed25519,
            Public::X25519(_) => XecCurve::X25519,
        }
    }

    /// The key's encoding.
    #[must_use]
    pub fn encoded(&self) -> [u8; KEY_LENGTH] {
        match &self.0 {
            Public::Ed25519(key) => key.to_bytes(),
            Public::X25519(encoded) => *encoded,
        }
    }

    /// Whether the signature is that of a message, or of its SHA-512 digest where it is hashed first [RFC 8032 §5.1.7].
    #[must_use]
    pub fn verify(&self, message: &[u8], prehashed: bool, signature: &[u8]) -> bool {
        let Public::Ed25519(key) = &self.0 else { return false };
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        if prehashed {
            let digest = Prehashed::new(message);
            digest.is_some_and(|digest| key.verify_prehashed(digest, None, &signature).is_ok())
        } else {
            key.verify(message, &signature).is_ok()
        }
    }
}

impl XecPrivateKey {
    /// A key from its encoding.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is not of its length.
    pub fn new(curve: XecCurve, encoded: &[u8]) -> Result<Self, CryptoError> {
        let encoded = encoded.try_into().map_err(|_| CryptoError::IllegalValue)?;
        Ok(Self { curve, encoded: Zeroizing::new(encoded) })
    }

    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng, curve: XecCurve) -> Self {
        let mut encoded = Zeroizing::new([0; KEY_LENGTH]);
        rng.fill_bytes(&mut *encoded);
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
        &*self.encoded
    }

    /// The public key, encoded.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        match self.curve {
            XecCurve::Ed25519 => {
                SigningKey::from_bytes(&self.encoded).verifying_key().to_bytes().to_vec()
            }
            XecCurve::X25519 => {
                MontgomeryPoint::mul_base_clamped(*self.encoded).to_bytes().to_vec()
            }
        }
    }

    /// Signs a message, or its SHA-512 digest where it is hashed first [RFC 8032 §5.1.6].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] for a key of X25519, or a digest that is none.
    pub fn sign(&self, message: &[u8], prehashed: bool) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        if self.curve != XecCurve::Ed25519 {
            return Err(CryptoError::IllegalValue);
        }
        let key = SigningKey::from_bytes(&self.encoded);
        let signature = if prehashed {
            let digest = Prehashed::new(message).ok_or(CryptoError::IllegalValue)?;
            key.sign_prehashed(digest, None)
        } else {
            key.try_sign(message)
        };
        let signature = signature.map_err(|_| CryptoError::IllegalValue)?;
        Ok(Zeroizing::new(signature.to_bytes().to_vec()))
    }

    /// The secret that the key and another party's encoded public key give [RFC 7748 §6.1].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] for a key of Ed25519, a public key of another length, and a result of zeros.
    pub fn agree(&self, public: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let public: [u8; KEY_LENGTH] = public.try_into().map_err(|_| CryptoError::IllegalValue)?;
        let secret = Zeroizing::new(MontgomeryPoint(public).mul_clamped(*self.encoded).to_bytes());
        let is_zero = bool::from(secret.ct_eq(&[0; KEY_LENGTH]));
        if is_zero || self.curve != XecCurve::X25519 {
            return Err(CryptoError::IllegalValue);
        }
        Ok(Zeroizing::new(secret.to_vec()))
    }
}
