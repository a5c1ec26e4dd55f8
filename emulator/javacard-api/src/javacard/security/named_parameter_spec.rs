//! `NamedParameterSpec` [JCAPI 3.1 javacard.security.NamedParameterSpec].

use jcvm::{Lifetime, Reference, Trap, Write};

use super::{buffer::throw, engine::instance, key::elliptic::SpecifiedCurve, reason};
use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    (
        "javacard/security/NamedParameterSpec.getInstance(S)Ljavacard/security/NamedParameterSpec;",
        get_instance,
    ),
    ("javacard/security/NamedParameterSpec.getName()S", get_name),
];

/// Hidden cell: the name.
const NAME: usize = 0;

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let name = call.arguments.short(0)?;
    if SpecifiedCurve::from_constant(name.cast_unsigned()).is_none() {
        return throw(call, reason::NO_SUCH_ALGORITHM);
    }
    let class = classes::NAMED_PARAMETER_SPEC;
    let made = call.vm.new_instance(class, Lifetime::Persistent)?;
    call.vm.set_field(made, class, NAME, name.into(), Write::Transactional)?;
    Ok(made.to_cell())
}

fn get_name(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = instance(call, classes::NAMED_PARAMETER_SPEC)?;
    let name = call.vm.field(this, classes::NAMED_PARAMETER_SPEC, NAME);
    Ok(i16::try_from(name).unwrap_or(0).into())
}

/// The name of a specification, and the curve that it is of.
///
/// # Errors
/// `NullPointerException`; `CryptoException.NO_SUCH_ALGORITHM` where it is none of a curve of this card.
pub(super) fn curve(
    call: &mut Call<'_, '_>,
    specification: Reference,
) -> Result<(i32, SpecifiedCurve), Trap> {
    call.vm.check_access(specification)?;
    let name = call.vm.field(specification, classes::NAMED_PARAMETER_SPEC, NAME);
    let is_one = call.vm.is_instance(specification, classes::NAMED_PARAMETER_SPEC);
    let curve = u16::try_from(name).ok().and_then(SpecifiedCurve::from_constant);
    match curve.filter(|_| is_one) {
        Some(curve) => Ok((name, curve)),
        None => throw(call, reason::NO_SUCH_ALGORITHM),
    }
}
