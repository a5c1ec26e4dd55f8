//! Fields of instances and static fields [JCVM 3.0.5 §7.5, getfield, putfield, getstatic, putstatic].

use faults::Fault as Planted;

use super::{
    Flow,
    access::{Accessor, content, may_store},
    arrays::write_failed,
};
use crate::{
    code::{Code, op::Width},
    heap::{Body, Heap, Write},
    ident::PackageId,
    reference::Reference,
    trap::Fault,
};

const NO_FIELD: Fault = Fault::IllFormed("a field of something else");
const NO_STATIC: Fault = Fault::IllFormed("a static field that is not there");

/// Loads a field.
#[inline(always)]
pub(super) fn get(heap: &Heap, object: i32, cell: u16, accessor: Accessor) -> Result<i32, Flow> {
    let accessor = accessor.unless(Planted::FirewallFieldsOpen);
    let object = content(heap, Reference::from_cell(object), accessor)?;
    match &object.body {
        Body::Fields(cells) => match cells.get(usize::from(cell)) {
            Some(cell) => Ok(*cell),
            None => Err(NO_FIELD.into()),
        },
        _ => Err(NO_FIELD.into()),
    }
}

/// Stores a field.
#[inline]
pub(super) fn put(
    heap: &mut Heap,
    object: i32,
    cell: u16,
    (width, value): (Width, i32),
    accessor: Accessor,
) -> Result<(), Flow> {
    let reference = Reference::from_cell(object);
    let object = content(heap, reference, accessor)?;
    if !matches!(object.body, Body::Fields(_)) {
        return Err(NO_FIELD.into());
    }
    if width == Width::Reference {
        may_store(heap, value)?;
    }
    let value = narrowed(width, value);
    heap.store_cell(reference, usize::from(cell), value, Write::Transactional).map_err(write_failed)
}

/// The value as the type holds it.
#[allow(clippy::cast_possible_truncation)] // that is what stores to narrower fields do
const fn narrowed(width: Width, value: i32) -> i32 {
    match width {
        Width::Byte => value as i8 as i32,
        Width::Short => value as i16 as i32,
        Width::Int | Width::Reference => value,
    }
}

fn image(code: &Code, package: u8) -> Result<Reference, Flow> {
    let package = code.package(PackageId(package)).ok_or(NO_STATIC)?;
    Ok(package.statics)
}

/// Loads a static reference.
pub(super) fn get_static_reference(
    code: &Code,
    heap: &Heap,
    package: u8,
    index: u16,
) -> Result<i32, Flow> {
    let image = heap.get(image(code, package)?).and_then(|object| object.body.cells());
    let cell = image.and_then(|cells| cells.get(usize::from(index)));
    cell.copied().ok_or_else(|| NO_STATIC.into())
}

/// Loads a static field that is no reference.
pub(super) fn get_static(
    code: &Code,
    heap: &Heap,
    (package, offset): (u8, u16),
    width: Width,
) -> Result<i32, Flow> {
    let bytes = heap.get(image(code, package)?).and_then(|object| object.body.bytes());
    let field = bytes.and_then(|bytes| bytes.get(usize::from(offset)..)).ok_or(NO_STATIC)?;
    match (width, field) {
        (Width::Byte, [byte, ..]) => Ok(i32::from(byte.cast_signed())),
        (Width::Short, [high, low, ..]) => Ok(i32::from(i16::from_be_bytes([*high, *low]))),
        (Width::Int, [a, b, c, d, ..]) => Ok(i32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(NO_STATIC.into()),
    }
}

/// Stores a static reference.
pub(super) fn put_static_reference(
    code: &Code,
    heap: &mut Heap,
    (package, index): (u8, u16),
    value: i32,
) -> Result<(), Flow> {
    may_store(heap, value)?;
    let image = image(code, package)?;
    heap.store_cell(image, usize::from(index), value, Write::Transactional).map_err(write_failed)
}

/// Stores a static field that is no reference.
pub(super) fn put_static(
    code: &Code,
    heap: &mut Heap,
    (package, offset): (u8, u16),
    (width, value): (Width, i32),
) -> Result<(), Flow> {
    let image = image(code, package)?;
    let [a, b, c, d] = value.to_be_bytes();
    let bytes: &[u8] = match width {
        Width::Byte => &[d],
        Width::Short => &[c, d],
        Width::Int | Width::Reference => &[a, b, c, d],
    };
    let stored = heap.store_bytes(image, usize::from(offset), bytes, Write::Transactional);
    stored.map_err(write_failed)
}
