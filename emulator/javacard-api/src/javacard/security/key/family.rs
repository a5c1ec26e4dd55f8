//! The kinds of keys: what they consist of, in which sizes they come, and what `KeyBuilder` calls them.

use core::ops::RangeInclusive;

use jcvm::{ClassId, Lifetime};

use crate::tables::classes;

/// A kind of key, by the interface that it implements. The number is kept in images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Family {
    Des = 1,
    Aes,
    Hmac,
    Secret,
    RsaPublic,
    RsaPrivate,
    RsaCrt,
    DsaPublic,
    DsaPrivate,
    DsaParameters,
    DhPublic,
    DhPrivate,
    DhParameters,
    EcPublic,
    EcPrivate,
    EcParameters,
    XecPublic,
    XecPrivate,
}

/// A part of a key, by the name of its setter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The whole of a secret key, or of a key that is only known encoded.
    Whole,
    Modulus,
    Exponent,
    P,
    Q,
    Pq,
    Dp1,
    Dq1,
    Field,
    A,
    B,
    G,
    R,
    K,
    S,
    W,
    X,
    Y,
}

/// Where a key's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    Persistent = 0,
    Reset = 1,
    Deselect = 2,
}

impl Memory {
    /// `JCSystem.MEMORY_TYPE_*`.
    pub(crate) const fn from_constant(constant: i8) -> Option<Self> {
        match constant {
            0 => Some(Self::Persistent),
            1 => Some(Self::Reset),
            2 => Some(Self::Deselect),
            _ => None,
        }
    }

    pub(crate) const fn lifetime(self) -> Lifetime {
        match self {
            Self::Persistent => Lifetime::Persistent,
            Self::Reset => Lifetime::ClearOnReset,
            Self::Deselect => Lifetime::ClearOnDeselect,
        }
    }
}

use Family::{
    Aes, Des, DhParameters, DhPrivate, DhPublic, DsaParameters, DsaPrivate, DsaPublic,
    EcParameters, EcPrivate, EcPublic, Hmac, RsaCrt, RsaPrivate, RsaPublic, Secret, XecPrivate,
    XecPublic,
};
use Memory::{Deselect, Persistent, Reset};

/// `KeyBuilder.TYPE_*`. Keys over F2m, of SEED and of SM4 are none of this card's.
const TYPES: [(i8, Family, Memory); 34] = [
    (1, Des, Reset),
    (2, Des, Deselect),
    (3, Des, Persistent),
    (4, RsaPublic, Persistent),
    (5, RsaPrivate, Persistent),
    (6, RsaCrt, Persistent),
    (7, DsaPublic, Persistent),
    (8, DsaPrivate, Persistent),
    (11, EcPublic, Persistent),
    (12, EcPrivate, Persistent),
    (13, Aes, Reset),
    (14, Aes, Deselect),
    (15, Aes, Persistent),
    (19, Hmac, Reset),
    (20, Hmac, Deselect),
    (21, Hmac, Persistent),
    (22, RsaPrivate, Reset),
    (23, RsaPrivate, Deselect),
    (24, RsaCrt, Reset),
    (25, RsaCrt, Deselect),
    (26, DsaPrivate, Reset),
    (27, DsaPrivate, Deselect),
    (30, EcPrivate, Reset),
    (31, EcPrivate, Deselect),
    (32, DhPublic, Persistent),
    (33, DhPublic, Deselect),
    (34, DhPublic, Reset),
    (35, DhPrivate, Persistent),
    (36, DhPrivate, Deselect),
    (37, DhPrivate, Reset),
    (38, DhParameters, Persistent),
    (39, DsaParameters, Persistent),
    (41, EcParameters, Persistent),
    (42, Secret, Persistent),
];

/// `KeyBuilder.TYPE_XEC`, of keys that only `buildXECKey` makes.
const TYPE_XEC: i8 = -1;

/// `KeyBuilder.ALG_TYPE_*`.
const ALGORITHMS: [(i8, Family); 16] = [
    (1, Des),
    (2, Aes),
    (3, DsaPublic),
    (4, DsaPrivate),
    (7, EcPublic),
    (8, EcPrivate),
    (9, Hmac),
    (11, RsaPublic),
    (12, RsaPrivate),
    (13, RsaCrt),
    (14, DhPublic),
    (15, DhPrivate),
    (17, EcParameters),
    (18, DsaParameters),
    (19, DhParameters),
    (20, Secret),
];

const ALL: [(Family, ClassId); 18] = [
    (Des, classes::DES_KEY_OBJECT),
    (Aes, classes::AES_KEY_OBJECT),
    (Hmac, classes::HMAC_KEY_OBJECT),
    (Secret, classes::GENERIC_SECRET_KEY_OBJECT),
    (RsaPublic, classes::RSA_PUBLIC_KEY_OBJECT),
    (RsaPrivate, classes::RSA_PRIVATE_KEY_OBJECT),
    (RsaCrt, classes::RSA_PRIVATE_CRT_KEY_OBJECT),
    (DsaPublic, classes::DSA_PUBLIC_KEY_OBJECT),
    (DsaPrivate, classes::DSA_PRIVATE_KEY_OBJECT),
    (DsaParameters, classes::DSA_PARAMETERS_OBJECT),
    (DhPublic, classes::DH_PUBLIC_KEY_OBJECT),
    (DhPrivate, classes::DH_PRIVATE_KEY_OBJECT),
    (DhParameters, classes::DH_PARAMETERS_OBJECT),
    (EcPublic, classes::EC_PUBLIC_KEY_OBJECT),
    (EcPrivate, classes::EC_PRIVATE_KEY_OBJECT),
    (EcParameters, classes::EC_PARAMETERS_OBJECT),
    (XecPublic, classes::XEC_PUBLIC_KEY_OBJECT),
    (XecPrivate, classes::XEC_PRIVATE_KEY_OBJECT),
];

/// Shortest and longest field of a curve, in bits. Any between them will do, for an applet may set the parameters of a curve that has no
/// constant: 255 bits for the Weierstrass form of Curve25519.
const CURVE_BITS: RangeInclusive<usize> = 112..=521;
/// Most bytes of a key of HMAC: at least those of the longest block, whatever `LENGTH_HMAC_*` says.
const HMAC_LENGTHS: (usize, usize) = (128, 256);
/// Longest generic secret, in bits.
const SECRET_BITS_MAX: usize = 4096;
/// Longest subgroup order of DSA, in bytes.
const DSA_ORDER_LENGTH: usize = 32;

impl Family {
    /// From the number that images keep.
    pub(crate) fn from_cell(cell: i32) -> Option<Self> {
        ALL.iter().map(|(family, _)| *family).find(|family| *family as i32 == cell)
    }

    /// Family and memory of a `KeyBuilder.TYPE_*`.
    pub(crate) fn from_type(constant: i8) -> Option<(Self, Memory)> {
        let found = TYPES.iter().find(|(known, ..)| *known == constant)?;
        Some((found.1, found.2))
    }

    /// The family of a `KeyBuilder.ALG_TYPE_*`.
    pub(crate) fn from_algorithm(constant: i8) -> Option<Self> {
        ALGORITHMS.iter().find(|(known, _)| *known == constant).map(|(_, family)| *family)
    }

    /// `KeyBuilder.TYPE_*`: of the memory, or where it has none of its own there, of the persistent key.
    pub(crate) fn type_constant(self, memory: Memory) -> i8 {
        let of = |memory| TYPES.iter().find(|known| (known.1, known.2) == (self, memory));
        of(memory).or_else(|| of(Persistent)).map_or(TYPE_XEC, |known| known.0)
    }

    /// The hidden class.
    pub(crate) fn class(self) -> ClassId {
        let found = ALL.iter().find(|(family, _)| *family == self);
        found.map_or(classes::KEY_OBJECT, |(_, class)| *class)
    }

    /// Whether keys of this size can be built; of families on named curves the size is not asked.
    pub(crate) fn has_size(self, bits: usize) -> bool {
        match self {
            Des => matches!(bits, 64 | 128 | 192),
            Aes => matches!(bits, 128 | 192 | 256 | 512),
            Hmac => (1..=8 * HMAC_LENGTHS.1).contains(&bits),
            Secret => (8..=SECRET_BITS_MAX).contains(&bits) && bits.is_multiple_of(8),
            RsaPublic | RsaPrivate | RsaCrt => {
                (512..=4096).contains(&bits) && bits.is_multiple_of(32)
            }
            DsaPublic | DsaPrivate | DsaParameters | DhPublic | DhPrivate | DhParameters => {
                (512..=4096).contains(&bits) && bits.is_multiple_of(64)
            }
            EcPublic | EcPrivate | EcParameters => CURVE_BITS.contains(&bits),
            XecPublic | XecPrivate => true,
        }
    }

    /// The parts, in the order in which they are laid out.
    pub(crate) const fn parts(self) -> &'static [Part] {
        use Part::{
            A, B, Dp1, Dq1, Exponent, Field, G, K, Modulus, P, Pq, Q, R, S, W, Whole, X, Y,
        };
        match self {
            Des | Aes | Hmac | Secret | XecPublic | XecPrivate => &[Whole],
            RsaPublic | RsaPrivate => &[Modulus, Exponent],
            RsaCrt => &[P, Q, Pq, Dp1, Dq1],
            DsaPublic | DhPublic => &[P, Q, G, Y],
            DsaPrivate | DhPrivate => &[P, Q, G, X],
            DsaParameters | DhParameters => &[P, Q, G],
            EcPublic => &[Field, A, B, G, R, K, W],
            EcPrivate => &[Field, A, B, G, R, K, S],
            EcParameters => &[Field, A, B, G, R, K],
        }
    }

    /// The family of domain parameters that a key can share.
    pub(crate) const fn parameters(self) -> Option<Self> {
        match self {
            EcPublic | EcPrivate | EcParameters => Some(EcParameters),
            DsaPublic | DsaPrivate | DsaParameters => Some(DsaParameters),
            DhPublic | DhPrivate | DhParameters => Some(DhParameters),
            _ => None,
        }
    }

    /// Whether a part is one of the domain parameters.
    pub(crate) fn shares(self, part: Part) -> bool {
        self.parameters().is_some_and(|parameters| parameters.parts().contains(&part))
    }

    /// Whether a key lacks something without this part.
    pub(crate) const fn needs(self, part: Part) -> bool {
        // The cofactor is one where it is not set; Diffie-Hellman needs no order.
        let dh = matches!(self, DhPublic | DhPrivate | DhParameters);
        !(matches!(part, Part::K) || dh && matches!(part, Part::Q))
    }

    /// Most bytes of a part.
    pub(crate) fn capacity(self, part: Part, bits: usize) -> usize {
        let length = bits.div_ceil(8);
        match (self, part) {
            (Hmac, _) => bits.clamp(HMAC_LENGTHS.0, HMAC_LENGTHS.1),
            (RsaCrt, _) => length.div_ceil(2),
            (DsaPublic | DsaPrivate | DsaParameters, Part::Q | Part::X) => DSA_ORDER_LENGTH,
            // On a named curve it is a point, where the curve is one of those.
            (EcPublic | EcPrivate | EcParameters, Part::G | Part::W) | (XecPublic, _) => {
                2 * length + 1
            }
            // The order may be longer than the field by a bit.
            (EcPublic | EcPrivate | EcParameters, Part::R | Part::S) => length + 1,
            (_, Part::K) => 2,
            _ => length,
        }
    }
}
