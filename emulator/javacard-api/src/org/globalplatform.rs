//! `org.globalplatform` and its subpackages `org.globalplatform.*`.

pub(crate) mod card;
mod contactless;
mod cvm;
pub(crate) mod personalization;
mod provider;
mod registry_entry;
pub(crate) mod secure_channel;
pub(crate) mod system;
mod upgrade;

use jcvm::{AppletId, Body, ClassId, ContextId, Lifetime, ObjectFlags, Reference, Trap};

use self::card::Power;
use crate::{Call, Platform, registry::Natives, tables::classes};

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[
    contactless::NATIVES,
    cvm::NATIVES,
    provider::NATIVES,
    registry_entry::NATIVES,
    secure_channel::NATIVES,
    system::NATIVES,
    upgrade::NATIVES,
];

/// The runtime environment as an owner.
const JCRE: (ContextId, AppletId) = (ContextId::JCRE, AppletId::NONE);

/// Lets the card do something that may write: it counts the machine's stores and its own in one row, and the power may fail after any
/// of them.
pub(crate) fn on_card<T>(
    call: &mut Call<'_, '_>,
    act: impl FnOnce(&mut dyn Platform) -> T,
) -> Result<T, Trap> {
    call.platform.stores(call.vm.heap().writes());
    let done = act(call.platform);
    match call.platform.power() {
        Power::Lost => Err(jcvm::Fault::PowerLost.into()),
        Power::FailsAfter(writes) => {
            call.vm.heap_mut().set_power_failure(writes);
            Ok(done)
        }
    }
}

/// An `ISOException` with a status word of the card.
pub(crate) fn refuse<T>(call: &mut Call<'_, '_>, status: iso7816::StatusWord) -> Result<T, Trap> {
    call.throw_class(classes::ISO_EXCEPTION, status.0.cast_signed())
}

/// As [`on_card`], for what may be refused with a status word.
pub(crate) fn ask_card<T>(
    call: &mut Call<'_, '_>,
    act: impl FnOnce(&mut dyn Platform) -> Result<T, iso7816::StatusWord>,
) -> Result<T, Trap> {
    match on_card(call, act)? {
        Ok(value) => Ok(value),
        Err(status) => refuse(call, status),
    }
}

/// The AID of the applet that called; empty when it is none.
pub(crate) fn caller(call: &Call<'_, '_>) -> Vec<u8> {
    let record = call.vm.applet_record(call.vm.applet());
    record.map(|record| record.aid.as_bytes().to_vec()).unwrap_or_default()
}

/// The card's own object of a hidden class, which every applet may call and keep: made once.
pub(crate) fn entry_point(call: &mut Call<'_, '_>, class: ClassId) -> Result<Reference, Trap> {
    let own = |object: &jcvm::Object| object.context == ContextId::JCRE && object.class == class;
    let found = call.vm.heap().objects().find(|(_, object)| own(object));
    match found.map(|(reference, _)| reference) {
        Some(reference) => Ok(reference),
        None => make_entry_point(call, class, Vec::new()),
    }
}

fn make_entry_point(
    call: &mut Call<'_, '_>,
    class: ClassId,
    cells: Vec<i32>,
) -> Result<Reference, Trap> {
    let body = Body::Fields(cells.into());
    let made = call.vm.allocate_for(JCRE, class, Lifetime::Persistent, body)?;
    call.vm.set_flags(made, ObjectFlags::PERMANENT_ENTRY_POINT);
    Ok(made)
}
