//! The write log: numbers, undo journal, commits, power failures.

use std::collections::BTreeMap;

use super::{KEY_LENGTH_MAX, NvmError, Owner, RECORD_OVERHEAD, SYSTEM_RESERVE, VALUE_LENGTH_MAX};
use crate::{
    image::{Change, ImageError, ImageStore},
    trace::{Trace, Writer},
};

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// What an owner may use, and what is kept for it, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allotment {
    /// The most; none: as much as there is.
    pub(crate) quota: Option<usize>,
    /// What no other owner gets.
    pub(crate) reserved: usize,
}

/// One write that can still be undone.
struct Undo {
    owner: Owner,
    key: Vec<u8>,
    previous: Option<Vec<u8>>,
}

/// All records of the card, and how they change.
///
/// Each put and each delete is one write, and so is the mark that ends a commit. A power failure after any write before the mark
/// leaves the state of the commit before; after the mark, the new one.
pub(crate) struct WriteLog {
    records: BTreeMap<Owner, Records>,
    // Writes since the last commit, oldest first; undone from the end.
    journal: Vec<Undo>,
    image: Box<dyn ImageStore>,
    capacity: usize,
    // Invariant: the sum of `cost` over all records, and over those of each owner.
    used: usize,
    usage: BTreeMap<Owner, usize>,
    allotments: BTreeMap<Owner, Allotment>,
    writes: u64,
    tear_at: Option<u64>,
    power_lost: bool,
    system_written: bool,
    // Who watches the card; it is here because whatever acts in the card has the log at hand.
    pub(crate) trace: Trace,
}

impl WriteLog {
    /// Opens the records of an image.
    pub(crate) fn open(mut image: Box<dyn ImageStore>) -> Result<Self, ImageError> {
        let mut log = Self {
            records: BTreeMap::new(),
            journal: Vec::new(),
            capacity: usize::MAX,
            used: 0,
            usage: BTreeMap::new(),
            allotments: BTreeMap::new(),
            writes: 0,
            tear_at: None,
            power_lost: false,
            system_written: false,
            trace: Trace::default(),
            image: Box::new(crate::image::MemoryImage::default()),
        };
        for record in image.load()? {
            log.replace(record.owner, &record.key, Some(record.value));
        }
        log.image = image;
        Ok(log)
    }

    /// Sets how many bytes the card has.
    pub(crate) const fn set_capacity(&mut self, bytes: usize) {
        self.capacity = bytes;
    }

    pub(crate) fn get(&self, owner: Owner, key: &[u8]) -> Option<&[u8]> {
        self.records.get(&owner)?.get(key).map(Vec::as_slice)
    }

    pub(crate) fn keys_with_prefix(&self, owner: Owner, prefix: &[u8]) -> Vec<Vec<u8>> {
        let Some(records) = self.records.get(&owner) else { return Vec::new() };
        let from_prefix = records.range(prefix.to_vec()..);
        from_prefix.map(|(key, _)| key).take_while(|key| key.starts_with(prefix)).cloned().collect()
    }

    pub(crate) fn put(&mut self, owner: Owner, key: &[u8], value: Vec<u8>) -> Result<(), NvmError> {
        if key.len() > KEY_LENGTH_MAX || value.len() > VALUE_LENGTH_MAX {
            return Err(NvmError::RecordTooLong);
        }
        let before = self.get(owner, key).map_or(0, |old| cost(key, old));
        let after = cost(key, &value);
        if after > before && after - before > self.free_for(owner) {
            return Err(NvmError::Full);
        }
        self.count_write(Writer::Owner(owner))?;
        self.change(owner, key, Some(value));
        self.end_write()
    }

    /// Writes the record of an object of the virtual machine, or deletes it. The machine has counted the stores that it holds, and has
    /// kept within the memory that was free: neither is looked at again.
    pub(crate) fn mirror(
        &mut self,
        owner: Owner,
        key: &[u8],
        value: Option<Vec<u8>>,
    ) -> Result<(), NvmError> {
        if value.as_ref().is_some_and(|value| value.len() > VALUE_LENGTH_MAX) {
            return Err(NvmError::RecordTooLong);
        }
        let before = self.get(owner, key);
        if before == value.as_deref() {
            return Ok(());
        }
        let (before, after) = (
            before.map_or(0, |old| cost(key, old)),
            value.as_ref().map_or(0, |new| cost(key, new)),
        );
        if after > before && self.used - before + after > self.capacity {
            return Err(NvmError::Full);
        }
        self.change(owner, key, value);
        Ok(())
    }

    /// Counts stores of the virtual machine; the power may have failed after one of them.
    pub(crate) fn count_stores(&mut self, owner: Owner, stores: u64) {
        self.writes += stores;
        self.trace.wrote(Writer::Owner(owner), stores);
        self.power_lost |= stores > 0 && self.tear_at.is_some_and(|at| self.writes >= at);
    }

    /// After how many writes from now the power fails, if it does.
    pub(crate) fn tear_in(&self) -> Option<u64> {
        self.tear_at.map(|at| at.saturating_sub(self.writes).max(1))
    }

    pub(crate) fn delete(&mut self, owner: Owner, key: &[u8]) -> Result<(), NvmError> {
        if self.get(owner, key).is_none() {
            return Ok(());
        }
        self.count_write(Writer::Owner(owner))?;
        self.change(owner, key, None);
        self.end_write()
    }

    /// Deletes all records of an owner.
    pub(crate) fn delete_owner(&mut self, owner: Owner) -> Result<(), NvmError> {
        self.keys_with_prefix(owner, &[]).iter().try_for_each(|key| self.delete(owner, key))
    }

    fn change(&mut self, owner: Owner, key: &[u8], value: Option<Vec<u8>>) {
        let previous = self.replace(owner, key, value);
        self.system_written |= owner == Owner::System;
        self.journal.push(Undo { owner, key: key.to_vec(), previous });
    }

    fn replace(&mut self, owner: Owner, key: &[u8], value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let after = value.as_ref().map_or(0, |new| cost(key, new));
        let records = self.records.entry(owner).or_default();
        let previous = match value {
            Some(value) => records.insert(key.to_vec(), value),
            None => records.remove(key),
        };
        if records.is_empty() {
            self.records.remove(&owner);
        }
        let before = previous.as_ref().map_or(0, |old| cost(key, old));
        self.used = self.used + after - before;
        let usage = self.usage.entry(owner).or_default();
        *usage = *usage + after - before;
        if *usage == 0 {
            self.usage.remove(&owner);
        }
        previous
    }

    fn count_write(&mut self, writer: Writer) -> Result<(), NvmError> {
        if self.power_lost {
            return Err(NvmError::PowerLost);
        }
        self.writes += 1;
        self.trace.wrote(writer, 1);
        Ok(())
    }

    /// The write took place; does the power fail now?
    fn end_write(&mut self) -> Result<(), NvmError> {
        self.power_lost |= self.tear_at.is_some_and(|at| self.writes >= at);
        if self.power_lost { Err(NvmError::PowerLost) } else { Ok(()) }
    }

    /// Makes the writes since the last commit survive, all of them in one transaction of the image.
    pub(crate) fn commit(&mut self) -> Result<(), NvmError> {
        if self.power_lost {
            return Err(NvmError::PowerLost);
        }
        if self.journal.is_empty() {
            return Ok(());
        }
        self.store()?;
        self.count_write(Writer::Commit)?;
        self.end_write()
    }

    /// Whether there are writes since the last commit.
    pub(crate) const fn has_uncommitted(&self) -> bool {
        !self.journal.is_empty()
    }

    /// Makes the writes since the last commit survive, whether the power has failed or not, without a mark: each of them counts for
    /// itself, as the stores of an applet do.
    pub(crate) fn keep(&mut self) -> Result<(), NvmError> {
        if self.journal.is_empty() { Ok(()) } else { self.store() }
    }

    fn store(&mut self) -> Result<(), NvmError> {
        let batch = self.batch();
        if let Err(error) = self.image.apply(&batch) {
            tracing::error!(%error, "card image not written");
            return Err(NvmError::ImageFailed);
        }
        self.journal.clear();
        self.system_written = false;
        Ok(())
    }

    /// The records that the journal names, as they are now; each once.
    fn batch(&self) -> Vec<Change> {
        let touched: std::collections::BTreeSet<(Owner, &[u8])> =
            self.journal.iter().map(|undo| (undo.owner, undo.key.as_slice())).collect();
        let change = |(owner, key): (Owner, &[u8])| Change {
            owner,
            key: key.to_vec(),
            value: self.get(owner, key).map(<[u8]>::to_vec),
        };
        touched.into_iter().map(change).collect()
    }

    /// Undoes the writes since the last commit. Returns whether a record of the system was among them.
    pub(crate) fn roll_back(&mut self) -> bool {
        while let Some(undo) = self.journal.pop() {
            self.replace(undo.owner, &undo.key, undo.previous);
        }
        core::mem::take(&mut self.system_written)
    }

    /// Lets the power fail after the `writes`-th write from now (1 is the next one).
    pub(crate) const fn tear_after(&mut self, writes: u64) {
        self.tear_at = Some(self.writes.saturating_add(writes));
    }

    /// No tear comes any more.
    pub(crate) const fn forget_tear(&mut self) {
        self.tear_at = None;
    }

    /// Power is back. A tear that came about is forgotten; one that was set since then is not.
    pub(crate) fn power_on(&mut self) -> bool {
        self.power_lost = false;
        self.tear_at = self.tear_at.filter(|at| self.writes < *at);
        self.roll_back()
    }

    pub(crate) const fn power_lost(&self) -> bool {
        self.power_lost
    }

    pub(crate) const fn writes(&self) -> u64 {
        self.writes
    }

    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) const fn used(&self) -> usize {
        self.used
    }

    pub(crate) const fn free(&self) -> usize {
        self.capacity.saturating_sub(SYSTEM_RESERVE).saturating_sub(self.used)
    }

    pub(crate) fn used_by(&self, owner: Owner) -> usize {
        self.usage.get(&owner).copied().unwrap_or_default()
    }

    /// Sets what an owner may use; the default takes a quota away.
    pub(crate) fn allot(&mut self, owner: Owner, allotment: Allotment) {
        if allotment == Allotment::default() {
            self.allotments.remove(&owner);
        } else {
            self.allotments.insert(owner, allotment);
        }
    }

    /// Nobody has a quota any more.
    pub(crate) fn forget_allotments(&mut self) {
        self.allotments.clear();
    }

    /// What an owner may still fill: within its quota, of what is not kept for others. The card itself and its domains may fill what
    /// is kept for them, too.
    pub(crate) fn free_for(&self, owner: Owner) -> usize {
        let of_the_card = matches!(owner, Owner::System | Owner::Domain(_));
        let reserve = if of_the_card { 0 } else { SYSTEM_RESERVE };
        let others = self.allotments.iter().filter(|(other, _)| **other != owner);
        let kept = others
            .map(|(other, allotment)| allotment.reserved.saturating_sub(self.used_by(*other)))
            .fold(0, usize::saturating_add);
        let free = self.capacity.saturating_sub(reserve).saturating_sub(self.used);
        let quota = self.allotments.get(&owner).and_then(|allotment| allotment.quota);
        let within = quota.map_or(usize::MAX, |quota| quota.saturating_sub(self.used_by(owner)));
        free.saturating_sub(kept).min(within)
    }

    /// All records, ascending by owner and key.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Owner, &[u8], &[u8])> {
        self.records.iter().flat_map(|(owner, records)| {
            records.iter().map(|(key, value)| (*owner, key.as_slice(), value.as_slice()))
        })
    }

    /// What is free and kept for nobody.
    pub(crate) fn unreserved(&self) -> usize {
        let kept = self.allotments.iter();
        kept.map(|(owner, allotment)| allotment.reserved.saturating_sub(self.used_by(*owner)))
            .fold(self.free(), usize::saturating_sub)
    }

    pub(crate) fn owners(&self) -> impl Iterator<Item = Owner> {
        self.records.keys().copied()
    }
}

const fn cost(key: &[u8], value: &[u8]) -> usize {
    key.len() + value.len() + RECORD_OVERHEAD
}
