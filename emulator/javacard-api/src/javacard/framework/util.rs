//! `Util`: copies, fills, comparisons, shorts in byte arrays.

use core::cmp::Ordering;

use faults::Fault;
use jcvm::{Trap, Write};

use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/Util.arrayCompare([BS[BSS)B", array_compare),
    ("javacard/framework/Util.arrayCopy([BS[BSS)S", array_copy),
    ("javacard/framework/Util.arrayCopyNonAtomic([BS[BSS)S", array_copy_non_atomic),
    ("javacard/framework/Util.arrayFill([BSSB)S", array_fill),
    ("javacard/framework/Util.arrayFillNonAtomic([BSSB)S", array_fill_non_atomic),
    ("javacard/framework/Util.getShort([BS)S", get_short),
    ("javacard/framework/Util.makeShort(BB)S", make_short),
    ("javacard/framework/Util.setShort([BSS)S", set_short),
];

/// -1, 0 or 1 as the bytes, unsigned, are less than, equal to or greater than the others.
fn array_compare(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let (left, right) = (arguments.reference(0)?, arguments.reference(2)?);
    let length = arguments.short(4)?;
    let first = call.vm.bytes(left, arguments.short(1)?, length)?.to_vec();
    let second = call.vm.bytes(right, arguments.short(3)?, length)?;
    let order = if faults::active(Fault::ArrayCompareSigned) {
        let signed = |bytes: &[u8]| bytes.iter().map(|byte| byte.cast_signed()).collect::<Vec<_>>();
        signed(&first).cmp(&signed(second))
    } else {
        first.as_slice().cmp(second)
    };
    Ok(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// Atomic, and part of a transaction, when the destination is persistent [JCRE 3.0.5 §7.4].
fn array_copy(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let unguarded = faults::active(Fault::ArrayCopyNotJournalled);
    copy(call, if unguarded { Write::Immediate } else { Write::Transactional })
}

/// Neither atomic nor part of a transaction.
fn array_copy_non_atomic(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    copy(call, Write::Immediate)
}

/// Copies by way of a buffer, so that ranges may overlap.
fn copy(call: &mut Call<'_, '_>, write: Write) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let (source, target) = (arguments.reference(0)?, arguments.reference(2)?);
    let (offset, length) = (arguments.short(3)?, arguments.short(4)?);
    let bytes = call.vm.bytes(source, arguments.short(1)?, length)?.to_vec();
    call.vm.write_bytes(target, offset, &bytes, write)?;
    Ok(i32::from(offset.wrapping_add(length)))
}

fn array_fill(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    fill(call, Write::Transactional)
}

fn array_fill_non_atomic(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    fill(call, Write::Immediate)
}

fn fill(call: &mut Call<'_, '_>, write: Write) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let (array, offset, length) =
        (arguments.reference(0)?, arguments.short(1)?, arguments.short(2)?);
    let value = arguments.byte(3)?.cast_unsigned();
    call.vm.check_bytes(array, offset, length)?;
    let bytes = vec![value; usize::from(length.unsigned_abs())];
    call.vm.write_bytes(array, offset, &bytes, write)?;
    Ok(i32::from(offset.wrapping_add(length)))
}

fn get_short(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let bytes = call.vm.bytes(arguments.reference(0)?, arguments.short(1)?, 2)?;
    Ok(bytes.first_chunk().map_or(0, |pair| i32::from(i16::from_be_bytes(*pair))))
}

fn make_short(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let high = call.arguments.byte(0)?.cast_unsigned();
    let low = call.arguments.byte(1)?.cast_unsigned();
    Ok(i32::from(i16::from_be_bytes([high, low])))
}

fn set_short(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let (array, offset) = (arguments.reference(0)?, arguments.short(1)?);
    let bytes = arguments.short(2)?.to_be_bytes();
    call.vm.write_bytes(array, offset, &bytes, Write::Transactional)?;
    Ok(i32::from(offset.wrapping_add(2)))
}
