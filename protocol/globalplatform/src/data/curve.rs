//! References of elliptic curves, key component F0 [GPCS 2.3.1 §11.8.2.3].

/// A curve that cards know by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// 00: NIST P-256.
    P256,
    /// 01: NIST P-384.
    P384,
    /// 02: NIST P-521.
    P521,
    /// 03: `brainpoolP256r1`.
    BrainpoolP256R1,
    /// 04: `brainpoolP256t1`.
    BrainpoolP256T1,
    /// 05: `brainpoolP384r1`.
    BrainpoolP384R1,
    /// 06: `brainpoolP384t1`.
    BrainpoolP384T1,
    /// 07: `brainpoolP512r1`.
    BrainpoolP512R1,
    /// 08: `brainpoolP512t1`.
    BrainpoolP512T1,
}

/// The curves in the order of their references, each with the length of a coordinate in bytes.
const CURVES: [(Curve, usize); 9] = [
    (Curve::P256, 32),
    (Curve::P384, 48),
    (Curve::P521, 66),
    (Curve::BrainpoolP256R1, 32),
    (Curve::BrainpoolP256T1, 32),
    (Curve::BrainpoolP384R1, 48),
    (Curve::BrainpoolP384T1, 48),
    (Curve::BrainpoolP512R1, 64),
    (Curve::BrainpoolP512T1, 64),
];

impl Curve {
    /// The curve of a reference.
    #[must_use]
    pub fn from_reference(reference: u8) -> Option<Self> {
        CURVES.get(usize::from(reference)).map(|(curve, _)| *curve)
    }

    /// The reference.
    #[must_use]
    pub const fn reference(self) -> u8 {
        self as u8
    }

    /// Length of a coordinate, and of a private key, in bytes. An uncompressed point has two and one byte more.
    #[must_use]
    pub fn field_length(self) -> usize {
        CURVES.get(usize::from(self.reference())).map_or(0, |(_, length)| *length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_references() {
        for (reference, (curve, length)) in (0..).zip(CURVES) {
            assert_eq!((curve.reference(), curve.field_length()), (reference, length));
            assert_eq!(Curve::from_reference(reference), Some(curve));
        }
        assert_eq!(Curve::from_reference(9), None);
    }
}
