//! SQLite: one file, write-ahead log, every commit on the disk before it counts.

mod ca;
mod drm;
mod row;
mod secrets;
mod tks;
mod tokens;
mod tps;
mod users;

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt as _, path::Path, time::Duration};

use sqlx::{
    SqlSafeStr, Sqlite, SqlitePool, Transaction,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::StoreError;

/// Connections of one database.
const CONNECTIONS_MAX: u32 = 4;
/// How long a writer waits for another, in seconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The schema, step by step: version, name, SQL. A step that was released is never changed.
const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "secrets", include_str!("../migrations/0001_secrets.sql")),
    (2, "certificates", include_str!("../migrations/0002_certificates.sql")),
    (3, "archive", include_str!("../migrations/0003_archive.sql")),
    (4, "tokens", include_str!("../migrations/0004_tokens.sql")),
];

/// An open database. A clone is the same database.
#[derive(Clone, Debug)]
pub struct Database {
    pool: SqlitePool,
}

impl Database {
    /// Opens the database in the file `path`, makes it when it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] for a database that a later version wrote; [`StoreError::Migration`]; the file cannot be
    /// used.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .connect_with(durable(options))
            .await?;
        Self::migrated(pool).await
    }

    /// A database in memory, gone when the last clone is.
    ///
    /// # Errors
    /// [`StoreError::Migration`].
    pub async fn in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().in_memory(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(durable(options))
            .await?;
        Self::migrated(pool).await
    }

    /// Closes all connections; what was said to be done is in the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn migrated(pool: SqlitePool) -> Result<Self, StoreError> {
        migrator().run(&pool).await.map_err(|e| match e {
            MigrateError::VersionMissing(found) => StoreError::NewerSchema {
                found,
                known: MIGRATIONS.last().map_or(0, |(version, ..)| *version),
            },
            other => StoreError::Migration(other),
        })?;
        Ok(Self { pool })
    }

    /// A transaction that writes: it takes the lock at once, so that it cannot fail half-way for another writer.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Makes the file, for its owner only, when it is not there; SQLite gives its log the same mode.
fn make_private(path: &Path) -> io::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn durable(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

fn migrator() -> Migrator {
    let step = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.into_iter().map(step).collect())
}
