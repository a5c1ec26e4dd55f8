//! Commands that ask, and the two settings with a fixed form.

use super::{Command, CommandError, Encoded, Fields, LifeCycleForm, Sequence};
use crate::{
    object::ObjectRecord,
    report::{BuiltinAcl, IssuerInfo, KeyRecord, LifeCycle, TokenStatus},
};

/// P1 = 0 or 1, P2 = 0.
fn sequence(fields: &Fields<'_>) -> Result<Sequence, CommandError> {
    match (fields.p1, fields.p2) {
        (0, 0) => Ok(Sequence::First),
        (1, 0) => Ok(Sequence::Next),
        (0 | 1, _) => Err(CommandError::IncorrectP2),
        _ => Err(CommandError::IncorrectP1),
    }
}

/// Some lengths are compared as signed bytes: 80 to FF count as negative, 00 as zero.
fn at_least(fields: &Fields<'_>, length: u8) -> Result<(), CommandError> {
    if (length..0x80).contains(&fields.p3) { Ok(()) } else { Err(CommandError::WrongLength) }
}

fn exactly(fields: &Fields<'_>, length: usize) -> Result<(), CommandError> {
    if usize::from(fields.p3) == length { Ok(()) } else { Err(CommandError::WrongLength) }
}

pub(super) fn list_pins(fields: &Fields<'_>) -> Result<Command, CommandError> {
    exactly(fields, 2).map(|()| Command::ListPins)
}

pub(super) fn list_keys(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let sequence = sequence(fields)?;
    exactly(fields, KeyRecord::LENGTH)?;
    Ok(Command::ListKeys(sequence))
}

pub(super) fn list_objects(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let sequence = sequence(fields)?;
    at_least(fields, 14)?;
    Ok(Command::ListObjects(sequence))
}

/// P1 = 1 is an unknown *instruction*: by this OpenSC tells the applet from its MUSCLE ancestor.
pub(super) const fn status(fields: &Fields<'_>) -> Result<Command, CommandError> {
    match (fields.p1, fields.p2) {
        (0, 0) => Ok(Command::GetStatus),
        (0, _) => Err(CommandError::IncorrectP2),
        (1, _) => Err(CommandError::UnknownInstruction(0x3C)),
        _ => Err(CommandError::IncorrectP1),
    }
}

pub(super) const fn life_cycle(fields: &Fields<'_>) -> Command {
    Command::GetLifeCycle(if fields.p3 == 1 { LifeCycleForm::State } else { LifeCycleForm::Full })
}

pub(super) const fn build_id(fields: &Fields<'_>) -> Result<Command, CommandError> {
    if fields.p3 >= 4 { Ok(Command::GetBuildId) } else { Err(CommandError::WrongLength) }
}

pub(super) fn issuer_info(fields: &Fields<'_>) -> Result<Command, CommandError> {
    exactly(fields, IssuerInfo::LENGTH).map(|()| Command::GetIssuerInfo)
}

pub(super) fn builtin_acl(fields: &Fields<'_>) -> Result<Command, CommandError> {
    at_least(fields, 7).map(|()| Command::GetBuiltinAcl)
}

pub(super) fn random(fields: &Fields<'_>) -> Command {
    let length = if fields.p3 == 0 { 256 } else { u16::from(fields.p3) };
    Command::GetRandom { length }
}

pub(super) fn set_issuer_info(fields: &Fields<'_>) -> Result<Command, CommandError> {
    IssuerInfo::parse(fields.data)
        .map(Command::SetIssuerInfo)
        .map_err(|_| CommandError::WrongLength)
}

pub(super) fn set_builtin_acl(fields: &Fields<'_>) -> Result<Command, CommandError> {
    BuiltinAcl::parse(fields.data)
        .map(Command::SetBuiltinAcl)
        .map_err(|_| CommandError::WrongLength)
}

/// The queries: no data, an answer of known length.
pub(super) fn encode(command: &Command) -> Encoded {
    let (p1, answer) = match command {
        Command::ListPins => (0, 2),
        Command::ListKeys(sequence) => (*sequence as u8, KeyRecord::LENGTH),
        Command::ListObjects(sequence) => (*sequence as u8, ObjectRecord::LENGTH),
        Command::GetStatus => (0, TokenStatus::LENGTH),
        Command::GetLifeCycle(LifeCycleForm::State) => (0, 1),
        Command::GetLifeCycle(LifeCycleForm::Full) => (0, LifeCycle::LENGTH),
        Command::GetBuildId => (0, 4),
        Command::GetIssuerInfo => (0, IssuerInfo::LENGTH),
        Command::GetBuiltinAcl => (0, BuiltinAcl::LENGTH),
        Command::GetRandom { length } => (0, usize::from(*length)),
        // Everything else has its own encoding.
        _ => return Encoded::new(0, 0),
    };
    Encoded::new(p1, 0).answer(u32::try_from(answer.clamp(1, 256)).unwrap_or(256))
}
