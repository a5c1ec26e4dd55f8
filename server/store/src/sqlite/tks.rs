//! Key change-overs in SQLite.

use super::{
    Database,
    row::{Columns, cuid_text, moment},
};
use crate::{
    StoreError,
    tks::{KEY_CHANGES_MAX, KeyChange, KeyChangeStore},
};
use token_management::subsystem::tks::Cuid;

fn read(columns: &Columns<'_>) -> Result<KeyChange, StoreError> {
    Ok(KeyChange {
        cuid: columns.cuid("cuid")?,
        key_set: columns.text("key_set")?,
        old_version: columns.byte("old_version")?,
        new_version: columns.byte("new_version")?,
        created: columns.time("created")?,
    })
}

impl KeyChangeStore for Database {
    async fn record_key_change(&self, change: &KeyChange) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO key_change (cuid, key_set, old_version, new_version, created) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(cuid_text(&change.cuid))
        .bind(&change.key_set)
        .bind(change.old_version)
        .bind(change.new_version)
        .bind(moment(change.created))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn key_changes(&self, cuid: &Cuid) -> Result<Vec<KeyChange>, StoreError> {
        let rows = sqlx::query("SELECT * FROM key_change WHERE cuid = ? ORDER BY id DESC LIMIT ?")
            .bind(cuid_text(cuid))
            .bind(KEY_CHANGES_MAX)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| read(&Columns(row))).collect()
    }
}
