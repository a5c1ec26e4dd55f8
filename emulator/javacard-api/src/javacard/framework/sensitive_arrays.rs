//! `SensitiveArrays`: arrays whose integrity the platform guards. Here no fault can change an array behind its owner's back, so that the
//! guard is the mark of such an array and nothing more.

use jcvm::{Body, ObjectFlags, Reference, Standard, Trap, Write};

use super::memory::{ILLEGAL_VALUE, array_class, make_transient};
use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/SensitiveArrays.assertIntegrity(Ljava/lang/Object;)V", assert_integrity),
    ("javacard/framework/SensitiveArrays.clearArray(Ljava/lang/Object;)S", clear_array),
    ("javacard/framework/SensitiveArrays.isIntegritySensitive(Ljava/lang/Object;)Z", is_sensitive),
    ("javacard/framework/SensitiveArrays.isIntegritySensitiveArraysSupported()Z", is_supported),
    (
        "javacard/framework/SensitiveArrays.makeIntegritySensitiveArray(BBS)Ljava/lang/Object;",
        make_sensitive,
    ),
];

const fn is_supported(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(1)
}

fn sensitive(call: &Call<'_, '_>, array: Reference) -> bool {
    let object = call.vm.heap().get(array);
    object.is_some_and(|object| {
        object.class.is_array() && object.flags.contains(ObjectFlags::SENSITIVE)
    })
}

fn is_sensitive(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(sensitive(call, call.this()?)))
}

fn assert_integrity(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let array = call.this()?;
    call.vm.check_access(array)?;
    if sensitive(call, array) { Ok(0) } else { call.throw(Standard::System(ILLEGAL_VALUE)) }
}

fn make_sensitive(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let Some(class) = array_class(call.arguments.byte(0)?) else {
        return call.throw(Standard::System(ILLEGAL_VALUE));
    };
    let (memory, length) = (call.arguments.byte(1)?, call.arguments.short(2)?);
    let made = match memory {
        0 => call.vm.new_array(class, length, jcvm::Lifetime::Persistent)?,
        event => make_transient(call, class, length, event)?,
    };
    call.vm.set_flags(made, ObjectFlags::SENSITIVE);
    Ok(made.to_cell())
}

/// Sets every element to zero, false or null, and returns how many there are.
fn clear_array(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let array = call.this()?;
    let length = call.vm.array_length(array)?;
    let elements = i16::try_from(length).unwrap_or(i16::MAX);
    match &call.vm.object(array)?.body {
        Body::Shorts(_) => {
            (0..elements).try_for_each(|index| call.vm.set_short_at(array, index, 0))?;
        }
        Body::Ints(_) | Body::References { .. } => {
            let write = Write::Transactional;
            (0..elements).try_for_each(|index| call.vm.set_cell_at(array, index, 0, write))?;
        }
        _ => call.vm.write_bytes(array, 0, &vec![0; length], Write::Transactional)?,
    }
    Ok(i32::from(elements))
}
