//! Objects as records, and back.
//!
//! A record: class (4 bytes), context, owner, flags (2), kind of the body, then its content; of transient objects only the length.

use thiserror::Error;

use super::{AbortedObjects, Body, Heap, Object, ObjectFlags};
use crate::{
    ident::{AppletId, ClassId, ContextId},
    limits::{ARRAY_LENGTH_MAX, OBJECTS_MAX},
    reference::Reference,
};

/// What must be written to, or deleted from, persistent memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChange {
    /// Handle of the object.
    pub handle: u32,
    /// Context of its owner.
    pub context: ContextId,
    /// The applet that it belongs to; none: the package of the context.
    pub owner: AppletId,
    /// The record; `None`: it goes.
    pub record: Option<Vec<u8>>,
}

/// A record that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the record of an object is malformed")]
pub struct ImageError;

impl Heap {
    /// The records that are out of date since the last call; deletions come first. From now on other objects may get the handles of
    /// those that are gone.
    pub fn take_changes(&mut self) -> Vec<ObjectChange> {
        let gone = core::mem::take(&mut self.gone);
        self.free.extend(gone.iter().map(|(handle, ..)| *handle));
        let mut changes: Vec<ObjectChange> = gone
            .into_iter()
            .map(|(handle, context, owner)| ObjectChange { handle, context, owner, record: None })
            .collect();
        for handle in core::mem::take(&mut self.dirty) {
            let Some(Some(object)) = self.slots.get_mut(handle as usize) else { continue };
            if !object.flags.contains(ObjectFlags::DIRTY) {
                continue;
            }
            object.flags.remove(ObjectFlags::DIRTY | ObjectFlags::FRESH);
            changes.push(ObjectChange {
                handle,
                context: object.context,
                owner: object.owner,
                record: Some(encode(object)),
            });
        }
        changes
    }

    /// Whether records are out of date.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.dirty.is_empty() || !self.gone.is_empty()
    }

    /// Puts an object back in its place, when an image is opened or a change is taken back.
    ///
    /// # Errors
    /// When the record is malformed.
    pub fn restore(&mut self, handle: u32, record: &[u8]) -> Result<(), ImageError> {
        let index = handle as usize;
        if index >= OBJECTS_MAX {
            return Err(ImageError);
        }
        let mut object = decode(record)?;
        if index >= self.slots.len() {
            let from = u32::try_from(self.slots.len()).map_err(|_| ImageError)?;
            self.slots.resize_with(index + 1, || None);
            self.free.extend(from..handle);
        }
        if let Some(present) = self.slots.get_mut(index).and_then(Option::take) {
            self.transient.give(&present);
            // What is in RAM is not taken back.
            let transient = !object.is_persistent() && present.lifetime() == object.lifetime();
            if transient && object.body.is_alike(&present.body) {
                object.body = present.body.clone();
            }
        }
        self.transient.count(&object);
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = Some(object);
        }
        Ok(())
    }

    /// Takes back what happened to objects since the last [`Heap::take_changes`]: `record` gives the record of a handle, and none for
    /// an object that has been made since. A transaction that is in progress is aborted.
    ///
    /// # Errors
    /// When a record is malformed.
    pub fn take_back<'r>(
        &mut self,
        record: impl Fn(u32, ContextId, AppletId) -> Option<&'r [u8]>,
    ) -> Result<(), ImageError> {
        self.transaction = None;
        let mut made = Vec::new();
        for handle in core::mem::take(&mut self.dirty) {
            let Some(Some(object)) = self.slots.get_mut(handle as usize) else { continue };
            object.flags.remove(ObjectFlags::DIRTY);
            if let Some(record) = record(handle, object.context, object.owner) {
                self.restore(handle, record)?;
            } else {
                self.remove_silently(handle);
                made.push(handle);
            }
        }
        for (handle, context, owner) in core::mem::take(&mut self.gone) {
            match record(handle, context, owner) {
                Some(record) => self.restore(handle, record)?,
                None => self.free.push(handle),
            }
        }
        // Transient arrays were not taken back: they may refer to what is gone.
        self.forget(&AbortedObjects::new(made));
        Ok(())
    }
}

fn encode(object: &Object) -> Vec<u8> {
    let mut record = Vec::with_capacity(super::object::RECORD_HEADER + object.content_size());
    record.extend_from_slice(&object.class.to_bits().to_be_bytes());
    record.extend_from_slice(&[object.context.0, object.owner.0]);
    let flags = object.flags - ObjectFlags::VOLATILE;
    record.extend_from_slice(&flags.bits().to_be_bytes());
    encode_body(&mut record, &object.body, object.is_persistent());
    record
}

fn encode_body(record: &mut Vec<u8>, body: &Body, with_content: bool) {
    let length = |record: &mut Vec<u8>, kind: u8, length: usize| {
        record.push(kind);
        // Arrays and instances are far shorter than 64 Ki elements.
        record.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    };
    let cells = |record: &mut Vec<u8>, cells: &[i32]| {
        if with_content {
            for cell in cells {
                record.extend_from_slice(&cell.to_be_bytes());
            }
        }
    };
    match body {
        Body::Fields(fields) => {
            length(record, 1, fields.len());
            cells(record, fields);
        }
        Body::Bytes(bytes) => {
            length(record, 2, bytes.len());
            record.extend_from_slice(if with_content { bytes } else { &[] });
        }
        Body::Shorts(shorts) => {
            length(record, 3, shorts.len());
            if with_content {
                shorts.iter().for_each(|short| record.extend_from_slice(&short.to_be_bytes()));
            }
        }
        Body::Ints(ints) => {
            length(record, 4, ints.len());
            cells(record, ints);
        }
        Body::References { element, cells: references } => {
            length(record, 5, references.len());
            record.extend_from_slice(&element.to_bits().to_be_bytes());
            cells(record, references);
        }
        Body::Statics { references, bytes } => {
            length(record, 6, references.len());
            record.extend_from_slice(&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
            cells(record, references);
            record.extend_from_slice(bytes);
        }
        Body::View { target, offset, length: elements, attributes } => {
            length(record, 7, usize::from(*elements));
            record.extend_from_slice(&target.to_cell().to_be_bytes());
            record.extend_from_slice(&offset.to_be_bytes());
            record.extend_from_slice(&attributes.to_be_bytes());
        }
    }
}

/// Reads a record from its beginning.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ImageError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ImageError)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        self.take(N)?.try_into().map_err(|_| ImageError)
    }

    fn u16(&mut self) -> Result<u16, ImageError> {
        self.array().map(u16::from_be_bytes)
    }

    fn cells(&mut self, count: usize, with_content: bool) -> Result<Box<[i32]>, ImageError> {
        if !with_content {
            return Ok(vec![0; count].into());
        }
        (0..count).map(|_| self.array().map(i32::from_be_bytes)).collect()
    }
}

fn decode(record: &[u8]) -> Result<Object, ImageError> {
    let mut reader = Reader(record);
    let class = ClassId::from_bits(u32::from_be_bytes(reader.array()?));
    let [context, owner] = reader.array()?;
    let flags = ObjectFlags::from_bits_truncate(reader.u16()?) - ObjectFlags::VOLATILE;
    let mut object = Object {
        class,
        context: ContextId(context),
        owner: AppletId(owner),
        flags,
        body: Body::Bytes(Box::default()),
    };
    object.body = decode_body(&mut reader, object.is_persistent())?;
    if reader.0.is_empty() { Ok(object) } else { Err(ImageError) }
}

fn decode_body(reader: &mut Reader<'_>, with_content: bool) -> Result<Body, ImageError> {
    let [kind] = reader.array()?;
    let length = usize::from(reader.u16()?);
    if length > ARRAY_LENGTH_MAX {
        return Err(ImageError);
    }
    Ok(match kind {
        1 => Body::Fields(reader.cells(length, with_content)?),
        2 if with_content => Body::Bytes(reader.take(length)?.into()),
        2 => Body::Bytes(vec![0; length].into()),
        3 if with_content => {
            let shorts: Result<_, _> =
                (0..length).map(|_| reader.array().map(i16::from_be_bytes)).collect();
            Body::Shorts(shorts?)
        }
        3 => Body::Shorts(vec![0; length].into()),
        4 => Body::Ints(reader.cells(length, with_content)?),
        5 => {
            let element = ClassId::from_bits(u32::from_be_bytes(reader.array()?));
            Body::References { element, cells: reader.cells(length, with_content)? }
        }
        6 => {
            let bytes = usize::from(reader.u16()?);
            let references = reader.cells(length, with_content)?;
            Body::Statics { references, bytes: reader.take(bytes)?.into() }
        }
        7 => Body::View {
            target: Reference::from_cell(i32::from_be_bytes(reader.array()?)),
            length: u16::try_from(length).map_err(|_| ImageError)?,
            offset: reader.u16()?,
            attributes: i16::from_be_bytes(reader.array()?),
        },
        _ => return Err(ImageError),
    })
}
