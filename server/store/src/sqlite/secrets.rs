//! Sealed keys in SQLite.

use super::{
    Database,
    row::{Columns, listing, moment},
};
use crate::{
    StoreError,
    page::{Listing, Page},
    secrets::{SealedKey, SealedKeyStore},
};

fn read(columns: &Columns<'_>) -> Result<SealedKey, StoreError> {
    Ok(SealedKey {
        name: columns.text("name")?,
        kind: columns.text("kind")?,
        visible: columns.bytes("visible")?,
        sealed: columns.bytes("sealed")?,
        created: columns.time("created")?,
    })
}

impl SealedKeyStore for Database {
    async fn sealing_parameters(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT parameters FROM sealing_parameters")
            .fetch_optional(&self.pool)
            .await?)
    }

    async fn put_sealing_parameters(&self, parameters: &[u8]) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO sealing_parameters (id, parameters) VALUES (1, ?)")
            .bind(parameters)
            .execute(&self.pool)
            .await
            .map_err(|e| StoreError::from(e).on_conflict("sealing parameters"))?;
        Ok(())
    }

    async fn put_sealed_key(&self, key: &SealedKey) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sealed_key (name, kind, visible, sealed, created) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&key.name)
        .bind(&key.kind)
        .bind(&key.visible)
        .bind(&key.sealed)
        .bind(moment(key.created))
        .execute(&self.pool)
        .await
        .map_err(|e| StoreError::from(e).on_conflict("key"))?;
        Ok(())
    }

    async fn sealed_key(&self, name: &str) -> Result<Option<SealedKey>, StoreError> {
        let row = sqlx::query("SELECT * FROM sealed_key WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| read(&Columns(&row))).transpose()
    }

    async fn sealed_keys(&self, page: Page) -> Result<Listing<SealedKey>, StoreError> {
        let total =
            sqlx::query_scalar("SELECT count(*) FROM sealed_key").fetch_one(&self.pool).await?;
        let rows = sqlx::query("SELECT * FROM sealed_key ORDER BY name LIMIT ? OFFSET ?")
            .bind(page.size())
            .bind(page.start())
            .fetch_all(&self.pool)
            .await?;
        listing(total, &rows, read)
    }
}
