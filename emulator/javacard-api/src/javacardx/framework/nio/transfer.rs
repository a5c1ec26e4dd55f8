//! `ByteBuffer`: many bytes at once, comparison.

use core::cmp::Ordering;

use jcvm::{Standard, Trap, Write};

use super::{Window, check_left, check_room, moved, out_of_bounds, this, writable};
use crate::{Call, javacardx::framework::checks::instance, registry::Natives, tables::classes};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/nio/ByteBuffer.compact()Ljavacardx/framework/nio/ByteBuffer;", compact),
    (
        "javacardx/framework/nio/ByteBuffer.compareTo(Ljavacardx/framework/nio/ByteBuffer;)I",
        compare,
    ),
    ("javacardx/framework/nio/ByteBuffer.equals(Ljava/lang/Object;)Z", equals),
    ("javacardx/framework/nio/ByteBuffer.get([B)Ljavacardx/framework/nio/ByteBuffer;", get),
    ("javacardx/framework/nio/ByteBuffer.get([BII)Ljavacardx/framework/nio/ByteBuffer;", get_part),
    ("javacardx/framework/nio/ByteBuffer.put([B)Ljavacardx/framework/nio/ByteBuffer;", put),
    ("javacardx/framework/nio/ByteBuffer.put([BII)Ljavacardx/framework/nio/ByteBuffer;", put_part),
    (
        "javacardx/framework/nio/ByteBuffer.put(Ljavacardx/framework/nio/ByteBuffer;)Ljavacardx/framework/nio/ByteBuffer;",
        put_buffer,
    ),
];

/// `SystemException.ILLEGAL_VALUE`.
const ILLEGAL_VALUE: i16 = 1;

/// What remains of a buffer.
fn rest(call: &mut Call<'_, '_>, window: &Window, count: i32) -> Result<Vec<u8>, Trap> {
    let count = i16::try_from(count).unwrap_or(i16::MAX);
    call.vm.bytes(window.array, window.place(window.position), count).map(<[u8]>::to_vec)
}

/// All of the array in the first argument.
fn whole(call: &mut Call<'_, '_>) -> Result<(i32, i32), Trap> {
    let array = call.arguments.reference(1)?;
    Ok((0, i32::try_from(call.vm.array_length(array)?).unwrap_or(i32::MAX)))
}

/// The part of the array in the first argument that the two ints after it say.
fn named(call: &mut Call<'_, '_>) -> Result<(i32, i32), Trap> {
    let (_, all) = whole(call)?;
    let (offset, length) = (call.arguments.int(2)?, call.arguments.int(4)?);
    let end = offset.checked_add(length);
    if offset < 0 || length < 0 || end.is_none_or(|end| end > all) {
        return out_of_bounds(call);
    }
    Ok((offset, length))
}

fn get(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let part = whole(call)?;
    read(call, part)
}

fn get_part(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let part = named(call)?;
    read(call, part)
}

fn read(call: &mut Call<'_, '_>, (offset, length): (i32, i32)) -> Result<i32, Trap> {
    let window = this(call)?;
    check_left(call, &window, length)?;
    let bytes = rest(call, &window, length)?;
    let (array, offset) = (call.arguments.reference(1)?, i16::try_from(offset).unwrap_or(i16::MAX));
    call.vm.write_bytes(array, offset, &bytes, Write::Transactional)?;
    moved(call, window.position + length, window.limit)
}

fn put(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let part = whole(call)?;
    write_part(call, part)
}

fn put_part(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let part = named(call)?;
    write_part(call, part)
}

fn write_part(call: &mut Call<'_, '_>, (offset, length): (i32, i32)) -> Result<i32, Trap> {
    let window = writable(call)?;
    check_room(call, &window, length)?;
    let array = call.arguments.reference(1)?;
    let short = |number| i16::try_from(number).unwrap_or(i16::MAX);
    let bytes = call.vm.bytes(array, short(offset), short(length))?.to_vec();
    write(call, &window, &bytes)
}

/// Writes at the position, and moves it.
fn write(call: &mut Call<'_, '_>, window: &Window, bytes: &[u8]) -> Result<i32, Trap> {
    let place = window.place(window.position);
    call.vm.write_bytes(window.array, place, bytes, Write::Transactional)?;
    let count = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    moved(call, window.position + count, window.limit)
}

/// Everything that remains of another buffer.
fn put_buffer(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let source = instance(call, 1, classes::BYTE_BUFFER)?;
    if source == call.this()? {
        return call.throw(Standard::System(ILLEGAL_VALUE));
    }
    let (window, from) = (writable(call)?, Window::of(call.vm, source));
    check_room(call, &window, from.remaining())?;
    let bytes = rest(call, &from, from.remaining())?;
    write(call, &window, &bytes)?;
    super::set(call, source, super::POSITION, from.limit)?;
    Ok(call.this()?.to_cell())
}

/// Moves what remains to the beginning.
fn compact(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let window = writable(call)?;
    let bytes = rest(call, &window, window.remaining())?;
    call.vm.write_bytes(window.array, window.place(0), &bytes, Write::Transactional)?;
    moved(call, window.remaining(), window.capacity)
}

/// Compares what remains, as signed bytes.
fn compare(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let other = instance(call, 1, classes::BYTE_BUFFER)?;
    let (this, other) = (this(call)?, Window::of(call.vm, other));
    let mine = rest(call, &this, this.remaining())?;
    let others = rest(call, &other, other.remaining())?;
    let signed = |bytes: Vec<u8>| bytes.into_iter().map(u8::cast_signed);
    Ok(match signed(mine).cmp(signed(others)) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// Whether the same bytes remain.
fn equals(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let other = call.arguments.reference(1)?;
    if !call.vm.is_instance(other, classes::BYTE_BUFFER) {
        return Ok(0);
    }
    compare(call).map(|order| i32::from(order == 0))
}
