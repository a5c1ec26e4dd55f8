//! `javacardx.framework.util`: arrays of whatever primitive [JCAPI 3.0.5 javacardx.framework.util.ArrayLogic].

mod elements;
pub(super) mod intx;

use core::cmp::Ordering;

use jcvm::{ClassId, Standard, Trap, Write};

use self::elements::{Kind, Part};
use super::checks::short;
use crate::{Call, registry::Natives, tables::classes};

pub(super) const NATIVES: Natives = &[
    (
        "javacardx/framework/util/ArrayLogic.arrayCompareGeneric(Ljava/lang/Object;SLjava/lang/Object;SS)B",
        compare,
    ),
    (
        "javacardx/framework/util/ArrayLogic.arrayCopyRepack(Ljava/lang/Object;SSLjava/lang/Object;S)S",
        copy,
    ),
    (
        "javacardx/framework/util/ArrayLogic.arrayCopyRepackNonAtomic(Ljava/lang/Object;SSLjava/lang/Object;S)S",
        copy_non_atomic,
    ),
    (
        "javacardx/framework/util/ArrayLogic.arrayFillGeneric(Ljava/lang/Object;SSLjava/lang/Object;S)S",
        fill,
    ),
    (
        "javacardx/framework/util/ArrayLogic.arrayFillGenericNonAtomic(Ljava/lang/Object;SSLjava/lang/Object;S)S",
        fill_non_atomic,
    ),
    ("javacardx/framework/util/ArrayLogic.arrayFindGeneric(Ljava/lang/Object;S[BS)S", find),
];

/// Reasons of `UtilException`.
const ILLEGAL_VALUE: i16 = 1;
const TYPE_MISMATCHED: i16 = 2;

/// A `UtilException`.
fn fail<T>(call: &mut Call<'_, '_>, reason: i16) -> Result<T, Trap> {
    call.throw_class(classes::UTIL_EXCEPTION, reason)
}

/// The array that an argument is: of primitives, and the caller's to use.
fn array(call: &mut Call<'_, '_>, index: usize) -> Result<Kind, Trap> {
    let array = call.arguments.reference(index)?;
    call.vm.check_access(array)?;
    let class: ClassId = call.vm.object(array)?.class;
    match Kind::of(class) {
        Some(kind) => Ok(kind),
        None => fail(call, ILLEGAL_VALUE),
    }
}

/// Elements of the array that an argument is, checked to be there.
fn part(
    call: &mut Call<'_, '_>,
    index: usize,
    kind: Kind,
    offset: i16,
    length: usize,
) -> Result<Part, Trap> {
    let array = call.arguments.reference(index)?;
    let all = call.vm.array_length(array)?;
    let end = usize::try_from(offset).ok().map(|offset| offset + length);
    if end.is_none_or(|end| end > all) {
        return call.throw(Standard::ArrayIndexOutOfBounds);
    }
    Ok(Part { array, kind, offset, length })
}

/// A length that is not negative.
fn length(call: &mut Call<'_, '_>, index: usize) -> Result<usize, Trap> {
    match usize::try_from(call.arguments.short(index)?) {
        Ok(length) => Ok(length),
        Err(_) => call.throw(Standard::ArrayIndexOutOfBounds),
    }
}

/// Copies elements by way of their bytes, so that small ones make up large ones, and large ones become several small ones.
fn repack(call: &mut Call<'_, '_>, write: Write) -> Result<i32, Trap> {
    let (from, to) = (array(call, 0)?, array(call, 3)?);
    let (offset, target) = (call.arguments.short(1)?, call.arguments.short(4)?);
    let count = length(call, 2)?;
    let source = part(call, 0, from, offset, count)?;
    let bytes = count * from.size();
    if bytes % to.size() != 0 {
        return fail(call, ILLEGAL_VALUE);
    }
    let destination = part(call, 3, to, target, bytes / to.size())?;
    let bytes = source.load(call.vm)?;
    destination.store(call.vm, &bytes, write)?;
    Ok(i32::from(target) + short(destination.length))
}

fn copy(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    repack(call, Write::Transactional)
}

fn copy_non_atomic(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    repack(call, Write::Immediate)
}

fn fill_with(call: &mut Call<'_, '_>, write: Write) -> Result<i32, Trap> {
    let (kind, of_value) = (array(call, 0)?, array(call, 3)?);
    if kind != of_value {
        return fail(call, TYPE_MISMATCHED);
    }
    let (offset, value_offset) = (call.arguments.short(1)?, call.arguments.short(4)?);
    let count = length(call, 2)?;
    let destination = part(call, 0, kind, offset, count)?;
    let value = part(call, 3, kind, value_offset, 1)?.load(call.vm)?;
    destination.store(call.vm, &value.repeat(count), write)?;
    Ok(i32::from(offset) + short(count))
}

fn fill(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    fill_with(call, Write::Transactional)
}

fn fill_non_atomic(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    fill_with(call, Write::Immediate)
}

/// Compares elements: bytes without sign, as `Util.arrayCompare` does, shorts and ints with it.
fn compare(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (kind, other) = (array(call, 0)?, array(call, 2)?);
    if kind != other {
        return fail(call, TYPE_MISMATCHED);
    }
    let (offset, other) = (call.arguments.short(1)?, call.arguments.short(3)?);
    let count = length(call, 4)?;
    let left = part(call, 0, kind, offset, count)?;
    let right = part(call, 2, kind, other, count)?;
    let (left, right) = (left.load(call.vm)?, right.load(call.vm)?);
    Ok(match kind.values(&left).cmp(&kind.values(&right)) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// Where an element is that has the value in a byte array, from an offset on.
fn find(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let kind = array(call, 0)?;
    let offset = call.arguments.short(1)?;
    let all = call.arguments.reference(0)?;
    let all = call.vm.array_length(all)?;
    let rest = all.saturating_sub(usize::from(offset.unsigned_abs()));
    let haystack = part(call, 0, kind, offset, rest)?;
    let (values, at) = (call.arguments.reference(2)?, call.arguments.short(3)?);
    let size = i16::try_from(kind.size()).unwrap_or(i16::MAX);
    let value = call.vm.bytes(values, at, size)?.to_vec();
    let found = haystack.load(call.vm)?.chunks(kind.size()).position(|element| element == value);
    Ok(found.map_or(-1, |index| i32::from(offset) + short(index)))
}
