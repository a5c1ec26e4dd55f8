//! Curves that have a name. The tests check each: the base point is on the curve and has the order stated.

mod brainpool;
mod national;
mod sec;

use crate::{CryptoError, Curve, CurveParameters};

/// Declares the curves: name, field length in bits, `NamedParameterSpec.*` or zero, numbers.
macro_rules! curves {
    ($($(#[$doc:meta])* $name:ident = $bits:literal, $constant:literal, $parameters:expr;)*) => {
        /// A curve that has a name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum NamedCurve {
            $($(#[$doc])* $name,)*
        }

        impl NamedCurve {
            /// Every curve.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Length of an element of the field, in bits.
            #[must_use]
            pub const fn bits(self) -> u16 {
                match self { $(Self::$name => $bits,)* }
            }

            /// Its `NamedParameterSpec.*`, where it has one [JCAPI 3.1 javacard.security.NamedParameterSpec].
            #[must_use]
            pub const fn constant(self) -> Option<u16> {
                match self { $(Self::$name => if $constant == 0 { None } else { Some($constant) },)* }
            }

            /// Its numbers.
            #[must_use]
            pub const fn parameters(self) -> CurveParameters<'static> {
                match self { $(Self::$name => $parameters,)* }
            }
        }
    };
}

curves! {
    /// secp112r1 [SEC 2 v1 §2.2.1].
    Secp112r1 = 112, 0, sec::SECP112R1;
    /// secp128r1 [SEC 2 v1 §2.3.1].
    Secp128r1 = 128, 0, sec::SECP128R1;
    /// secp160k1 [SEC 2 v1 §2.4.1].
    Secp160k1 = 160, 0, sec::SECP160K1;
    /// secp160r1 [SEC 2 v1 §2.4.2].
    Secp160r1 = 160, 0, sec::SECP160R1;
    /// secp192k1 [SEC 2 v2 §2.2.1].
    Secp192k1 = 192, 0, sec::SECP192K1;
    /// secp192r1, P-192 [SEC 2 v2 §2.2.2].
    Secp192r1 = 192, 4097, sec::SECP192R1;
    /// secp224k1 [SEC 2 v2 §2.3.1].
    Secp224k1 = 224, 0, sec::SECP224K1;
    /// secp224r1, P-224 [SEC 2 v2 §2.3.2].
    Secp224r1 = 224, 4098, sec::SECP224R1;
    /// secp256k1 [SEC 2 v2 §2.4.1].
    Secp256k1 = 256, 0, sec::SECP256K1;
    /// secp256r1, P-256 [SEC 2 v2 §2.4.2].
    Secp256r1 = 256, 4099, sec::SECP256R1;
    /// secp384r1, P-384 [SEC 2 v2 §2.5.1].
    Secp384r1 = 384, 4100, sec::SECP384R1;
    /// secp521r1, P-521 [SEC 2 v2 §2.6.1].
    Secp521r1 = 521, 4101, sec::SECP521R1;
    /// brainpoolP160r1 [RFC 5639 §3.1].
    BrainpoolP160r1 = 160, 0, brainpool::BRAINPOOLP160R1;
    /// brainpoolP160t1 [RFC 5639 §3.1].
    BrainpoolP160t1 = 160, 0, brainpool::BRAINPOOLP160T1;
    /// brainpoolP192r1 [RFC 5639 §3.2].
    BrainpoolP192r1 = 192, 8195, brainpool::BRAINPOOLP192R1;
    /// brainpoolP192t1 [RFC 5639 §3.2].
    BrainpoolP192t1 = 192, 8196, brainpool::BRAINPOOLP192T1;
    /// brainpoolP224r1 [RFC 5639 §3.3].
    BrainpoolP224r1 = 224, 8197, brainpool::BRAINPOOLP224R1;
    /// brainpoolP224t1 [RFC 5639 §3.3].
    BrainpoolP224t1 = 224, 8198, brainpool::BRAINPOOLP224T1;
    /// brainpoolP256r1 [RFC 5639 §3.4].
    BrainpoolP256r1 = 256, 8199, brainpool::BRAINPOOLP256R1;
    /// brainpoolP256t1 [RFC 5639 §3.4].
    BrainpoolP256t1 = 256, 8200, brainpool::BRAINPOOLP256T1;
    /// brainpoolP320r1 [RFC 5639 §3.5].
    BrainpoolP320r1 = 320, 8201, brainpool::BRAINPOOLP320R1;
    /// brainpoolP320t1 [RFC 5639 §3.5].
    BrainpoolP320t1 = 320, 8202, brainpool::BRAINPOOLP320T1;
    /// brainpoolP384r1 [RFC 5639 §3.6].
    BrainpoolP384r1 = 384, 8203, brainpool::BRAINPOOLP384R1;
    /// brainpoolP384t1 [RFC 5639 §3.6].
    BrainpoolP384t1 = 384, 8204, brainpool::BRAINPOOLP384T1;
    /// brainpoolP512r1 [RFC 5639 §3.7].
    BrainpoolP512r1 = 512, 8205, brainpool::BRAINPOOLP512R1;
    /// brainpoolP512t1 [RFC 5639 §3.7].
    BrainpoolP512t1 = 512, 8206, brainpool::BRAINPOOLP512T1;
    /// FRP256v1.
    Frp256v1 = 256, 1025, national::FRP256V1;
    /// The curve of SM2.
    Sm2 = 256, 768, national::SM2;
}

impl NamedCurve {
    /// The curve of a `NamedParameterSpec.*`; none for those of Montgomery and Edwards.
    #[must_use]
    pub fn from_constant(constant: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|curve| curve.constant() == Some(constant))
    }

    /// The curve of keys for which none is set, by the lengths of `KeyBuilder.LENGTH_EC_FP_*`, in bits.
    #[must_use]
    pub const fn of_length(bits: u16) -> Option<Self> {
        match bits {
            112 => Some(Self::Secp112r1),
            128 => Some(Self::Secp128r1),
            160 => Some(Self::Secp160r1),
            192 => Some(Self::Secp192r1),
            224 => Some(Self::Secp224r1),
            256 => Some(Self::Secp256r1),
            384 => Some(Self::Secp384r1),
            521 => Some(Self::Secp521r1),
            _ => None,
        }
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
