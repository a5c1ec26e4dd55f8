//! Between columns and values.

use jiff::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};
use token_management::subsystem::tks::Cuid;

use crate::{StoreError, page::Listing};

/// A CUID as it is in the database: upper-case hexadecimal.
pub(super) fn cuid_text(cuid: &Cuid) -> String {
    hex::encode_upper(cuid)
}

/// A moment as it is in the database: milliseconds since 1970.
pub(super) fn moment(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Columns of one row, by name.
pub(super) struct Columns<'r>(pub(super) &'r SqliteRow);

impl Columns<'_> {
    pub(super) fn text(&self, name: &str) -> Result<String, StoreError> {
        Ok(self.0.try_get(name)?)
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.try_get(name)?)
    }

    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.0.try_get(name)?)
    }

    pub(super) fn integer(&self, name: &str) -> Result<i64, StoreError> {
        Ok(self.0.try_get(name)?)
    }

    pub(super) fn optional_integer(&self, name: &str) -> Result<Option<i64>, StoreError> {
        Ok(self.0.try_get(name)?)
    }

    pub(super) fn number(&self, name: &str) -> Result<u64, StoreError> {
        u64::try_from(self.integer(name)?).map_err(|_| StoreError::Damaged("negative number"))
    }

    pub(super) fn byte(&self, name: &str) -> Result<u8, StoreError> {
        u8::try_from(self.integer(name)?).map_err(|_| StoreError::Damaged("number above 255"))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.integer(name)? != 0)
    }

    pub(super) fn time(&self, name: &str) -> Result<Timestamp, StoreError> {
        timestamp(self.integer(name)?)
    }

    pub(super) fn optional_time(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.optional_integer(name)?.map(timestamp).transpose()
    }

    pub(super) fn cuid(&self, name: &str) -> Result<Cuid, StoreError> {
        let bytes =
            hex::decode(self.text(name)?).map_err(|_| StoreError::Damaged("CUID not in hex"))?;
        bytes.try_into().map_err(|_| StoreError::Damaged("CUID not of 10 bytes"))
    }
}

fn timestamp(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| StoreError::Damaged("impossible time"))
}

/// A page from its rows and the length of the whole.
pub(super) fn listing<T>(
    total: i64,
    rows: &[SqliteRow],
    read: impl Fn(&Columns<'_>) -> Result<T, StoreError>,
) -> Result<Listing<T>, StoreError> {
    Ok(Listing {
        total: u64::try_from(total).unwrap_or_default(),
        entries: rows.iter().map(|row| read(&Columns(row))).collect::<Result<_, _>>()?,
    })
}
