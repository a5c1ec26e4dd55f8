//! `OneShot` classes: entry points of the runtime environment that are borrowed [JCAPI 3.0.5 javacardx.crypto.Cipher.OneShot].
//!
//! One is opened for a context and no other can use it; when the applet's entry point returns they are all gone, open or not.

use jcvm::{Body, ClassId, ContextId, ObjectFlags, Reference, Standard, Trap};

use super::{
    buffer::throw,
    engine::{EngineObject, Purpose, instance},
    offer, reason,
};
use crate::{Call, javacard::framework::memory::make_temporary, tables::classes};

/// Every `OneShot` class, by the class whose cells it has.
const CLASSES: [(ClassId, ClassId); 6] = [
    (classes::CIPHER_ONE_SHOT, classes::CIPHER),
    (classes::MESSAGE_DIGEST_ONE_SHOT, classes::MESSAGE_DIGEST),
    (classes::INITIALIZED_MESSAGE_DIGEST_ONE_SHOT, classes::MESSAGE_DIGEST),
    (classes::RANDOM_DATA_ONE_SHOT, classes::RANDOM_DATA),
    (classes::SIGNATURE_ONE_SHOT, classes::SIGNATURE),
    (classes::DERIVATION_FUNCTION_ONE_SHOT, classes::DERIVATION_FUNCTION),
];
/// Hidden cells of each of them.
const CELLS: usize = 8;
/// Most objects of a class that are open at once.
const OPEN_MAX: usize = 8;
/// `SystemException.NO_RESOURCE`.
const NO_RESOURCE: i16 = 5;

/// Opens a one-shot object of a class: one that was closed before, or a new one.
///
/// # Errors
/// `CryptoException.NO_SUCH_ALGORITHM` where the card does not offer it; `SystemException.NO_RESOURCE` where too many are open.
pub(crate) fn open(
    call: &mut Call<'_, '_>,
    class: ClassId,
    purpose: Purpose,
) -> Result<EngineObject, Trap> {
    offer::check(call, purpose.needs)?;
    let with_cells = CLASSES.iter().find(|(known, _)| *known == class);
    let with_cells = with_cells.map_or(class, |(_, with_cells)| *with_cells);
    let known = of_class(call, class);
    let closed = |known: &&Reference| EngineObject::of(**known, with_cells).opened_by(call) == 0;
    let object = if let Some(object) = known.iter().find(closed) {
        *object
    } else if known.len() < OPEN_MAX {
        let body = Body::Fields(vec![0; CELLS].into());
        let flags = ObjectFlags::TEMPORARY_ENTRY_POINT;
        make_temporary(call, ContextId::JCRE, class, body, flags)?
    } else {
        return call.throw(Standard::System(NO_RESOURCE));
    };
    let opened = EngineObject::of(object, with_cells);
    opened.forget(call)?;
    opened.set_purpose(call, purpose)?;
    let who = who(call);
    opened.set_opened_by(call, who)?;
    Ok(opened)
}

/// The objects of a class that this command has made.
fn of_class(call: &Call<'_, '_>, class: ClassId) -> Vec<Reference> {
    let is_one =
        |object: &Reference| call.vm.heap().get(*object).is_some_and(|found| found.class == class);
    call.state.temporary.arrays.iter().copied().filter(is_one).collect()
}

/// The context that calls, as a number other than zero.
fn who(call: &Call<'_, '_>) -> i32 {
    i32::from(call.vm.context().0) + 1
}

/// Checks that an object is no one-shot object, or open for who calls.
///
/// # Errors
/// `CryptoException.ILLEGAL_USE`, `SecurityException`.
pub(crate) fn check(call: &mut Call<'_, '_>, this: EngineObject) -> Result<(), Trap> {
    let class = call.vm.object(this.object)?.class;
    if !CLASSES.iter().any(|(known, _)| *known == class) {
        return Ok(());
    }
    match this.opened_by(call) {
        0 => throw(call, reason::ILLEGAL_USE),
        opened if opened == who(call) => Ok(()),
        _ => call.throw(Standard::Security),
    }
}

/// `close()`: gives a one-shot object back; the second time it does nothing.
pub(crate) fn close(call: &mut Call<'_, '_>, class: ClassId) -> Result<i32, Trap> {
    let this = EngineObject::of(instance(call, class)?, class);
    if this.opened_by(call) != 0 {
        check(call, this)?;
        this.forget(call)?;
        this.set_opened_by(call, 0)?;
    }
    Ok(0)
}

/// A method that one-shot objects inherit and cannot do.
pub(crate) fn refuse(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    throw(call, reason::ILLEGAL_USE)
}
