//! Curves with any parameters.

use core::ops::RangeInclusive;
use std::sync::Arc;

use crypto_bigint::{U256, U384, U576};

use super::group::{Group, Operations};
use crate::{CryptoError, number::trim};

/// Lengths of fields and orders that there is arithmetic for, in bits.
const BITS: RangeInclusive<usize> = 64..=576;

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
    /// The cofactor, K of the Java Card API; zero and one are the same.
    pub h: u32,
}

/// A curve over a prime field.
///
/// Multiplication takes as many steps for every number below the order, and looks at all of its table at every step; points of the
/// subgroup that the base point generates need no case of their own, for the formulas are complete where the order is odd. Points of
/// even order, of which curves with an even cofactor have some, may give the point at infinity.
#[derive(Clone)]
pub struct Curve(Arc<dyn Operations>);

impl Curve {
    /// A curve with any parameters of 64 to 576 bits.
    ///
    /// It is checked that all numbers are in range, the curve is not singular and the base point is on it, not that p or the order is a
    /// prime or the order that of the base point: arithmetic with others ends, with results of no meaning.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where that is not so.
    pub fn new(parameters: CurveParameters<'_>) -> Result<Self, CryptoError> {
        let [field, order] = [parameters.p, parameters.n].map(bits);
        if !BITS.contains(&field) || !BITS.contains(&order) {
            return Err(CryptoError::IllegalValue);
        }
        let operations: Option<Arc<dyn Operations>> = match field.max(order) {
            0..=256 => made(Group::<{ U256::LIMBS }>::new(parameters)),
            257..=384 => made(Group::<{ U384::LIMBS }>::new(parameters)),
            _ => made(Group::<{ U576::LIMBS }>::new(parameters)),
        };
        operations.map(Self).ok_or(CryptoError::IllegalValue)
    }

    /// Length of an element of the field, in bytes.
    #[must_use]
    pub fn field_length(&self) -> usize {
        self.0.field_length()
    }

    /// Length of the order, in bytes.
    #[must_use]
    pub fn order_length(&self) -> usize {
        self.0.order_length()
    }

    /// A point of the curve, uncompressed, from either encoding.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is none, or the point at infinity.
    pub fn decode(&self, point: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.decode(point).ok_or(CryptoError::IllegalValue)
    }

    pub(super) fn operations(&self) -> &dyn Operations {
        &*self.0
    }
}

fn made<G: Operations + 'static>(group: Option<G>) -> Option<Arc<dyn Operations>> {
    group.map(|group| Arc::new(group) as Arc<dyn Operations>)
}

/// Length of a number, in bits.
fn bits(number: &[u8]) -> usize {
    let number = trim(number);
    let unused = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(unused)
}
