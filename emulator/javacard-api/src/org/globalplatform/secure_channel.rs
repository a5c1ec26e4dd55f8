//! `SecureChannel`, `SecureChannelx`, `SecureChannelx2`: the secure channel of the applet's security domain [GPCS 2.3.1 §A.1].

use iso7816::{Command, Header, Response, StatusWord};
use jcvm::{Reference, Trap, Write};

use super::{ask_card, on_card, refuse};
use crate::{
    Call,
    javacard::framework::apdu::{exchange, receive},
    registry::Natives,
};

pub(crate) const NATIVES: Natives = &[
    ("org/globalplatform/SecureChannel.processSecurity(Ljavacard/framework/APDU;)S", process),
    ("org/globalplatform/SecureChannel.wrap([BSS)S", wrap),
    ("org/globalplatform/SecureChannel.unwrap([BSS)S", unwrap),
    ("org/globalplatform/SecureChannel.decryptData([BSS)S", decrypt),
    ("org/globalplatform/SecureChannel.encryptData([BSS)S", encrypt),
    ("org/globalplatform/SecureChannel.resetSecurity()V", reset),
    ("org/globalplatform/SecureChannel.getSecurityLevel()B", level),
    ("org/globalplatform/SecureChannelx.setSecurityLevel(B)V", set_level),
    ("org/globalplatform/SecureChannelx2.processSecurity([BSSS)S", process_bytes),
];

/// Where data begin in an APDU, after CLA INS P1 P2 Lc.
pub(crate) const DATA: usize = 5;
/// Longest data field that this form of an APDU can have, in bytes.
const DATA_MAX: usize = 255;

/// The command that stands in an array, as an applet has received it: header, Lc, data.
pub(crate) fn command_in(bytes: &[u8]) -> Option<Command> {
    let (&[cla, ins, p1, p2], rest) = bytes.split_first_chunk()?;
    let data = rest.get(1..).unwrap_or_default();
    (data.len() <= DATA_MAX).then(|| Command {
        header: Header::new(cla, ins, p1, p2),
        data: data.to_vec(),
        expected: None,
    })
}

/// The bytes of a command without Le.
pub(crate) fn bytes_of(command: &Command) -> Vec<u8> {
    let mut bytes = command.header.to_bytes().to_vec();
    bytes.push(u8::try_from(command.data.len()).unwrap_or(0));
    bytes.extend_from_slice(&command.data);
    bytes
}

fn short(length: usize) -> i32 {
    i32::from(i16::try_from(length).unwrap_or(i16::MAX))
}

/// Receives the command in progress if the applet has not, and lets the card obey it. The answer is in the buffer after the header.
fn process(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    receive(call)?;
    let command = exchange(call)?.command().clone();
    let answer = ask_card(call, |card| card.process_security(&command))?;
    let buffer = call.state.entry_points.buffer;
    call.vm.write_bytes(buffer, 5, &answer, Write::Immediate)?;
    Ok(short(answer.len()))
}

/// The same for a command in an array; the answer takes its place.
fn process_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, offset, length) = part(call)?;
    let Some(command) = command_in(call.vm.bytes(array, offset, length)?) else {
        return refuse(call, StatusWord::WRONG_LENGTH);
    };
    let answer = ask_card(call, |card| card.process_security(&command))?;
    call.vm.write_bytes(array, offset, &answer, Write::Immediate)?;
    Ok(short(answer.len()))
}

/// The array, offset and length that a method gets.
fn part(call: &Call<'_, '_>) -> Result<(Reference, i16, i16), Trap> {
    let arguments = call.arguments;
    Ok((arguments.reference(1)?, arguments.short(2)?, arguments.short(3)?))
}

/// Checks and decrypts a command in place: CLA without secure messaging, Lc without MAC and padding. A command without secure messaging
/// stays as it is when the session asks for none.
fn unwrap(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, offset, length) = part(call)?;
    let Some(mut command) = command_in(call.vm.bytes(array, offset, length)?) else {
        return refuse(call, StatusWord::WRONG_LENGTH);
    };
    if let Some(exchange) = &call.state.exchange
        && exchange.command().header == command.header
    {
        command.expected = exchange.command().expected;
    }
    let plain = ask_card(call, |card| card.unwrap(&command))?;
    let bytes = bytes_of(&plain);
    call.vm.write_bytes(array, offset, &bytes, Write::Immediate)?;
    Ok(short(bytes.len()))
}

/// Protects a response, data with the status word at its end, in place.
fn wrap(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, offset, length) = part(call)?;
    let Ok(response) = Response::parse(call.vm.bytes(array, offset, length)?) else {
        return refuse(call, StatusWord::WRONG_LENGTH);
    };
    let wrapped = ask_card(call, |card| card.wrap(response))?.to_bytes();
    call.vm.write_bytes(array, offset, &wrapped, Write::Immediate)?;
    Ok(short(wrapped.len()))
}

fn decrypt(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, offset, length) = part(call)?;
    let data = call.vm.bytes(array, offset, length)?.to_vec();
    let plain = zeroize::Zeroizing::new(ask_card(call, |card| card.decrypt(&data))?);
    call.vm.write_bytes(array, offset, &plain, Write::Transactional)?;
    Ok(short(plain.len()))
}

fn encrypt(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, offset, length) = part(call)?;
    let data = zeroize::Zeroizing::new(call.vm.bytes(array, offset, length)?.to_vec());
    let encrypted = ask_card(call, |card| card.encrypt(&data))?;
    call.vm.write_bytes(array, offset, &encrypted, Write::Transactional)?;
    Ok(short(encrypted.len()))
}

fn reset(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    on_card(call, |card| card.reset_security())?;
    Ok(0)
}

/// Sign-extended, as every byte.
fn level(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.platform.security_level().cast_signed()))
}

/// The level is what EXTERNAL AUTHENTICATE asked for; no other is set.
fn set_level(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let wanted = call.arguments.byte(1)?.cast_unsigned();
    if wanted == call.platform.security_level() {
        return Ok(0);
    }
    refuse(call, StatusWord::CONDITIONS_OF_USE)
}
