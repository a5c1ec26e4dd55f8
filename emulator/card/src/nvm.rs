//! Persistent memory: records, and the one write log through which every persistent change goes.
//!
//! A record is a key and a value, both bytes, and belongs to an [`Owner`]. [`Nvm`] is what one owner sees of them. The log numbers
//! each write, undoes what was not committed, hands committed batches to the card image, and can let the power fail after any
//! write: the state found at the next power-up is then that of the last commit, never something between.

mod log;

use core::fmt;

use iso7816::{Aid, StatusWord};
use thiserror::Error;

pub(crate) use self::log::{Allotment, WriteLog};

/// What a record costs beyond its key and value, in bytes: the header that a file system in EEPROM would keep.
pub const RECORD_OVERHEAD: usize = 8;
/// Longest record key, in bytes.
pub const KEY_LENGTH_MAX: usize = 64;
/// Longest record value, in bytes: the longest array of the virtual machine, 32,767 cells, with its header.
pub const VALUE_LENGTH_MAX: usize = 0x2_0020;
/// Memory that only the card itself may fill, in bytes: a full card must still count its sessions.
pub const SYSTEM_RESERVE: usize = 1024;

/// To whom a record belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The card itself: registry, keys, counters, data objects.
    System,
    /// An application instance.
    Instance(Aid),
    /// A loaded load file.
    LoadFile(Aid),
    /// A supplementary security domain: its keys, counters and data objects.
    Domain(Aid),
}

impl Owner {
    /// The owner as bytes of a card image: one byte for its kind, then the AID.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let (kind, aid) = match &self {
            Self::System => (0, &[][..]),
            Self::Instance(aid) => (1, aid.as_bytes()),
            Self::LoadFile(aid) => (2, aid.as_bytes()),
            Self::Domain(aid) => (3, aid.as_bytes()),
        };
        let mut bytes = vec![kind];
        bytes.extend_from_slice(aid);
        bytes
    }

    /// The owner from bytes of a card image.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0] => Some(Self::System),
            [1, aid @ ..] => Aid::new(aid).ok().map(Self::Instance),
            [2, aid @ ..] => Aid::new(aid).ok().map(Self::LoadFile),
            [3, aid @ ..] => Aid::new(aid).ok().map(Self::Domain),
            _ => None,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Instance(aid) => write!(f, "instance {aid}"),
            Self::LoadFile(aid) => write!(f, "load file {aid}"),
            Self::Domain(aid) => write!(f, "security domain {aid}"),
        }
    }
}

/// Why a write did not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NvmError {
    /// The memory is full.
    #[error("persistent memory is full")]
    Full,
    /// The card image could not be written; the host computer is at fault.
    #[error("the card image could not be written")]
    ImageFailed,
    /// Key or value are longer than a record may be.
    #[error("record key or value too long")]
    RecordTooLong,
    /// The power failed; nothing is written any more until the next power-up.
    #[error("the power failed")]
    PowerLost,
}

impl From<NvmError> for StatusWord {
    fn from(error: NvmError) -> Self {
        match error {
            NvmError::Full | NvmError::RecordTooLong => Self::NO_MEMORY,
            NvmError::ImageFailed => Self::MEMORY_FAILURE,
            NvmError::PowerLost => Self::UNKNOWN,
        }
    }
}

/// The persistent records of one owner.
///
/// Writes take effect at once for reads, and for good when the command succeeds or at [`Nvm::commit`]; a command that fails
/// undoes what it wrote since then.
pub struct Nvm<'a> {
    pub(crate) log: &'a mut WriteLog,
    owner: Owner,
    // Whether `commit` is for the card alone.
    indivisible: bool,
}

impl<'a> Nvm<'a> {
    pub(crate) const fn new(log: &'a mut WriteLog, owner: Owner, indivisible: bool) -> Self {
        Self { log, owner, indivisible }
    }

    /// The value of a record.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.log.get(self.owner, key)
    }

    /// Writes a record, new or not.
    ///
    /// # Errors
    /// 6A84 when the memory is full or the record too long.
    pub fn put(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), StatusWord> {
        Ok(self.log.put(self.owner, key, value)?)
    }

    /// Deletes a record; nothing happens where there is none.
    ///
    /// # Errors
    /// A status word only when the power has failed.
    pub fn delete(&mut self, key: &[u8]) -> Result<(), StatusWord> {
        Ok(self.log.delete(self.owner, key)?)
    }

    /// The keys that begin with `prefix`, in ascending order.
    #[must_use]
    pub fn keys_with_prefix(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        self.log.keys_with_prefix(self.owner, prefix)
    }

    /// Makes what was written so far survive even if the command fails later (PIN try counters). While an instance is installed or
    /// deleted this does nothing: that is done whole or not at all.
    ///
    /// # Errors
    /// 6581 when the card image could not be written.
    pub fn commit(&mut self) -> Result<(), StatusWord> {
        if self.indivisible {
            return Ok(());
        }
        Ok(self.log.commit()?)
    }

    /// Whether the command is done whole or not at all.
    pub(crate) const fn is_indivisible(&self) -> bool {
        self.indivisible
    }

    /// Persistent memory that is left for this owner, in bytes: what the card has, within the owner's quota.
    #[must_use]
    pub fn free(&self) -> usize {
        self.log.free_for(self.owner)
    }

    /// Persistent memory of the whole card, in bytes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.log.capacity()
    }

    /// What the records of this owner occupy, in bytes.
    #[must_use]
    pub fn used(&self) -> usize {
        self.log.used_by(self.owner)
    }
}
