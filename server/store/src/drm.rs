//! The archive of the data recovery manager.

use core::future::Future;

use jiff::Timestamp;
use token_management::subsystem::tks::Cuid;

use crate::{
    StoreError,
    page::{Listing, Page},
};

/// One archived private key. Nothing in it opens without DRM's storage key, which is not in this record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedKey {
    /// A UUID, in text.
    pub id: String,
    /// The token for which the key was made.
    pub cuid: Cuid,
    /// Whose key it is.
    pub user: String,
    /// DER of the SubjectPublicKeyInfo, unique.
    pub public_key: Vec<u8>,
    /// The session key of this record under the storage key.
    pub wrapped_session_key: Vec<u8>,
    /// DER of the PKCS#8 PrivateKeyInfo under the session key.
    pub wrapped_private_key: Vec<u8>,
    /// How both are wrapped, in DRM's words.
    pub wrapping: String,
    /// When it was archived.
    pub created: Timestamp,
}

/// What was asked of DRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveEventKind {
    /// A key pair was made.
    Generated,
    /// An archived key was asked for.
    Recovered,
}

impl ArchiveEventKind {
    /// Its word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Recovered => "recovered",
        }
    }
}

/// A line of DRM's own record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveEvent {
    /// What was asked.
    pub kind: ArchiveEventKind,
    /// The archived key, where there is one.
    pub key: Option<String>,
    /// The token that the key goes to.
    pub cuid: Cuid,
    /// The user named in the request.
    pub user: String,
    /// Whether it was granted.
    pub granted: bool,
    /// When.
    pub created: Timestamp,
}

/// The archive.
pub trait ArchiveStore: Send + Sync {
    /// Adds a key and the line about it, together.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when this public key is archived; the database is at fault.
    fn archive_key(
        &self,
        key: &ArchivedKey,
        event: &ArchiveEvent,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The key with this SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// The database is at fault.
    fn archived_key(
        &self,
        public_key: &[u8],
    ) -> impl Future<Output = Result<Option<ArchivedKey>, StoreError>> + Send;

    /// The keys of a user (of all users when `None`), the oldest first.
    ///
    /// # Errors
    /// The database is at fault.
    fn archived_keys(
        &self,
        user: Option<&str>,
        page: Page,
    ) -> impl Future<Output = Result<Listing<ArchivedKey>, StoreError>> + Send;

    /// Adds a line about something that archived nothing.
    ///
    /// # Errors
    /// The database is at fault.
    fn record_archive_event(
        &self,
        event: &ArchiveEvent,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The lines, the last first.
    ///
    /// # Errors
    /// The database is at fault.
    fn archive_events(
        &self,
        page: Page,
    ) -> impl Future<Output = Result<Listing<ArchiveEvent>, StoreError>> + Send;
}
