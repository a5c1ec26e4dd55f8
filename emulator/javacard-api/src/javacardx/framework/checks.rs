//! What several packages check of their arguments.

use jcvm::{ClassId, Reference, Standard, Trap, Vm};

use crate::Call;

/// The bytes of an array from an offset to its end.
///
/// # Errors
/// `NullPointerException`, `SecurityException`, `ArrayIndexOutOfBoundsException`.
pub(super) fn tail<'v>(
    vm: &'v mut Vm<'_>,
    array: Reference,
    offset: i16,
) -> Result<&'v [u8], Trap> {
    let length = i16::try_from(vm.array_length(array)?).unwrap_or(i16::MAX);
    if offset < 0 || offset > length {
        return Err(vm.throw(Standard::ArrayIndexOutOfBounds));
    }
    vm.bytes(array, offset, length - offset)
}

/// An argument that the caller may use, and that is what its declaration says.
///
/// # Errors
/// `NullPointerException`, `SecurityException`.
pub(super) fn instance(
    call: &mut Call<'_, '_>,
    index: usize,
    class: ClassId,
) -> Result<Reference, Trap> {
    let reference = call.arguments.reference(index)?;
    call.vm.check_access(reference)?;
    if call.vm.is_instance(reference, class) {
        Ok(reference)
    } else {
        call.throw(Standard::Security)
    }
}

/// A count or size that the API keeps within a short.
pub(super) fn short(count: usize) -> i32 {
    i32::from(i16::try_from(count).unwrap_or(i16::MAX))
}

/// The part of a byte array that three arguments name: array, offset, length.
///
/// # Errors
/// `NullPointerException`, `SecurityException`, `ArrayIndexOutOfBoundsException`.
pub(super) fn part(call: &mut Call<'_, '_>, index: usize) -> Result<Vec<u8>, Trap> {
    let arguments = call.arguments;
    let (offset, length) = (arguments.short(index + 1)?, arguments.short(index + 2)?);
    call.vm.bytes(arguments.reference(index)?, offset, length).map(<[u8]>::to_vec)
}
