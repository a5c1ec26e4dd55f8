//! The card image: where the records of a card are kept while no program runs.
//!
//! An image is the virtual card's EEPROM. Its records are plain bytes: **keys and PINs of the virtual card are in it unencrypted**,
//! as they are in the cells of a chip without its shield. Treat the file like a card that anybody may read.

mod redb;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use thiserror::Error;

pub use self::redb::RedbImage;
use crate::nvm::Owner;

/// A record as an image keeps it. No `Debug`: it may hold a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// To whom the record belongs.
    pub owner: Owner,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// One change of a committed batch. No `Debug`: it may hold a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// To whom the record belongs.
    pub owner: Owner,
    /// The key of the record.
    pub key: Vec<u8>,
    /// The new value; `None` when the record is deleted.
    pub value: Option<Vec<u8>>,
}

/// Why an image could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The image holds a record that no card wrote.
    #[error("the card image is damaged: {0}")]
    Corrupt(&'static str),
    /// The image holds no card yet.
    #[error("the card image holds no card")]
    Empty,
    /// Another program has the image open: its card is in use.
    #[error("the card image is in use by another program")]
    InUse,
    /// The image holds a card already.
    #[error("the card image already holds a card")]
    Occupied,
    /// The store below failed (file system, database).
    #[error("the card image could not be accessed: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A place that keeps records.
pub trait ImageStore: Send {
    /// All records.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn load(&mut self) -> Result<Vec<Record>, ImageError>;

    /// Applies all changes, or none of them, and makes them survive.
    ///
    /// # Errors
    /// When the store cannot be written; nothing has changed then.
    fn apply(&mut self, batch: &[Change]) -> Result<(), ImageError>;
}

type MemoryRecords = BTreeMap<(Owner, Vec<u8>), Vec<u8>>;

/// An image in memory. Clones share the records, so that a card can be opened again on what another one left.
#[derive(Clone, Default)]
pub struct MemoryImage {
    records: Arc<Mutex<MemoryRecords>>,
}

impl MemoryImage {
    /// A copy that no longer shares the records.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { records: Arc::new(Mutex::new(records)) }
    }
}

impl ImageStore for MemoryImage {
    fn load(&mut self) -> Result<Vec<Record>, ImageError> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let record = |((owner, key), value): (&(Owner, Vec<u8>), &Vec<u8>)| Record {
            owner: *owner,
            key: key.clone(),
            value: value.clone(),
        };
        Ok(records.iter().map(record).collect())
    }

    fn apply(&mut self, batch: &[Change]) -> Result<(), ImageError> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        for change in batch {
            let at = (change.owner, change.key.clone());
            match &change.value {
                Some(value) => records.insert(at, value.clone()),
                None => records.remove(&at),
            };
        }
        Ok(())
    }
}
