//! The object store: one record an object, its header before its data.

use ::coolkey::{ObjectAcl, ObjectId, ObjectRecord, status};
use card::Nvm;
use iso7816::StatusWord;
use serde::{Deserialize, Serialize};

use super::heap::{Block, Heap};

const RECORD_PREFIX: u8 = b'o';
/// Bytes on the heap that an object has before its data: links, identifier, access control list, size.
const HEADER_LENGTH: u16 = 14;

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Header {
    block: Block,
    /// Place in the list: the newest has the largest.
    sequence: u32,
    acl: [u8; 6],
}

/// An object in the store.
pub(super) struct StoredObject<'a> {
    id: ObjectId,
    header: Header,
    /// Its data.
    pub(super) data: &'a [u8],
}

impl StoredObject<'_> {
    pub(super) const fn acl(&self) -> ObjectAcl {
        ObjectAcl::from_bytes(self.header.acl)
    }

    pub(super) const fn sequence(&self) -> u32 {
        self.header.sequence
    }

    /// What LIST OBJECTS says.
    pub(super) fn record(&self) -> ObjectRecord {
        let size = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        ObjectRecord { id: self.id, size, acl: self.acl() }
    }
}

const fn record_key(ObjectId([a, b, c, d]): ObjectId) -> [u8; 5] {
    [RECORD_PREFIX, a, b, c, d]
}

fn parse(id: ObjectId, record: &[u8]) -> Option<StoredObject<'_>> {
    let (header, data) = postcard::take_from_bytes(record).ok()?;
    Some(StoredObject { id, header, data })
}

/// The object with this identifier.
///
/// # Errors
/// 9C07 when there is none.
pub(super) fn find<'a>(nvm: &'a Nvm<'_>, id: ObjectId) -> Result<StoredObject<'a>, StatusWord> {
    let record = nvm.get(&record_key(id)).ok_or(status::OBJECT_NOT_FOUND)?;
    parse(id, record).ok_or(StatusWord::UNKNOWN)
}

/// All objects, newest first.
fn all<'a>(nvm: &'a Nvm<'_>) -> Vec<StoredObject<'a>> {
    let keys = nvm.keys_with_prefix(&[RECORD_PREFIX]);
    let ids = keys.iter().filter_map(|key| match **key {
        [_, a, b, c, d] => Some(ObjectId([a, b, c, d])),
        _ => None,
    });
    let mut objects: Vec<_> = ids.filter_map(|id| find(nvm, id).ok()).collect();
    objects.sort_unstable_by_key(|object| core::cmp::Reverse(object.sequence()));
    objects
}

/// The newest object, or the newest that is older than the one at `after`.
pub(super) fn next<'a>(nvm: &'a Nvm<'_>, after: Option<u32>) -> Option<StoredObject<'a>> {
    all(nvm).into_iter().find(|object| after.is_none_or(|after| object.sequence() < after))
}

/// Bytes that are free on a heap of this size.
pub(super) fn free_memory(nvm: &Nvm<'_>, heap_size: u16) -> u16 {
    Heap::new(heap_size, all(nvm).iter().map(|object| object.header.block)).free()
}

/// Makes an object full of zeros; one with the same identifier makes room first.
///
/// # Errors
/// 9C01 when the heap has no block for it, 6A84 when the card has no memory.
pub(super) fn create(
    nvm: &mut Nvm<'_>,
    heap_size: u16,
    id: ObjectId,
    size: u16,
    acl: ObjectAcl,
) -> Result<(), StatusWord> {
    let others: Vec<_> = all(nvm).iter().filter(|o| o.id != id).map(|o| o.header).collect();
    let heap = Heap::new(heap_size, others.iter().map(|header| header.block));
    let block = size
        .checked_add(HEADER_LENGTH)
        .and_then(|length| heap.allocate(length))
        .ok_or(status::NO_MEMORY_LEFT)?;
    let newest = others.iter().map(|header| header.sequence).max();
    let sequence = newest.map_or(0, |newest| newest.saturating_add(1));
    let header = Header { block, sequence, acl: acl.to_bytes() };
    put(nvm, id, header, &vec![0; usize::from(size)])
}

/// Replaces data of an object from `offset` on.
///
/// # Errors
/// 9C07, 9C0F beyond its end.
pub(super) fn write(
    nvm: &mut Nvm<'_>,
    id: ObjectId,
    offset: usize,
    bytes: &[u8],
) -> Result<(), StatusWord> {
    let object = find(nvm, id)?;
    let (header, mut data) = (object.header, object.data.to_vec());
    data.get_mut(offset..offset + bytes.len())
        .ok_or(status::INVALID_PARAMETER)?
        .copy_from_slice(bytes);
    put(nvm, id, header, &data)
}

/// Deletes an object.
pub(super) fn delete(nvm: &mut Nvm<'_>, id: ObjectId) -> Result<(), StatusWord> {
    nvm.delete(&record_key(id))
}

fn put(nvm: &mut Nvm<'_>, id: ObjectId, header: Header, data: &[u8]) -> Result<(), StatusWord> {
    let mut record = postcard::to_allocvec(&header).map_err(|_| StatusWord::UNKNOWN)?;
    record.extend_from_slice(data);
    nvm.put(&record_key(id), record)
}
