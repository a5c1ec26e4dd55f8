//! `Buffer`: position, limit, and what a buffer is over.

use jcvm::Trap;

use super::{
    DIRECT, FLAGS, LITTLE_ENDIAN, READ_ONLY, byte_order, moved, out_of_bounds, set, this, writable,
};
use crate::{Call, registry::Natives, tables::classes};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/nio/Buffer.array()Ljava/lang/Object;", array),
    ("javacardx/framework/nio/Buffer.arrayOffset()I", array_offset),
    ("javacardx/framework/nio/Buffer.capacity()I", capacity),
    ("javacardx/framework/nio/Buffer.clear()Ljavacardx/framework/nio/Buffer;", clear),
    ("javacardx/framework/nio/Buffer.flip()Ljavacardx/framework/nio/Buffer;", flip),
    ("javacardx/framework/nio/Buffer.hasArray()Z", has_array),
    ("javacardx/framework/nio/Buffer.hasRemaining()Z", has_remaining),
    ("javacardx/framework/nio/Buffer.isDirect()Z", is_direct),
    ("javacardx/framework/nio/Buffer.isReadOnly()Z", is_read_only),
    ("javacardx/framework/nio/Buffer.limit()I", limit),
    ("javacardx/framework/nio/Buffer.limit(I)Ljavacardx/framework/nio/Buffer;", set_limit),
    ("javacardx/framework/nio/Buffer.position()I", position),
    ("javacardx/framework/nio/Buffer.position(I)Ljavacardx/framework/nio/Buffer;", set_position),
    ("javacardx/framework/nio/Buffer.remaining()I", remaining),
    ("javacardx/framework/nio/Buffer.rewind()Ljavacardx/framework/nio/Buffer;", rewind),
    ("javacardx/framework/nio/ByteBuffer.array()[B", array),
    ("javacardx/framework/nio/ByteBuffer.order()Ljavacardx/framework/nio/ByteOrder;", order),
    (
        "javacardx/framework/nio/ByteBuffer.order(Ljavacardx/framework/nio/ByteOrder;)Ljavacardx/framework/nio/ByteBuffer;",
        set_order,
    ),
];

fn capacity(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(this(call)?.capacity)
}

fn position(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(this(call)?.position)
}

fn limit(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(this(call)?.limit)
}

fn remaining(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(this(call)?.remaining())
}

fn has_remaining(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(this(call)?.remaining() > 0))
}

fn is_direct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(this(call)?.is(DIRECT)))
}

fn is_read_only(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(this(call)?.is(READ_ONLY)))
}

fn set_position(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (window, position) = (this(call)?, call.arguments.int(1)?);
    if !(0..=window.limit).contains(&position) {
        return out_of_bounds(call);
    }
    moved(call, position, window.limit)
}

fn set_limit(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (window, limit) = (this(call)?, call.arguments.int(1)?);
    if !(0..=window.capacity).contains(&limit) {
        return out_of_bounds(call);
    }
    moved(call, window.position.min(limit), limit)
}

fn clear(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let capacity = this(call)?.capacity;
    moved(call, 0, capacity)
}

fn flip(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let position = this(call)?.position;
    moved(call, 0, position)
}

fn rewind(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let limit = this(call)?.limit;
    moved(call, 0, limit)
}

/// A buffer that may not be written to does not give its array away.
fn has_array(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(!this(call)?.is(READ_ONLY)))
}

fn array(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(writable(call)?.array.to_cell())
}

fn array_offset(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(writable(call)?.offset)
}

fn order(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let token = u8::from(this(call)?.is(LITTLE_ENDIAN));
    byte_order(call.vm, token).map(jcvm::Reference::to_cell)
}

/// Anything but `LITTLE_ENDIAN`, null too, is as `BIG_ENDIAN`.
fn set_order(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, flags) = (call.this()?, this(call)?.flags);
    let order = call.arguments.reference(1)?;
    let is_little = call.vm.is_instance(order, classes::BYTE_ORDER)
        && call.vm.field(order, classes::BYTE_ORDER, 0) == 1;
    let flags = if is_little { flags | LITTLE_ENDIAN } else { flags & !LITTLE_ENDIAN };
    set(call, this, FLAGS, flags)?;
    Ok(this.to_cell())
}
