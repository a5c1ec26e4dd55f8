//! `BERTag`, `ConstructedBERTag`, `PrimitiveBERTag`.

use jcvm::{ClassId, Lifetime, Reference, Trap, Vm, Write};

use super::{
    EMPTY_TAG, INVALID_PARAM, MALFORMED_TAG, TAG_NUMBER_GREATER_THAN_32767, bad_tag,
    encoding::{Malformed, Tag},
    fail,
};
use crate::{
    Call,
    javacardx::framework::checks::{short, tail},
    registry::Natives,
    tables::classes,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/tlv/BERTag.equals(Ljava/lang/Object;)Z", equals),
    ("javacardx/framework/tlv/BERTag.equals(Ljavacardx/framework/tlv/BERTag;)Z", equals),
    (
        "javacardx/framework/tlv/BERTag.getInstance([BS)Ljavacardx/framework/tlv/BERTag;",
        get_instance,
    ),
    ("javacardx/framework/tlv/BERTag.init([BS)V", init),
    ("javacardx/framework/tlv/BERTag.isConstructed()Z", is_constructed),
    ("javacardx/framework/tlv/BERTag.isConstructed([BS)Z", is_constructed_in),
    ("javacardx/framework/tlv/BERTag.size()B", size),
    ("javacardx/framework/tlv/BERTag.size([BS)B", size_in),
    ("javacardx/framework/tlv/BERTag.tagClass()B", tag_class),
    ("javacardx/framework/tlv/BERTag.tagClass([BS)B", tag_class_in),
    ("javacardx/framework/tlv/BERTag.tagNumber()S", tag_number),
    ("javacardx/framework/tlv/BERTag.tagNumber([BS)S", tag_number_in),
    ("javacardx/framework/tlv/BERTag.toBytes([BS)S", to_bytes),
    ("javacardx/framework/tlv/BERTag.toBytes(SZS[BS)S", to_bytes_of),
    ("javacardx/framework/tlv/BERTag.verifyFormat([BS)Z", verify_format),
    ("javacardx/framework/tlv/ConstructedBERTag.init(BS)V", init_parts),
    ("javacardx/framework/tlv/PrimitiveBERTag.init(BS)V", init_parts),
];

/// The only hidden cell: [`Tag::to_cell`], or 0 when the tag is empty.
const TAG: usize = 0;

/// The value of a tag object.
pub(super) fn value(vm: &Vm<'_>, tag: Reference) -> Option<Tag> {
    Tag::from_cell(vm.field(tag, classes::BER_TAG, TAG))
}

/// The value of a tag object that has one.
///
/// # Errors
/// `TLVException`: `EMPTY_TAG`.
pub(super) fn full(call: &mut Call<'_, '_>, tag: Reference) -> Result<Tag, Trap> {
    match value(call.vm, tag) {
        Some(tag) => Ok(tag),
        None => fail(call, EMPTY_TAG),
    }
}

/// The class of tag objects for this tag.
const fn class_of(tag: Tag) -> ClassId {
    if tag.is_constructed() { classes::CONSTRUCTED_BER_TAG } else { classes::PRIMITIVE_BER_TAG }
}

fn set(call: &mut Call<'_, '_>, object: Reference, tag: Tag) -> Result<(), Trap> {
    call.vm.set_field(object, classes::BER_TAG, TAG, tag.to_cell(), Write::Transactional)
}

/// Makes a tag object.
pub(super) fn make(call: &mut Call<'_, '_>, tag: Tag) -> Result<Reference, Trap> {
    let made = call.vm.new_instance(class_of(tag), Lifetime::Persistent)?;
    set(call, made, tag)?;
    Ok(made)
}

/// The tag in the byte array that two arguments name.
fn parse(call: &mut Call<'_, '_>, index: usize) -> Result<Result<Tag, Malformed>, Trap> {
    let (array, offset) = (call.arguments.reference(index)?, call.arguments.short(index + 1)?);
    Ok(Tag::parse(tail(call.vm, array, offset)?))
}

/// As [`parse`], and what is none is an exception.
pub(super) fn parsed(call: &mut Call<'_, '_>, index: usize) -> Result<Tag, Trap> {
    match parse(call, index)? {
        Ok(tag) => Ok(tag),
        Err(error) => bad_tag(call, error),
    }
}

fn this(call: &mut Call<'_, '_>) -> Result<Tag, Trap> {
    let this = call.this()?;
    full(call, this)
}

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let tag = parsed(call, 0)?;
    make(call, tag).map(Reference::to_cell)
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, tag) = (call.this()?, parsed(call, 1)?);
    if !call.vm.is_instance(this, class_of(tag)) {
        return fail(call, MALFORMED_TAG);
    }
    set(call, this, tag)?;
    Ok(0)
}

fn init_parts(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let constructed = call.vm.is_instance(this, classes::CONSTRUCTED_BER_TAG);
    let class = i16::from(call.arguments.byte(1)?);
    let tag = from_parts(call, class, constructed, 2)?;
    set(call, this, tag)?;
    Ok(0)
}

fn from_parts(
    call: &mut Call<'_, '_>,
    class: i16,
    constructed: bool,
    number: usize,
) -> Result<Tag, Trap> {
    let number = u16::try_from(call.arguments.short(number)?);
    match (u8::try_from(class), number) {
        (Ok(class @ 0..=3), Ok(number)) => Ok(Tag::new(class, constructed, number)),
        _ => fail(call, INVALID_PARAM),
    }
}

fn to_bytes_of(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (class, constructed) = (call.arguments.short(0)?, call.arguments.boolean(1)?);
    let tag = from_parts(call, class, constructed, 2)?;
    write(call, tag, 3)
}

fn to_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let tag = this(call)?;
    write(call, tag, 1)
}

fn write(call: &mut Call<'_, '_>, tag: Tag, index: usize) -> Result<i32, Trap> {
    let (array, offset) = (call.arguments.reference(index)?, call.arguments.short(index + 1)?);
    call.vm.write_bytes(array, offset, &tag.octets(), Write::Transactional)?;
    Ok(short(tag.size()))
}

/// Equal when both are full and their octets are the same; never throws.
fn equals(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, other) = (call.this()?, call.arguments.reference(1)?);
    if this == other {
        return Ok(1);
    }
    let comparable = call.vm.is_instance(other, classes::BER_TAG)
        && call.vm.heap().get(other).map(|object| object.context)
            == call.vm.heap().get(this).map(|object| object.context);
    let equal = comparable && value(call.vm, this) == value(call.vm, other);
    Ok(i32::from(equal))
}

fn size(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(short(this(call)?.size()))
}

fn size_in(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(short(parsed(call, 0)?.size()))
}

fn number(call: &mut Call<'_, '_>, tag: Tag) -> Result<i32, Trap> {
    match i16::try_from(tag.number()) {
        Ok(number) => Ok(number.into()),
        Err(_) => fail(call, TAG_NUMBER_GREATER_THAN_32767),
    }
}

fn tag_number(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let tag = this(call)?;
    number(call, tag)
}

fn tag_number_in(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let tag = parsed(call, 0)?;
    number(call, tag)
}

fn is_constructed(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(this(call)?.is_constructed()))
}

fn is_constructed_in(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(well_formed(call)?.is_constructed()))
}

fn tag_class(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(this(call)?.class()))
}

fn tag_class_in(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(well_formed(call)?.class()))
}

/// As [`parsed`], where the API knows no other reason than `MALFORMED_TAG`.
fn well_formed(call: &mut Call<'_, '_>) -> Result<Tag, Trap> {
    match parse(call, 0)? {
        Err(Malformed::TagSize) => fail(call, MALFORMED_TAG),
        Err(error) => bad_tag(call, error),
        Ok(tag) => Ok(tag),
    }
}

/// Whether it is a tag of a supported size.
fn verify_format(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    match parse(call, 0)? {
        Err(error @ Malformed::Truncated) => bad_tag(call, error),
        parsed => Ok(i32::from(parsed.is_ok())),
    }
}
