//! Static methods on structures in byte arrays.

use jcvm::{Reference, Trap, Write};

use super::{
    ILLEGAL_SIZE, INVALID_PARAM, MALFORMED_TAG, MALFORMED_TLV, TLV_LENGTH_GREATER_THAN_32767,
    TLV_SIZE_GREATER_THAN_32767, bad_structure,
    encoding::{self, Header, Malformed, Tag},
    fail, tag,
};
use crate::{
    Call,
    javacardx::framework::checks::{part, short, tail},
    registry::Natives,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/tlv/BERTLV.getLength([BS)S", get_length),
    ("javacardx/framework/tlv/BERTLV.getTag([BS[BS)S", get_tag),
    ("javacardx/framework/tlv/BERTLV.verifyFormat([BSS)Z", verify_format),
    ("javacardx/framework/tlv/ConstructedBERTLV.append([BS[BS)S", append),
    ("javacardx/framework/tlv/ConstructedBERTLV.find([BS[BS)S", find),
    ("javacardx/framework/tlv/ConstructedBERTLV.findNext([BSS[BS)S", find_next),
    ("javacardx/framework/tlv/PrimitiveBERTLV.appendValue([BS[BSS)S", append_value),
    ("javacardx/framework/tlv/PrimitiveBERTLV.getValueOffset([BS)S", get_value_offset),
    ("javacardx/framework/tlv/PrimitiveBERTLV.toBytes([BS[BSS[BS)S", to_bytes),
];

/// Header of the structure in the byte array that two arguments name.
fn header(call: &mut Call<'_, '_>, index: usize) -> Result<Result<Header, Malformed>, Trap> {
    let (array, offset) = (call.arguments.reference(index)?, call.arguments.short(index + 1)?);
    Ok(Header::parse(tail(call.vm, array, offset)?))
}

/// Header and value of the structure in the byte array that two arguments name.
fn structure(
    call: &mut Call<'_, '_>,
    index: usize,
    constructed: Option<bool>,
) -> Result<(Header, Vec<u8>), Trap> {
    let (array, offset) = (call.arguments.reference(index)?, call.arguments.short(index + 1)?);
    let found = encoding::structure(tail(call.vm, array, offset)?);
    match found.map(|(header, value)| (header, value.to_vec())) {
        Ok((header, value)) if constructed.is_none_or(|it| it == header.tag.is_constructed()) => {
            Ok((header, value))
        }
        Ok(_) => fail(call, MALFORMED_TLV),
        Err(error) => bad_structure(call, error),
    }
}

fn verify_format(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let bytes = part(call, 0)?;
    Ok(i32::from(encoding::verify(&bytes).is_ok()))
}

fn get_tag(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let tag = match header(call, 0)? {
        Ok(header) => header.tag,
        Err(Malformed::TagSize) => return fail(call, ILLEGAL_SIZE),
        Err(error) => return bad_structure(call, error),
    };
    let (array, offset) = (call.arguments.reference(2)?, call.arguments.short(3)?);
    call.vm.write_bytes(array, offset, &tag.octets(), Write::Transactional)?;
    Ok(short(tag.size()))
}

fn get_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    match header(call, 0)? {
        Ok(header) => Ok(short(header.length)),
        Err(Malformed::LengthSize) => fail(call, TLV_LENGTH_GREATER_THAN_32767),
        Err(error) => bad_structure(call, error),
    }
}

fn get_value_offset(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    match header(call, 0)? {
        Ok(header) if header.tag.is_constructed() => fail(call, MALFORMED_TLV),
        Ok(header) => Ok(i32::from(call.arguments.short(1)?) + short(header.size)),
        Err(Malformed::LengthSize) => fail(call, TLV_SIZE_GREATER_THAN_32767),
        Err(error) => bad_structure(call, error),
    }
}

/// Writes a structure to the byte array that two arguments name.
fn write(call: &mut Call<'_, '_>, index: usize, tag: Tag, value: &[&[u8]]) -> Result<i32, Trap> {
    let Ok(bytes) = encoding::encode(tag, value) else {
        return fail(call, TLV_SIZE_GREATER_THAN_32767);
    };
    let (array, offset) = (call.arguments.reference(index)?, call.arguments.short(index + 1)?);
    call.vm.write_bytes(array, offset, &bytes, Write::Transactional)?;
    Ok(short(bytes.len()))
}

fn to_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (tag, value) = (tag::parsed(call, 0)?, part(call, 2)?);
    if tag.is_constructed() {
        return fail(call, MALFORMED_TAG);
    }
    write(call, 5, tag, &[&value])
}

/// Appends bytes to the value of a primitive structure.
fn append_value(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (header, value) = structure(call, 0, Some(false))?;
    let added = part(call, 2)?;
    write(call, 0, header.tag, &[&value, &added])
}

/// Appends a structure to a constructed one.
fn append(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (added, _) = structure(call, 0, None)?;
    let (header, value) = structure(call, 2, Some(true))?;
    let (array, offset) = (call.arguments.reference(0)?, call.arguments.short(1)?);
    let added = tail(call.vm, array, offset)?.iter().take(added.total()).copied();
    let added: Vec<u8> = added.collect();
    write(call, 2, header.tag, &[&value, &added])
}

/// The tag to look for: any if the array is null.
fn wanted(call: &mut Call<'_, '_>, index: usize) -> Result<Option<Tag>, Trap> {
    if call.arguments.reference(index)? == Reference::NULL {
        return Ok(None);
    }
    tag::parsed(call, index).map(Some)
}

/// Offsets in the array, and tags, of the structures in the constructed one that two arguments name.
fn places(call: &mut Call<'_, '_>) -> Result<Vec<(i32, Tag)>, Trap> {
    let (header, value) = structure(call, 0, Some(true))?;
    let first = i32::from(call.arguments.short(1)?) + short(header.size);
    let children = encoding::children(&value);
    let places: Result<Vec<_>, Malformed> =
        children.map(|child| child.map(|(at, child, _)| (first + short(at), child.tag))).collect();
    match places {
        Ok(places) => Ok(places),
        Err(_) => fail(call, MALFORMED_TLV),
    }
}

fn first_with(places: &[(i32, Tag)], wanted: Option<Tag>) -> i32 {
    let found = places.iter().find(|(_, tag)| wanted.is_none_or(|wanted| wanted == *tag));
    found.map_or(-1, |(place, _)| *place)
}

fn find(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let places = places(call)?;
    let wanted = wanted(call, 2)?;
    Ok(first_with(&places, wanted))
}

fn find_next(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let places = places(call)?;
    let start = i32::from(call.arguments.short(2)?);
    let wanted = wanted(call, 3)?;
    let Some(at) = places.iter().position(|(place, _)| *place == start) else {
        return fail(call, INVALID_PARAM);
    };
    Ok(first_with(places.get(at + 1..).unwrap_or_default(), wanted))
}
