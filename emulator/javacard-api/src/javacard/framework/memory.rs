//! Memory: transient and global arrays, how much is left, deletion of objects [JCRE 3.0.5 §5, §8].

use jcvm::{
    AppletId, Body, ClassId, ContextId, Lifetime, ObjectFlags, Reference, Standard, Trap, Write,
};

use super::transaction::short;
use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/JCSystem.getAvailableMemory(B)S", available),
    ("javacard/framework/JCSystem.getAvailableMemory([BSB)V", available_bytes),
    ("javacard/framework/JCSystem.getAvailableMemory([SSB)V", available_shorts),
    ("javacard/framework/JCSystem.isObjectDeletionSupported()Z", deletion_supported),
    ("javacard/framework/JCSystem.isTransient(Ljava/lang/Object;)B", is_transient),
    ("javacard/framework/JCSystem.makeGlobalArray(BS)Ljava/lang/Object;", make_global),
    ("javacard/framework/JCSystem.makeTransientBooleanArray(SB)[Z", make_booleans),
    ("javacard/framework/JCSystem.makeTransientByteArray(SB)[B", make_bytes),
    ("javacard/framework/JCSystem.makeTransientObjectArray(SB)[Ljava/lang/Object;", make_objects),
    ("javacard/framework/JCSystem.makeTransientShortArray(SB)[S", make_shorts),
    ("javacard/framework/JCSystem.requestObjectDeletion()V", request_deletion),
];

/// Reasons of `SystemException`.
pub(super) const ILLEGAL_VALUE: i16 = 1;
const NO_TRANSIENT_SPACE: i16 = 2;
const ILLEGAL_TRANSIENT: i16 = 3;
/// Global arrays and views of one command, in bytes of content.
const GLOBAL_BYTES_MAX: usize = 64 * 1024;
/// What an array costs beyond its content in that account, in bytes.
const GLOBAL_OVERHEAD: usize = 16;

/// The class of `JCSystem.ARRAY_TYPE_*`.
pub(super) const fn array_class(kind: i8) -> Option<ClassId> {
    match kind {
        1 => Some(ClassId::BOOLEAN_ARRAY),
        2 => Some(ClassId::BYTE_ARRAY),
        3 => Some(ClassId::SHORT_ARRAY),
        4 => Some(ClassId::INT_ARRAY),
        5 => Some(ClassId::REFERENCE_ARRAY),
        _ => None,
    }
}

/// Makes a transient array: for `event` `CLEAR_ON_RESET` (1) or `CLEAR_ON_DESELECT` (2), the latter only for the selected applet's
/// context [JCRE 3.0.5 §5.1].
///
/// # Errors
/// `SystemException`: `ILLEGAL_VALUE`, `ILLEGAL_TRANSIENT`, `NO_TRANSIENT_SPACE`; `NegativeArraySizeException`.
pub(crate) fn make_transient(
    call: &mut Call<'_, '_>,
    class: ClassId,
    length: i16,
    event: i8,
) -> Result<Reference, Trap> {
    let lifetime = match event {
        1 => Lifetime::ClearOnReset,
        2 => Lifetime::ClearOnDeselect,
        _ => return call.throw(Standard::System(ILLEGAL_VALUE)),
    };
    let context = call.vm.context();
    if lifetime == Lifetime::ClearOnDeselect && call.vm.selected().is_some_and(|it| it != context) {
        return call.throw(Standard::System(ILLEGAL_TRANSIENT));
    }
    call.vm.new_array(class, length, lifetime)
}

fn transient_array(call: &mut Call<'_, '_>, class: ClassId) -> Result<i32, Trap> {
    let (length, event) = (call.arguments.short(0)?, call.arguments.byte(1)?);
    make_transient(call, class, length, event).map(Reference::to_cell)
}

fn make_booleans(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    transient_array(call, ClassId::BOOLEAN_ARRAY)
}

fn make_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    transient_array(call, ClassId::BYTE_ARRAY)
}

fn make_shorts(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    transient_array(call, ClassId::SHORT_ARRAY)
}

fn make_objects(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    transient_array(call, ClassId::REFERENCE_ARRAY)
}

fn is_transient(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let object = call.vm.heap().get(call.this()?);
    Ok(match object.filter(|object| object.class.is_array()).map(jcvm::Object::lifetime) {
        Some(Lifetime::ClearOnReset) => 1,
        Some(Lifetime::ClearOnDeselect) => 2,
        _ => 0,
    })
}

/// Makes an array of primitives that every context may use and none may keep; it goes with the command.
fn make_global(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let class = match array_class(call.arguments.byte(0)?) {
        Some(class) if class != ClassId::REFERENCE_ARRAY => class,
        _ => return call.throw(Standard::System(ILLEGAL_VALUE)),
    };
    let Ok(length) = usize::try_from(call.arguments.short(1)?) else {
        return call.throw(Standard::NegativeArraySize);
    };
    let body = match class {
        ClassId::SHORT_ARRAY => Body::Shorts(vec![0; length].into()),
        ClassId::INT_ARRAY => Body::Ints(vec![0; length].into()),
        _ => Body::Bytes(vec![0; length].into()),
    };
    make_temporary(call, ContextId::JCRE, class, body, ObjectFlags::GLOBAL_ARRAY)
        .map(Reference::to_cell)
}

/// Makes an array or other object that lasts as long as the command and that nobody may keep.
///
/// # Errors
/// `SystemException`: `NO_TRANSIENT_SPACE` when the command has made too many.
pub(crate) fn make_temporary(
    call: &mut Call<'_, '_>,
    owner: ContextId,
    class: ClassId,
    body: Body,
    flags: ObjectFlags,
) -> Result<Reference, Trap> {
    let cost = body.size() + GLOBAL_OVERHEAD;
    let used = call.state.temporary.used + cost;
    if used > GLOBAL_BYTES_MAX {
        return call.throw(Standard::System(NO_TRANSIENT_SPACE));
    }
    let made = call.vm.allocate_for((owner, AppletId::NONE), class, Lifetime::Runtime, body)?;
    call.vm.set_flags(made, flags);
    call.state.temporary.used = used;
    call.state.temporary.arrays.push(made);
    Ok(made)
}

/// Memory of a kind that is left, in bytes.
fn left(call: &mut Call<'_, '_>, kind: i8) -> Result<usize, Trap> {
    let (heap, applet) = (call.vm.heap(), call.vm.applet());
    match kind {
        0 => Ok(heap.persistent_free()),
        1 => Ok(heap.transient_free_for(applet).0),
        2 => Ok(heap.transient_free_for(applet).1),
        _ => call.throw(Standard::System(ILLEGAL_VALUE)),
    }
}

fn available(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let kind = call.arguments.byte(0)?;
    left(call, kind).map(short)
}

/// What is left as four bytes, high first.
fn left_bytes(call: &mut Call<'_, '_>) -> Result<[u8; 4], Trap> {
    let kind = call.arguments.byte(2)?;
    let left = i32::try_from(left(call, kind)?).unwrap_or(i32::MAX);
    Ok(left.to_be_bytes())
}

fn available_shorts(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let [a, b, c, d] = left_bytes(call)?;
    let (array, offset) = (call.arguments.reference(0)?, call.arguments.short(1)?);
    let second = offset.checked_add(1).unwrap_or(-1);
    // The second first: nothing is written when it does not fit.
    call.vm.set_short_at(array, second, i16::from_be_bytes([c, d]))?;
    call.vm.set_short_at(array, offset, i16::from_be_bytes([a, b]))?;
    Ok(0)
}

fn available_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let left = left_bytes(call)?;
    let (array, offset) = (call.arguments.reference(0)?, call.arguments.short(1)?);
    call.vm.write_bytes(array, offset, &left, Write::Transactional)?;
    Ok(0)
}

const fn deletion_supported(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(1)
}

/// The card collects before the next command.
const fn request_deletion(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    call.state.deletion_requested = true;
    Ok(0)
}
