//! `ByteBuffer`: single bytes, shorts and ints.

use jcvm::{Trap, Write};

use super::{LITTLE_ENDIAN, Window, check_left, check_room, moved, out_of_bounds, this, writable};
use crate::{Call, registry::Natives};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/nio/ByteBuffer.get()B", get_byte),
    ("javacardx/framework/nio/ByteBuffer.get(I)B", get_byte_at),
    ("javacardx/framework/nio/ByteBuffer.getInt()I", get_int),
    ("javacardx/framework/nio/ByteBuffer.getInt(I)I", get_int_at),
    ("javacardx/framework/nio/ByteBuffer.getShort()S", get_short),
    ("javacardx/framework/nio/ByteBuffer.getShort(I)S", get_short_at),
    ("javacardx/framework/nio/ByteBuffer.put(B)Ljavacardx/framework/nio/ByteBuffer;", put_byte),
    ("javacardx/framework/nio/ByteBuffer.put(IB)Ljavacardx/framework/nio/ByteBuffer;", put_byte_at),
    ("javacardx/framework/nio/ByteBuffer.putInt(I)Ljavacardx/framework/nio/ByteBuffer;", put_int),
    (
        "javacardx/framework/nio/ByteBuffer.putInt(II)Ljavacardx/framework/nio/ByteBuffer;",
        put_int_at,
    ),
    (
        "javacardx/framework/nio/ByteBuffer.putShort(S)Ljavacardx/framework/nio/ByteBuffer;",
        put_short,
    ),
    (
        "javacardx/framework/nio/ByteBuffer.putShort(IS)Ljavacardx/framework/nio/ByteBuffer;",
        put_short_at,
    ),
];

/// The value at an index, sign-extended.
fn load(call: &mut Call<'_, '_>, window: &Window, index: i32, size: i16) -> Result<i32, Trap> {
    let mut bytes = call.vm.bytes(window.array, window.place(index), size)?.to_vec();
    if window.is(LITTLE_ENDIAN) {
        bytes.reverse();
    }
    let first = i32::from(bytes.first().is_some_and(|first| first & 0x80 != 0));
    Ok(bytes.iter().fold(-first, |value, byte| value << 8 | i32::from(*byte)))
}

/// Reads at the position, and moves it.
fn get(call: &mut Call<'_, '_>, size: i16) -> Result<i32, Trap> {
    let window = this(call)?;
    check_left(call, &window, size.into())?;
    let value = load(call, &window, window.position, size)?;
    moved(call, window.position + i32::from(size), window.limit)?;
    Ok(value)
}

/// Reads at the index that is the first argument.
fn get_at(call: &mut Call<'_, '_>, size: i16) -> Result<i32, Trap> {
    let window = this(call)?;
    let index = index(call, &window, size)?;
    load(call, &window, index, size)
}

/// The index that is the first argument, at which there is a value before the limit.
fn index(call: &mut Call<'_, '_>, window: &Window, size: i16) -> Result<i32, Trap> {
    let index = call.arguments.int(1)?;
    if index < 0 || index > window.limit - i32::from(size) {
        out_of_bounds(call)
    } else {
        Ok(index)
    }
}

fn store(call: &mut Call<'_, '_>, window: &Window, index: i32, value: &[u8]) -> Result<(), Trap> {
    let mut bytes = value.to_vec();
    if window.is(LITTLE_ENDIAN) {
        bytes.reverse();
    }
    call.vm.write_bytes(window.array, window.place(index), &bytes, Write::Transactional)
}

/// Writes at the position, and moves it.
fn put(call: &mut Call<'_, '_>, value: &[u8]) -> Result<i32, Trap> {
    let size = i32::try_from(value.len()).unwrap_or(i32::MAX);
    let window = writable(call)?;
    check_room(call, &window, size)?;
    store(call, &window, window.position, value)?;
    moved(call, window.position + size, window.limit)
}

/// Writes at the index that is the first argument.
fn put_at(call: &mut Call<'_, '_>, value: &[u8]) -> Result<i32, Trap> {
    let window = writable(call)?;
    let index = index(call, &window, i16::try_from(value.len()).unwrap_or(i16::MAX))?;
    store(call, &window, index, value)?;
    Ok(call.this()?.to_cell())
}

fn get_byte(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    get(call, 1)
}

fn get_byte_at(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    get_at(call, 1)
}

fn get_short(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    get(call, 2)
}

fn get_short_at(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    get_at(call, 2)
}

fn get_int(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    get(call, 4)
}

fn get_int_at(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    get_at(call, 4)
}

fn put_byte(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = call.arguments.byte(1)?;
    put(call, &value.to_be_bytes())
}

fn put_byte_at(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = call.arguments.byte(3)?;
    put_at(call, &value.to_be_bytes())
}

fn put_short(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = call.arguments.short(1)?;
    put(call, &value.to_be_bytes())
}

fn put_short_at(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = call.arguments.short(3)?;
    put_at(call, &value.to_be_bytes())
}

fn put_int(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = call.arguments.int(1)?;
    put(call, &value.to_be_bytes())
}

fn put_int_at(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let value = call.arguments.int(3)?;
    put_at(call, &value.to_be_bytes())
}
