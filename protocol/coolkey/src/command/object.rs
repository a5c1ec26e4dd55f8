//! Object commands.

use super::{Command, CommandError, Encoded, Fields};
use crate::{
    acl::ObjectAcl,
    cursor::{Cursor, push_short_field},
    object::ObjectId,
};

pub(super) fn create(fields: &Fields<'_>) -> Result<Command, CommandError> {
    if fields.p1 != 0 {
        return Err(CommandError::IncorrectP1);
    }
    let mut cursor = Cursor::new(fields.data);
    let id = ObjectId::read(&mut cursor)?;
    let size = cursor.u32()?;
    let acl = ObjectAcl::read(&mut cursor)?;
    cursor.finish()?;
    Ok(Command::CreateObject { id, size, acl })
}

pub(super) fn encode_create(id: ObjectId, size: u32, acl: ObjectAcl) -> Encoded {
    Encoded::new(0, 0).data([&id.0[..], &size.to_be_bytes(), &acl.to_bytes()].concat())
}

pub(super) fn delete(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let zeroize = match (fields.p1, fields.p2) {
        (0, 0) => false,
        (0, 1) => true,
        (0, _) => return Err(CommandError::IncorrectP2),
        _ => return Err(CommandError::IncorrectP1),
    };
    let mut cursor = Cursor::new(fields.data);
    let id = ObjectId::read(&mut cursor)?;
    cursor.finish()?;
    Ok(Command::DeleteObject { id, zeroize })
}

const fn no_parameters(fields: &Fields<'_>) -> Result<(), CommandError> {
    match (fields.p1, fields.p2) {
        (0, 0) => Ok(()),
        (0, _) => Err(CommandError::IncorrectP2),
        _ => Err(CommandError::IncorrectP1),
    }
}

pub(super) fn read(fields: &Fields<'_>) -> Result<Command, CommandError> {
    no_parameters(fields)?;
    let mut cursor = Cursor::new(fields.data);
    let id = ObjectId::read(&mut cursor)?;
    let offset = cursor.u32()?;
    let length = cursor.u8()?;
    cursor.finish()?;
    Ok(Command::ReadObject { id, offset, length })
}

pub(super) fn encode_read(id: ObjectId, offset: u32, length: u8) -> Encoded {
    let data = [&id.0[..], &offset.to_be_bytes(), &[length]].concat();
    let encoded = Encoded::new(0, 0).data(data);
    if length == 0 { encoded } else { encoded.answer(u32::from(length)) }
}

pub(super) fn write(fields: &Fields<'_>) -> Result<Command, CommandError> {
    no_parameters(fields)?;
    let mut cursor = Cursor::new(fields.data);
    let id = ObjectId::read(&mut cursor)?;
    let offset = cursor.u32()?;
    let data = cursor.short_field()?.to_vec();
    cursor.finish()?;
    Ok(Command::WriteObject { id, offset, data })
}

pub(super) fn encode_write(
    id: ObjectId,
    offset: u32,
    bytes: &[u8],
) -> Result<Encoded, CommandError> {
    let mut data = [id.0, offset.to_be_bytes()].concat();
    push_short_field(&mut data, bytes)?;
    Ok(Encoded::new(0, 0).data(data))
}

pub(super) fn read_io_buffer(fields: &Fields<'_>) -> Result<Command, CommandError> {
    if fields.p2 != 0 {
        return Err(CommandError::IncorrectP2);
    }
    let offset = fields.data.try_into().map_err(|_| CommandError::WrongLength)?;
    Ok(Command::ReadIoBuffer { length: fields.p1, offset: u16::from_be_bytes(offset) })
}
