//! A card image in a file, one `redb` table; each committed batch is one durable transaction.

use std::path::Path;

use ::redb::{
    Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition, TableError,
};

use super::{Change, ImageError, ImageStore, Record};
use crate::nvm::Owner;

/// Key: one byte length of the owner, the owner, the record's key. Value: the record's value.
const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");

/// A card image in a file.
pub struct RedbImage {
    database: Database,
}

impl RedbImage {
    /// Opens the image at `path`, or makes an empty one there.
    ///
    /// # Errors
    /// `InUse` while another card has the file; `Store` when it cannot be opened or is no image.
    pub fn open_or_create(path: &Path) -> Result<Self, ImageError> {
        Ok(Self { database: Database::create(path).map_err(opening)? })
    }

    /// Opens the image at `path`.
    ///
    /// # Errors
    /// `InUse` while another card has the file; `Store` when there is none or it is no image.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        Ok(Self { database: Database::open(path).map_err(opening)? })
    }
}

impl ImageStore for RedbImage {
    fn load(&mut self) -> Result<Vec<Record>, ImageError> {
        let transaction = self.database.begin_read().map_err(store)?;
        let table = match transaction.open_table(RECORDS) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(store(error)),
        };
        let mut records = Vec::new();
        for entry in table.iter().map_err(store)? {
            let (key, value) = entry.map_err(store)?;
            let (owner, key) =
                split(key.value()).ok_or(ImageError::Corrupt("a record has no owner"))?;
            records.push(Record { owner, key: key.to_vec(), value: value.value().to_vec() });
        }
        Ok(records)
    }

    fn apply(&mut self, batch: &[Change]) -> Result<(), ImageError> {
        let transaction = self.database.begin_write().map_err(store)?;
        {
            let mut table = transaction.open_table(RECORDS).map_err(store)?;
            for change in batch {
                let key = join(change.owner, &change.key);
                match &change.value {
                    Some(value) => table.insert(key.as_slice(), value.as_slice()),
                    None => table.remove(key.as_slice()),
                }
                .map_err(store)?;
            }
        }
        transaction.commit().map_err(store)
    }
}

fn join(owner: Owner, key: &[u8]) -> Vec<u8> {
    let owner = owner.to_bytes();
    // An owner has at most 17 bytes.
    let mut bytes = vec![u8::try_from(owner.len()).unwrap_or(u8::MAX)];
    bytes.extend_from_slice(&owner);
    bytes.extend_from_slice(key);
    bytes
}

fn split(bytes: &[u8]) -> Option<(Owner, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (owner, key) = rest.split_at_checked(usize::from(*length))?;
    Some((Owner::from_bytes(owner)?, key))
}

fn opening(error: DatabaseError) -> ImageError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => ImageError::InUse,
        other => store(other),
    }
}

fn store(error: impl std::error::Error + Send + Sync + 'static) -> ImageError {
    ImageError::Store(Box::new(error))
}
