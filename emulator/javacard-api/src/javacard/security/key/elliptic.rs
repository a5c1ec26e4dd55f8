//! Keys on elliptic curves: `ECKey` with parameters of any kind, `XECKey` on a curve that has a name.

use cryptography::{CurveParameters, NamedCurve, ec::XecCurve};
use jcvm::Trap;
use zeroize::Zeroizing;

use super::{
    KeyObject, SPECIFICATION,
    family::{Family, Part},
    get_part, set_part,
};
use crate::{
    Call,
    javacard::security::{
        buffer::{input, throw},
        reason,
    },
    javacardx::crypto::key_encryption,
    registry::Natives,
};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/ECKey.setFieldFP([BSS)V", |call| set_part(call, Part::Field)),
    ("javacard/security/ECKey.setFieldF2M(S)V", refuse_field),
    ("javacard/security/ECKey.setFieldF2M(SSS)V", refuse_field),
    ("javacard/security/ECKey.setA([BSS)V", |call| set_part(call, Part::A)),
    ("javacard/security/ECKey.setB([BSS)V", |call| set_part(call, Part::B)),
    ("javacard/security/ECKey.setG([BSS)V", |call| set_point(call, Part::G)),
    ("javacard/security/ECKey.setR([BSS)V", |call| set_part(call, Part::R)),
    ("javacard/security/ECKey.setK(S)V", set_cofactor),
    ("javacard/security/ECKey.getField([BS)S", |call| get_part(call, Part::Field)),
    ("javacard/security/ECKey.getA([BS)S", |call| get_part(call, Part::A)),
    ("javacard/security/ECKey.getB([BS)S", |call| get_part(call, Part::B)),
    ("javacard/security/ECKey.getG([BS)S", |call| get_part(call, Part::G)),
    ("javacard/security/ECKey.getR([BS)S", |call| get_part(call, Part::R)),
    ("javacard/security/ECKey.getK()S", get_cofactor),
    (
        "javacard/security/ECKey.copyDomainParametersFrom(Ljavacard/security/ECKey;)V",
        copy_domain_parameters,
    ),
    ("javacard/security/ECPrivateKey.setS([BSS)V", |call| set_part(call, Part::S)),
    ("javacard/security/ECPrivateKey.getS([BS)S", |call| get_part(call, Part::S)),
    ("javacard/security/ECPublicKey.setW([BSS)V", |call| set_point(call, Part::W)),
    ("javacard/security/ECPublicKey.getW([BS)S", |call| get_part(call, Part::W)),
    ("javacard/security/XECKey.getParams()Ljavacard/security/NamedParameterSpec;", get_parameters),
    ("javacard/security/XECKey.getEncodingLength()S", get_encoding_length),
    ("javacard/security/XECKey.getEncoded([BS)S", |call| get_part(call, Part::Whole)),
    ("javacard/security/XECKey.setEncoded([BSS)V", set_encoded),
];

/// A curve by its `NamedParameterSpec.*`.
#[derive(Clone, Copy)]
pub(crate) enum SpecifiedCurve {
    /// Of `ECKey`'s kind.
    Prime(NamedCurve),
    /// Montgomery's or Edwards's.
    Xec(XecCurve),
}

impl SpecifiedCurve {
    pub(crate) fn from_constant(constant: u16) -> Option<Self> {
        let xec = XecCurve::from_constant(constant).map(Self::Xec);
        xec.or_else(|| NamedCurve::from_constant(constant).map(Self::Prime))
    }

    /// Size of a key, in bits.
    pub(crate) fn bits(self) -> usize {
        match self {
            Self::Prime(curve) => usize::from(curve.bits()),
            Self::Xec(curve) => 8 * curve.length() - 1,
        }
    }

    /// Length of an encoded key, in bytes.
    pub(crate) fn encoding_length(self, family: Family) -> usize {
        match (self, family) {
            (Self::Prime(_), Family::XecPublic) => 2 * self.bits().div_ceil(8) + 1,
            (Self::Prime(_), _) => self.bits().div_ceil(8),
            (Self::Xec(curve), _) => curve.length(),
        }
    }
}

/// There is no curve over F2m.
fn refuse_field(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    KeyObject::this(call)?;
    throw(call, reason::ILLEGAL_VALUE)
}

/// A point: what its first byte is tells how long it has to be [SEC 1 §2.3.3].
fn set_point(call: &mut Call<'_, '_>, part: Part) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    if part == Part::G && key.is_sharing(call) {
        return throw(call, reason::ILLEGAL_USE);
    }
    let point = input(call, 1)?;
    let point = key_encryption::decrypted(call, &key, point)?;
    let length = key.bits.div_ceil(8);
    let suits = match point.first() {
        Some(2 | 3) => point.len() == length + 1,
        Some(4 | 6 | 7) => point.len() == 2 * length + 1,
        _ => false,
    };
    if !suits {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    key.set(call, part, &point)?;
    Ok(0)
}

fn set_cofactor(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    if key.is_sharing(call) {
        return throw(call, reason::ILLEGAL_USE);
    }
    let cofactor = call.arguments.short(1)?.to_be_bytes();
    key.set(call, Part::K, &cofactor)?;
    Ok(0)
}

fn get_cofactor(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    let cofactor = key.expect(call, Part::K)?;
    Ok(cofactor.first_chunk().map_or(0, |bytes| i32::from(i16::from_be_bytes(*bytes))))
}

fn copy_domain_parameters(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (key, from) = (KeyObject::this(call)?, KeyObject::argument(call, 1)?);
    if key.is_sharing(call) {
        return throw(call, reason::ILLEGAL_USE);
    }
    let parts = Family::EcParameters.parts();
    if from.family.parameters() != Some(Family::EcParameters) || from.bits != key.bits {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    for part in parts.iter().filter(|part| from.family.needs(**part)) {
        from.expect(call, *part)?;
    }
    for part in parts {
        if let Some(bytes) = from.part(call, *part)? {
            key.set(call, *part, &bytes)?;
        }
    }
    Ok(0)
}

fn get_parameters(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    Ok(key.reference(call, SPECIFICATION).to_cell())
}

fn encoding_length(call: &Call<'_, '_>, key: &KeyObject) -> usize {
    let curve = SpecifiedCurve::from_constant(key.curve(call));
    curve.map_or(0, |curve| curve.encoding_length(key.family))
}

fn get_encoding_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    Ok(i32::try_from(encoding_length(call, &key)).unwrap_or(0))
}

fn set_encoded(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    let encoded = input(call, 1)?;
    let encoded = key_encryption::decrypted(call, &key, encoded)?;
    if encoded.len() != encoding_length(call, &key) {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    key.set(call, Part::Whole, &encoded)?;
    Ok(0)
}

/// The numbers of a curve, as a key holds them.
pub(crate) struct Domain {
    parts: [Zeroizing<Vec<u8>>; 5],
    cofactor: u32,
}

impl Domain {
    /// The numbers of a key's curve, if they are set.
    pub(crate) fn of(call: &mut Call<'_, '_>, key: &KeyObject) -> Result<Option<Self>, Trap> {
        let mut parts: [Zeroizing<Vec<u8>>; 5] = Default::default();
        let names = [Part::Field, Part::A, Part::B, Part::G, Part::R];
        for (place, part) in parts.iter_mut().zip(names) {
            match key.part(call, part)? {
                Some(bytes) => *place = bytes,
                None => return Ok(None),
            }
        }
        let cofactor = key.part(call, Part::K)?;
        let cofactor = cofactor.and_then(|bytes| bytes.first_chunk().copied());
        let cofactor = cofactor.map_or(1, |bytes| u32::from(u16::from_be_bytes(bytes)));
        Ok(Some(Self { parts, cofactor }))
    }

    /// Whether these are the numbers.
    pub(crate) fn is_same(&self, other: &CurveParameters<'_>) -> bool {
        let own = self.parameters();
        let numbers = |curve: &CurveParameters<'_>| {
            [curve.p, curve.a, curve.b, curve.g, curve.n].map(<[u8]>::to_vec)
        };
        numbers(&own) == numbers(other)
    }

    /// As the algorithms take them.
    pub(crate) fn parameters(&self) -> CurveParameters<'_> {
        let [p, a, b, g, order] = &self.parts;
        CurveParameters { p, a, b, g, n: order, h: self.cofactor }
    }
}

/// Sets the numbers of a curve.
pub(crate) fn set_domain(
    call: &mut Call<'_, '_>,
    key: &KeyObject,
    curve: CurveParameters<'_>,
) -> Result<(), Trap> {
    let cofactor = u16::try_from(curve.h).unwrap_or(1).max(1).to_be_bytes();
    let parts = [
        (Part::Field, curve.p),
        (Part::A, curve.a),
        (Part::B, curve.b),
        (Part::G, curve.g),
        (Part::R, curve.n),
        (Part::K, &cofactor),
    ];
    parts.into_iter().try_for_each(|(part, bytes)| key.set(call, part, bytes))
}
