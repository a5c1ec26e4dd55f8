//! `GPSystem`: what an applet asks of the card [GPCS 2.3.1 §A.2].

use iso7816::Aid;
use jcvm::{Reference, Trap, Write};

use super::{ask_card, caller, entry_point, registry_entry};
use crate::{
    Call,
    javacard::framework::{aid, sharing::shareable_object},
    registry::Natives,
    tables::classes,
};

pub(crate) const NATIVES: Natives = &[
    ("org/globalplatform/GPSystem.getCardContentState()B", get_card_content_state),
    ("org/globalplatform/GPSystem.getCardState()B", get_card_state),
    ("org/globalplatform/GPSystem.getCVM(B)Lorg/globalplatform/CVM;", get_cvm),
    (
        "org/globalplatform/GPSystem.getSecureChannel()Lorg/globalplatform/SecureChannel;",
        get_secure_channel,
    ),
    ("org/globalplatform/GPSystem.lockCard()Z", lock_card),
    ("org/globalplatform/GPSystem.terminateCard()Z", terminate_card),
    ("org/globalplatform/GPSystem.setATRHistBytes([BSB)Z", set_historical_bytes),
    ("org/globalplatform/GPSystem.setCardContentState(B)Z", set_card_content_state),
    (
        "org/globalplatform/GPSystem.getRegistryEntry(Ljavacard/framework/AID;)Lorg/globalplatform/GPRegistryEntry;",
        get_registry_entry,
    ),
    (
        "org/globalplatform/GPSystem.getService(Ljavacard/framework/AID;S)Lorg/globalplatform/GlobalService;",
        get_service,
    ),
    ("org/globalplatform/GPSystem.getCardInfo([BSS)S", get_card_info),
    ("org/globalplatform/GPSystem.getCardInfoLength(S)S", get_card_info_length),
];

/// Card life cycle states [GPCS 2.3.1 §11.1.1].
pub(crate) const CARD_LOCKED: u8 = 0x7F;
pub(crate) const TERMINATED: u8 = 0xFF;
/// `CVM_GLOBAL_PIN`.
const GLOBAL_PIN: i8 = 0x11;
/// Global Registry privilege, in the third byte [GPCS 2.3.1 §6.6.1].
const GLOBAL_REGISTRY: u8 = 0x01;
/// `GLOBAL_SERVICE_IDENTIFIER`, for which a server applet returns its `GlobalService`.
const GLOBAL_SERVICE_IDENTIFIER: i32 = -128;
/// `CARD_INFO_ATR_HISTORICAL_BYTES`.
const HISTORICAL_BYTES: i16 = 0x80;
/// Longest historical bytes [ISO 7816-3 §8.2.2].
const HISTORICAL_BYTES_MAX: i8 = 15;

/// Life cycle state of the applet that asks.
pub(crate) fn get_card_content_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let state = call.platform.entry(&caller(call)).map_or(0, |entry| entry.state);
    Ok(i32::from(state.cast_signed()))
}

pub(crate) fn set_card_content_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let state = call.arguments.byte(0)?.cast_unsigned();
    let own = caller(call);
    ask_card(call, |card| card.set_entry_state(&own, &own, state)).map(i32::from)
}

pub(crate) fn get_card_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.platform.card_state().cast_signed()))
}

fn set_card_state(call: &mut Call<'_, '_>, state: u8) -> Result<i32, Trap> {
    let own = caller(call);
    ask_card(call, |card| card.set_card_state(&own, state)).map(i32::from)
}

pub(crate) fn lock_card(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    set_card_state(call, CARD_LOCKED)
}

pub(crate) fn terminate_card(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    set_card_state(call, TERMINATED)
}

fn get_cvm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    if call.arguments.byte(0)? != GLOBAL_PIN {
        return Ok(0);
    }
    entry_point(call, classes::GLOBAL_PIN).map(Reference::to_cell)
}

fn get_secure_channel(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    entry_point(call, classes::CARD_SECURE_CHANNEL).map(Reference::to_cell)
}

pub(crate) fn set_historical_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let length = arguments.byte(2)?;
    let (array, offset) = (arguments.reference(0)?, arguments.short(1)?);
    let bytes = call.vm.bytes(array, offset, i16::from(length))?.to_vec();
    if length > HISTORICAL_BYTES_MAX {
        return Ok(0);
    }
    let own = caller(call);
    ask_card(call, |card| card.set_historical_bytes(&own, &bytes)).map(i32::from)
}

/// The entry of an application, or of the caller for null: that of another one only with the Global Registry privilege.
fn get_registry_entry(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let named = call.arguments.reference(0)?;
    let own = caller(call);
    let wanted = if named.is_null() { own.clone() } else { aid::bytes(call.vm, named).to_vec() };
    let entry = call.platform.entry(&own);
    let may =
        wanted == own || entry.is_some_and(|entry| entry.privileges[2] & GLOBAL_REGISTRY != 0);
    if !may || call.platform.entry(&wanted).is_none() {
        return Ok(0);
    }
    registry_entry::of(call, &wanted).map(Reference::to_cell)
}

/// The `GlobalService` of an application that registered the service; null when there is none.
fn get_service(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let named = call.arguments.reference(0)?;
    let service = call.arguments.short(1)?.cast_unsigned();
    let wanted = if named.is_null() { Vec::new() } else { aid::bytes(call.vm, named).to_vec() };
    let found = call.platform.service(&wanted, service);
    let Some(server) = found.and_then(|aid| Aid::new(&aid).ok()) else { return Ok(0) };
    let object = shareable_object(call, server, GLOBAL_SERVICE_IDENTIFIER)?;
    Ok(if call.vm.is_instance(object, classes::GLOBAL_SERVICE) { object.to_cell() } else { 0 })
}

fn card_info(call: &Call<'_, '_>, what: i16) -> Vec<u8> {
    if what == HISTORICAL_BYTES { call.platform.historical_bytes() } else { Vec::new() }
}

fn get_card_info(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let (array, offset) = (arguments.reference(0)?, arguments.short(1)?);
    let info = card_info(call, arguments.short(2)?);
    call.vm.write_bytes(array, offset, &info, Write::Transactional)?;
    Ok(i32::try_from(info.len()).unwrap_or(0))
}

fn get_card_info_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::try_from(card_info(call, call.arguments.short(0)?).len()).unwrap_or(0))
}
