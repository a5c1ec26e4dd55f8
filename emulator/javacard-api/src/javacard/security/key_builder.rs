//! `KeyBuilder` [JCAPI 3.0.5 javacard.security.KeyBuilder].

use jcvm::{Reference, Trap};

use super::{
    buffer::throw,
    key::{
        Built, KeyObject,
        family::{Family, Memory},
    },
    named_parameter_spec, reason,
};
use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;", build_key),
    ("javacard/security/KeyBuilder.buildKey(BBSZ)Ljavacard/security/Key;", build_key_in),
    (
        "javacard/security/KeyBuilder.buildKeyWithSharedDomain(BBLjavacard/security/Key;Z)Ljavacard/security/Key;",
        build_key_with_shared_domain,
    ),
    (
        "javacard/security/KeyBuilder.buildXECKey(Ljavacard/security/NamedParameterSpec;SZ)Ljavacard/security/Key;",
        build_xec_key,
    ),
    ("javacard/security/KeyBuilder.getMemoryType(Ljavacard/security/Key;)B", get_memory_type),
];

/// `ATTR_PRIVATE` of `buildXECKey`; the rest of the attributes is a `JCSystem.MEMORY_TYPE_*`.
const ATTR_PRIVATE: u16 = 0x8000;

fn build_key(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (constant, bits) = (call.arguments.byte(0)?, call.arguments.short(1)?);
    build(call, Family::from_type(constant), bits, Reference::NULL)
}

/// By algorithm and memory.
fn kind(call: &Call<'_, '_>) -> Result<Option<(Family, Memory)>, Trap> {
    let (algorithm, memory) = (call.arguments.byte(0)?, call.arguments.byte(1)?);
    Ok(Family::from_algorithm(algorithm).zip(Memory::from_constant(memory)))
}

fn build_key_in(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (kind, bits) = (kind(call)?, call.arguments.short(2)?);
    build(call, kind, bits, Reference::NULL)
}

fn build_key_with_shared_domain(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let kind = kind(call)?;
    let domain = KeyObject::argument(call, 2)?;
    let parameters = kind.and_then(|(family, _)| family.parameters());
    if domain.family.parameters() != parameters || parameters.is_none() {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    let holder = domain.domain(call).unwrap_or(domain.object);
    build(call, kind, i16::try_from(domain.bits).unwrap_or(0), holder)
}

fn build(
    call: &mut Call<'_, '_>,
    kind: Option<(Family, Memory)>,
    bits: i16,
    domain: Reference,
) -> Result<i32, Trap> {
    let bits = usize::try_from(bits).unwrap_or(0);
    match kind {
        Some((family, memory)) if family.has_size(bits) => {
            let built = Built { bits, domain, ..Built::default() };
            Ok(KeyObject::build(call, (family, memory), built)?.object.to_cell())
        }
        _ => throw(call, reason::NO_SUCH_ALGORITHM),
    }
}

fn build_xec_key(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let specification = call.arguments.reference(0)?;
    let attributes = call.arguments.short(1)?.cast_unsigned();
    let (name, curve) = named_parameter_spec::curve(call, specification)?;
    let private = attributes & ATTR_PRIVATE != 0;
    let memory = i8::try_from(attributes & !ATTR_PRIVATE).ok().and_then(Memory::from_constant);
    let Some(memory) = memory else { return throw(call, reason::NO_SUCH_ALGORITHM) };
    let family = if private { Family::XecPrivate } else { Family::XecPublic };
    let built =
        Built { bits: curve.bits(), specification: (specification, name), ..Built::default() };
    Ok(KeyObject::build(call, (family, memory), built)?.object.to_cell())
}

fn get_memory_type(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::argument(call, 0)?;
    Ok(key.memory(call) as i32)
}
