//! `ByteBuffer`: buffers from arrays and from buffers.

use jcvm::{Lifetime, ObjectFlags, Reference, Standard, Trap};

use super::{DIRECT, READ_ONLY, Window, out_of_bounds, this};
use crate::{Call, registry::Natives};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/nio/Buffer.slice()Ljavacardx/framework/nio/Buffer;", slice),
    (
        "javacardx/framework/nio/ByteBuffer.allocateDirect(I)Ljavacardx/framework/nio/ByteBuffer;",
        allocate_direct,
    ),
    (
        "javacardx/framework/nio/ByteBuffer.asReadOnlyBuffer()Ljavacardx/framework/nio/ByteBuffer;",
        as_read_only_buffer,
    ),
    ("javacardx/framework/nio/ByteBuffer.slice()Ljavacardx/framework/nio/ByteBuffer;", slice),
    ("javacardx/framework/nio/ByteBuffer.wrap([B)Ljavacardx/framework/nio/ByteBuffer;", wrap),
    (
        "javacardx/framework/nio/ByteBuffer.wrap([BII)Ljavacardx/framework/nio/ByteBuffer;",
        wrap_part,
    ),
];

/// `SystemException.NO_RESOURCE`.
const NO_RESOURCE: i16 = 5;

fn allocate_direct(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let capacity = call.arguments.int(0)?;
    let size = match i16::try_from(capacity) {
        Ok(size) => size,
        Err(_) if capacity < 0 => return call.throw(Standard::NegativeArraySize),
        Err(_) => return call.throw(Standard::System(NO_RESOURCE)),
    };
    let array = call.vm.new_bytes(size, Lifetime::Persistent)?;
    over(array, capacity, DIRECT).make(call)
}

const fn over(array: Reference, capacity: i32, flags: i32) -> Window {
    Window { array, offset: 0, capacity, position: 0, limit: capacity, flags }
}

/// An array that a buffer may keep: of bytes, the caller's, and none that may not be stored [JCRE 3.0.5 §6.2.2].
fn array(call: &mut Call<'_, '_>) -> Result<(Reference, i32), Trap> {
    let array = call.arguments.reference(0)?;
    let length = call.vm.array_length(array)?;
    call.vm.check_bytes(array, 0, 0)?;
    let unstorable = ObjectFlags::GLOBAL_ARRAY.union(ObjectFlags::TEMPORARY_ENTRY_POINT);
    if call.vm.object(array)?.flags.intersects(unstorable) {
        return call.throw(Standard::Security);
    }
    Ok((array, i32::try_from(length).unwrap_or(i32::MAX)))
}

fn wrap(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, length) = array(call)?;
    over(array, length, 0).make(call)
}

/// A buffer over all of an array, with position and limit around a part of it.
fn wrap_part(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, all) = array(call)?;
    let (offset, length) = (call.arguments.int(1)?, call.arguments.int(3)?);
    let limit = offset.checked_add(length).filter(|end| *end <= all && offset >= 0 && length >= 0);
    let Some(limit) = limit else { return out_of_bounds(call) };
    Window { position: offset, limit, ..over(array, all, 0) }.make(call)
}

/// A buffer over what remains of this one.
fn slice(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let old = this(call)?;
    let offset = old.offset + old.position;
    let flags = old.flags & (READ_ONLY | DIRECT);
    Window { offset, ..over(old.array, old.remaining(), flags) }.make(call)
}

fn as_read_only_buffer(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let old = this(call)?;
    Window { flags: old.flags & DIRECT | READ_ONLY, ..old }.make(call)
}
