//! Why the store did not do what it was asked.

use crate::tps::TokenStatus;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What is to be added is there already.
    #[error("{0} exists already")]
    AlreadyExists(&'static str),
    /// The database holds something that this server did not write.
    #[error("the database is damaged: {0}")]
    Damaged(&'static str),
    /// The database, its file or the disk is at fault.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Agents or operations may not move a token so.
    #[error("a token that is {from} cannot become {to}")]
    ForbiddenTransition {
        /// The status that the token has.
        from: TokenStatus,
        /// The status that it was to get.
        to: TokenStatus,
    },
    /// The schema could not be brought up to date.
    #[error("the database's schema: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A later version of this server wrote the database.
    #[error("the database has schema version {found}, this server knows versions up to {known}")]
    NewerSchema {
        /// The version that the database has.
        found: i64,
        /// The last version that this server knows.
        known: i64,
    },
    /// What was named is not there.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The certificate cannot be taken off hold: it is not on hold.
    #[error("the certificate is not on hold")]
    NotOnHold,
    /// Another operation on the same token began since: this one may write nothing any more.
    #[error("another operation on the token has begun since")]
    OperationSuperseded,
}

impl StoreError {
    /// Whether the database refused a row because it is there already.
    pub(crate) fn on_conflict(self, what: &'static str) -> Self {
        match self {
            Self::Database(sqlx::Error::Database(e)) if e.is_unique_violation() => {
                Self::AlreadyExists(what)
            }
            other => other,
        }
    }
}
