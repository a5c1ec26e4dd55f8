//! `APDU`: the command in progress. The states are in [`exchange`]; here are the buffer and the exceptions.

pub(crate) mod exchange;

use jcvm::{Reference, Standard, Trap, Write};

use self::exchange::{Class, Exchange, Refusal};
use crate::{Call, Protocol, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/APDU.getBuffer()[B", get_buffer),
    ("javacard/framework/APDU.getCLAChannel()B", get_cla_channel),
    ("javacard/framework/APDU.getCurrentAPDU()Ljavacard/framework/APDU;", get_current_apdu),
    ("javacard/framework/APDU.getCurrentAPDUBuffer()[B", get_current_apdu_buffer),
    ("javacard/framework/APDU.getCurrentState()B", get_current_state),
    ("javacard/framework/APDU.getInBlockSize()S", get_in_block_size),
    ("javacard/framework/APDU.getIncomingLength()S", get_incoming_length),
    ("javacard/framework/APDU.getLogicalChannelEncoding()B", get_logical_channel_encoding),
    ("javacard/framework/APDU.getNAD()B", get_nad),
    ("javacard/framework/APDU.getOffsetCdata()S", get_offset_cdata),
    ("javacard/framework/APDU.getOutBlockSize()S", get_out_block_size),
    ("javacard/framework/APDU.getProtocol()B", get_protocol),
    ("javacard/framework/APDU.isCommandChainingCLA()Z", is_command_chaining_cla),
    ("javacard/framework/APDU.isISOInterindustryCLA()Z", is_iso_interindustry_cla),
    ("javacard/framework/APDU.isSecureMessagingCLA()Z", is_secure_messaging_cla),
    ("javacard/framework/APDU.isValidCLA()Z", is_valid_cla),
    ("javacard/framework/APDU.receiveBytes(S)S", receive_bytes),
    ("javacard/framework/APDU.sendBytes(SS)V", send_bytes),
    ("javacard/framework/APDU.sendBytesLong([BSS)V", send_bytes_long),
    ("javacard/framework/APDU.setIncomingAndReceive()S", set_incoming_and_receive),
    ("javacard/framework/APDU.setOutgoing()S", set_outgoing),
    ("javacard/framework/APDU.setOutgoingAndSend(SS)V", set_outgoing_and_send),
    ("javacard/framework/APDU.setOutgoingLength(S)V", set_outgoing_length),
    ("javacard/framework/APDU.setOutgoingNoChaining()S", set_outgoing),
    ("javacard/framework/APDU.waitExtension()V", wait_extension),
];

/// The exchange in progress; outside of `process` there is none, and whoever kept the APDU object may not use it.
pub(crate) fn exchange<'e>(call: &'e mut Call<'_, '_>) -> Result<&'e mut Exchange, Trap> {
    if call.state.exchange.is_none() {
        return refuse(call, Refusal::IllegalUse);
    }
    call.state.exchange.as_mut().ok_or(Trap::Fault(jcvm::Fault::IllFormed("no exchange")))
}

fn refuse<T>(call: &mut Call<'_, '_>, refusal: Refusal) -> Result<T, Trap> {
    call.throw_class(classes::APDU_EXCEPTION, refusal.reason())
}

/// A step of the exchange.
fn step<T>(
    call: &mut Call<'_, '_>,
    step: impl FnOnce(&mut Exchange) -> Result<T, Refusal>,
) -> Result<T, Trap> {
    match step(exchange(call)?) {
        Ok(value) => Ok(value),
        Err(refusal) => refuse(call, refusal),
    }
}

fn length(length: usize) -> i32 {
    i32::from(i16::try_from(length).unwrap_or(i16::MAX))
}

/// Puts what was received into the buffer.
fn put(call: &mut Call<'_, '_>, offset: usize, bytes: &[u8]) -> Result<i32, Trap> {
    let offset = i16::try_from(offset).unwrap_or(i16::MAX);
    let buffer = call.state.entry_points.buffer;
    call.vm.write_bytes(buffer, offset, bytes, Write::Transactional)?;
    Ok(length(bytes.len()))
}

// --- receiving ---

fn set_incoming_and_receive(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (offset, data) =
        step(call, |exchange| exchange.set_incoming().map(|(at, data)| (at, data.to_vec())))?;
    put(call, offset, &data)
}

/// Receives the command in progress, unless the applet has.
///
/// # Errors
/// `APDUException` outside of a command.
pub(crate) fn receive(call: &mut Call<'_, '_>) -> Result<(), Trap> {
    if exchange(call)?.state() == exchange::State::Initial {
        set_incoming_and_receive(call)?;
    }
    Ok(())
}

fn receive_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let offset = call.arguments.short(1)?;
    let data = step(call, |exchange| exchange.receive(offset).map(<[u8]>::to_vec))?;
    put(call, usize::from(offset.unsigned_abs()), &data)
}

fn get_incoming_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    step(call, |exchange| exchange.incoming()).map(|(count, _)| length(count))
}

fn get_offset_cdata(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    step(call, |exchange| exchange.incoming()).map(|(_, offset)| length(offset))
}

// --- sending ---

fn set_outgoing(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    step(call, Exchange::set_outgoing).map(i32::from)
}

fn set_outgoing_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let length = call.arguments.short(1)?;
    step(call, |exchange| exchange.set_outgoing_length(length)).map(|()| 0)
}

fn send_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (offset, length) = (call.arguments.short(1)?, call.arguments.short(2)?);
    step(call, |exchange| exchange.may_send(length))?;
    let bytes = from_buffer(call, offset, length)?;
    exchange(call)?.send(&bytes);
    Ok(0)
}

/// Sends from any array that the caller may read.
fn send_bytes_long(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, offset, length) =
        (call.arguments.reference(1)?, call.arguments.short(2)?, call.arguments.short(3)?);
    step(call, |exchange| exchange.may_send(length))?;
    let bytes = call.vm.bytes(array, offset, length)?.to_vec();
    exchange(call)?.send(&bytes);
    Ok(0)
}

fn set_outgoing_and_send(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (offset, length) = (call.arguments.short(1)?, call.arguments.short(2)?);
    step(call, |exchange| exchange.may_send_all())?;
    let bytes = from_buffer(call, offset, length)?;
    exchange(call)?.send_all(&bytes);
    Ok(0)
}

fn from_buffer(call: &mut Call<'_, '_>, offset: i16, length: i16) -> Result<Vec<u8>, Trap> {
    let buffer = call.vm.heap().get(call.state.entry_points.buffer);
    let bytes = buffer.and_then(|object| object.body.bytes()).unwrap_or_default();
    let part = usize::try_from(offset).ok().zip(usize::try_from(length).ok());
    match part.and_then(|(from, count)| bytes.get(from..from + count)) {
        Some(part) => Ok(part.to_vec()),
        None => refuse(call, Refusal::BufferBounds),
    }
}

// --- asking ---

fn get_buffer(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    exchange(call)?;
    Ok(call.state.entry_points.buffer.to_cell())
}

/// Only for the selected applet, while it processes a command.
fn current(call: &mut Call<'_, '_>, reference: Reference) -> Result<i32, Trap> {
    let selected = call.vm.selected() == Some(call.vm.context());
    if !selected || call.state.exchange.is_none() {
        return call.throw(Standard::Security);
    }
    Ok(reference.to_cell())
}

fn get_current_apdu(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    current(call, call.state.entry_points.apdu)
}

fn get_current_apdu_buffer(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    current(call, call.state.entry_points.buffer)
}

fn get_current_state(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(exchange(call)?.state() as i32)
}

const fn get_in_block_size(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(Exchange::in_block(call.state.protocol) as i32)
}

const fn get_out_block_size(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(Exchange::out_block(call.state.protocol) as i32)
}

/// Medium in the high nibble, protocol in the low one; sign-extended as every byte.
const fn get_protocol(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let protocol: i8 = match call.state.protocol {
        Protocol::T0 => 0x00,
        Protocol::T1 => 0x01,
        Protocol::ContactlessA => -0x7F,
        Protocol::ContactlessB => -0x6F,
    };
    Ok(protocol as i32)
}

/// No node address: the reader speaks to one card.
fn get_nad(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    exchange(call)?;
    Ok(0)
}

/// The channel that the class byte names; 0 when there is no command.
fn get_cla_channel(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let header = call.state.exchange.as_ref().map(|exchange| exchange.command().header);
    let header = header.filter(|header| Class(header.cla).is_valid());
    Ok(header.map_or(0, |header| i32::from(header.channel())))
}

/// How many channels the class byte can name on this card: one, 4, or 20.
fn get_logical_channel_encoding(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(match call.platform.channels() {
        0 | 1 => 0,
        2..=4 => 1,
        _ => 2,
    })
}

fn class(call: &mut Call<'_, '_>, is: fn(Class) -> bool) -> Result<i32, Trap> {
    let cla = exchange(call)?.command().header.cla;
    Ok(i32::from(is(Class(cla))))
}

fn is_command_chaining_cla(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    class(call, Class::is_chaining)
}

fn is_iso_interindustry_cla(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    class(call, Class::is_interindustry)
}

fn is_secure_messaging_cla(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    class(call, Class::is_secure_messaging)
}

fn is_valid_cla(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    class(call, Class::is_valid)
}

/// Readers wait as long as a command runs.
const fn wait_extension(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(0)
}
