//! `OwnerPIN` and what `OwnerPINBuilder` makes [JCAPI 3.0.5 javacard.framework.OwnerPIN].
//!
//! The try counter is written at once and before the comparison, so that neither an abort nor a power failure gives a try back.

use faults::Fault;
use jcvm::{Body, ClassId, Lifetime, ObjectFlags, Reference, Trap, Vm, Write};
use subtle::ConstantTimeEq;

use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/OwnerPIN.<init>(BB)V", construct),
    ("javacard/framework/OwnerPIN.check([BSB)Z", check),
    ("javacard/framework/OwnerPIN.getTriesRemaining()B", get_tries_remaining),
    ("javacard/framework/OwnerPIN.getValidatedFlag()Z", is_validated),
    ("javacard/framework/OwnerPIN.isValidated()Z", is_validated),
    ("javacard/framework/OwnerPIN.reset()V", reset),
    ("javacard/framework/OwnerPIN.resetAndUnblock()V", reset_and_unblock),
    ("javacard/framework/OwnerPIN.setValidatedFlag(Z)V", set_validated_flag),
    ("javacard/framework/OwnerPIN.update([BSB)V", update),
    ("javacard/framework/OwnerPINBuilder.buildOwnerPIN(BBB)Ljavacard/framework/PIN;", build),
    ("javacard/framework/OwnerPINx.getTryLimit()B", get_try_limit),
    ("javacard/framework/OwnerPINx.setTriesRemaining(B)V", set_tries_remaining),
    ("javacard/framework/OwnerPINx.setTryLimit(B)V", set_try_limit),
    ("javacard/framework/OwnerPINx.update([BSB)V", update),
    ("javacard/framework/OwnerPINxWithPredecrement.check([BSB)Z", check_decremented),
    ("javacard/framework/OwnerPINxWithPredecrement.decrementTriesRemaining()B", decrement),
    ("javacard/framework/PIN.check([BSB)Z", check),
    ("javacard/framework/PIN.getTriesRemaining()B", get_tries_remaining),
    ("javacard/framework/PIN.isValidated()Z", is_validated),
    ("javacard/framework/PIN.reset()V", reset),
];

/// Hidden cells: the PIN's bytes, the transient flags, the largest number of tries, those that are left, the length of the PIN.
const PIN: usize = 0;
const FLAGS: usize = 1;
const LIMIT: usize = 2;
const TRIES: usize = 3;
const LENGTH: usize = 4;
/// Flags: a PIN was presented; the try counter was decremented for the check that comes.
const VALIDATED: usize = 0;
const DECREMENTED: usize = 1;
const FLAG_COUNT: usize = 2;
/// Reasons of `PINException`.
const ILLEGAL_VALUE: i16 = 1;
const ILLEGAL_STATE: i16 = 2;

fn cell(vm: &Vm<'_>, pin: Reference, cell: usize) -> i32 {
    vm.field(pin, classes::OWNER_PIN, cell)
}

fn set(vm: &mut Vm<'_>, pin: Reference, cell: usize, value: i32, write: Write) -> Result<(), Trap> {
    vm.set_field(pin, classes::OWNER_PIN, cell, value, write)
}

fn flag(vm: &Vm<'_>, pin: Reference, flag: usize) -> bool {
    let flags = Reference::from_cell(cell(vm, pin, FLAGS));
    let bytes = vm.heap().get(flags).and_then(|object| object.body.bytes());
    bytes.and_then(|bytes| bytes.get(flag)) == Some(&1)
}

fn set_flag(vm: &mut Vm<'_>, pin: Reference, flag: usize, value: bool) {
    let flags = Reference::from_cell(cell(vm, pin, FLAGS));
    // The flags are transient: nothing can fail, unless a subclass did not call the constructor.
    let _ = vm.heap_mut().store_bytes(flags, flag, &[u8::from(value)], Write::Immediate);
}

/// Clears both flags: what every method does that touches the try counter.
fn invalidate(vm: &mut Vm<'_>, pin: Reference) {
    set_flag(vm, pin, VALIDATED, false);
    set_flag(vm, pin, DECREMENTED, false);
}

fn construct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let (limit, size) = (call.arguments.byte(1)?, call.arguments.byte(2)?);
    initialise(call, this, limit, size)?;
    Ok(0)
}

fn initialise(call: &mut Call<'_, '_>, pin: Reference, limit: i8, size: i8) -> Result<(), Trap> {
    let size = match usize::try_from(size) {
        Ok(size) if size > 0 && limit > 0 => size,
        _ => return call.throw_class(classes::PIN_EXCEPTION, ILLEGAL_VALUE),
    };
    let vm = &mut *call.vm;
    let value = Body::Bytes(vec![0; size].into());
    let value = vm.allocate(ClassId::BYTE_ARRAY, Lifetime::Persistent, value)?;
    vm.set_flags(value, ObjectFlags::SENSITIVE);
    let flags = Body::Bytes(vec![0; FLAG_COUNT].into());
    let flags = vm.allocate(ClassId::BOOLEAN_ARRAY, Lifetime::ClearOnReset, flags)?;
    let cells = [
        (PIN, value.to_cell()),
        (FLAGS, flags.to_cell()),
        (LIMIT, limit.into()),
        (TRIES, limit.into()),
        (LENGTH, 0),
    ];
    cells.into_iter().try_for_each(|(cell, value)| set(vm, pin, cell, value, Write::Transactional))
}

/// `OWNER_PIN` (1), `OWNER_PIN_X` (2), `OWNER_PIN_X_WITH_PREDECREMENT` (3).
fn build(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (limit, size) = (call.arguments.byte(0)?, call.arguments.byte(1)?);
    let class = match call.arguments.byte(2)? {
        1 => classes::OWNER_PIN,
        2 => classes::EXTENDED_OWNER_PIN,
        3 => classes::PREDECREMENTED_OWNER_PIN,
        _ => return call.throw_class(classes::PIN_EXCEPTION, ILLEGAL_VALUE),
    };
    if limit < 1 || size < 1 {
        return call.throw_class(classes::PIN_EXCEPTION, ILLEGAL_VALUE);
    }
    let made = call.vm.new_instance(class, Lifetime::Persistent)?;
    initialise(call, made, limit, size)?;
    Ok(made.to_cell())
}

fn check(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    if !faults::active(Fault::PinStaysValidated) {
        invalidate(call.vm, this);
    }
    let tries = cell(call.vm, this, TRIES);
    if tries <= 0 {
        let checked = faults::active(Fault::BlockedPinChecked);
        return if checked { compare(call, this) } else { Ok(0) };
    }
    // Before the arguments are looked at: a call that throws costs a try, too.
    let left = if faults::active(Fault::PinTryNotCounted) { tries } else { tries - 1 };
    let undone = faults::active(Fault::PinTryRolledBack);
    let write = if undone { Write::Transactional } else { Write::Immediate };
    set(call.vm, this, TRIES, left, write)?;
    compare(call, this)
}

/// The check of a PIN whose try counter the applet has decremented.
fn check_decremented(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    if !flag(call.vm, this, DECREMENTED) {
        return call.throw_class(classes::PIN_EXCEPTION, ILLEGAL_STATE);
    }
    invalidate(call.vm, this);
    compare(call, this)
}

/// Compares without saying by its time where the difference is; a match gives the tries back.
fn compare(call: &mut Call<'_, '_>, pin: Reference) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let length = i16::from(arguments.byte(3)?);
    let given = zeroize::Zeroizing::new(
        call.vm.bytes(arguments.reference(1)?, arguments.short(2)?, length)?.to_vec(),
    );
    let stored = Reference::from_cell(cell(call.vm, pin, PIN));
    let stored = call.vm.heap().get(stored).and_then(|object| object.body.bytes());
    let size = usize::try_from(cell(call.vm, pin, LENGTH)).unwrap_or(0);
    let stored = stored.and_then(|bytes| bytes.get(..size)).unwrap_or_default();
    if !bool::from(stored.ct_eq(&given)) {
        return Ok(0);
    }
    let limit = cell(call.vm, pin, LIMIT);
    set(call.vm, pin, TRIES, limit, Write::Immediate)?;
    set_flag(call.vm, pin, VALIDATED, true);
    Ok(1)
}

/// Decrements the try counter for the check that comes, and returns it.
fn decrement(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    invalidate(call.vm, this);
    let tries = cell(call.vm, this, TRIES);
    if tries <= 0 {
        return Ok(0);
    }
    set(call.vm, this, TRIES, tries - 1, Write::Immediate)?;
    set_flag(call.vm, this, DECREMENTED, true);
    Ok(tries - 1)
}

fn get_tries_remaining(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(cell(call.vm, call.this()?, TRIES))
}

fn is_validated(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(flag(call.vm, call.this()?, VALIDATED)))
}

fn set_validated_flag(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, value) = (call.this()?, call.arguments.boolean(1)?);
    set_flag(call.vm, this, VALIDATED, value);
    Ok(0)
}

/// Gives the tries back and takes the validation away, if there was one.
fn reset(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    if flag(call.vm, call.this()?, VALIDATED) { reset_and_unblock(call) } else { Ok(0) }
}

fn reset_and_unblock(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    invalidate(call.vm, this);
    let limit = cell(call.vm, this, LIMIT);
    set(call.vm, this, TRIES, limit, Write::Immediate)?;
    Ok(0)
}

/// Sets a new PIN, in the transaction if there is one.
fn update(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let this = call.this()?;
    let length = arguments.byte(3)?;
    let given = zeroize::Zeroizing::new(
        call.vm.bytes(arguments.reference(1)?, arguments.short(2)?, length.into())?.to_vec(),
    );
    let stored = Reference::from_cell(cell(call.vm, this, PIN));
    let size = call.vm.heap().get(stored).map_or(0, |object| object.body.length());
    if given.len() > size {
        return call.throw_class(classes::PIN_EXCEPTION, ILLEGAL_VALUE);
    }
    invalidate(call.vm, this);
    let limit = cell(call.vm, this, LIMIT);
    call.vm.write_bytes(stored, 0, &given, Write::Transactional)?;
    set(call.vm, this, LENGTH, length.into(), Write::Transactional)?;
    set(call.vm, this, TRIES, limit, Write::Transactional)?;
    Ok(0)
}

fn get_try_limit(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(cell(call.vm, call.this()?, LIMIT))
}

/// Sets the largest number of tries, and gives all of them back.
fn set_try_limit(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, limit) = (call.this()?, call.arguments.byte(1)?);
    if limit < 1 {
        return call.throw_class(classes::PIN_EXCEPTION, ILLEGAL_VALUE);
    }
    invalidate(call.vm, this);
    set(call.vm, this, LIMIT, limit.into(), Write::Transactional)?;
    set(call.vm, this, TRIES, limit.into(), Write::Transactional)?;
    Ok(0)
}

fn set_tries_remaining(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, tries) = (call.this()?, i32::from(call.arguments.byte(1)?));
    if tries < 0 || tries > cell(call.vm, this, LIMIT) {
        return call.throw_class(classes::PIN_EXCEPTION, ILLEGAL_VALUE);
    }
    invalidate(call.vm, this);
    set(call.vm, this, TRIES, tries, Write::Transactional)?;
    Ok(0)
}
