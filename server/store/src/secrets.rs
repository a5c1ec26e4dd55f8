//! Keys at rest. What the store holds is ciphertext; the key that opens it is elsewhere.

use core::future::Future;

use jiff::Timestamp;

use crate::{
    StoreError,
    page::{Listing, Page},
};

/// One sealed key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKey {
    /// Its name, unique.
    pub name: String,
    /// What kind of key it is, in the words of the crate that sealed it.
    pub kind: String,
    /// What may be seen of it: the SubjectPublicKeyInfo of a key pair, the check value of a symmetric key.
    pub visible: Vec<u8>,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created: Timestamp,
}

/// Sealed keys and the public parameters of their sealing.
pub trait SealedKeyStore: Send + Sync {
    /// How the sealing key is found or derived, and a value to recognise the right one by; `None` before the first start.
    ///
    /// # Errors
    /// The database is at fault.
    fn sealing_parameters(
        &self,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Writes the parameters, once.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when there are some; the database is at fault.
    fn put_sealing_parameters(
        &self,
        parameters: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when the name is taken; the database is at fault.
    fn put_sealed_key(
        &self,
        key: &SealedKey,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The key of this name.
    ///
    /// # Errors
    /// The database is at fault.
    fn sealed_key(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<SealedKey>, StoreError>> + Send;

    /// All keys, by name.
    ///
    /// # Errors
    /// The database is at fault.
    fn sealed_keys(
        &self,
        page: Page,
    ) -> impl Future<Output = Result<Listing<SealedKey>, StoreError>> + Send;
}
