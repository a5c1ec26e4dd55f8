//! Exceptions with a reason: constructors, `getReason`, `setReason`, `throwIt` [JCRE 3.0.5 §6.2.1].
//!
//! The reason is the one hidden cell of `java.lang.Throwable`, so that the natives of `CardException` and `CardRuntimeException` serve
//! every class below them, in whatever package.

use jcvm::{Trap, Write};

use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/CardException.<init>(S)V", set_reason),
    ("javacard/framework/CardException.getReason()S", get_reason),
    ("javacard/framework/CardException.setReason(S)V", set_reason),
    ("javacard/framework/CardException.throwIt(S)V", throw_it),
    ("javacard/framework/CardRuntimeException.<init>(S)V", set_reason),
    ("javacard/framework/CardRuntimeException.getReason()S", get_reason),
    ("javacard/framework/CardRuntimeException.setReason(S)V", set_reason),
    ("javacard/framework/CardRuntimeException.throwIt(S)V", throw_it),
];

/// The cell of `Throwable` that holds the reason.
pub(crate) const REASON: usize = 0;

fn get_reason(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    Ok(call.vm.field(this, classes::THROWABLE, REASON))
}

fn set_reason(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let reason = i32::from(call.arguments.short(1)?);
    call.vm.set_field(this, classes::THROWABLE, REASON, reason, Write::Transactional)?;
    Ok(0)
}

/// Throws the runtime environment's instance of the class that was named.
fn throw_it(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let reason = call.arguments.short(0)?;
    call.throw_class(call.class(), reason)
}
