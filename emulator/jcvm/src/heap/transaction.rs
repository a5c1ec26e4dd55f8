//! The journal of a transaction [JCRE 3.0.5 §7].

use faults::Fault as Planted;

use super::{Body, Heap, Reference, WriteError};

/// What an entry of the commit buffer costs beyond the old value, in bytes.
const ENTRY_OVERHEAD: usize = 4;

/// One store that can still be undone.
#[derive(Debug)]
enum Undo {
    Cell { handle: u32, index: usize, old: i32 },
    Short { handle: u32, index: usize, old: i16 },
    Bytes { handle: u32, offset: usize, old: Box<[u8]> },
}

/// A transaction in progress.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    journal: Vec<Undo>,
    created: Vec<u32>,
    used: usize,
}

impl Transaction {
    fn reserve(&mut self, bytes: usize, limit: usize) -> Result<(), WriteError> {
        let used = self.used + ENTRY_OVERHEAD + bytes;
        if used > limit {
            return Err(WriteError::BufferFull);
        }
        self.used = used;
        Ok(())
    }

    pub(super) fn cell(
        &mut self,
        handle: u32,
        index: usize,
        old: i32,
        limit: usize,
    ) -> Result<(), WriteError> {
        self.reserve(4, limit)?;
        self.journal.push(Undo::Cell { handle, index, old });
        Ok(())
    }

    pub(super) fn short(
        &mut self,
        handle: u32,
        index: usize,
        old: i16,
        limit: usize,
    ) -> Result<(), WriteError> {
        self.reserve(2, limit)?;
        self.journal.push(Undo::Short { handle, index, old });
        Ok(())
    }

    pub(super) fn bytes(
        &mut self,
        handle: u32,
        offset: usize,
        old: &[u8],
        limit: usize,
    ) -> Result<(), WriteError> {
        self.reserve(old.len(), limit)?;
        self.journal.push(Undo::Bytes { handle, offset, old: old.into() });
        Ok(())
    }

    pub(super) fn created(&mut self, handle: u32) {
        self.created.push(handle);
    }
}

/// How many transactions have ended, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transactions {
    /// What was stored stayed.
    pub committed: u64,
    /// What was stored was undone.
    pub aborted: u64,
}

/// Why a transaction did not begin or end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionError {
    /// There is one already.
    InProgress,
    /// There is none.
    NotInProgress,
}

/// Objects that went with an aborted transaction, ascending: references to them are null from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AbortedObjects(pub Vec<u32>);

impl AbortedObjects {
    pub(super) fn new(mut handles: Vec<u32>) -> Self {
        handles.sort_unstable();
        Self(handles)
    }

    /// Whether a cell refers to one of them.
    #[must_use]
    pub fn contains(&self, cell: i32) -> bool {
        self.0.binary_search(&Reference::from_cell(cell).handle()).is_ok()
    }
}

impl Heap {
    /// Begins a transaction.
    ///
    /// # Errors
    /// `InProgress`: they do not nest.
    pub fn begin_transaction(&mut self) -> Result<(), TransactionError> {
        if self.transaction.is_some() {
            let accepted = faults::active(Planted::NestedTransactionAccepted);
            return if accepted { Ok(()) } else { Err(TransactionError::InProgress) };
        }
        self.transaction = Some(Transaction::default());
        Ok(())
    }

    /// Ends a transaction: what was stored stays.
    ///
    /// # Errors
    /// `NotInProgress`.
    pub fn commit_transaction(&mut self) -> Result<(), TransactionError> {
        self.transaction.take().ok_or(TransactionError::NotInProgress)?;
        self.transactions.committed += 1;
        Ok(())
    }

    /// Ends a transaction: what was stored is undone, objects that were made are gone.
    ///
    /// The caller clears its own references to them.
    ///
    /// # Errors
    /// `NotInProgress`.
    pub fn abort_transaction(&mut self) -> Result<AbortedObjects, TransactionError> {
        let transaction = self.transaction.take().ok_or(TransactionError::NotInProgress)?;
        self.transactions.aborted += 1;
        if !faults::active(Planted::AbortKeepsStores) {
            transaction.journal.into_iter().rev().for_each(|undo| self.undo(undo));
        }
        let aborted = AbortedObjects::new(transaction.created);
        for handle in &aborted.0 {
            self.remove(*handle);
        }
        self.forget(&aborted);
        Ok(aborted)
    }

    /// How many transactions have ended since the heap was made.
    #[must_use]
    pub const fn transactions(&self) -> Transactions {
        self.transactions
    }

    /// Whether a transaction is in progress.
    #[must_use]
    pub const fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// The commit buffer: all of it, and what is left, in bytes.
    #[must_use]
    pub fn commit_capacity(&self) -> (usize, usize) {
        let used = self.transaction.as_ref().map_or(0, |transaction| transaction.used);
        (self.commit_buffer, self.commit_buffer.saturating_sub(used))
    }

    fn undo(&mut self, undo: Undo) {
        let (Undo::Cell { handle, .. } | Undo::Short { handle, .. } | Undo::Bytes { handle, .. }) =
            undo;
        self.touch(handle);
        let Some(Some(object)) = self.slots.get_mut(handle as usize) else { return };
        match undo {
            Undo::Cell { index, old, .. } => {
                if let Some(cell) = object.body.cells_mut().and_then(|cells| cells.get_mut(index)) {
                    *cell = old;
                }
            }
            Undo::Short { index, old, .. } => {
                if let Body::Shorts(shorts) = &mut object.body
                    && let Some(element) = shorts.get_mut(index)
                {
                    *element = old;
                }
            }
            Undo::Bytes { offset, old, .. } => {
                let range = offset..offset.saturating_add(old.len());
                if let Some(target) = object.body.bytes_mut().and_then(|all| all.get_mut(range)) {
                    target.copy_from_slice(&old);
                }
            }
        }
    }

    /// Clears references to objects that are gone: transient memory may still hold some, and what is not in transactions.
    pub(super) fn forget(&mut self, aborted: &AbortedObjects) {
        if aborted.0.is_empty() {
            return;
        }
        let mut changed = Vec::new();
        for (handle, object) in (0_u32..).zip(&mut self.slots) {
            let Some(object) = object.as_mut() else { continue };
            if matches!(object.body, Body::Ints(_)) {
                continue;
            }
            let cells = object.body.cells_mut().into_iter().flatten();
            let before = changed.len();
            for cell in cells.filter(|cell| aborted.contains(**cell)) {
                *cell = 0;
                if changed.len() == before && object.flags.is_persistent() {
                    changed.push(handle);
                }
            }
        }
        for handle in changed {
            self.touch(handle);
        }
    }

    /// What an abort looks through: references, and objects.
    pub(crate) fn extent(&self) -> usize {
        let cells = |object: &super::Object| object.body.cells().map_or(0, <[i32]>::len);
        self.slots.len() + self.slots.iter().flatten().map(cells).sum::<usize>()
    }
}
