//! `javacardx.framework.nio`: buffers over byte arrays [JCAPI 3.1 javacardx.framework.nio].
//!
//! A buffer is an object of the applet that made it: the array, a part of it, and position and limit in that part. Every access to the
//! array is checked as if the caller made it itself.

pub(super) mod buffer;
pub(super) mod factory;
pub(super) mod transfer;
pub(super) mod values;

use jcvm::{AppletId, Body, ContextId, Lifetime, ObjectFlags, Reference, Trap, Vm, Write};

use crate::{Call, tables::classes};

/// Hidden cells of a buffer.
const ARRAY: usize = 0;
const OFFSET: usize = 1;
const CAPACITY: usize = 2;
const POSITION: usize = 3;
const LIMIT: usize = 4;
const FLAGS: usize = 5;

/// Flags: no stores through this buffer; made by `allocateDirect`; values have their low byte first.
const READ_ONLY: i32 = 1;
const DIRECT: i32 = 2;
const LITTLE_ENDIAN: i32 = 4;

/// What a buffer is.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// The array.
    array: Reference,
    /// Where in the array the buffer begins.
    offset: i32,
    /// Its size.
    capacity: i32,
    /// The next byte.
    position: i32,
    /// The first byte that is not to be used.
    limit: i32,
    /// [`READ_ONLY`] and the like.
    flags: i32,
}

impl Window {
    fn of(vm: &Vm<'_>, buffer: Reference) -> Self {
        let cell = |cell| vm.field(buffer, classes::BUFFER, cell);
        Self {
            array: Reference::from_cell(cell(ARRAY)),
            offset: cell(OFFSET),
            capacity: cell(CAPACITY),
            position: cell(POSITION),
            limit: cell(LIMIT),
            flags: cell(FLAGS),
        }
    }

    const fn remaining(&self) -> i32 {
        self.limit - self.position
    }

    const fn is(&self, flag: i32) -> bool {
        self.flags & flag != 0
    }

    /// Where in the array an index of the buffer is.
    fn place(&self, index: i32) -> i16 {
        i16::try_from(self.offset.saturating_add(index)).unwrap_or(i16::MAX)
    }

    fn make(&self, call: &mut Call<'_, '_>) -> Result<i32, Trap> {
        let made = call.vm.new_instance(classes::ARRAY_BUFFER, Lifetime::Persistent)?;
        let cells = [
            (ARRAY, self.array.to_cell()),
            (OFFSET, self.offset),
            (CAPACITY, self.capacity),
            (POSITION, self.position),
            (LIMIT, self.limit),
            (FLAGS, self.flags),
        ];
        for (cell, value) in cells {
            set(call, made, cell, value)?;
        }
        Ok(made.to_cell())
    }
}

/// The buffer that is called.
fn this(call: &Call<'_, '_>) -> Result<Window, Trap> {
    Ok(Window::of(call.vm, call.this()?))
}

fn set(call: &mut Call<'_, '_>, buffer: Reference, place: usize, value: i32) -> Result<(), Trap> {
    call.vm.set_field(buffer, classes::BUFFER, place, value, Write::Transactional)
}

/// Sets position and limit of the buffer that is called, and returns it.
fn moved(call: &mut Call<'_, '_>, position: i32, limit: i32) -> Result<i32, Trap> {
    let this = call.this()?;
    let old = Window::of(call.vm, this);
    if old.limit != limit {
        set(call, this, LIMIT, limit)?;
    }
    if old.position != position {
        set(call, this, POSITION, position)?;
    }
    Ok(this.to_cell())
}

/// An `IndexOutOfBoundsException`.
fn out_of_bounds<T>(call: &mut Call<'_, '_>) -> Result<T, Trap> {
    call.throw_class(classes::INDEX_OUT_OF_BOUNDS_EXCEPTION, 0)
}

/// The buffer that is called, which may be written to.
fn writable(call: &mut Call<'_, '_>) -> Result<Window, Trap> {
    let window = this(call)?;
    if window.is(READ_ONLY) {
        return call.throw_class(classes::READ_ONLY_BUFFER_EXCEPTION, 0);
    }
    Ok(window)
}

/// Checks that so many bytes are left to be read.
fn check_left(call: &mut Call<'_, '_>, window: &Window, count: i32) -> Result<(), Trap> {
    if count > window.remaining() {
        return call.throw_class(classes::BUFFER_UNDERFLOW_EXCEPTION, 0);
    }
    Ok(())
}

/// Checks that there is room for so many bytes.
fn check_room(call: &mut Call<'_, '_>, window: &Window, count: i32) -> Result<(), Trap> {
    if count > window.remaining() {
        return call.throw_class(classes::BUFFER_OVERFLOW_EXCEPTION, 0);
    }
    Ok(())
}

/// The object behind `ByteOrder.BIG_ENDIAN` (0) or `LITTLE_ENDIAN` (1): of the runtime environment, made when it is first asked for.
pub(crate) fn byte_order(vm: &mut Vm<'_>, token: u8) -> Result<Reference, Trap> {
    let class = classes::BYTE_ORDER;
    let is_it = |vm: &Vm<'_>, order| vm.field(order, class, 0) == i32::from(token);
    let known = vm
        .heap()
        .objects()
        .find(|(order, object)| object.class == class && is_it(vm, *order))
        .map(|(order, _)| order);
    if let Some(order) = known {
        return Ok(order);
    }
    let owner = (ContextId::JCRE, AppletId::NONE);
    let body = Body::Fields([i32::from(token)].into());
    let made = vm.allocate_for(owner, class, Lifetime::Persistent, body)?;
    vm.set_flags(made, ObjectFlags::PERMANENT_ENTRY_POINT);
    Ok(made)
}
