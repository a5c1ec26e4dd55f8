//! The archive in SQLite.

use sqlx::SqliteExecutor;

use super::{
    Database,
    row::{Columns, cuid_text, listing, moment},
};
use crate::{
    StoreError,
    drm::{ArchiveEvent, ArchiveEventKind, ArchiveStore, ArchivedKey},
    page::{Listing, Page},
};

fn read(columns: &Columns<'_>) -> Result<ArchivedKey, StoreError> {
    Ok(ArchivedKey {
        id: columns.text("id")?,
        cuid: columns.cuid("cuid")?,
        user: columns.text("user")?,
        public_key: columns.bytes("public_key")?,
        wrapped_session_key: columns.bytes("wrapped_session_key")?,
        wrapped_private_key: columns.bytes("wrapped_private_key")?,
        wrapping: columns.text("wrapping")?,
        created: columns.time("created")?,
    })
}

fn read_event(columns: &Columns<'_>) -> Result<ArchiveEvent, StoreError> {
    let kind = columns.text("kind")?;
    Ok(ArchiveEvent {
        kind: [ArchiveEventKind::Generated, ArchiveEventKind::Recovered]
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or(StoreError::Damaged("unknown archive event"))?,
        key: columns.optional_text("key")?,
        cuid: columns.cuid("cuid")?,
        user: columns.text("user")?,
        granted: columns.flag("granted")?,
        created: columns.time("created")?,
    })
}

async fn insert_event(
    executor: impl SqliteExecutor<'_>,
    event: &ArchiveEvent,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO archive_event (kind, key, cuid, user, granted, created) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(event.kind.as_str())
    .bind(&event.key)
    .bind(cuid_text(&event.cuid))
    .bind(&event.user)
    .bind(event.granted)
    .bind(moment(event.created))
    .execute(executor)
    .await?;
    Ok(())
}

impl ArchiveStore for Database {
    async fn archive_key(&self, key: &ArchivedKey, event: &ArchiveEvent) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO archived_key (id, cuid, user, public_key, wrapped_session_key, \
             wrapped_private_key, wrapping, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&key.id)
        .bind(cuid_text(&key.cuid))
        .bind(&key.user)
        .bind(&key.public_key)
        .bind(&key.wrapped_session_key)
        .bind(&key.wrapped_private_key)
        .bind(&key.wrapping)
        .bind(moment(key.created))
        .execute(&mut *transaction)
        .await
        .map_err(|e| StoreError::from(e).on_conflict("archived key"))?;
        insert_event(&mut *transaction, event).await?;
        Ok(transaction.commit().await?)
    }

    async fn archived_key(&self, public_key: &[u8]) -> Result<Option<ArchivedKey>, StoreError> {
        let row = sqlx::query("SELECT * FROM archived_key WHERE public_key = ?")
            .bind(public_key)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| read(&Columns(&row))).transpose()
    }

    async fn archived_keys(
        &self,
        user: Option<&str>,
        page: Page,
    ) -> Result<Listing<ArchivedKey>, StoreError> {
        let total =
            sqlx::query_scalar("SELECT count(*) FROM archived_key WHERE ?1 IS NULL OR user = ?1")
                .bind(user)
                .fetch_one(&self.pool)
                .await?;
        let rows = sqlx::query(
            "SELECT * FROM archived_key WHERE ?1 IS NULL OR user = ?1 \
             ORDER BY created, id LIMIT ?2 OFFSET ?3",
        )
        .bind(user)
        .bind(page.size())
        .bind(page.start())
        .fetch_all(&self.pool)
        .await?;
        listing(total, &rows, read)
    }

    async fn record_archive_event(&self, event: &ArchiveEvent) -> Result<(), StoreError> {
        insert_event(&self.pool, event).await
    }

    async fn archive_events(&self, page: Page) -> Result<Listing<ArchiveEvent>, StoreError> {
        let total =
            sqlx::query_scalar("SELECT count(*) FROM archive_event").fetch_one(&self.pool).await?;
        let rows = sqlx::query("SELECT * FROM archive_event ORDER BY id DESC LIMIT ? OFFSET ?")
            .bind(page.size())
            .bind(page.start())
            .fetch_all(&self.pool)
            .await?;
        listing(total, &rows, read_event)
    }
}
