//! Keys of curves over prime fields.

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Curve;
use crate::CryptoError;

/// Numbers that are drawn before a source is taken to be broken: at least every second one is in range.
const ATTEMPTS: usize = 256;

/// A public key: a point of a curve.
#[derive(Clone)]
pub struct EcPublicKey {
    curve: Curve,
    /// Uncompressed.
    point: Vec<u8>,
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
        let private = random_scalar(rng, curve)?;
        let public = curve.operations().multiply(&private, None);
        let public = public.ok_or(CryptoError::IllegalValue)?.to_vec();
        Ok(Self { private: private.to_vec(), public })
    }
}

/// A number between zero and the order, both excluded [SEC 1 §3.2.1].
pub(super) fn random_scalar(
    rng: &mut dyn CryptoRng,
    curve: &Curve,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let mut bytes = Zeroizing::new(vec![0; curve.order_length()]);
    let surplus = (bytes.len() * 8).saturating_sub(curve.operations().order_bits());
    for _ in 0..ATTEMPTS {
        rng.fill_bytes(&mut bytes);
        if let Some(first) = bytes.first_mut() {
            *first &= 0xFF >> surplus;
        }
        if let Some(scalar) = curve.operations().scalar(&bytes) {
            return Ok(scalar);
        }
    }
    Err(CryptoError::IllegalValue)
}

impl EcPublicKey {
    /// A key from a point of the curve, encoded: compressed or not [SEC 1 §2.3.4].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is none.
    pub fn new(curve: Curve, point: &[u8]) -> Result<Self, CryptoError> {
        let point = curve.decode(point)?;
        Ok(Self { curve, point })
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> &Curve {
        &self.curve
    }

    /// The point, uncompressed.
    #[must_use]
    pub fn point(&self) -> &[u8] {
        &self.point
    }
}

impl EcPrivateKey {
    /// A key from its number, big-endian.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is zero or not below the order.
    pub fn new(curve: Curve, scalar: &[u8]) -> Result<Self, CryptoError> {
        let scalar = curve.operations().scalar(scalar).ok_or(CryptoError::IllegalValue)?;
        Ok(Self { curve, scalar })
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> &Curve {
        &self.curve
    }

    pub(super) fn scalar(&self) -> &[u8] {
        &self.scalar
    }

    /// The public point of the key, uncompressed.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the curve's numbers are no curve's.
    pub fn public(&self) -> Result<Vec<u8>, CryptoError> {
        let point = self.curve.operations().multiply(&self.scalar, None);
        Ok(point.ok_or(CryptoError::IllegalValue)?.to_vec())
    }

    /// The point that the key and another party's point give, uncompressed [SEC 1 §3.3.1]; with the cofactor, where it is asked for
    /// [SEC 1 §3.3.2].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the other point is none of the curve, or the result is the point at infinity.
    pub fn agree(&self, point: &[u8], cofactor: bool) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let operations = self.curve.operations();
        let multiply = |scalar: &[u8], point: &[u8]| {
            operations.multiply(scalar, Some(point)).ok_or(CryptoError::IllegalValue)
        };
        if cofactor && operations.cofactor() != 1 {
            let point = multiply(&operations.cofactor().to_be_bytes(), point)?;
            return multiply(&self.scalar, &point);
        }
        multiply(&self.scalar, point)
    }

    /// The generator of PACE's generic mapping: the base point times the key, plus a point [ICAO 9303-11 §4.4.3.3.1].
    ///
    /// # Errors
    ///
    /// Those of [`EcPrivateKey::agree`].
    pub fn map(&self, point: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let multiple = self.public()?;
        self.curve.operations().add(&multiple, point).ok_or(CryptoError::IllegalValue)
    }
}
