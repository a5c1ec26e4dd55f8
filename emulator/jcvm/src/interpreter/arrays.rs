//! Elements of arrays [JCVM 3.0.5 §7.5, baload and its kin].

use faults::Fault as Planted;

use super::{
    Flow,
    access::{Accessor, content, may_store},
    missing,
};
use crate::{
    code::{Code, op::Width},
    heap::{Body, Heap, READABLE, WRITABLE, Write, WriteError},
    ident::ClassId,
    limits::ARRAY_LENGTH_MAX,
    reference::Reference,
    trap::{Fault, Standard},
};

const NO_ARRAY: Fault = Fault::IllFormed("an array instruction on something else");

/// Loads an element of a byte or boolean array.
#[inline(always)]
pub(super) fn load_byte(
    heap: &Heap,
    array: i32,
    index: i32,
    accessor: Accessor,
) -> Result<i32, Flow> {
    let accessor = accessor.unless(Planted::FirewallArraysOpen);
    let object = content(heap, Reference::from_cell(array), accessor)?;
    if let Body::Bytes(bytes) = &object.body {
        let index = index.cast_unsigned() as usize;
        return match bytes.get(index) {
            Some(byte) => Ok(i32::from(byte.cast_signed())),
            None if index == bytes.len() && faults::active(Planted::ArrayBoundOffByOne) => Ok(0),
            None => Err(Standard::ArrayIndexOutOfBounds.into()),
        };
    }
    load_elsewhere(heap, array, index, Width::Byte)
}

/// Loads an element of a short array.
#[inline(always)]
pub(super) fn load_short(
    heap: &Heap,
    array: i32,
    index: i32,
    accessor: Accessor,
) -> Result<i32, Flow> {
    let object = content(heap, Reference::from_cell(array), accessor)?;
    if let Body::Shorts(shorts) = &object.body {
        return match shorts.get(index.cast_unsigned() as usize) {
            Some(short) => Ok(i32::from(*short)),
            None => Err(Standard::ArrayIndexOutOfBounds.into()),
        };
    }
    load_elsewhere(heap, array, index, Width::Short)
}

/// Loads an element of an int or reference array.
pub(super) fn load_cell(
    heap: &Heap,
    array: i32,
    index: i32,
    accessor: Accessor,
    width: Width,
) -> Result<i32, Flow> {
    let object = content(heap, Reference::from_cell(array), accessor)?;
    let ((Body::Ints(cells), Width::Int) | (Body::References { cells, .. }, Width::Reference)) =
        (&object.body, width)
    else {
        return load_elsewhere(heap, array, index, width);
    };
    let cell = cells.get(index.cast_unsigned() as usize);
    cell.copied().ok_or_else(|| Standard::ArrayIndexOutOfBounds.into())
}

/// Through a view, or not at all.
#[cold]
fn load_elsewhere(heap: &Heap, array: i32, index: i32, width: Width) -> Result<i32, Flow> {
    let (target, index) = through_view(heap, array, index, READABLE)?;
    let object = heap.get(target).ok_or(NO_ARRAY)?;
    let index = index.cast_unsigned() as usize;
    let cell = match (&object.body, width) {
        (Body::Bytes(bytes), Width::Byte) => {
            bytes.get(index).map(|byte| i32::from(byte.cast_signed()))
        }
        (Body::Shorts(shorts), Width::Short) => shorts.get(index).map(|short| i32::from(*short)),
        (Body::Ints(cells), Width::Int) | (Body::References { cells, .. }, Width::Reference) => {
            cells.get(index).copied()
        }
        _ => return Err(NO_ARRAY.into()),
    };
    cell.ok_or_else(|| Standard::ArrayIndexOutOfBounds.into())
}

/// The array behind a view, and the index there. The view grants the access that its maker chose [JCRE 3.1 §6.2.3].
fn through_view(heap: &Heap, array: i32, index: i32, right: i16) -> Result<(Reference, i32), Flow> {
    let reference = Reference::from_cell(array);
    let object = heap.get(reference).ok_or(missing(reference))?;
    let Body::View { length, attributes, .. } = object.body else { return Err(NO_ARRAY.into()) };
    if attributes & right == 0 {
        return Err(Standard::Security.into());
    }
    if index < 0 || index >= i32::from(length) {
        return Err(Standard::ArrayIndexOutOfBounds.into());
    }
    let found = heap.elements(reference).ok_or(NO_ARRAY)?;
    let offset = i32::try_from(found.offset).map_err(|_| NO_ARRAY)?;
    Ok((found.array, offset + index))
}

/// Stores an element.
#[inline]
pub(super) fn store(
    code: &Code,
    heap: &mut Heap,
    (array, index, value): (i32, i32, i32),
    accessor: Accessor,
    width: Width,
) -> Result<(), Flow> {
    let reference = Reference::from_cell(array);
    let object = content(heap, reference, accessor)?;
    let (reference, index) = if let Body::View { .. } = object.body {
        through_view(heap, array, index, WRITABLE)?
    } else {
        (reference, index)
    };
    let place = index.cast_unsigned() as usize;
    let object = heap.get(reference).ok_or(NO_ARRAY)?;
    if place >= object.body.length() {
        return Err(Standard::ArrayIndexOutOfBounds.into());
    }
    #[allow(clippy::cast_possible_truncation)] // bastore and sastore store the low bits
    let stored = match (&object.body, width) {
        (Body::Bytes(_), Width::Byte) => {
            let bit = if object.class == ClassId::BOOLEAN_ARRAY { 1 } else { 0xFF };
            heap.store_bytes(
                reference,
                place,
                &[value.cast_unsigned() as u8 & bit],
                Write::Transactional,
            )
        }
        (Body::Shorts(_), Width::Short) => {
            heap.store_short(reference, place, value as i16, Write::Transactional)
        }
        (Body::Ints(_), Width::Int) => {
            heap.store_cell(reference, place, value, Write::Transactional)
        }
        (Body::References { element, .. }, Width::Reference) => {
            check_element(code, heap, *element, value)?;
            heap.store_cell(reference, place, value, Write::Transactional)
        }
        _ => return Err(NO_ARRAY.into()),
    };
    stored.map_err(write_failed)
}

fn check_element(code: &Code, heap: &Heap, element: ClassId, value: i32) -> Result<(), Flow> {
    may_store(heap, value)?;
    match heap.get(Reference::from_cell(value)) {
        Some(object)
            if !code.is_subclass(object.class, element)
                && !faults::active(Planted::ArrayStoreNotChecked) =>
        {
            Err(Standard::ArrayStore.into())
        }
        _ => Ok(()),
    }
}

/// What a store that failed means to the program.
#[cold]
pub(super) fn write_failed(error: WriteError) -> Flow {
    match error {
        WriteError::BufferFull => Standard::Transaction(3).into(),
        other => Fault::from(other).into(),
    }
}

/// The content of a new array.
pub(super) fn new_body(kind: u8, length: i32) -> Result<(ClassId, Body), Flow> {
    let length = usize::try_from(length).map_err(|_| Standard::NegativeArraySize)?;
    if length > ARRAY_LENGTH_MAX {
        return Err(Fault::IllFormed("an array longer than a short counts").into());
    }
    Ok(match kind {
        10 => (ClassId::BOOLEAN_ARRAY, Body::Bytes(vec![0; length].into())),
        11 => (ClassId::BYTE_ARRAY, Body::Bytes(vec![0; length].into())),
        12 => (ClassId::SHORT_ARRAY, Body::Shorts(vec![0; length].into())),
        _ => (ClassId::INT_ARRAY, Body::Ints(vec![0; length].into())),
    })
}
