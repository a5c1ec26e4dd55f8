//! Objects: where they are, to whom they belong, how they are written, and what becomes of writes that are not committed.
//!
//! Every store to a persistent object is counted and, inside a transaction, journalled; the objects that changed are handed out as
//! records by [`Heap::take_changes`]. Nothing here knows the firewall: that is [`Vm`](crate::Vm)'s and the interpreter's.

mod collector;
mod image;
mod object;
mod transaction;
mod transient;
mod view;

use std::collections::BTreeSet;

use faults::Fault as Planted;

pub use self::view::Elements;
pub(crate) use self::view::{READABLE, WRITABLE};
pub use self::{
    collector::Reclaimed,
    image::{ImageError, ObjectChange},
    object::{Body, Lifetime, Object, ObjectFlags},
    transaction::{AbortedObjects, TransactionError, Transactions},
    transient::TransientAllotment,
};
use self::{transaction::Transaction, transient::TransientMemory};
use crate::{
    ident::{AppletId, ClassId, ContextId},
    limits::{Limits, OBJECTS_MAX},
    reference::Reference,
    trap::Fault,
};

/// How a store takes part in transactions [JCRE 3.0.5 §7.6].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// In the current transaction, if there is one.
    Transactional,
    /// At once and for good, whatever becomes of the transaction.
    Immediate,
}

/// Why an object was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfMemory {
    /// Persistent memory is full.
    Persistent,
    /// Transient memory is full.
    Transient,
}

/// Why a store did not take place, or was the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// There is no such object or element.
    OutOfBounds,
    /// The commit buffer is full.
    BufferFull,
    /// It took place, and then the power failed.
    PowerLost,
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::PowerLost => Self::PowerLost,
            _ => Self::IllFormed("a store outside of an object"),
        }
    }
}

/// All objects of a card.
#[derive(Debug, Default)]
pub struct Heap {
    slots: Vec<Option<Object>>,
    /// Handles that can be used; one whose slot is taken meanwhile is skipped.
    free: Vec<u32>,
    /// Handles whose record is not up to date; an object's `DIRTY` flag says that it is in here.
    dirty: BTreeSet<u32>,
    /// Objects that are gone, with their owner: their records must go. Until they have gone no other object gets the handle, so that
    /// what is taken back finds its place.
    gone: Vec<(u32, ContextId, AppletId)>,
    /// Objects that went without the native side being told.
    unreported: Vec<u32>,
    transaction: Option<Transaction>,
    commit_buffer: usize,
    /// Persistent memory that is left, in bytes of records; the card tells at the beginning of a command.
    persistent_free: usize,
    transient: TransientMemory,
    writes: u64,
    transactions: Transactions,
    power_fails_after: Option<u64>,
}

impl Heap {
    /// An empty heap.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            commit_buffer: limits.commit_buffer,
            transient: TransientMemory::new(limits.transient_reset, limits.transient_deselect),
            ..Self::default()
        }
    }

    /// Sets how much persistent memory is left, in bytes of records.
    pub const fn set_persistent_free(&mut self, bytes: usize) {
        self.persistent_free = bytes;
    }

    /// Persistent memory that is left, in bytes.
    #[must_use]
    pub const fn persistent_free(&self) -> usize {
        self.persistent_free
    }

    /// Transient memory that is left, in bytes: cleared on reset, cleared on deselection.
    #[must_use]
    pub const fn transient_free(&self) -> (usize, usize) {
        self.transient.free()
    }

    /// The same, as far as an applet may use it.
    #[must_use]
    pub fn transient_free_for(&self, applet: AppletId) -> (usize, usize) {
        self.transient.free_for(applet)
    }

    /// Sets what applets may use of transient memory, and what is kept for them. Those that are not named may use all that is not kept.
    pub fn set_transient_allotments(
        &mut self,
        allotments: impl IntoIterator<Item = (AppletId, TransientAllotment)>,
    ) {
        self.transient.allot(allotments);
    }

    /// Lets the power fail after so many stores to persistent objects (1 is the next one); `None`: it does not fail.
    pub const fn set_power_failure(&mut self, after: Option<u64>) {
        self.power_fails_after = after;
    }

    /// Stores to persistent objects so far; an atomic copy is one.
    #[must_use]
    pub const fn writes(&self) -> u64 {
        self.writes
    }

    /// The object behind a reference.
    #[inline]
    #[must_use]
    pub fn get(&self, reference: Reference) -> Option<&Object> {
        self.slots.get(reference.handle() as usize)?.as_ref()
    }

    /// The object behind a reference, to be changed without journal: only for what is not persistent.
    #[inline]
    pub(crate) fn get_mut(&mut self, reference: Reference) -> Option<&mut Object> {
        self.slots.get_mut(reference.handle() as usize)?.as_mut()
    }

    /// All objects with their references.
    pub fn objects(&self) -> impl Iterator<Item = (Reference, &Object)> {
        (0_u32..).zip(&self.slots).filter_map(|(handle, slot)| {
            slot.as_ref().map(|object| (Reference::to_handle(handle), object))
        })
    }

    /// Makes an object.
    ///
    /// # Errors
    /// When the memory that its lifetime asks for is full.
    pub fn allocate(
        &mut self,
        class: ClassId,
        owner: (ContextId, AppletId),
        lifetime: Lifetime,
        body: Body,
    ) -> Result<Reference, OutOfMemory> {
        let mut object = Object::new(class, owner, lifetime, body);
        let handle = self.vacant().ok_or(OutOfMemory::Persistent)?;
        if let Err(error) = self.take_memory(&object) {
            self.free.push(handle);
            return Err(error);
        }
        if object.is_recorded() {
            object.flags.insert(ObjectFlags::DIRTY | ObjectFlags::FRESH);
            self.dirty.insert(handle);
            if let Some(transaction) = &mut self.transaction {
                transaction.created(handle);
            }
        }
        if let Some(slot) = self.slots.get_mut(handle as usize) {
            *slot = Some(object);
        }
        Ok(Reference::to_handle(handle))
    }

    /// A handle that no object has.
    fn vacant(&mut self) -> Option<u32> {
        while let Some(handle) = self.free.pop() {
            if self.slots.get(handle as usize).is_some_and(Option::is_none) {
                return Some(handle);
            }
        }
        if self.slots.len() >= OBJECTS_MAX {
            return None;
        }
        self.slots.push(None);
        u32::try_from(self.slots.len() - 1).ok()
    }

    fn take_memory(&mut self, object: &Object) -> Result<(), OutOfMemory> {
        let bytes = object.record_cost();
        if bytes > self.persistent_free {
            return Err(OutOfMemory::Persistent);
        }
        self.transient.take(object)?;
        self.persistent_free -= bytes;
        Ok(())
    }

    /// Takes an object away; its record goes with the next changes.
    pub(crate) fn remove(&mut self, handle: u32) {
        let Some(object) = self.slots.get_mut(handle as usize).and_then(Option::take) else {
            return;
        };
        self.transient.give(&object);
        self.dirty.remove(&handle);
        self.persistent_free = self.persistent_free.saturating_add(object.record_cost());
        if object.is_recorded() && !object.flags.contains(ObjectFlags::FRESH) {
            self.gone.push((handle, object.context, object.owner));
        } else {
            self.free.push(handle);
        }
    }

    /// Takes an object away of which the native side does not know that it goes.
    pub(crate) fn remove_silently(&mut self, handle: u32) {
        self.remove(handle);
        self.unreported.push(handle);
    }

    /// Objects that have gone since the last call without the native side being told.
    pub(crate) fn take_unreported(&mut self) -> Vec<u32> {
        core::mem::take(&mut self.unreported)
    }

    /// Marks an object's record as out of date.
    fn touch(&mut self, handle: u32) {
        if let Some(Some(object)) = self.slots.get_mut(handle as usize)
            && !object.flags.contains(ObjectFlags::DIRTY)
            && object.is_recorded()
        {
            object.flags.insert(ObjectFlags::DIRTY);
            self.dirty.insert(handle);
        }
    }

    /// Marks an object's record as out of date and counts the store.
    fn written(&mut self, handle: u32) -> Result<(), WriteError> {
        self.touch(handle);
        self.writes += 1;
        match &mut self.power_fails_after {
            Some(left) if *left <= 1 => Err(WriteError::PowerLost),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Stores a cell: a field of an instance, an element of a reference or int array, a static reference.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn store_cell(
        &mut self,
        reference: Reference,
        index: usize,
        value: i32,
        write: Write,
    ) -> Result<(), WriteError> {
        let object = self.slots.get_mut(reference.handle() as usize).and_then(Option::as_mut);
        let object = object.ok_or(WriteError::OutOfBounds)?;
        let recorded = object.is_persistent();
        let cell = object.body.cells_mut().and_then(|cells| cells.get_mut(index));
        let cell = cell.ok_or(WriteError::OutOfBounds)?;
        if !recorded {
            *cell = value;
            return Ok(());
        }
        if let (Some(transaction), Write::Transactional) = (&mut self.transaction, write) {
            transaction.cell(reference.handle(), index, *cell, self.commit_buffer)?;
        }
        *cell = value;
        self.written(reference.handle())
    }

    /// Stores a short in a short array.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn store_short(
        &mut self,
        reference: Reference,
        index: usize,
        value: i16,
        write: Write,
    ) -> Result<(), WriteError> {
        let object = self.slots.get_mut(reference.handle() as usize).and_then(Option::as_mut);
        let object = object.ok_or(WriteError::OutOfBounds)?;
        let recorded = object.is_persistent();
        let Body::Shorts(shorts) = &mut object.body else { return Err(WriteError::OutOfBounds) };
        let element = shorts.get_mut(index).ok_or(WriteError::OutOfBounds)?;
        if !recorded {
            *element = value;
            return Ok(());
        }
        if let (Some(transaction), Write::Transactional) = (&mut self.transaction, write) {
            transaction.short(reference.handle(), index, *element, self.commit_buffer)?;
        }
        *element = value;
        self.written(reference.handle())
    }

    /// Stores bytes in a byte or boolean array, or in the bytes of a static image, as one atomic store.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn store_bytes(
        &mut self,
        reference: Reference,
        offset: usize,
        bytes: &[u8],
        write: Write,
    ) -> Result<(), WriteError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let object = self.slots.get_mut(reference.handle() as usize).and_then(Option::as_mut);
        let object = object.ok_or(WriteError::OutOfBounds)?;
        let recorded = object.is_persistent();
        let range = offset..offset.saturating_add(bytes.len());
        let target = object.body.bytes_mut().and_then(|all| all.get_mut(range));
        let target = target.ok_or(WriteError::OutOfBounds)?;
        if !recorded {
            target.copy_from_slice(bytes);
            return Ok(());
        }
        if let (Some(transaction), Write::Transactional) = (&mut self.transaction, write) {
            transaction.bytes(reference.handle(), offset, target, self.commit_buffer)?;
        }
        target.copy_from_slice(bytes);
        self.written(reference.handle())
    }

    /// Forgets the content of transient objects: all of them at reset, or those of a context at deselection
    /// [JCRE 3.0.5 §5.1, §5.2].
    pub fn clear_transient(&mut self, deselected: Option<ContextId>) {
        for object in self.slots.iter_mut().flatten() {
            let clear = match object.lifetime() {
                Lifetime::ClearOnReset => deselected.is_none() && !is_kept(object),
                Lifetime::ClearOnDeselect => deselected.is_none_or(|context| {
                    context == object.context && !faults::active(Planted::DeselectTransientKept)
                }),
                Lifetime::Persistent | Lifetime::Runtime => false,
            };
            if clear {
                object.body.clear();
            }
        }
    }
}

/// Whether a fault keeps the content of an object over a reset: that of an array of an applet, not the flags of a PIN.
fn is_kept(object: &Object) -> bool {
    object.class != ClassId::BOOLEAN_ARRAY && faults::active(Planted::ResetTransientKept)
}
