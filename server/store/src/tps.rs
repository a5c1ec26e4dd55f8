//! Records of the token processing system.

mod record;
mod status;

use core::future::Future;

use jiff::{SignedDuration, Timestamp};
use token_management::subsystem::tks::Cuid;

pub use record::{
    Activity, ActivityRow, CERTIFICATE_STATUSES, CertificateStatus, Commit, InterruptedOperation,
    OpenedOperation, OperationId, StatusChange, Token, TokenCertificate, TokenCertificateRow,
    TokenRow, User,
};
pub use status::{AGENT_TRANSITIONS, OPERATION_TRANSITIONS, STATUSES, TokenStatus};

use crate::{
    StoreError,
    page::{Listing, Page},
};

/// Which tokens are wanted; `None` matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenFilter {
    /// Those of this user.
    pub user: Option<String>,
    /// Those of this status.
    pub status: Option<TokenStatus>,
}

/// Which certificates of tokens are wanted; `None` matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenCertificateFilter {
    /// Those on this token.
    pub cuid: Option<Cuid>,
    /// Those of this user.
    pub user: Option<String>,
    /// The one with this serial number, on whatever token.
    pub serial: Option<Vec<u8>>,
}

/// Tokens, their certificates, the journal of operations, history and users.
pub trait TokenStore: Send + Sync {
    /// The record of a token.
    ///
    /// # Errors
    /// The database is at fault.
    fn token(
        &self,
        cuid: &Cuid,
    ) -> impl Future<Output = Result<Option<TokenRow>, StoreError>> + Send;

    /// Tokens, the oldest first.
    ///
    /// # Errors
    /// The database is at fault.
    fn tokens(
        &self,
        filter: &TokenFilter,
        page: Page,
    ) -> impl Future<Output = Result<Listing<TokenRow>, StoreError>> + Send;

    /// Adds a token that no operation has seen yet.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`]; the database is at fault.
    fn add_token(
        &self,
        token: &Token,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Certificates on tokens, the oldest first.
    ///
    /// # Errors
    /// The database is at fault.
    fn token_certificates(
        &self,
        filter: &TokenCertificateFilter,
        page: Page,
    ) -> impl Future<Output = Result<Listing<TokenCertificateRow>, StoreError>> + Send;

    /// Adds a certificate, or replaces the record of the same token and serial number.
    ///
    /// # Errors
    /// The database is at fault.
    fn put_token_certificate(
        &self,
        certificate: &TokenCertificate,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Opens a journal entry, before the first change to card or records; former open ones of the same token are closed as
    /// interrupted and handed over to be repaired.
    ///
    /// # Errors
    /// The database is at fault.
    fn open_operation(
        &self,
        cuid: &Cuid,
        kind: &str,
        at: Timestamp,
    ) -> impl Future<Output = Result<OpenedOperation, StoreError>> + Send;

    /// Notes what is about to happen.
    ///
    /// # Errors
    /// [`StoreError::OperationSuperseded`] when the entry is closed; the database is at fault.
    fn note_stage(
        &self,
        id: OperationId,
        stage: &str,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Operations that are open, the oldest first: at start, those that a crash cut off.
    ///
    /// # Errors
    /// The database is at fault.
    fn open_operations(
        &self,
        page: Page,
    ) -> impl Future<Output = Result<Listing<InterruptedOperation>, StoreError>> + Send;

    /// Makes changes that belong together.
    ///
    /// # Errors
    /// [`StoreError::ForbiddenTransition`]; [`StoreError::NotFound`] for a certificate that is not there;
    /// [`StoreError::OperationSuperseded`] when the entry to be closed is closed; the database is at fault. Nothing is
    /// changed then.
    fn commit(
        &self,
        commit: &Commit,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Changes a token's status for an agent. A token that becomes unformatted loses its user.
    ///
    /// # Errors
    /// [`StoreError::ForbiddenTransition`]; [`StoreError::NotFound`]; the database is at fault. Nothing is changed then.
    fn change_status(
        &self,
        change: &StatusChange,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// History, of one token or of all, the last line first.
    ///
    /// # Errors
    /// The database is at fault.
    fn activities(
        &self,
        cuid: Option<&Cuid>,
        page: Page,
    ) -> impl Future<Output = Result<Listing<ActivityRow>, StoreError>> + Send;

    /// Adds a user, or gives a user another password; tries and lock are forgotten.
    ///
    /// # Errors
    /// The database is at fault.
    fn put_user(
        &self,
        name: &str,
        password: &str,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A user.
    ///
    /// # Errors
    /// The database is at fault.
    fn user(&self, name: &str) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;

    /// Users, by name.
    ///
    /// # Errors
    /// The database is at fault.
    fn users(&self, page: Page) -> impl Future<Output = Result<Listing<User>, StoreError>> + Send;

    /// Counts a try before the password is looked at, so that tries at the same time cannot outrun the limit; from
    /// `tries_max` on the user is locked for `lock`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; the database is at fault.
    fn count_try(
        &self,
        name: &str,
        tries_max: u32,
        lock: SignedDuration,
        at: Timestamp,
    ) -> impl Future<Output = Result<TryVerdict, StoreError>> + Send;

    /// Forgets tries and lock, after the right password.
    ///
    /// # Errors
    /// The database is at fault.
    fn forget_tries(&self, name: &str) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Whether a password may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryVerdict {
    /// It may; the try is counted.
    Allowed,
    /// Not before this moment.
    LockedUntil(Timestamp),
}
