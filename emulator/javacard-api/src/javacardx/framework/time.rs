//! `javacardx.framework.time`: amounts of time, and the time since the card was powered [JCAPI 3.1 javacardx.framework.time].
//!
//! A duration is a signed number of microseconds in 64 bits, kept in an array of eight bytes of the memory that the applet asked for.

mod span;

use jcvm::{Lifetime, Reference, Standard, Trap, Vm, Write};

use super::checks::{instance, part, short};
use crate::{
    Call, javacard::framework::memory::make_transient, registry::Natives, tables::classes,
};

pub(super) const NATIVES: Natives = &[
    ("javacardx/framework/time/SysTime.uptime(Ljavacardx/framework/time/TimeDuration;)V", uptime),
    ("javacardx/framework/time/TimeDuration.abs()Ljavacardx/framework/time/TimeDuration;", abs),
    (
        "javacardx/framework/time/TimeDuration.compareTo(Ljavacardx/framework/time/TimeDuration;)S",
        compare,
    ),
    ("javacardx/framework/time/TimeDuration.compareTo(SS)S", compare_units),
    ("javacardx/framework/time/TimeDuration.getByteLength(S)S", get_byte_length),
    (
        "javacardx/framework/time/TimeDuration.getInstance(B)Ljavacardx/framework/time/TimeDuration;",
        get_instance,
    ),
    (
        "javacardx/framework/time/TimeDuration.getInstance(BSS)Ljavacardx/framework/time/TimeDuration;",
        get_instance_of,
    ),
    ("javacardx/framework/time/TimeDuration.getMemoryType()B", get_memory_type),
    ("javacardx/framework/time/TimeDuration.isNegative()Z", is_negative),
    (
        "javacardx/framework/time/TimeDuration.minus(Ljavacardx/framework/time/TimeDuration;)Ljavacardx/framework/time/TimeDuration;",
        minus,
    ),
    (
        "javacardx/framework/time/TimeDuration.minus(SS)Ljavacardx/framework/time/TimeDuration;",
        minus_units,
    ),
    ("javacardx/framework/time/TimeDuration.neg()Ljavacardx/framework/time/TimeDuration;", negate),
    (
        "javacardx/framework/time/TimeDuration.plus(Ljavacardx/framework/time/TimeDuration;)Ljavacardx/framework/time/TimeDuration;",
        plus,
    ),
    (
        "javacardx/framework/time/TimeDuration.plus(SS)Ljavacardx/framework/time/TimeDuration;",
        plus_units,
    ),
    ("javacardx/framework/time/TimeDuration.reset()Ljavacardx/framework/time/TimeDuration;", reset),
    (
        "javacardx/framework/time/TimeDuration.set([BSSS)Ljavacardx/framework/time/TimeDuration;",
        set,
    ),
    ("javacardx/framework/time/TimeDuration.toBytes([BSSS)S", to_bytes),
];

/// Hidden cells: the array with the microseconds, and the kind of its memory.
const MICROSECONDS: usize = 0;
const MEMORY: usize = 1;
/// Reasons of `DateTimeException`.
const INVALID_VALUE: i16 = 1;
const INVALID_UNIT: i16 = 2;
/// `SystemException.ILLEGAL_VALUE`.
const ILLEGAL_VALUE: i16 = 1;
/// `JCSystem.MEMORY_TYPE_PERSISTENT`; the transient types have the numbers of their events.
const PERSISTENT: i8 = 0;

fn fail<T>(call: &mut Call<'_, '_>, reason: i16) -> Result<T, Trap> {
    call.throw_class(classes::DATE_TIME_EXCEPTION, reason)
}

fn array(vm: &Vm<'_>, duration: Reference) -> Reference {
    Reference::from_cell(vm.field(duration, classes::TIME_DURATION, MICROSECONDS))
}

/// The microseconds of a duration that the caller may use.
fn value(vm: &mut Vm<'_>, duration: Reference) -> Result<i64, Trap> {
    let bytes = vm.bytes(array(vm, duration), 0, 8)?;
    Ok(bytes.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes)))
}

fn store(vm: &mut Vm<'_>, duration: Reference, value: i64) -> Result<(), Trap> {
    vm.write_bytes(array(vm, duration), 0, &value.to_be_bytes(), Write::Transactional)
}

/// Stores a result in `this`, which is returned; there is none when it went beyond 64 bits.
fn update(call: &mut Call<'_, '_>, value: Option<i64>) -> Result<i32, Trap> {
    let this = call.this()?;
    match value {
        Some(value) => store(call.vm, this, value).map(|()| this.to_cell()),
        None => call.throw(Standard::Arithmetic),
    }
}

fn make(call: &mut Call<'_, '_>, value: i64) -> Result<i32, Trap> {
    let kind = call.arguments.byte(0)?;
    if !(0..=2).contains(&kind) {
        return call.throw(Standard::System(ILLEGAL_VALUE));
    }
    let array = match kind {
        PERSISTENT => call.vm.new_bytes(8, Lifetime::Persistent)?,
        event => make_transient(call, jcvm::ClassId::BYTE_ARRAY, 8, event)?,
    };
    let class = classes::TIME_DURATION;
    let made = call.vm.new_instance(class, Lifetime::Persistent)?;
    call.vm.set_field(made, class, MICROSECONDS, array.to_cell(), Write::Transactional)?;
    call.vm.set_field(made, class, MEMORY, kind.into(), Write::Transactional)?;
    store(call.vm, made, value)?;
    Ok(made.to_cell())
}

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    make(call, 0)
}

fn get_instance_of(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = units(call, 1)?;
    make(call, value)
}

/// The microseconds in the unit that an argument names.
fn unit(call: &mut Call<'_, '_>, index: usize) -> Result<i64, Trap> {
    match span::unit(call.arguments.short(index)?) {
        Some(unit) => Ok(unit),
        None => fail(call, INVALID_UNIT),
    }
}

/// The microseconds that an argument says in the unit of the next.
fn units(call: &mut Call<'_, '_>, index: usize) -> Result<i64, Trap> {
    let unit = unit(call, index + 1)?;
    match span::of(call.arguments.short(index)?.into(), unit) {
        Some(value) => Ok(value),
        None => fail(call, INVALID_VALUE),
    }
}

/// The microseconds of `this`, and those of the duration in the first argument.
fn operands(call: &mut Call<'_, '_>) -> Result<(i64, i64), Trap> {
    let other = instance(call, 1, classes::TIME_DURATION)?;
    let this = call.this()?;
    Ok((value(call.vm, this)?, value(call.vm, other)?))
}

/// The microseconds of `this`, and those that the first two arguments say.
fn operand_units(call: &mut Call<'_, '_>) -> Result<(i64, i64), Trap> {
    let (this, other) = (call.this()?, units(call, 1)?);
    Ok((value(call.vm, this)?, other))
}

fn this(call: &mut Call<'_, '_>) -> Result<i64, Trap> {
    let this = call.this()?;
    value(call.vm, this)
}

fn plus(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, other) = operands(call)?;
    update(call, this.checked_add(other))
}

fn plus_units(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, other) = operand_units(call)?;
    update(call, this.checked_add(other))
}

fn minus(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, other) = operands(call)?;
    update(call, this.checked_sub(other))
}

fn minus_units(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, other) = operand_units(call)?;
    update(call, this.checked_sub(other))
}

fn compare(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, other) = operands(call)?;
    Ok(this.cmp(&other) as i32)
}

fn compare_units(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, other) = operand_units(call)?;
    Ok(this.cmp(&other) as i32)
}

fn abs(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = this(call)?;
    update(call, value.checked_abs())
}

fn negate(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = this(call)?;
    update(call, value.checked_neg())
}

fn reset(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    update(call, Some(0))
}

fn is_negative(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(this(call)? < 0))
}

fn get_memory_type(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(call.vm.field(call.this()?, classes::TIME_DURATION, MEMORY))
}

fn set(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (bytes, unit) = (part(call, 1)?, unit(call, 4)?);
    match span::from_bytes(&bytes).and_then(|amount| span::of(amount, unit)) {
        Some(value) => update(call, Some(value)),
        None => fail(call, INVALID_VALUE),
    }
}

/// Whole units, as a signed number of a given length; what is less than a unit is cut off.
fn to_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let (array, offset, length) =
        (arguments.reference(1)?, arguments.short(2)?, arguments.short(3)?);
    call.vm.check_bytes(array, offset, length)?;
    let unit = unit(call, 4)?;
    let amount = this(call)?.wrapping_div(unit);
    let Some(bytes) = span::to_bytes(amount, usize::from(length.unsigned_abs())) else {
        return fail(call, INVALID_VALUE);
    };
    call.vm.write_bytes(array, offset, &bytes, Write::Transactional)?;
    Ok(short(bytes.len()))
}

fn get_byte_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let unit = unit(call, 1)?;
    Ok(short(span::byte_length(this(call)?.wrapping_div(unit))))
}

/// The time since the card was reset, as the card tells it.
fn uptime(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let duration = instance(call, 0, classes::TIME_DURATION)?;
    let microseconds = i64::try_from(call.platform.uptime().as_micros()).unwrap_or(i64::MAX);
    store(call.vm, duration, microseconds)?;
    Ok(0)
}
