//! PIN commands.

use super::{Command, CommandError, Encoded, Fields};
use crate::{
    PIN_SLOTS,
    cursor::{Cursor, push_short_field},
    pin::Pin,
};

fn number(fields: &Fields<'_>) -> Result<u8, CommandError> {
    if fields.p1 < PIN_SLOTS { Ok(fields.p1) } else { Err(CommandError::IncorrectP1) }
}

const fn no_p2(fields: &Fields<'_>) -> Result<(), CommandError> {
    if fields.p2 == 0 { Ok(()) } else { Err(CommandError::IncorrectP2) }
}

pub(super) fn verify(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let pin = number(fields)?;
    no_p2(fields)?;
    Ok(Command::VerifyPin { pin, value: Pin::new(fields.data) })
}

pub(super) fn change(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let pin = number(fields)?;
    no_p2(fields)?;
    let mut cursor = Cursor::new(fields.data);
    let old = Pin::new(cursor.short_field()?);
    let new = Pin::new(cursor.short_field()?);
    cursor.finish()?;
    Ok(Command::ChangePin { pin, old, new })
}

pub(super) fn encode_change(pin: u8, old: &Pin, new: &Pin) -> Result<Encoded, CommandError> {
    let mut data = Vec::with_capacity(old.expose().len() + new.expose().len() + 2);
    push_short_field(&mut data, old.expose())?;
    push_short_field(&mut data, new.expose())?;
    Ok(Encoded::new(pin, 0).data(data))
}

/// The number is judged by the applet, after it looked whether the caller may create PINs at all.
pub(super) fn create(fields: &Fields<'_>) -> Command {
    Command::CreatePin { pin: fields.p1, tries: fields.p2, value: Pin::new(fields.data) }
}

pub(super) fn set(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let pin = number(fields)?;
    no_p2(fields)?;
    Ok(Command::SetPin { pin, value: Pin::new(fields.data) })
}

pub(super) fn tries(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let pin = number(fields)?;
    no_p2(fields)?;
    if fields.p3 == 1 { Ok(Command::GetPinTries { pin }) } else { Err(CommandError::WrongLength) }
}
