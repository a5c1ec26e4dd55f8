//! `visa.openplatform`: Open Platform 2.0.1, before it became GlobalPlatform.

use iso7816::{Header, StatusWord};
use jcvm::{Reference, Trap, Write};
use zeroize::Zeroizing;

use crate::{
    Call,
    javacard::framework::apdu::{exchange, receive},
    org::globalplatform::{
        ask_card, entry_point, on_card, refuse,
        secure_channel::{DATA, bytes_of, command_in},
        system,
    },
    registry::Natives,
    tables::classes,
};

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] = &[NATIVES];

const NATIVES: Natives = &[
    ("visa/openplatform/OPSystem.getCardContentState()B", system::get_card_content_state),
    ("visa/openplatform/OPSystem.getCardManagerState()B", system::get_card_state),
    ("visa/openplatform/OPSystem.getCPLCData(Ljavacard/framework/APDU;SSS)V", get_cplc),
    ("visa/openplatform/OPSystem.getTriesRemaining()B", get_tries_remaining),
    (
        "visa/openplatform/OPSystem.getSecurityDomain()Lvisa/openplatform/ProviderSecurityDomain;",
        get_security_domain,
    ),
    ("visa/openplatform/OPSystem.setCardContentState(B)Z", system::set_card_content_state),
    ("visa/openplatform/OPSystem.lockCardManager()Z", system::lock_card),
    ("visa/openplatform/OPSystem.terminateCardManager()Z", system::terminate_card),
    ("visa/openplatform/OPSystem.setPin(Ljavacard/framework/APDU;S)Z", set_pin),
    ("visa/openplatform/OPSystem.verifyPin(Ljavacard/framework/APDU;S)Z", verify_pin),
    ("visa/openplatform/OPSystem.setATRHistBytes([BSB)Z", system::set_historical_bytes),
    (
        "visa/openplatform/ProviderSecurityDomain.openSecureChannel(Ljavacard/framework/APDU;)B",
        open,
    ),
    ("visa/openplatform/ProviderSecurityDomain.closeSecureChannel(B)V", close),
    (
        "visa/openplatform/ProviderSecurityDomain.decryptVerifyKey(BLjavacard/framework/APDU;S)Z",
        decrypt_verify_key,
    ),
    ("visa/openplatform/ProviderSecurityDomain.unwrap(BLjavacard/framework/APDU;)V", unwrap),
    (
        "visa/openplatform/ProviderSecurityDomain.verifyExternalAuthenticate(BLjavacard/framework/APDU;)V",
        verify_external_authenticate,
    ),
];

/// The number of the secure channel: there is one on each logical channel.
const CHANNEL: i32 = 0;
const INITIALIZE_UPDATE: u8 = 0x50;
const EXTERNAL_AUTHENTICATE: u8 = 0x82;
/// Whether a key block is one of a DES key: its types [OP 2.0.1 §9.8], and 00, with which token managers send the challenge of an
/// enrolment.
const fn is_des_key_type(kind: u8) -> bool {
    matches!(kind, 0x00 | 0x80..=0x84)
}

fn get_security_domain(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    entry_point(call, classes::CARD_SECURITY_DOMAIN).map(Reference::to_cell)
}

/// What is in the APDU buffer.
fn buffer<'m>(call: &'m Call<'_, '_>) -> &'m [u8] {
    let buffer = call.vm.heap().get(call.state.entry_points.buffer);
    buffer.and_then(|object| object.body.bytes()).unwrap_or_default()
}

fn write(call: &mut Call<'_, '_>, offset: usize, bytes: &[u8]) -> Result<(), Trap> {
    let offset = i16::try_from(offset).unwrap_or(i16::MAX);
    call.vm.write_bytes(call.state.entry_points.buffer, offset, bytes, Write::Immediate)
}

/// Lets the card obey the command in progress, which must be this instruction.
fn process(call: &mut Call<'_, '_>, ins: u8) -> Result<Vec<u8>, Trap> {
    receive(call)?;
    let command = exchange(call)?.command().clone();
    if command.header.ins != ins {
        return refuse(call, StatusWord::CONDITIONS_OF_USE);
    }
    ask_card(call, |card| card.process_security(&command))
}

/// Obeys INITIALIZE UPDATE: the answer is in the buffer after the header, and its length in the place of Lc.
fn open(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let answer = process(call, INITIALIZE_UPDATE)?;
    let mut bytes = vec![u8::try_from(answer.len()).unwrap_or(0)];
    bytes.extend_from_slice(&answer);
    write(call, DATA - 1, &bytes)?;
    Ok(CHANNEL)
}

fn verify_external_authenticate(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    process(call, EXTERNAL_AUTHENTICATE).map(|_| 0)
}

fn close(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    on_card(call, |card| card.reset_security())?;
    Ok(0)
}

/// Checks and decrypts the command in the buffer in place.
fn unwrap(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    receive(call)?;
    let all = buffer(call);
    let length = all.get(DATA - 1).map_or(0, |length| usize::from(*length));
    let Some(command) = all.get(..DATA + length).and_then(command_in) else {
        return refuse(call, StatusWord::WRONG_LENGTH);
    };
    let plain = ask_card(call, |card| card.unwrap(&command))?;
    // The applet knows the command by the class with which it came.
    let header = Header { cla: command.header.cla, ..plain.header };
    let bytes = bytes_of(&iso7816::Command { header, ..plain });
    write(call, 0, &bytes)?;
    Ok(0)
}

/// Decrypts a key in place and checks it: type, length, key, length of the check value, check value.
fn decrypt_verify_key(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let offset = usize::try_from(call.arguments.short(3)?).unwrap_or(usize::MAX);
    let block = buffer(call).get(offset..).unwrap_or_default();
    let parsed = match block {
        [kind, length, rest @ ..] if is_des_key_type(*kind) => {
            rest.split_at_checked(usize::from(*length))
        }
        _ => None,
    };
    let Some((key, [check_length, check @ ..])) = parsed else { return Ok(0) };
    let check = check.get(..usize::from(*check_length)).map(<[u8]>::to_vec);
    let key = key.to_vec();
    let decrypted = on_card(call, |card| card.decrypt(&key))?;
    let (Ok(plain), Some(check)) = (decrypted.map(Zeroizing::new), check) else { return Ok(0) };
    let right = check.is_empty()
        || call.platform.des_check_value(&plain).is_some_and(|own| own.starts_with(&check));
    if right {
        write(call, offset + 2, &plain)?;
    }
    Ok(i32::from(right))
}

/// A part of the CPLC data into the buffer.
fn get_cplc(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let arguments = call.arguments;
    let place = |index| arguments.short(index).map(|at| usize::try_from(at).unwrap_or(usize::MAX));
    let (at, from, count) = (place(1)?, place(2)?, place(3)?);
    let all = call.platform.cplc();
    let Some(part) = all.get(from..from.saturating_add(count)) else {
        return refuse(call, StatusWord::WRONG_DATA);
    };
    write(call, at, part)?;
    Ok(0)
}

fn get_tries_remaining(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.platform.pin().tries))
}

/// The PIN at an offset of the buffer: a length, then the value.
fn pin(call: &Call<'_, '_>) -> Result<Option<Zeroizing<Vec<u8>>>, Trap> {
    let offset = usize::try_from(call.arguments.short(1)?).unwrap_or(usize::MAX);
    let block = buffer(call).get(offset..).unwrap_or_default();
    let value = block.split_first().and_then(|(length, rest)| rest.get(..usize::from(*length)));
    Ok(value.map(|value| Zeroizing::new(value.to_vec())))
}

fn set_pin(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let Some(value) = pin(call)? else { return Ok(0) };
    ask_card(call, |card| card.set_pin(&value))?;
    Ok(1)
}

fn verify_pin(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let Some(value) = pin(call)? else { return Ok(0) };
    let state = call.platform.pin();
    if !state.is_active() || state.is_blocked() {
        return Ok(0);
    }
    ask_card(call, |card| card.verify_pin(&value)).map(i32::from)
}
