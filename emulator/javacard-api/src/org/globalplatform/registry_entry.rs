//! `GPRegistryEntry`: an application in the card's registry [GPCS 2.3.1 §A.2].

use iso7816::Aid;
use jcvm::{Body, ClassId, ContextId, Lifetime, Reference, Trap, Write};

use super::{JCRE, ask_card, caller, make_entry_point};
use crate::{Call, javacard::framework::aid, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("org/globalplatform/GPRegistryEntry.deregisterService(S)V", deregister_service),
    ("org/globalplatform/GPRegistryEntry.getAID()Ljavacard/framework/AID;", get_aid),
    ("org/globalplatform/GPRegistryEntry.getPrivileges([BS)S", get_privileges),
    ("org/globalplatform/GPRegistryEntry.getState()B", get_state),
    ("org/globalplatform/GPRegistryEntry.isAssociated(Ljavacard/framework/AID;)Z", is_associated),
    ("org/globalplatform/GPRegistryEntry.isPrivileged(B)Z", is_privileged),
    ("org/globalplatform/GPRegistryEntry.registerService(S)V", register_service),
    ("org/globalplatform/GPRegistryEntry.setState(B)Z", set_state),
];

/// The hidden cell with the AID's bytes.
const AID: usize = 0;

fn bytes<'m>(call: &'m Call<'_, '_>, entry: Reference) -> &'m [u8] {
    let array = Reference::from_cell(call.vm.field(entry, classes::CARD_REGISTRY_ENTRY, AID));
    let object = call.vm.heap().get(array);
    object.and_then(|object| object.body.bytes()).unwrap_or_default()
}

/// The entry object of an application: one each, which an applet may keep.
pub(super) fn of(call: &mut Call<'_, '_>, aid: &[u8]) -> Result<Reference, Trap> {
    let class = classes::CARD_REGISTRY_ENTRY;
    let known: Vec<Reference> = call
        .vm
        .heap()
        .objects()
        .filter(|(_, object)| object.context == ContextId::JCRE && object.class == class)
        .map(|(reference, _)| reference)
        .collect();
    if let Some(found) = known.into_iter().find(|entry| bytes(call, *entry) == aid) {
        return Ok(found);
    }
    let body = Body::Bytes(aid.into());
    let array = call.vm.allocate_for(JCRE, ClassId::BYTE_ARRAY, Lifetime::Persistent, body)?;
    make_entry_point(call, class, vec![array.to_cell()])
}

fn entry(call: &Call<'_, '_>) -> Result<Vec<u8>, Trap> {
    Ok(bytes(call, call.this()?).to_vec())
}

fn get_aid(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    match Aid::new(&entry(call)?) {
        Ok(aid) => Ok(aid::entry_point(call.state, call.vm, aid)?.to_cell()),
        Err(_) => Ok(0),
    }
}

fn privileges(call: &Call<'_, '_>) -> Result<[u8; 3], Trap> {
    let found = call.platform.entry(&entry(call)?);
    Ok(found.map_or([0; 3], |entry| entry.privileges))
}

fn get_privileges(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let privileges = privileges(call)?;
    let (array, offset) = (call.arguments.reference(1)?, call.arguments.short(2)?);
    call.vm.write_bytes(array, offset, &privileges, Write::Transactional)?;
    Ok(i32::from(offset.wrapping_add(3)))
}

/// Privileges count from the highest bit of the first byte.
fn is_privileged(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let number = call.arguments.byte(1)?.cast_unsigned();
    let [first, second, third] = privileges(call)?;
    let all = u32::from_be_bytes([first, second, third, 0]);
    Ok(i32::from(number < 24 && all & (0x8000_0000 >> number) != 0))
}

fn get_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let found = call.platform.entry(&entry(call)?);
    Ok(i32::from(found.map_or(0, |entry| entry.state).cast_signed()))
}

fn set_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let state = call.arguments.byte(1)?.cast_unsigned();
    let (by, of) = (caller(call), entry(call)?);
    ask_card(call, |card| card.set_entry_state(&by, &of, state)).map(i32::from)
}

/// Whether the application is associated with a security domain.
fn is_associated(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let domain = call.arguments.reference(1)?;
    let own = call.platform.security_domain(&entry(call)?);
    Ok(i32::from(!domain.is_null() && aid::bytes(call.vm, domain) == own))
}

fn register_service(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let service = call.arguments.short(1)?.cast_unsigned();
    let of = entry(call)?;
    ask_card(call, |card| card.register_service(&of, service)).map(|()| 0)
}

fn deregister_service(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let service = call.arguments.short(1)?.cast_unsigned();
    let of = entry(call)?;
    ask_card(call, |card| card.deregister_service(&of, service)).map(|()| 0)
}
