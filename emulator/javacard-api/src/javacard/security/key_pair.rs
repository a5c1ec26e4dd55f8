//! `KeyPair` [JCAPI 3.0.5 javacard.security.KeyPair].

use cryptography::{
    Curve, NamedCurve, RsaKeyPair,
    ec::{EcKeyPair, XecPrivateKey},
    finite_field::FieldKeyPair,
};
use jcvm::{Reference, Trap, Write};

use super::{
    buffer::{CardRandom, OrThrow, throw},
    engine::instance,
    key::{
        Built, KeyObject,
        elliptic::{Domain, SpecifiedCurve, set_domain},
        family::{Family, Memory, Part},
    },
    reason,
};
use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/KeyPair.<init>(BS)V", construct),
    (
        "javacard/security/KeyPair.<init>(Ljavacard/security/PublicKey;Ljavacard/security/PrivateKey;)V",
        construct_from,
    ),
    ("javacard/security/KeyPair.genKeyPair()V", generate),
    (
        "javacard/security/KeyPair.genKeyPair(Ljavacard/security/AlgorithmParameterSpec;)V",
        generate_with,
    ),
    ("javacard/security/KeyPair.getPrivate()Ljavacard/security/PrivateKey;", |call| {
        let this = instance(call, classes::KEY_PAIR)?;
        Ok(call.vm.field(this, classes::KEY_PAIR, PRIVATE))
    }),
    ("javacard/security/KeyPair.getPublic()Ljavacard/security/PublicKey;", |call| {
        let this = instance(call, classes::KEY_PAIR)?;
        Ok(call.vm.field(this, classes::KEY_PAIR, PUBLIC))
    }),
];

/// Hidden cells.
const PUBLIC: usize = 0;
const PRIVATE: usize = 1;

/// Families of the keys of a pair by its `KeyPair.ALG_*`, but F2m.
const fn families(algorithm: i8) -> Option<(Family, Family)> {
    match algorithm {
        1 => Some((Family::RsaPublic, Family::RsaPrivate)),
        2 => Some((Family::RsaPublic, Family::RsaCrt)),
        3 => Some((Family::DsaPublic, Family::DsaPrivate)),
        5 => Some((Family::EcPublic, Family::EcPrivate)),
        6 => Some((Family::DhPublic, Family::DhPrivate)),
        _ => None,
    }
}

fn construct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (algorithm, bits) = (call.arguments.byte(1)?, call.arguments.short(2)?);
    let bits = usize::try_from(bits).unwrap_or(0);
    let Some((public, private)) = families(algorithm).filter(|(public, _)| public.has_size(bits))
    else {
        return throw(call, reason::NO_SUCH_ALGORITHM);
    };
    let built = Built { bits, ..Built::default() };
    let public = KeyObject::build(call, (public, Memory::Persistent), built)?;
    let private = KeyObject::build(call, (private, Memory::Persistent), built)?;
    keep(call, &public, &private)
}

fn construct_from(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (public, private) = (KeyObject::argument(call, 1)?, KeyObject::argument(call, 2)?);
    let matched = match (public.family, private.family) {
        (Family::RsaPublic, Family::RsaPrivate | Family::RsaCrt)
        | (Family::EcPublic, Family::EcPrivate)
        | (Family::DsaPublic, Family::DsaPrivate)
        | (Family::DhPublic, Family::DhPrivate) => public.bits == private.bits,
        (Family::XecPublic, Family::XecPrivate) => public.curve(call) == private.curve(call),
        _ => false,
    };
    if !matched {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    keep(call, &public, &private)
}

fn keep(call: &mut Call<'_, '_>, public: &KeyObject, private: &KeyObject) -> Result<i32, Trap> {
    let this = instance(call, classes::KEY_PAIR)?;
    for (cell, key) in [(PUBLIC, public), (PRIVATE, private)] {
        let value = key.object.to_cell();
        call.vm.set_field(this, classes::KEY_PAIR, cell, value, Write::Transactional)?;
    }
    Ok(0)
}

fn keys(call: &mut Call<'_, '_>) -> Result<(KeyObject, KeyObject), Trap> {
    let this = instance(call, classes::KEY_PAIR)?;
    let mut key = |cell| {
        let object = call.vm.field(this, classes::KEY_PAIR, cell);
        match KeyObject::find(call, Reference::from_cell(object))? {
            Some(key) => Ok(key),
            None => throw(call, reason::ILLEGAL_VALUE),
        }
    };
    Ok((key(PUBLIC)?, key(PRIVATE)?))
}

/// The only parameters are those of primality tests, which are for RSA, and for less than what is done anyway.
fn generate_with(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let specification = call.arguments.reference(1)?;
    if !specification.is_null() {
        let primality = call.vm.is_instance(specification, classes::PRIMALITY_TEST_PARAM_SPEC);
        let (public, _) = keys(call)?;
        if !primality || public.family != Family::RsaPublic {
            return throw(call, reason::ILLEGAL_VALUE);
        }
    }
    generate(call)
}

fn generate(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (public, private) = keys(call)?;
    match public.family {
        Family::RsaPublic => generate_rsa(call, &public, &private)?,
        Family::EcPublic => generate_elliptic(call, &public, &private)?,
        Family::XecPublic => generate_encoded(call, &public, &private)?,
        Family::DsaPublic | Family::DhPublic => generate_finite_field(call, &public, &private)?,
        _ => return throw(call, reason::NO_SUCH_ALGORITHM),
    }
    Ok(0)
}

/// An exponent that is set already is kept; otherwise it is 65537.
fn generate_rsa(
    call: &mut Call<'_, '_>,
    public: &KeyObject,
    private: &KeyObject,
) -> Result<(), Trap> {
    let exponent = public.part(call, Part::Exponent)?.unwrap_or_default();
    let mut random = CardRandom(&mut *call.platform);
    let pair = RsaKeyPair::generate(&mut random, public.bits, &exponent).or_throw(call)?;
    if private.family == Family::RsaCrt {
        let parts = [
            (Part::P, &pair.p),
            (Part::Q, &pair.q),
            (Part::Pq, &pair.inverse),
            (Part::Dp1, &pair.dp),
            (Part::Dq1, &pair.dq),
        ];
        parts.into_iter().try_for_each(|(part, bytes)| private.set(call, part, bytes))?;
    } else {
        private.set(call, Part::Modulus, &pair.modulus)?;
        private.set(call, Part::Exponent, &pair.private_exponent)?;
    }
    public.set(call, Part::Modulus, &pair.modulus)?;
    if exponent.is_empty() {
        public.set(call, Part::Exponent, &pair.public_exponent)?;
    }
    Ok(())
}

/// The curve is that of the public key, or else of the private one, or else the one that keys of their size have by default; in the
/// end both are on it.
fn generate_elliptic(
    call: &mut Call<'_, '_>,
    public: &KeyObject,
    private: &KeyObject,
) -> Result<(), Trap> {
    let mut known = Domain::of(call, public)?;
    if known.is_none() {
        known = Domain::of(call, private)?;
    }
    let default = u16::try_from(public.bits).ok().and_then(NamedCurve::of_length);
    let parameters = match (&known, default) {
        (Some(domain), _) => domain.parameters(),
        (None, Some(curve)) => curve.parameters(),
        (None, None) => return throw(call, reason::ILLEGAL_VALUE),
    };
    let curve = Curve::new(parameters).or_throw(call)?;
    let pair = EcKeyPair::generate(&mut CardRandom(&mut *call.platform), &curve).or_throw(call)?;
    for key in [public, private] {
        if Domain::of(call, key)?.is_none_or(|domain| !domain.is_same(&parameters)) {
            set_domain(call, key, parameters)?;
        }
    }
    private.set(call, Part::S, &pair.private)?;
    public.set(call, Part::W, &pair.public)
}

/// The group has to be set, in the public or in the private key; in the end both are of it.
fn generate_finite_field(
    call: &mut Call<'_, '_>,
    public: &KeyObject,
    private: &KeyObject,
) -> Result<(), Trap> {
    let from = if public.part(call, Part::P)?.is_some() { public } else { private };
    let parameters = public.family.parameters().map_or(&[][..], Family::parts);
    for part in parameters.iter().filter(|part| public.family.needs(**part)) {
        if from.part(call, *part)?.is_none() {
            return throw(call, reason::ILLEGAL_VALUE);
        }
    }
    let group = from.group(call)?;
    let pair =
        FieldKeyPair::generate(&mut CardRandom(&mut *call.platform), &group).or_throw(call)?;
    for part in parameters {
        let Some(number) = from.part(call, *part)? else { continue };
        for key in [public, private] {
            if key.part(call, *part)?.as_ref() != Some(&number) {
                key.set(call, *part, &number)?;
            }
        }
    }
    private.set(call, Part::X, &pair.private)?;
    public.set(call, Part::Y, &pair.public)
}

fn generate_encoded(
    call: &mut Call<'_, '_>,
    public: &KeyObject,
    private: &KeyObject,
) -> Result<(), Trap> {
    let curve = SpecifiedCurve::from_constant(public.curve(call));
    let random = &mut CardRandom(&mut *call.platform);
    let pair = match curve {
        Some(SpecifiedCurve::Xec(curve)) => {
            let key = XecPrivateKey::generate(random, curve);
            Ok(EcKeyPair { private: key.encoded().to_vec(), public: key.public() })
        }
        Some(SpecifiedCurve::Prime(curve)) => {
            curve.curve().and_then(|curve| EcKeyPair::generate(random, &curve))
        }
        None => Err(cryptography::CryptoError::NoSuchAlgorithm),
    };
    let pair = pair.or_throw(call)?;
    private.set(call, Part::Whole, &pair.private)?;
    public.set(call, Part::Whole, &pair.public)
}
