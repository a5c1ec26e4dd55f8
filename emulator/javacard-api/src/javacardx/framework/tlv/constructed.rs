//! `ConstructedBERTLV`: a tag and structures.

use jcvm::{ClassId, Lifetime, Reference, Trap, Write};

use super::{
    ILLEGAL_SIZE, INVALID_PARAM, MALFORMED_TLV, encoding, fail,
    measure::{self, CHILDREN, COUNT, DEPTH_MAX, children, contains},
    object::{input, make_all, set_own_tag, set_tag},
    tag,
};
use crate::{
    Call,
    javacardx::framework::checks::{instance, part, short},
    registry::Natives,
    tables::classes,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/tlv/ConstructedBERTLV.<init>(S)V", construct),
    ("javacardx/framework/tlv/ConstructedBERTLV.append(Ljavacardx/framework/tlv/BERTLV;)S", append),
    (
        "javacardx/framework/tlv/ConstructedBERTLV.delete(Ljavacardx/framework/tlv/BERTLV;S)S",
        delete,
    ),
    (
        "javacardx/framework/tlv/ConstructedBERTLV.find(Ljavacardx/framework/tlv/BERTag;)Ljavacardx/framework/tlv/BERTLV;",
        find,
    ),
    (
        "javacardx/framework/tlv/ConstructedBERTLV.findNext(Ljavacardx/framework/tlv/BERTag;Ljavacardx/framework/tlv/BERTLV;S)Ljavacardx/framework/tlv/BERTLV;",
        find_next,
    ),
    ("javacardx/framework/tlv/ConstructedBERTLV.init([BSS)S", init),
    (
        "javacardx/framework/tlv/ConstructedBERTLV.init(Ljavacardx/framework/tlv/ConstructedBERTag;Ljavacardx/framework/tlv/BERTLV;)S",
        init_with_one,
    ),
    (
        "javacardx/framework/tlv/ConstructedBERTLV.init(Ljavacardx/framework/tlv/ConstructedBERTag;[BSS)S",
        init_with_bytes,
    ),
];

fn construct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, capacity) = (call.this()?, call.arguments.short(1)?);
    if capacity < 0 {
        return fail(call, INVALID_PARAM);
    }
    let array = call.vm.new_array(ClassId::REFERENCE_ARRAY, capacity, Lifetime::Persistent)?;
    set(call, this, CHILDREN, array.to_cell())?;
    Ok(0)
}

fn set(call: &mut Call<'_, '_>, tlv: Reference, place: usize, value: i32) -> Result<(), Trap> {
    call.vm.set_field(tlv, classes::CONSTRUCTED_BERTLV, place, value, Write::Transactional)
}

/// Sets what is in a structure, in an array that is large enough; places that are left are null.
///
/// # Errors
/// `SystemException` when memory is full, `TransactionException` when the commit buffer is.
pub(super) fn set_children(
    call: &mut Call<'_, '_>,
    tlv: Reference,
    new: &[Reference],
) -> Result<(), Trap> {
    let Ok(count) = i16::try_from(new.len()) else { return fail(call, ILLEGAL_SIZE) };
    let old = Reference::from_cell(call.vm.field(tlv, classes::CONSTRUCTED_BERTLV, CHILDREN));
    let capacity = call.vm.heap().get(old).map_or(0, |object| object.body.length());
    let array = if capacity >= new.len() && capacity > 0 {
        old
    } else {
        call.vm.new_array(ClassId::REFERENCE_ARRAY, count, Lifetime::Persistent)?
    };
    let capacity = i16::try_from(capacity.max(new.len())).unwrap_or(i16::MAX);
    let mut new = new.iter();
    for index in 0..capacity {
        let child = new.next().map_or(0, |child| child.to_cell());
        if call.vm.cell_at(array, index)? != child {
            call.vm.set_cell_at(array, index, child, Write::Transactional)?;
        }
    }
    set(call, tlv, COUNT, count.into())?;
    set(call, tlv, CHILDREN, array.to_cell())
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let (header, value) = input(call, true)?;
    let new = make_all(call, &value, DEPTH_MAX - 1)?;
    set_children(call, this, &new)?;
    set_own_tag(call, this, header.tag)?;
    measure::size(call, this, ILLEGAL_SIZE).map(short)
}

/// A structure that may become part of `this`: one that does not contain it.
fn part_to_be(call: &mut Call<'_, '_>, index: usize) -> Result<Reference, Trap> {
    let added = instance(call, index, classes::BERTLV)?;
    if contains(call.vm, added, call.this()?) { fail(call, INVALID_PARAM) } else { Ok(added) }
}

/// Tag and structure are kept: what changes them changes `this`.
fn init_with_one(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let object = instance(call, 1, classes::CONSTRUCTED_BER_TAG)?;
    let added = part_to_be(call, 2)?;
    let tag = tag::full(call, object)?;
    let size = measure::size_with(call, tag, 0, &[added])?;
    set_children(call, this, &[added])?;
    set_tag(call, this, object)?;
    Ok(short(size))
}

fn init_with_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let object = instance(call, 1, classes::CONSTRUCTED_BER_TAG)?;
    let value = part(call, 2)?;
    let tag = tag::full(call, object)?;
    let wrapped = encoding::encode(tag, &[&value]).and_then(|bytes| encoding::verify(&bytes));
    match wrapped {
        Ok(_) => {}
        Err(encoding::Malformed::LengthSize) => return fail(call, ILLEGAL_SIZE),
        Err(_) => return fail(call, MALFORMED_TLV),
    }
    let new = make_all(call, &value, DEPTH_MAX - 1)?;
    let size = measure::size_with(call, tag, 0, &new)?;
    set_children(call, this, &new)?;
    set_tag(call, this, object)?;
    Ok(short(size))
}

fn append(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let added = part_to_be(call, 1)?;
    let (tag, value) = match measure::encoded(call.vm, this) {
        Ok(found) => found,
        Err(error) => return measure::refuse(call, error, ILLEGAL_SIZE),
    };
    let size = measure::size_with(call, tag, value.len(), &[added])?;
    let mut all = children(call.vm, this);
    all.push(added);
    set_children(call, this, &all)?;
    Ok(short(size))
}

/// Where the structure of an argument is in `this` for the time that the argument after it says.
fn occurrence(call: &mut Call<'_, '_>, index: usize) -> Result<usize, Trap> {
    let wanted = instance(call, index, classes::BERTLV)?;
    let number = usize::try_from(call.arguments.short(index + 1)?).ok();
    let all = children(call.vm, call.this()?);
    let mut places = all.iter().enumerate().filter(|(_, child)| **child == wanted);
    match number.and_then(|number| places.nth(number.checked_sub(1)?)) {
        Some((place, _)) => Ok(place),
        None => fail(call, INVALID_PARAM),
    }
}

fn delete(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let place = occurrence(call, 1)?;
    let mut left = children(call.vm, this);
    left.remove(place);
    set_children(call, this, &left)?;
    measure::size(call, this, ILLEGAL_SIZE).map(short)
}

/// The first structure of `this` from a place on that has the tag of an argument, or any tag if that is null; null if there is none.
fn search(call: &mut Call<'_, '_>, from: usize) -> Result<i32, Trap> {
    let wanted = call.arguments.reference(1)?;
    let wanted = if wanted.is_null() {
        None
    } else {
        instance(call, 1, classes::BER_TAG)?;
        Some(tag::value(call.vm, wanted))
    };
    let tag = |child| tag::value(call.vm, measure::tag_of(call.vm, child));
    let mut rest = children(call.vm, call.this()?).into_iter().skip(from);
    let found = rest.find(|child| wanted.is_none_or(|wanted| tag(*child) == wanted));
    Ok(found.unwrap_or_default().to_cell())
}

fn find(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    search(call, 0)
}

fn find_next(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let place = occurrence(call, 2)?;
    search(call, place + 1)
}
