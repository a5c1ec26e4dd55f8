//! Structures made of objects: what they encode to, and what contains what.

use std::collections::BTreeSet;

use jcvm::{Reference, Trap, Vm};

use super::{
    EMPTY_TAG, EMPTY_TLV, ILLEGAL_SIZE,
    encoding::{self, SIZE_MAX, Tag},
    fail,
    tag::value as tag_value,
};
use crate::{Call, tables::classes};

/// Most structures inside each other, as objects.
pub(super) const DEPTH_MAX: usize = 64;

/// Hidden cell of `BERTLV`: the tag, null when it is empty.
pub(super) const TAG: usize = 0;
/// Hidden cells of `PrimitiveBERTLV`: the array that holds the value, and how much of it is the value.
pub(super) const VALUE: usize = 0;
pub(super) const LENGTH: usize = 1;
/// Hidden cells of `ConstructedBERTLV`: the array that holds the structures, and how many they are.
pub(super) const CHILDREN: usize = 0;
pub(super) const COUNT: usize = 1;

/// Why a structure has no encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unencodable {
    /// It, or one that it contains, is empty.
    EmptyTlv,
    /// Its tag, or that of one that it contains, is empty.
    EmptyTag,
    /// It is too long, or nested too deeply.
    TooLarge,
}

/// The reason that says so, where the API has its own for a size.
pub(super) fn refuse<T>(
    call: &mut Call<'_, '_>,
    error: Unencodable,
    too_large: i16,
) -> Result<T, Trap> {
    match error {
        Unencodable::EmptyTlv => fail(call, EMPTY_TLV),
        Unencodable::EmptyTag => fail(call, EMPTY_TAG),
        Unencodable::TooLarge => fail(call, too_large),
    }
}

/// The tag object of a structure; null when the structure is empty.
pub(super) fn tag_of(vm: &Vm<'_>, tlv: Reference) -> Reference {
    Reference::from_cell(vm.field(tlv, classes::BERTLV, TAG))
}

fn is_constructed(vm: &Vm<'_>, tlv: Reference) -> bool {
    vm.is_instance(tlv, classes::CONSTRUCTED_BERTLV)
}

/// The structures in a constructed one, in order.
pub(super) fn children(vm: &Vm<'_>, tlv: Reference) -> Vec<Reference> {
    let field = |cell| vm.field(tlv, classes::CONSTRUCTED_BERTLV, cell);
    let array = Reference::from_cell(field(CHILDREN));
    let count = usize::try_from(field(COUNT)).unwrap_or(0);
    let cells = vm.heap().get(array).and_then(|object| object.body.cells()).unwrap_or_default();
    cells.iter().take(count).map(|cell| Reference::from_cell(*cell)).collect()
}

/// The value of a primitive structure.
fn content<'v>(vm: &'v Vm<'_>, tlv: Reference) -> &'v [u8] {
    let field = |cell| vm.field(tlv, classes::PRIMITIVE_BERTLV, cell);
    let length = usize::try_from(field(LENGTH)).unwrap_or(0);
    let array = vm.heap().get(Reference::from_cell(field(VALUE)));
    array.and_then(|object| object.body.bytes()?.get(..length)).unwrap_or_default()
}

/// Tag and value of a structure, encoded.
///
/// A structure that is in another one several times is encoded as often; what that adds up to is bounded by [`SIZE_MAX`].
pub(super) fn encoded(vm: &Vm<'_>, tlv: Reference) -> Result<(Tag, Vec<u8>), Unencodable> {
    encoded_at(vm, tlv, DEPTH_MAX)
}

fn encoded_at(vm: &Vm<'_>, tlv: Reference, depth: usize) -> Result<(Tag, Vec<u8>), Unencodable> {
    let tag = tag_of(vm, tlv);
    if tag.is_null() {
        return Err(Unencodable::EmptyTlv);
    }
    let tag = tag_value(vm, tag).ok_or(Unencodable::EmptyTag)?;
    if !is_constructed(vm, tlv) {
        return Ok((tag, content(vm, tlv).to_vec()));
    }
    let depth = depth.checked_sub(1).ok_or(Unencodable::TooLarge)?;
    let mut all = Vec::new();
    for child in children(vm, tlv) {
        let (tag, value) = encoded_at(vm, child, depth)?;
        if all.len() + encoding::total(tag, value.len()) > SIZE_MAX {
            return Err(Unencodable::TooLarge);
        }
        encoding::put_header(&mut all, tag, value.len());
        all.extend(value);
    }
    Ok((tag, all))
}

/// The size of a structure that was changed, or is about to be.
///
/// # Errors
/// `TLVException`.
pub(super) fn size(call: &mut Call<'_, '_>, tlv: Reference, too_large: i16) -> Result<usize, Trap> {
    match encoded(call.vm, tlv) {
        Ok((tag, value)) if encoding::total(tag, value.len()) <= SIZE_MAX => {
            Ok(encoding::total(tag, value.len()))
        }
        Ok(_) => fail(call, too_large),
        Err(error) => refuse(call, error, too_large),
    }
}

/// The size that a structure has with this tag and these values and structures in it.
///
/// # Errors
/// `TLVException`: `ILLEGAL_SIZE` and reasons of what is empty.
pub(super) fn size_with(
    call: &mut Call<'_, '_>,
    tag: Tag,
    before: usize,
    added: &[Reference],
) -> Result<usize, Trap> {
    let mut length = before;
    for tlv in added {
        length += size(call, *tlv, ILLEGAL_SIZE)?;
    }
    let total = encoding::total(tag, length);
    if total > SIZE_MAX { fail(call, ILLEGAL_SIZE) } else { Ok(total) }
}

/// Whether a structure is another one or in it.
pub(super) fn contains(vm: &Vm<'_>, tlv: Reference, wanted: Reference) -> bool {
    let (mut pending, mut seen) = (vec![tlv], BTreeSet::new());
    while let Some(tlv) = pending.pop() {
        if tlv == wanted {
            return true;
        }
        if is_constructed(vm, tlv) && seen.insert(tlv) {
            pending.extend(children(vm, tlv));
        }
    }
    false
}
