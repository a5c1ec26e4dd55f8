//! The token database in SQLite.

use jiff::{SignedDuration, Timestamp};
use sqlx::{Sqlite, Transaction};
use token_management::subsystem::tks::Cuid;

use super::{
    Database,
    row::{Columns, cuid_text, listing, moment},
    tokens::{
        fetch_token, insert_activity, insert_token, read_activity, read_certificate,
        read_operation, read_token, set_certificate_status, update_token,
    },
};
use crate::{
    StoreError,
    page::{Listing, Page},
    tps::{
        ActivityRow, Commit, InterruptedOperation, OpenedOperation, OperationId, StatusChange,
        Token, TokenCertificate, TokenCertificateFilter, TokenCertificateRow, TokenFilter,
        TokenRow, TokenStatus, TokenStore, TryVerdict, User,
    },
};

async fn put_token(
    transaction: &mut Transaction<'_, Sqlite>,
    token: &Token,
    at: Timestamp,
) -> Result<(), StoreError> {
    match fetch_token(&mut **transaction, &token.cuid).await? {
        None => insert_token(&mut **transaction, token, at).await,
        Some(former) => {
            let (from, to) = (former.token.status, token.status);
            if !from.allows_operation(to) {
                return Err(StoreError::ForbiddenTransition { from, to });
            }
            update_token(&mut **transaction, token, at).await
        }
    }
}

async fn close_operation(
    transaction: &mut Transaction<'_, Sqlite>,
    id: OperationId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE operation SET finished = ?1, updated = ?1, outcome = 'done' \
         WHERE id = ?2 AND finished IS NULL",
    )
    .bind(moment(at))
    .bind(id.0)
    .execute(&mut **transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::OperationSuperseded);
    }
    Ok(())
}

async fn close_interrupted(
    transaction: &mut Transaction<'_, Sqlite>,
    cuid: &str,
    at: Timestamp,
) -> Result<Vec<InterruptedOperation>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM operation WHERE cuid = ? AND finished IS NULL ORDER BY id LIMIT ?",
    )
    .bind(cuid)
    .bind(crate::page::PAGE_MAX)
    .fetch_all(&mut **transaction)
    .await?;
    sqlx::query(
        "UPDATE operation SET finished = ?1, updated = ?1, outcome = 'interrupted' \
         WHERE cuid = ?2 AND finished IS NULL",
    )
    .bind(moment(at))
    .bind(cuid)
    .execute(&mut **transaction)
    .await?;
    rows.iter().map(|row| read_operation(&Columns(row))).collect()
}

impl TokenStore for Database {
    async fn token(&self, cuid: &Cuid) -> Result<Option<TokenRow>, StoreError> {
        fetch_token(&self.pool, cuid).await
    }

    async fn tokens(
        &self,
        filter: &TokenFilter,
        page: Page,
    ) -> Result<Listing<TokenRow>, StoreError> {
        let status = filter.status.map(|status| status as u8);
        let total = sqlx::query_scalar(
            "SELECT count(*) FROM token \
             WHERE (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR status = ?2)",
        )
        .bind(&filter.user)
        .bind(status)
        .fetch_one(&self.pool)
        .await?;
        let rows = sqlx::query(
            "SELECT * FROM token WHERE (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR status = ?2) \
             ORDER BY created, cuid LIMIT ?3 OFFSET ?4",
        )
        .bind(&filter.user)
        .bind(status)
        .bind(page.size())
        .bind(page.start())
        .fetch_all(&self.pool)
        .await?;
        listing(total, &rows, read_token)
    }

    async fn add_token(&self, token: &Token, at: Timestamp) -> Result<(), StoreError> {
        insert_token(&self.pool, token, at).await
    }

    async fn token_certificates(
        &self,
        filter: &TokenCertificateFilter,
        page: Page,
    ) -> Result<Listing<TokenCertificateRow>, StoreError> {
        let cuid = filter.cuid.as_ref().map(cuid_text);
        let total = sqlx::query_scalar(
            "SELECT count(*) FROM token_certificate WHERE (?1 IS NULL OR cuid = ?1) \
             AND (?2 IS NULL OR user = ?2) AND (?3 IS NULL OR serial = ?3)",
        )
        .bind(&cuid)
        .bind(&filter.user)
        .bind(&filter.serial)
        .fetch_one(&self.pool)
        .await?;
        let rows = sqlx::query(
            "SELECT * FROM token_certificate WHERE (?1 IS NULL OR cuid = ?1) \
             AND (?2 IS NULL OR user = ?2) AND (?3 IS NULL OR serial = ?3) \
             ORDER BY created, rowid LIMIT ?4 OFFSET ?5",
        )
        .bind(&cuid)
        .bind(&filter.user)
        .bind(&filter.serial)
        .bind(page.size())
        .bind(page.start())
        .fetch_all(&self.pool)
        .await?;
        listing(total, &rows, read_certificate)
    }

    async fn put_token_certificate(
        &self,
        certificate: &TokenCertificate,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO token_certificate (cuid, serial, user, key_type, origin, archived, \
             status, der, created, modified) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9) \
             ON CONFLICT (cuid, serial) DO UPDATE SET user = excluded.user, \
             key_type = excluded.key_type, origin = excluded.origin, \
             archived = excluded.archived, status = excluded.status, der = excluded.der, \
             modified = excluded.modified",
        )
        .bind(cuid_text(&certificate.cuid))
        .bind(&certificate.serial)
        .bind(&certificate.user)
        .bind(&certificate.key_type)
        .bind(cuid_text(&certificate.origin))
        .bind(certificate.archived)
        .bind(certificate.status.name())
        .bind(&certificate.der)
        .bind(moment(at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn open_operation(
        &self,
        cuid: &Cuid,
        kind: &str,
        at: Timestamp,
    ) -> Result<OpenedOperation, StoreError> {
        let cuid = cuid_text(cuid);
        let mut transaction = self.write().await?;
        let interrupted = close_interrupted(&mut transaction, &cuid, at).await?;
        let done = sqlx::query(
            "INSERT INTO operation (cuid, kind, stage, started, updated) \
             VALUES (?1, ?2, 'begun', ?3, ?3)",
        )
        .bind(&cuid)
        .bind(kind)
        .bind(moment(at))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(OpenedOperation { id: OperationId(done.last_insert_rowid()), interrupted })
    }

    async fn note_stage(
        &self,
        id: OperationId,
        stage: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "UPDATE operation SET stage = ?, updated = ? WHERE id = ? AND finished IS NULL",
        )
        .bind(stage)
        .bind(moment(at))
        .bind(id.0)
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::OperationSuperseded);
        }
        Ok(())
    }

    async fn open_operations(
        &self,
        page: Page,
    ) -> Result<Listing<InterruptedOperation>, StoreError> {
        let total = sqlx::query_scalar("SELECT count(*) FROM operation WHERE finished IS NULL")
            .fetch_one(&self.pool)
            .await?;
        let rows = sqlx::query(
            "SELECT * FROM operation WHERE finished IS NULL ORDER BY id LIMIT ? OFFSET ?",
        )
        .bind(page.size())
        .bind(page.start())
        .fetch_all(&self.pool)
        .await?;
        listing(total, &rows, read_operation)
    }

    async fn commit(&self, commit: &Commit, at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        if let Some(token) = &commit.token {
            put_token(&mut transaction, token, at).await?;
        }
        for (cuid, serial, status) in &commit.certificates {
            set_certificate_status(&mut transaction, (cuid, serial, *status), at).await?;
        }
        for activity in &commit.activities {
            insert_activity(&mut transaction, activity, at).await?;
        }
        if let Some(id) = commit.closes {
            close_operation(&mut transaction, id, at).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn change_status(&self, change: &StatusChange, at: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let former = fetch_token(&mut *transaction, &change.cuid).await?;
        let mut token = former.ok_or(StoreError::NotFound("token"))?.token;
        let (from, to) = (token.status, change.status);
        if !from.allows_agent(to) {
            return Err(StoreError::ForbiddenTransition { from, to });
        }
        token.status = to;
        token.reason.clone_from(&change.reason);
        if to == TokenStatus::Unformatted {
            token.user = None;
        }
        update_token(&mut *transaction, &token, at).await?;
        for (serial, status) in &change.certificates {
            set_certificate_status(&mut transaction, (&change.cuid, serial, *status), at).await?;
        }
        insert_activity(&mut transaction, &change.activity, at).await?;
        Ok(transaction.commit().await?)
    }

    async fn activities(
        &self,
        cuid: Option<&Cuid>,
        page: Page,
    ) -> Result<Listing<ActivityRow>, StoreError> {
        let cuid = cuid.map(cuid_text);
        let total =
            sqlx::query_scalar("SELECT count(*) FROM activity WHERE ?1 IS NULL OR cuid = ?1")
                .bind(&cuid)
                .fetch_one(&self.pool)
                .await?;
        let rows = sqlx::query(
            "SELECT * FROM activity WHERE ?1 IS NULL OR cuid = ?1 \
             ORDER BY id DESC LIMIT ?2 OFFSET ?3",
        )
        .bind(&cuid)
        .bind(page.size())
        .bind(page.start())
        .fetch_all(&self.pool)
        .await?;
        listing(total, &rows, read_activity)
    }

    async fn put_user(&self, name: &str, password: &str, at: Timestamp) -> Result<(), StoreError> {
        self.put_user_row(name, password, at).await
    }

    async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        self.user_row(name).await
    }

    async fn users(&self, page: Page) -> Result<Listing<User>, StoreError> {
        self.user_rows(page).await
    }

    async fn count_try(
        &self,
        name: &str,
        tries_max: u32,
        lock: SignedDuration,
        at: Timestamp,
    ) -> Result<TryVerdict, StoreError> {
        self.count_user_try(name, tries_max, lock, at).await
    }

    async fn forget_tries(&self, name: &str) -> Result<(), StoreError> {
        self.forget_user_tries(name).await
    }
}
