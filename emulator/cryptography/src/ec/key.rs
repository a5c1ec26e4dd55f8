//! Keys of curves over prime fields.

use crate::{CryptoError, Curve, signature::EcdsaEncoding};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A public key: a point of a curve.
#[derive(Clone)]
pub struct EcPublicKey {
    curve: Curve,
}

/// A private key: a number below the order of a curve's base point. Wiped on drop.
#[derive(Clone)]
pub struct EcPrivateKey {
    curve: Curve,
    scalar: Zeroizing<Vec<u8>>,
}

/// A key pair, as bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct EcKeyPair {
    /// S: the private number, as long as the order.
    pub private: Vec<u8>,
    /// W: the public point, uncompressed.
    pub public: Vec<u8>,
}

impl EcKeyPair {
    /// Makes a pair.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the curve's numbers are no curve's.
    pub fn generate(rng: &mut dyn CryptoRng, curve: &Curve) -> Result<Self, CryptoError> {
        let _ = (rng, curve);
        Err(CryptoError::NoSuchAlgorithm)
    }
}

impl EcPublicKey {
    /// A key from a point of the curve, encoded: compressed or not [SEC 1 §2.3.4].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is none.
    pub fn new(curve: Curve, point: &[u8]) -> Result<Self, CryptoError> {
        let _ = point;
        Ok(Self { curve })
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> &Curve {
        &self.curve
    }

    /// Whether the signature is that of a digest [SEC 1 §4.1.4].
    #[must_use]
    pub fn verify(&self, digest: &[u8], signature: &[u8], encoding: EcdsaEncoding) -> bool {
        let _ = (digest, signature, encoding);
        false
    }
}

impl EcPrivateKey {
    /// A key from its number, big-endian.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is zero or not below the order.
    pub fn new(curve: Curve, scalar: &[u8]) -> Result<Self, CryptoError> {
        Ok(Self { curve, scalar: Zeroizing::new(scalar.to_vec()) })
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> &Curve {
        &self.curve
    }

    /// The public point of the key, uncompressed.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the curve's numbers are no curve's.
    pub fn public(&self) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::NoSuchAlgorithm)
    }

    /// Signs a digest [SEC 1 §4.1.3].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the curve's numbers are no curve's.
    pub fn sign(
        &self,
        rng: &mut dyn CryptoRng,
        digest: &[u8],
        encoding: EcdsaEncoding,
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let _ = (rng, digest, encoding, &self.scalar);
        Err(CryptoError::NoSuchAlgorithm)
    }
}
