//! `PrimitiveBERTLV`: a tag and bytes.

use jcvm::{Lifetime, Reference, Trap, Write};

use super::{
    EMPTY_TLV, INSUFFICIENT_STORAGE, INVALID_PARAM, encoding, fail,
    measure::{self, LENGTH, VALUE},
    object::{input, set_own_tag, set_tag},
    tag,
};
use crate::{
    Call,
    javacardx::framework::checks::{instance, part, short},
    registry::Natives,
    tables::classes,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/tlv/PrimitiveBERTLV.<init>(S)V", construct),
    ("javacardx/framework/tlv/PrimitiveBERTLV.appendValue([BSS)S", append_value),
    ("javacardx/framework/tlv/PrimitiveBERTLV.getValue([BS)S", get_value),
    ("javacardx/framework/tlv/PrimitiveBERTLV.init([BSS)S", init),
    (
        "javacardx/framework/tlv/PrimitiveBERTLV.init(Ljavacardx/framework/tlv/PrimitiveBERTag;[BSS)S",
        init_with_tag,
    ),
    ("javacardx/framework/tlv/PrimitiveBERTLV.replaceValue([BSS)S", replace_value),
];

fn construct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, capacity) = (call.this()?, call.arguments.short(1)?);
    if capacity < 0 {
        return fail(call, INVALID_PARAM);
    }
    let array = call.vm.new_bytes(capacity, Lifetime::Persistent)?;
    set(call, this, VALUE, array.to_cell())?;
    Ok(0)
}

fn set(call: &mut Call<'_, '_>, tlv: Reference, place: usize, value: i32) -> Result<(), Trap> {
    call.vm.set_field(tlv, classes::PRIMITIVE_BERTLV, place, value, Write::Transactional)
}

/// Sets the value, in an array that is large enough.
///
/// # Errors
/// `SystemException` when memory is full, `TransactionException` when the commit buffer is.
pub(super) fn set_value(
    call: &mut Call<'_, '_>,
    tlv: Reference,
    parts: &[&[u8]],
) -> Result<(), Trap> {
    let value = parts.concat();
    let old = Reference::from_cell(call.vm.field(tlv, classes::PRIMITIVE_BERTLV, VALUE));
    let capacity = call.vm.heap().get(old).map(|object| object.body.length());
    let Ok(length) = i16::try_from(value.len()) else { return fail(call, INSUFFICIENT_STORAGE) };
    let array = match capacity {
        Some(capacity) if capacity >= value.len() => old,
        _ => call.vm.new_bytes(length, Lifetime::Persistent)?,
    };
    call.vm.write_bytes(array, 0, &value, Write::Transactional)?;
    set(call, tlv, LENGTH, length.into())?;
    set(call, tlv, VALUE, array.to_cell())
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let (header, value) = input(call, false)?;
    set_value(call, this, &[&value])?;
    set_own_tag(call, this, header.tag)?;
    Ok(short(encoding::total(header.tag, header.length)))
}

/// The tag object is kept: what changes it changes the structure.
fn init_with_tag(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let object = instance(call, 1, classes::PRIMITIVE_BER_TAG)?;
    let value = part(call, 2)?;
    let tag = tag::full(call, object)?;
    let size = measure::size_with(call, tag, value.len(), &[])?;
    set_value(call, this, &[&value])?;
    set_tag(call, this, object)?;
    Ok(short(size))
}

/// The value of `this`, which is not empty.
fn value(call: &mut Call<'_, '_>) -> Result<(encoding::Tag, Vec<u8>), Trap> {
    match measure::encoded(call.vm, call.this()?) {
        Ok(found) => Ok(found),
        Err(error) => measure::refuse(call, error, EMPTY_TLV),
    }
}

fn append_value(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, added) = (call.this()?, part(call, 1)?);
    let (tag, old) = value(call)?;
    let size = measure::size_with(call, tag, old.len() + added.len(), &[])?;
    set_value(call, this, &[&old, &added])?;
    Ok(short(size))
}

fn replace_value(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, new) = (call.this()?, part(call, 1)?);
    let (tag, _) = value(call)?;
    let size = measure::size_with(call, tag, new.len(), &[])?;
    set_value(call, this, &[&new])?;
    Ok(short(size))
}

fn get_value(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (_, value) = value(call)?;
    let (array, offset) = (call.arguments.reference(1)?, call.arguments.short(2)?);
    call.vm.write_bytes(array, offset, &value, Write::Transactional)?;
    Ok(short(value.len()))
}
