//! Users in SQLite.

use jiff::{SignedDuration, Timestamp};

use super::{
    Database,
    row::{Columns, moment},
};
use crate::{
    StoreError,
    page::{Listing, Page},
    tps::{TryVerdict, User},
};

fn read(columns: &Columns<'_>) -> Result<User, StoreError> {
    Ok(User {
        name: columns.text("name")?,
        password: columns.text("password")?,
        failed_tries: u32::try_from(columns.integer("failed_tries")?)
            .map_err(|_| StoreError::Damaged("number of tries"))?,
        locked_until: columns.optional_time("locked_until")?,
    })
}

impl Database {
    pub(super) async fn put_user_row(
        &self,
        name: &str,
        password: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO user (name, password, created, modified) VALUES (?1, ?2, ?3, ?3) \
             ON CONFLICT (name) DO UPDATE SET password = excluded.password, failed_tries = 0, \
             locked_until = NULL, modified = excluded.modified",
        )
        .bind(name)
        .bind(password)
        .bind(moment(at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub(super) async fn user_row(&self, name: &str) -> Result<Option<User>, StoreError> {
        let row = sqlx::query("SELECT * FROM user WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| read(&Columns(&row))).transpose()
    }

    pub(super) async fn user_rows(&self, page: Page) -> Result<Listing<User>, StoreError> {
        let total: i64 =
            sqlx::query_scalar("SELECT count(*) FROM user").fetch_one(&self.pool).await?;
        let rows = sqlx::query("SELECT * FROM user ORDER BY name LIMIT ? OFFSET ?")
            .bind(page.size())
            .bind(page.start())
            .fetch_all(&self.pool)
            .await?;
        let entries = rows.iter().map(|row| read(&Columns(row))).collect::<Result<_, _>>()?;
        let total =
            u64::try_from(total).map_err(|_| StoreError::Damaged("negative number of users"))?;
        Ok(Listing { total, entries })
    }

    pub(super) async fn count_user_try(
        &self,
        name: &str,
        tries_max: u32,
        lock: SignedDuration,
        at: Timestamp,
    ) -> Result<TryVerdict, StoreError> {
        let mut transaction = self.write().await?;
        let row = sqlx::query("SELECT * FROM user WHERE name = ?")
            .bind(name)
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or(StoreError::NotFound("user"))?;
        let user = read(&Columns(&row))?;
        if let Some(until) = user.locked_until.filter(|until| *until > at) {
            return Ok(TryVerdict::LockedUntil(until));
        }
        let tries = user.failed_tries.saturating_add(1);
        let until = at.saturating_add(lock).unwrap_or(Timestamp::MAX);
        sqlx::query("UPDATE user SET failed_tries = ?, locked_until = ? WHERE name = ?")
            .bind(tries)
            .bind((tries >= tries_max).then(|| moment(until)))
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(TryVerdict::Allowed)
    }

    pub(super) async fn forget_user_tries(&self, name: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE user SET failed_tries = 0, locked_until = NULL WHERE name = ?")
            .bind(name)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
