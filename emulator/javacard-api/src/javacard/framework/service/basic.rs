//! `BasicService`: a command and its response in the APDU buffer.
//!
//! A command that has been processed is one whose APDU is in an outgoing state; the buffer then holds CLA, INS, the status word, the
//! length of the response and the response [JCAPI 3.0.5 javacard.framework.service.BasicService].

use jcvm::{Standard, Trap, Write};

use super::reason;
use crate::{
    Call,
    javacard::framework::apdu::{
        self,
        exchange::{BUFFER_LENGTH, State},
    },
    registry::Natives,
    tables::classes,
};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/service/BasicService.fail(Ljavacard/framework/APDU;S)Z", fail),
    ("javacard/framework/service/BasicService.getCLA(Ljavacard/framework/APDU;)B", get_cla),
    ("javacard/framework/service/BasicService.getINS(Ljavacard/framework/APDU;)B", get_ins),
    (
        "javacard/framework/service/BasicService.getOutputLength(Ljavacard/framework/APDU;)S",
        get_output_length,
    ),
    ("javacard/framework/service/BasicService.getP1(Ljavacard/framework/APDU;)B", get_p1),
    ("javacard/framework/service/BasicService.getP2(Ljavacard/framework/APDU;)B", get_p2),
    (
        "javacard/framework/service/BasicService.getStatusWord(Ljavacard/framework/APDU;)S",
        get_status_word,
    ),
    (
        "javacard/framework/service/BasicService.isProcessed(Ljavacard/framework/APDU;)Z",
        is_processed,
    ),
    (
        "javacard/framework/service/BasicService.processCommand(Ljavacard/framework/APDU;)Z",
        not_processed,
    ),
    (
        "javacard/framework/service/BasicService.processDataIn(Ljavacard/framework/APDU;)Z",
        not_processed,
    ),
    (
        "javacard/framework/service/BasicService.processDataOut(Ljavacard/framework/APDU;)Z",
        not_processed,
    ),
    (
        "javacard/framework/service/BasicService.receiveInData(Ljavacard/framework/APDU;)S",
        receive_in_data,
    ),
    ("javacard/framework/service/BasicService.selectingApplet()Z", selecting_applet),
    (
        "javacard/framework/service/BasicService.setOutputLength(Ljavacard/framework/APDU;S)V",
        set_output_length,
    ),
    (
        "javacard/framework/service/BasicService.setProcessed(Ljavacard/framework/APDU;)V",
        set_processed,
    ),
    (
        "javacard/framework/service/BasicService.setStatusWord(Ljavacard/framework/APDU;S)V",
        set_status_word,
    ),
    ("javacard/framework/service/BasicService.succeed(Ljavacard/framework/APDU;)Z", succeed),
    (
        "javacard/framework/service/BasicService.succeedWithStatusWord(Ljavacard/framework/APDU;S)Z",
        succeed_with_status_word,
    ),
];

/// Where the parts of command and response are.
const CLA: usize = 0;
const INS: usize = 1;
const P1: usize = 2;
const P2: usize = 3;
const STATUS: i16 = 2;
const LENGTH: usize = 4;
/// Longest response, in bytes: what a length byte can say.
const OUTPUT_MAX: i16 = 255;
/// `ISO7816.SW_NO_ERROR`.
const NO_ERROR: i16 = -0x7000;

fn refuse<T>(call: &mut Call<'_, '_>, reason: i16) -> Result<T, Trap> {
    call.throw_class(classes::SERVICE_EXCEPTION, reason)
}

/// The state of the APDU that was given.
fn state(call: &mut Call<'_, '_>) -> Result<State, Trap> {
    if call.arguments.reference(1)?.is_null() {
        return call.throw(Standard::NullPointer);
    }
    Ok(apdu::exchange(call)?.state())
}

/// Whether the response is in the buffer.
pub(super) fn processed(call: &mut Call<'_, '_>) -> Result<bool, Trap> {
    Ok(apdu::exchange(call)?.state() >= State::Outgoing)
}

/// A byte of the buffer.
pub(super) fn buffer(call: &Call<'_, '_>, at: usize) -> u8 {
    let object = call.vm.heap().get(call.state.entry_points.buffer);
    object.and_then(|object| object.body.bytes()?.get(at).copied()).unwrap_or(0)
}

fn signed(byte: u8) -> i32 {
    i32::from(byte.cast_signed())
}

fn set_status(call: &mut Call<'_, '_>, status: i16) -> Result<(), Trap> {
    let buffer = call.state.entry_points.buffer;
    call.vm.write_bytes(buffer, STATUS, &status.to_be_bytes(), Write::Immediate)
}

fn set_length(call: &mut Call<'_, '_>, length: u8) -> Result<(), Trap> {
    let buffer = call.state.entry_points.buffer;
    call.vm.write_bytes(buffer, 4, &[length], Write::Immediate)
}

/// The status word in the buffer.
pub(super) fn status(call: &Call<'_, '_>) -> i16 {
    i16::from_be_bytes([buffer(call, P1), buffer(call, P2)])
}

/// Marks the command as processed, unless it is.
fn process(call: &mut Call<'_, '_>) -> Result<(), Trap> {
    if state(call)? < State::Outgoing {
        let outgoing = apdu::exchange(call)?.set_outgoing();
        debug_assert!(outgoing.is_ok(), "the state was looked at");
    }
    Ok(())
}

fn not_processed(_: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(0)
}

fn selecting_applet(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.state.selecting))
}

fn is_processed(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(state(call)? >= State::Outgoing))
}

fn set_processed(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    process(call).map(|()| 0)
}

/// Receives all data; what has been received is not received again.
fn receive_in_data(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    if state(call)? >= State::Outgoing {
        return refuse(call, reason::CANNOT_ACCESS_IN_COMMAND);
    }
    let exchange = apdu::exchange(call)?;
    let total = exchange.command().data.len();
    let received = match exchange.state() {
        State::Initial => {
            exchange.set_incoming().ok().map(|(offset, data)| (offset, data.to_vec()))
        }
        _ => None,
    };
    if let Some((offset, data)) = received {
        let buffer = call.state.entry_points.buffer;
        let offset = i16::try_from(offset).unwrap_or(i16::MAX);
        call.vm.write_bytes(buffer, offset, &data, Write::Immediate)?;
    }
    if apdu::exchange(call)?.state() != State::FullIncoming || total > BUFFER_LENGTH {
        return refuse(call, reason::COMMAND_DATA_TOO_LONG);
    }
    Ok(i32::from(i16::try_from(total).unwrap_or(i16::MAX)))
}

fn set_output_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    if state(call)? < State::Outgoing {
        return refuse(call, reason::CANNOT_ACCESS_OUT_COMMAND);
    }
    let length = call.arguments.short(2)?;
    match u8::try_from(length) {
        Ok(byte) if length <= OUTPUT_MAX => set_length(call, byte).map(|()| 0),
        _ => refuse(call, reason::ILLEGAL_PARAM),
    }
}

fn get_output_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    if state(call)? < State::Outgoing {
        return refuse(call, reason::CANNOT_ACCESS_OUT_COMMAND);
    }
    Ok(i32::from(buffer(call, LENGTH)))
}

fn set_status_word(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    state(call)?;
    let status = call.arguments.short(2)?;
    set_status(call, status).map(|()| 0)
}

fn get_status_word(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    if state(call)? < State::Outgoing {
        return refuse(call, reason::CANNOT_ACCESS_OUT_COMMAND);
    }
    Ok(i32::from(status(call)))
}

/// Processed, with a status word and no data.
fn fail(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    process(call)?;
    let status = call.arguments.short(2)?;
    set_length(call, 0)?;
    set_status(call, status).map(|()| 1)
}

fn succeed(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    process(call)?;
    set_status(call, NO_ERROR).map(|()| 1)
}

fn succeed_with_status_word(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    process(call)?;
    let status = call.arguments.short(2)?;
    set_status(call, status).map(|()| 1)
}

fn get_cla(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    state(call)?;
    Ok(signed(buffer(call, CLA)))
}

fn get_ins(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    state(call)?;
    Ok(signed(buffer(call, INS)))
}

/// A parameter of the command, which is there until the command is processed.
fn parameter(call: &mut Call<'_, '_>, at: usize) -> Result<i32, Trap> {
    if state(call)? >= State::Outgoing {
        return refuse(call, reason::CANNOT_ACCESS_IN_COMMAND);
    }
    Ok(signed(buffer(call, at)))
}

fn get_p1(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    parameter(call, P1)
}

fn get_p2(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    parameter(call, P2)
}
