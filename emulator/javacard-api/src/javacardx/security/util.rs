//! `MonotonicCounter` [JCAPI 3.1 javacardx.security.util.MonotonicCounter]: a number that only ever grows, whatever becomes of the
//! transaction.

use jcvm::{Body, ClassId, Lifetime, Reference, Standard, Trap, Write};

use crate::{
    Call,
    javacard::security::{buffer, key::family::Memory},
    registry::Natives,
    tables::classes,
};

pub(crate) const NATIVES: Natives = &[
    (
        "javacardx/security/util/MonotonicCounter.getInstance(SB)Ljavacardx/security/util/MonotonicCounter;",
        get_instance,
    ),
    ("javacardx/security/util/MonotonicCounter.getMemoryType()B", get_memory_type),
    ("javacardx/security/util/MonotonicCounter.getSize()S", |call| {
        Ok(i32::try_from(counter(call, 0)?.length).unwrap_or(0))
    }),
    ("javacardx/security/util/MonotonicCounter.setValue([BSS)S", set_value),
    ("javacardx/security/util/MonotonicCounter.get([BS)S", get),
    ("javacardx/security/util/MonotonicCounter.incrementBy(S)S", increment_by),
    ("javacardx/security/util/MonotonicCounter.compareTo([BSS)S", compare_to_bytes),
    (
        "javacardx/security/util/MonotonicCounter.compareTo(Ljavacardx/security/util/MonotonicCounter;)S",
        compare_to,
    ),
    ("javacardx/security/util/MonotonicCounter.equalsMax()Z", |call| {
        let counter = counter(call, 0)?;
        Ok(i32::from(counter.value == counter.max()))
    }),
];

/// Hidden cells: the value, the memory that it is in.
const VALUE: usize = 0;
const MEMORY: usize = 1;
/// Longest counter, in bytes.
const LENGTH_MAX: usize = 8;
/// `SystemException.ILLEGAL_VALUE`.
const ILLEGAL_VALUE: i16 = 1;

struct Counter {
    array: Reference,
    length: usize,
    value: u64,
}

impl Counter {
    const fn max(&self) -> u64 {
        let unused = (LENGTH_MAX - self.length) * 8;
        if unused >= 64 { 0 } else { u64::MAX >> unused }
    }
}

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let length = usize::try_from(call.arguments.short(0)?).unwrap_or(0);
    let memory = Memory::from_constant(call.arguments.byte(1)?);
    let Some(memory) = memory.filter(|_| (1..=LENGTH_MAX).contains(&length)) else {
        return call.throw(Standard::System(ILLEGAL_VALUE));
    };
    let body = Body::Bytes(vec![0; length].into());
    let array = call.vm.allocate(ClassId::BYTE_ARRAY, memory.lifetime(), body)?;
    let class = classes::MONOTONIC_COUNTER;
    let made = call.vm.new_instance(class, Lifetime::Persistent)?;
    for (cell, value) in [(VALUE, array.to_cell()), (MEMORY, memory as i32)] {
        call.vm.set_field(made, class, cell, value, Write::Transactional)?;
    }
    Ok(made.to_cell())
}

/// The counter that an argument is.
fn counter(call: &mut Call<'_, '_>, at: usize) -> Result<Counter, Trap> {
    let object = call.arguments.reference(at)?;
    call.vm.check_access(object)?;
    if !call.vm.is_instance(object, classes::MONOTONIC_COUNTER) {
        return call.throw(Standard::Security);
    }
    let array = Reference::from_cell(call.vm.field(object, classes::MONOTONIC_COUNTER, VALUE));
    let bytes = call.vm.all_bytes(array)?;
    Ok(Counter { array, length: bytes.len().min(LENGTH_MAX), value: number(bytes) })
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Sets a value that is not smaller than the one there is.
fn store(call: &mut Call<'_, '_>, counter: &Counter, value: u64) -> Result<i32, Trap> {
    if value < counter.value || value > counter.max() {
        return call.throw(Standard::System(ILLEGAL_VALUE));
    }
    let bytes = value.to_be_bytes();
    let bytes = bytes.get(LENGTH_MAX - counter.length..).unwrap_or_default();
    // One atomic store, which no abort takes back.
    let stored = call.vm.heap_mut().store_bytes(counter.array, 0, bytes, Write::Immediate);
    stored.map_err(|error| Trap::Fault(error.into()))?;
    Ok(i32::try_from(counter.length).unwrap_or(0))
}

/// The number that three arguments name, which may have zeros before it; larger than any counter where it is too long.
fn given(call: &mut Call<'_, '_>) -> Result<u128, Trap> {
    let bytes = buffer::input(call, 1)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = bytes.get(zeros..).unwrap_or_default();
    Ok(if digits.len() > LENGTH_MAX { u128::MAX } else { number(digits).into() })
}

fn set_value(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let counter = counter(call, 0)?;
    match u64::try_from(given(call)?) {
        Ok(value) => store(call, &counter, value),
        Err(_) => call.throw(Standard::System(ILLEGAL_VALUE)),
    }
}

fn get(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let counter = counter(call, 0)?;
    let bytes = counter.value.to_be_bytes();
    buffer::output(call, 1, bytes.get(LENGTH_MAX - counter.length..).unwrap_or_default())
}

fn get_memory_type(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    counter(call, 0)?;
    let memory = call.vm.field(call.this()?, classes::MONOTONIC_COUNTER, MEMORY);
    Ok(i8::try_from(memory).ok().and_then(Memory::from_constant).map_or(0, |known| known as i32))
}

fn increment_by(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let counter = counter(call, 0)?;
    let step = u64::try_from(call.arguments.short(1)?).ok();
    match step.and_then(|step| counter.value.checked_add(step)) {
        Some(value) => store(call, &counter, value),
        None => call.throw(Standard::System(ILLEGAL_VALUE)),
    }
}

fn compare_to_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let counter = counter(call, 0)?;
    Ok(u128::from(counter.value).cmp(&given(call)?) as i32)
}

fn compare_to(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (counter, other) = (counter(call, 0)?, counter(call, 1)?);
    Ok(counter.value.cmp(&other.value) as i32)
}
