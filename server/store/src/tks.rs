//! Records of the token key service.

use core::future::Future;

use jiff::Timestamp;
use token_management::subsystem::tks::Cuid;

use crate::StoreError;

/// A card was given the data to change from one key set to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The card.
    pub cuid: Cuid,
    /// Name of the key set configuration.
    pub key_set: String,
    /// Key version that the card had.
    pub old_version: u8,
    /// Key version that it was to get.
    pub new_version: u8,
    /// When.
    pub created: Timestamp,
}

/// Most change-overs of one card that are listed.
pub const KEY_CHANGES_MAX: u32 = 100;

/// Which card was sent which key set: with it a card whose change-over was cut off can be found again under either.
pub trait KeyChangeStore: Send + Sync {
    /// Notes a change-over, before its data leaves.
    ///
    /// # Errors
    /// The database is at fault.
    fn record_key_change(
        &self,
        change: &KeyChange,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Change-overs of a card, the last first, at most [`KEY_CHANGES_MAX`].
    ///
    /// # Errors
    /// The database is at fault.
    fn key_changes(
        &self,
        cuid: &Cuid,
    ) -> impl Future<Output = Result<Vec<KeyChange>, StoreError>> + Send;
}
