//! Arithmetic on curves over prime fields.

use crate::CryptoError;
use std::sync::Arc;

/// The parameters of a curve y² = x³ + ax + b over the field of p elements, big-endian [SEC 1 §3.1.1].
#[derive(Clone, Copy)]
pub struct CurveParameters<'a> {
    /// The prime of the field.
    pub p: &'a [u8],
    /// The first coefficient.
    pub a: &'a [u8],
    /// The second coefficient.
    pub b: &'a [u8],
    /// The base point, encoded: compressed or not [SEC 1 §2.3.3].
    pub g: &'a [u8],
    /// The order of the base point, R of the Java Card API.
    pub n: &'a [u8],
    /// The cofactor, K of the Java Card API; zero or one where it is not known.
    pub h: u32,
}

/// A curve over a prime field.
#[derive(Clone)]
pub struct Curve(Arc<()>);

impl Curve {
    /// A curve with any parameters of 64 to 576 bits.
    ///
    /// It is checked that all numbers are in range and the base point is on the curve, not that p or the order is a prime: arithmetic with
    /// others ends, with results of no meaning.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where that is not so.
    pub fn new(parameters: CurveParameters<'_>) -> Result<Self, CryptoError> {
        let _ = parameters;
        Err(CryptoError::NoSuchAlgorithm)
    }

    /// Length of an element of the field, in bytes.
    #[must_use]
    pub fn field_length(&self) -> usize {
        0
    }

    /// Length of the order, in bytes.
    #[must_use]
    pub fn order_length(&self) -> usize {
        0
    }
}
