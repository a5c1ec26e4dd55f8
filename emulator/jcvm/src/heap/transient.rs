//! Transient memory: how much of it there is, who uses it, and what is kept for whom [GPCS 2.3.1 §11.5.2.3.7].

use std::collections::BTreeMap;

use super::{Lifetime, Object, OutOfMemory};
use crate::ident::AppletId;

/// What an applet may use of transient memory, both kinds together, and what is kept for it in each kind; in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransientAllotment {
    /// The most; none: as much as there is.
    pub quota: Option<usize>,
    /// What no other applet gets.
    pub reserved: usize,
}

/// Memory of one kind, in bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Pool {
    limit: usize,
    used: usize,
}

impl Pool {
    /// Nothing, where an image was made by a card with more of it.
    const fn left(self) -> usize {
        self.limit.saturating_sub(self.used)
    }
}

/// All transient memory of a card.
#[derive(Debug, Default)]
pub(super) struct TransientMemory {
    reset: Pool,
    deselect: Pool,
    // Invariant: the sum of the contents of the transient objects of each applet.
    used: BTreeMap<AppletId, usize>,
    allotments: BTreeMap<AppletId, TransientAllotment>,
}

impl TransientMemory {
    pub(super) fn new(reset: usize, deselect: usize) -> Self {
        let pool = |limit| Pool { limit, used: 0 };
        Self { reset: pool(reset), deselect: pool(deselect), ..Self::default() }
    }

    pub(super) fn allot(
        &mut self,
        allotments: impl IntoIterator<Item = (AppletId, TransientAllotment)>,
    ) {
        self.allotments.clear();
        self.allotments.extend(allotments);
    }

    /// Takes the memory for a new object, within what its owner may use.
    pub(super) fn take(&mut self, object: &Object) -> Result<(), OutOfMemory> {
        let (reset, deselect) = self.free_for(object.owner);
        let free = match object.lifetime() {
            Lifetime::ClearOnReset => reset,
            Lifetime::ClearOnDeselect => deselect,
            Lifetime::Persistent | Lifetime::Runtime => return Ok(()),
        };
        if object.content_size() > free {
            return Err(OutOfMemory::Transient);
        }
        self.count(object);
        Ok(())
    }

    /// Counts the memory of an object that is there, whatever is left.
    pub(super) fn count(&mut self, object: &Object) {
        let bytes = object.content_size();
        let Some(pool) = self.pool(object.lifetime()) else { return };
        pool.used += bytes;
        *self.used.entry(object.owner).or_default() += bytes;
    }

    /// Gives the memory of an object back.
    pub(super) fn give(&mut self, object: &Object) {
        let bytes = object.content_size();
        let Some(pool) = self.pool(object.lifetime()) else { return };
        pool.used = pool.used.saturating_sub(bytes);
        if let Some(used) = self.used.get_mut(&object.owner) {
            *used = used.saturating_sub(bytes);
            if *used == 0 {
                self.used.remove(&object.owner);
            }
        }
    }

    /// What is left: cleared on reset, cleared on deselection.
    pub(super) const fn free(&self) -> (usize, usize) {
        (self.reset.left(), self.deselect.left())
    }

    /// What is left of both kinds for an applet: within its quota, of what is not kept for others.
    pub(super) fn free_for(&self, owner: AppletId) -> (usize, usize) {
        let used_by = |applet: &AppletId| self.used.get(applet).copied().unwrap_or_default();
        let others = self.allotments.iter().filter(|(applet, _)| **applet != owner);
        let kept = others
            .map(|(applet, allotment)| allotment.reserved.saturating_sub(used_by(applet)))
            .fold(0, usize::saturating_add);
        let quota = self.allotments.get(&owner).and_then(|allotment| allotment.quota);
        let within = quota.map_or(usize::MAX, |quota| quota.saturating_sub(used_by(&owner)));
        let free = |pool: Pool| pool.left().saturating_sub(kept).min(within);
        (free(self.reset), free(self.deselect))
    }

    const fn pool(&mut self, lifetime: Lifetime) -> Option<&mut Pool> {
        match lifetime {
            Lifetime::ClearOnReset => Some(&mut self.reset),
            Lifetime::ClearOnDeselect => Some(&mut self.deselect),
            Lifetime::Persistent | Lifetime::Runtime => None,
        }
    }
}
