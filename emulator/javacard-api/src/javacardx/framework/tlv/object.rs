//! `BERTLV`: what primitive and constructed structures have in common.

use jcvm::{Lifetime, Reference, Trap, Write};

use super::{
    EMPTY_TLV, ILLEGAL_SIZE, TLV_LENGTH_GREATER_THAN_32767, TLV_SIZE_GREATER_THAN_32767, bad_input,
    constructed,
    encoding::{self, Malformed, Tag},
    fail, measure, primitive, tag,
};
use crate::{
    Call,
    javacardx::framework::checks::{part, short},
    registry::Natives,
    tables::classes,
};

pub(in super::super) const NATIVES: Natives = &[
    (
        "javacardx/framework/tlv/BERTLV.getInstance([BSS)Ljavacardx/framework/tlv/BERTLV;",
        get_instance,
    ),
    ("javacardx/framework/tlv/BERTLV.getLength()S", get_length),
    ("javacardx/framework/tlv/BERTLV.getTag()Ljavacardx/framework/tlv/BERTag;", get_tag),
    ("javacardx/framework/tlv/BERTLV.size()S", size),
    ("javacardx/framework/tlv/BERTLV.toBytes([BS)S", to_bytes),
];

/// Makes the structure that bytes encode, with everything in it.
fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let bytes = part(call, 0)?;
    if let Err(error) = encoding::verify(&bytes) {
        return bad_input(call, error);
    }
    make(call, &bytes, measure::DEPTH_MAX).map(Reference::to_cell)
}

/// Makes the structure at the beginning of an encoding.
///
/// # Errors
/// `TLVException`; `SystemException` when memory is full.
pub(super) fn make(call: &mut Call<'_, '_>, bytes: &[u8], depth: usize) -> Result<Reference, Trap> {
    let (header, value) = match encoding::structure(bytes) {
        Ok(found) => found,
        Err(error) => return bad_input(call, error),
    };
    let Some(depth) = depth.checked_sub(1) else { return fail(call, ILLEGAL_SIZE) };
    let class = if header.tag.is_constructed() {
        classes::CONSTRUCTED_BERTLV
    } else {
        classes::PRIMITIVE_BERTLV
    };
    let made = call.vm.new_instance(class, Lifetime::Persistent)?;
    if header.tag.is_constructed() {
        let children = make_all(call, value, depth)?;
        constructed::set_children(call, made, &children)?;
    } else {
        primitive::set_value(call, made, &[value])?;
    }
    let tag = tag::make(call, header.tag)?;
    set_tag(call, made, tag)?;
    Ok(made)
}

/// Makes all the structures of which a value consists.
pub(super) fn make_all(
    call: &mut Call<'_, '_>,
    value: &[u8],
    depth: usize,
) -> Result<Vec<Reference>, Trap> {
    let mut made = Vec::new();
    for child in encoding::children(value) {
        let start = match child {
            Ok((start, _, _)) => start,
            Err(error) => return bad_input(call, error),
        };
        made.push(make(call, value.get(start..).unwrap_or_default(), depth)?);
    }
    Ok(made)
}

/// Gives a structure its tag object: it is not empty from now on.
pub(super) fn set_tag(call: &mut Call<'_, '_>, tlv: Reference, tag: Reference) -> Result<(), Trap> {
    call.vm.set_field(tlv, classes::BERTLV, measure::TAG, tag.to_cell(), Write::Transactional)
}

/// Gives a structure that is initialised from bytes a tag object of its own. The one that it had may be the applet's: it stays as it is.
pub(super) fn set_own_tag(call: &mut Call<'_, '_>, tlv: Reference, tag: Tag) -> Result<(), Trap> {
    let old = measure::tag_of(call.vm, tlv);
    if tag::value(call.vm, old) == Some(tag) {
        return Ok(());
    }
    let tag = tag::make(call, tag)?;
    set_tag(call, tlv, tag)
}

/// The structure of this kind that three arguments hold, verified.
pub(super) fn input(
    call: &mut Call<'_, '_>,
    constructed: bool,
) -> Result<(encoding::Header, Vec<u8>), Trap> {
    let bytes = part(call, 1)?;
    match encoding::verify(&bytes) {
        Ok(header) if header.tag.is_constructed() == constructed => {
            Ok((header, bytes.get(header.size..).unwrap_or_default().to_vec()))
        }
        Ok(_) => bad_input(call, Malformed::Content),
        Err(error) => bad_input(call, error),
    }
}

fn get_tag(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let tag = measure::tag_of(call.vm, call.this()?);
    if tag.is_null() { fail(call, EMPTY_TLV) } else { Ok(tag.to_cell()) }
}

fn get_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    match measure::encoded(call.vm, call.this()?) {
        Ok((_, value)) => Ok(short(value.len())),
        Err(error) => measure::refuse(call, error, TLV_LENGTH_GREATER_THAN_32767),
    }
}

fn size(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    measure::size(call, this, TLV_SIZE_GREATER_THAN_32767).map(short)
}

fn to_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let encoded = match measure::encoded(call.vm, call.this()?) {
        Ok((tag, value)) => encoding::encode(tag, &[&value]),
        Err(error) => return measure::refuse(call, error, TLV_SIZE_GREATER_THAN_32767),
    };
    let Ok(bytes) = encoded else { return fail(call, TLV_SIZE_GREATER_THAN_32767) };
    let (array, offset) = (call.arguments.reference(1)?, call.arguments.short(2)?);
    call.vm.write_bytes(array, offset, &bytes, Write::Transactional)?;
    Ok(short(bytes.len()))
}
