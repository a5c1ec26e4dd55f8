//! `BigNumber`: an unsigned number with a largest value.

use core::cmp::Ordering;

use jcvm::{Lifetime, Reference, Standard, Trap, Vm, Write};

use super::{BYTES_MAX, bcd, unsigned};
use crate::{
    Call,
    javacardx::framework::checks::{instance, part, short},
    registry::Natives,
    tables::classes,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/math/BigNumber.<init>(S)V", construct),
    ("javacardx/framework/math/BigNumber.add([BSSB)V", add),
    (
        "javacardx/framework/math/BigNumber.compareTo(Ljavacardx/framework/math/BigNumber;)B",
        compare,
    ),
    ("javacardx/framework/math/BigNumber.compareTo([BSSB)B", compare_bytes),
    ("javacardx/framework/math/BigNumber.getByteLength(B)S", get_byte_length),
    ("javacardx/framework/math/BigNumber.init([BSSB)V", init),
    ("javacardx/framework/math/BigNumber.multiply([BSSB)V", multiply),
    ("javacardx/framework/math/BigNumber.reset()V", reset),
    ("javacardx/framework/math/BigNumber.setMaximum([BSSB)V", set_maximum),
    ("javacardx/framework/math/BigNumber.subtract([BSSB)V", subtract),
    ("javacardx/framework/math/BigNumber.toBytes([BSSB)V", to_bytes),
];

/// Hidden cells: the arrays of value and largest value, both as long as the number may be.
const VALUE: usize = 0;
const MAXIMUM: usize = 1;
/// Formats of numbers in arrays.
const FORMAT_BCD: i8 = 1;
const FORMAT_HEX: i8 = 2;

fn array(vm: &Vm<'_>, number: Reference, cell: usize) -> Reference {
    Reference::from_cell(vm.field(number, classes::BIG_NUMBER, cell))
}

fn content(vm: &Vm<'_>, number: Reference, cell: usize) -> Vec<u8> {
    let object = vm.heap().get(array(vm, number, cell));
    object.and_then(|object| object.body.bytes()).unwrap_or_default().to_vec()
}

/// Stores a number that is known to fit, at once or not at all.
fn store(call: &mut Call<'_, '_>, place: usize, number: &[u8]) -> Result<(), Trap> {
    let this = call.this()?;
    let size = content(call.vm, this, place).len();
    let number = unsigned::trim(number);
    let mut padded = vec![0; size.saturating_sub(number.len())];
    padded.extend_from_slice(number);
    let array = array(call.vm, this, place);
    call.vm.write_bytes(array, 0, &padded, Write::Transactional)
}

fn overflow<T>(call: &mut Call<'_, '_>) -> Result<T, Trap> {
    call.throw(Standard::Arithmetic)
}

fn construct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, size) = (call.this()?, call.arguments.short(1)?);
    if !usize::try_from(size).is_ok_and(|size| (1..=BYTES_MAX).contains(&size)) {
        return overflow(call);
    }
    for (cell, byte) in [(VALUE, 0), (MAXIMUM, 0xFF)] {
        let array = call.vm.new_bytes(size, Lifetime::Persistent)?;
        let filled = vec![byte; usize::from(size.unsigned_abs())];
        call.vm.write_bytes(array, 0, &filled, Write::Transactional)?;
        let class = classes::BIG_NUMBER;
        call.vm.set_field(this, class, cell, array.to_cell(), Write::Transactional)?;
    }
    Ok(0)
}

/// The operand in a byte array, without leading zeros; `None` when it is larger than any number can be.
fn operand(call: &mut Call<'_, '_>) -> Result<Option<Vec<u8>>, Trap> {
    let (bytes, format) = (part(call, 1)?, call.arguments.byte(4)?);
    match format {
        _ if bytes.is_empty() => overflow(call),
        FORMAT_HEX => {
            Ok(Some(unsigned::trim(&bytes).to_vec()).filter(|value| value.len() <= BYTES_MAX))
        }
        FORMAT_BCD if bcd::is_bcd(&bytes) => Ok(bcd::to_value(&bytes, BYTES_MAX)),
        _ => overflow(call),
    }
}

/// Stores a result, unless it is larger than the largest value.
fn store_result(call: &mut Call<'_, '_>, result: Option<Vec<u8>>) -> Result<i32, Trap> {
    let maximum = content(call.vm, call.this()?, MAXIMUM);
    match result {
        Some(number) if unsigned::compare(&number, &maximum) != Ordering::Greater => {
            store(call, VALUE, &number)?;
            Ok(0)
        }
        _ => overflow(call),
    }
}

fn set_maximum(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = call.this()?;
    let (value, size) = (content(call.vm, this, VALUE), content(call.vm, this, MAXIMUM).len());
    match operand(call)? {
        Some(new) if new.len() <= size && unsigned::compare(&new, &value) != Ordering::Less => {
            store(call, MAXIMUM, &new)?;
            Ok(0)
        }
        _ => overflow(call),
    }
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let new = operand(call)?;
    store_result(call, new)
}

fn add(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (operand, value) = (operand(call)?, content(call.vm, call.this()?, VALUE));
    store_result(call, operand.map(|operand| unsigned::add(&value, &operand)))
}

fn subtract(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (operand, value) = (operand(call)?, content(call.vm, call.this()?, VALUE));
    store_result(call, operand.and_then(|operand| unsigned::subtract(&value, &operand)))
}

fn multiply(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (operand, value) = (operand(call)?, content(call.vm, call.this()?, VALUE));
    let zero = unsigned::trim(&value).is_empty().then(Vec::new);
    let product = operand.map(|operand| unsigned::multiply(&value, &operand));
    store_result(call, zero.or(product))
}

fn order(value: &[u8], other: Option<&[u8]>) -> i32 {
    match other.map_or(Ordering::Less, |other| unsigned::compare(value, other)) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

fn compare(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let other = instance(call, 1, classes::BIG_NUMBER)?;
    let value = content(call.vm, call.this()?, VALUE);
    Ok(order(&value, Some(&content(call.vm, other, VALUE))))
}

fn compare_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (operand, value) = (operand(call)?, content(call.vm, call.this()?, VALUE));
    Ok(order(&value, operand.as_deref()))
}

/// The value in a format, as short as it can be, one byte at least.
fn formatted(call: &mut Call<'_, '_>, format: i8) -> Result<Vec<u8>, Trap> {
    let value = content(call.vm, call.this()?, VALUE);
    match format {
        FORMAT_BCD => Ok(bcd::from_value(&value)),
        FORMAT_HEX => {
            let value = unsigned::trim(&value);
            Ok(if value.is_empty() { vec![0] } else { value.to_vec() })
        }
        _ => overflow(call),
    }
}

fn to_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let (array, offset, count) =
        (arguments.reference(1)?, arguments.short(2)?, arguments.short(3)?);
    call.vm.check_bytes(array, offset, count)?;
    let digits = formatted(call, arguments.byte(4)?)?;
    let Some(zeros) = usize::from(count.unsigned_abs()).checked_sub(digits.len()) else {
        return overflow(call);
    };
    let padded = [vec![0; zeros], digits].concat();
    call.vm.write_bytes(array, offset, &padded, Write::Transactional)?;
    Ok(0)
}

fn get_byte_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let format = call.arguments.byte(1)?;
    Ok(short(formatted(call, format)?.len()))
}

fn reset(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    store(call, VALUE, &[])?;
    Ok(0)
}
