//! Object commands.

use ::coolkey::{ObjectAcl, ObjectId, command::Sequence, status};
use faults::Fault;
use iso7816::StatusWord;

use super::{call::Call, object_store as store};

/// Largest object, in bytes: the Java applet counts in signed numbers of two bytes.
const OBJECT_SIZE_MAX: u32 = 0x7FFF;

/// Only the low half of an offset is looked at, as a signed number.
fn low_offset(offset: u32) -> Result<usize, StatusWord> {
    let low = usize::try_from(offset & 0xFFFF).map_err(|_| status::INVALID_PARAMETER)?;
    if low < 0x8000 { Ok(low) } else { Err(status::INVALID_PARAMETER) }
}

impl Call<'_, '_> {
    /// CREATE OBJECT; the registration authority may replace one.
    pub(super) fn create_object(
        &mut self,
        id: ObjectId,
        size: u32,
        acl: ObjectAcl,
    ) -> Result<(), StatusWord> {
        let settings = self.settings()?;
        if !settings.builtin_acl().create_object.admits(self.caller)
            && !faults::active(Fault::CoolkeyCreateNotGuarded)
        {
            return Err(status::UNAUTHORIZED);
        }
        let size = match u16::try_from(size) {
            Ok(0) => return Err(status::INVALID_PARAMETER),
            Ok(short) if size <= OBJECT_SIZE_MAX => short,
            _ => return Err(status::NO_MEMORY_LEFT),
        };
        if id.is_io_buffer() {
            return self.volatile.io_buffer.resize(usize::from(size));
        }
        let replaces = self.caller.contains(::coolkey::Identities::RA);
        if !replaces && store::find(self.records(), id).is_ok() {
            return Err(status::OBJECT_EXISTS);
        }
        store::create(self.host.nvm(), settings.heap_size, id, size, acl)
    }

    /// DELETE OBJECT. Its memory is gone with its record, whether or not zeros were asked for.
    pub(super) fn delete_object(&mut self, id: ObjectId) -> Result<(), StatusWord> {
        if id.is_io_buffer() {
            return self.volatile.io_buffer.resize(0);
        }
        if !store::find(self.records(), id)?.acl().delete.admits(self.caller)
            && !faults::active(Fault::CoolkeyDeleteNotGuarded)
        {
            return Err(status::UNAUTHORIZED);
        }
        store::delete(self.host.nvm(), id)
    }

    /// READ OBJECT: exactly `length` bytes.
    pub(super) fn read_object(
        &self,
        id: ObjectId,
        offset: u32,
        length: u8,
    ) -> Result<Vec<u8>, StatusWord> {
        let offset = low_offset(offset)?;
        let data = if id.is_io_buffer() {
            self.volatile.io_buffer.contents()
        } else {
            let object = store::find(self.records(), id)?;
            if !object.acl().read.admits(self.caller)
                && !faults::active(Fault::CoolkeyReadNotGuarded)
            {
                return Err(status::UNAUTHORIZED);
            }
            object.data
        };
        let part = data.get(offset..offset + usize::from(length));
        part.map(<[u8]>::to_vec).ok_or(status::INVALID_PARAMETER)
    }

    /// WRITE OBJECT.
    pub(super) fn write_object(
        &mut self,
        id: ObjectId,
        offset: u32,
        data: &[u8],
    ) -> Result<(), StatusWord> {
        let offset = low_offset(offset)?;
        if id.is_io_buffer() {
            return self.volatile.io_buffer.write(offset, data);
        }
        if !store::find(self.records(), id)?.acl().write.admits(self.caller)
            && !faults::active(Fault::CoolkeyWriteNotGuarded)
        {
            return Err(status::UNAUTHORIZED);
        }
        store::write(self.host.nvm(), id, offset, data)
    }

    /// LIST OBJECTS: newest first, one a command. All hosts share the iterator.
    pub(super) fn list_objects(&mut self, sequence: Sequence) -> Result<Vec<u8>, StatusWord> {
        let after = match (sequence, self.volatile.last_object) {
            (Sequence::First, _) => None,
            (Sequence::Next, None) => return Err(status::SEQUENCE_END),
            (Sequence::Next, after) => after,
        };
        let next = store::next(self.records(), after).map(|o| (o.sequence(), o.record()));
        let more = !faults::active(Fault::CoolkeyListEndsEarly);
        self.volatile.last_object = next.filter(|_| more).map(|(sequence, _)| sequence);
        next.map(|(_, record)| record.to_bytes()).ok_or(status::SEQUENCE_END)
    }
}
