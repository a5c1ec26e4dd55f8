//! `AID`: application identifiers, and the runtime environment's own ones.

use iso7816::Aid;
use jcvm::{
    AppletId, Body, ClassId, ContextId, Lifetime, ObjectFlags, Reference, Standard, Trap, Vm, Write,
};

use crate::{ApiState, Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/AID.<init>([BSB)V", construct),
    ("javacard/framework/AID.RIDEquals(Ljavacard/framework/AID;)Z", rid_equals),
    ("javacard/framework/AID.equals(Ljava/lang/Object;)Z", equals),
    ("javacard/framework/AID.equals([BSB)Z", equals_bytes),
    ("javacard/framework/AID.getBytes([BS)B", get_bytes),
    ("javacard/framework/AID.getPartialBytes(S[BSB)B", get_partial_bytes),
    ("javacard/framework/AID.partialEquals([BSB)Z", partial_equals),
];

/// The hidden cell with the byte array.
const BYTES: usize = 0;
/// Length of the registered application provider identifier, in bytes [ISO 7816-5 §6].
const RID_LENGTH: usize = 5;
/// Shortest and longest AID, in bytes [ISO 7816-5 §6].
const LENGTH: core::ops::RangeInclusive<usize> = 5..=16;
/// `SystemException.ILLEGAL_VALUE`.
const ILLEGAL_VALUE: i16 = 1;

/// The bytes of an AID object, whoever owns it; none for null and for what is no AID.
pub(crate) fn bytes<'m>(vm: &'m Vm<'_>, aid: Reference) -> &'m [u8] {
    let array = Reference::from_cell(vm.field(aid, classes::AID, BYTES));
    let is_aid = vm.is_instance(aid, classes::AID);
    let bytes = vm.heap().get(array).filter(|_| is_aid).and_then(|object| object.body.bytes());
    bytes.unwrap_or_default()
}

/// The runtime environment's AID object with this value, a permanent entry point: made once, for applets may keep the reference
/// [JCRE 3.0.5 §6.2.1].
///
/// # Errors
/// `SystemException` when memory is full.
pub(crate) fn entry_point(
    state: &mut ApiState,
    vm: &mut Vm<'_>,
    aid: Aid,
) -> Result<Reference, Trap> {
    let wanted = aid.as_bytes();
    if let Some(known) = state.aids.get(wanted).copied()
        && bytes(vm, known) == wanted
    {
        return Ok(known);
    }
    let found = vm.heap().objects().find(|(reference, object)| {
        object.context == ContextId::JCRE
            && object.class == classes::AID
            && bytes(vm, *reference) == wanted
    });
    let reference = match found.map(|(reference, _)| reference) {
        Some(reference) => reference,
        None => make_entry_point(vm, wanted)?,
    };
    state.aids.insert(wanted.to_vec(), reference);
    Ok(reference)
}

fn make_entry_point(vm: &mut Vm<'_>, bytes: &[u8]) -> Result<Reference, Trap> {
    let owner = (ContextId::JCRE, AppletId::NONE);
    let array = vm.allocate_for(
        owner,
        ClassId::BYTE_ARRAY,
        Lifetime::Persistent,
        Body::Bytes(bytes.into()),
    )?;
    let fields = Body::Fields(vec![array.to_cell()].into());
    let reference = vm.allocate_for(owner, classes::AID, Lifetime::Persistent, fields)?;
    vm.set_flags(reference, ObjectFlags::PERMANENT_ENTRY_POINT);
    Ok(reference)
}

fn construct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let this = call.this()?;
    let length = i16::from(arguments.byte(3)?);
    let value = call.vm.bytes(arguments.reference(1)?, arguments.short(2)?, length)?.to_vec();
    if !LENGTH.contains(&value.len()) {
        return call.throw(Standard::System(ILLEGAL_VALUE));
    }
    let array =
        call.vm.allocate(ClassId::BYTE_ARRAY, Lifetime::Persistent, Body::Bytes(value.into()))?;
    call.vm.set_field(this, classes::AID, BYTES, array.to_cell(), Write::Transactional)?;
    Ok(0)
}

/// Whether the first bytes of two AIDs, the provider's, are the same. Of another AID object only the value is read, whoever owns it.
fn rid_equals(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let other = call.arguments.reference(1)?;
    if other.is_null() {
        return Ok(0);
    }
    call.vm.check_call(other)?;
    let rid = |aid: Reference| bytes(call.vm, aid).get(..RID_LENGTH);
    Ok(i32::from(rid(call.this()?) == rid(other)))
}

fn equals(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let other = call.arguments.reference(1)?;
    if other.is_null() || !call.vm.is_instance(other, classes::AID) {
        return Ok(0);
    }
    call.vm.check_call(other)?;
    Ok(i32::from(bytes(call.vm, call.this()?) == bytes(call.vm, other)))
}

/// The bytes that are compared with: null is equal to nothing.
fn given(call: &mut Call<'_, '_>) -> Result<Option<Vec<u8>>, Trap> {
    let arguments = call.arguments;
    let array = arguments.reference(1)?;
    if array.is_null() {
        return Ok(None);
    }
    let length = i16::from(arguments.byte(3)?);
    call.vm.bytes(array, arguments.short(2)?, length).map(|bytes| Some(bytes.to_vec()))
}

fn equals_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let other = given(call)?;
    Ok(i32::from(
        other.is_some_and(|other| call.this().is_ok_and(|this| bytes(call.vm, this) == other)),
    ))
}

/// Whether the AID begins with these bytes.
fn partial_equals(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let Some(other) = given(call)? else { return Ok(0) };
    let this = call.this()?;
    Ok(i32::from(bytes(call.vm, this).starts_with(&other)))
}

fn get_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let value = bytes(call.vm, this).to_vec();
    let (array, offset) = (call.arguments.reference(1)?, call.arguments.short(2)?);
    call.vm.write_bytes(array, offset, &value, Write::Transactional)?;
    Ok(i32::try_from(value.len()).unwrap_or(0))
}

/// A part of the AID; length 0 asks for everything from the offset on.
fn get_partial_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let this = call.this()?;
    let value = bytes(call.vm, this).to_vec();
    let from = usize::try_from(arguments.short(1)?).ok();
    let length = usize::try_from(arguments.byte(4)?).ok();
    let part = from.zip(length).and_then(|(from, length)| match length {
        0 => value.get(from..),
        _ => value.get(from..from + length),
    });
    let Some(part) = part else { return call.throw(Standard::ArrayIndexOutOfBounds) };
    call.vm.write_bytes(
        arguments.reference(2)?,
        arguments.short(3)?,
        part,
        Write::Transactional,
    )?;
    Ok(i32::try_from(part.len()).unwrap_or(0))
}
