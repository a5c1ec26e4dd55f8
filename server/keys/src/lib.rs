//! Keys of the server, and the few things that may be done with them.
//!
//! [`KeyProvider`] is what TKS, CA and DRM see: they name a key and get a signature, an opened key or a card's keys. A key
//! itself does not come out: not a master key, not a signing key, not a storage key. [`SoftwareKeys`] keeps them in memory
//! and, sealed, in the database.

mod error;
mod kind;
pub mod random;
mod rsa;
mod seal;
mod software;

use core::future::Future;

use globalplatform::{Diversification, KeySet};
use zeroize::Zeroizing;

pub use error::KeysError;
pub use kind::{KeyKind, KeyUse};
pub use rsa::{RsaPadding, wrap_for};
pub use seal::{Sealing, SealingKey};
pub use software::SoftwareKeys;

/// What may be seen of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    /// Its name, e.g. `ca-issuing`, `tks-master-02`.
    pub name: String,
    /// What kind of key it is.
    pub kind: KeyKind,
    /// DER of the SubjectPublicKeyInfo of a key pair; the key check value, 3 bytes, of a master key.
    pub visible: Vec<u8>,
}

/// Where the keys are. Uses are short computations; only [`ensure_keys`](KeyProvider::ensure_keys) may take a while.
pub trait KeyProvider: Send + Sync {
    /// Makes those of the named keys that are not there yet; they are durable when this returns.
    ///
    /// # Errors
    /// [`KeysError::WrongKind`] when a key of that name is of another kind; the store or the key maker is at fault.
    fn ensure_keys(
        &self,
        wanted: &[(&str, KeyKind)],
    ) -> impl Future<Output = Result<(), KeysError>> + Send;

    /// All keys, by name.
    fn descriptions(&self) -> Vec<KeyDescription>;

    /// One key.
    ///
    /// # Errors
    /// [`KeysError::NoSuchKey`].
    fn description(&self, name: &str) -> Result<KeyDescription, KeysError>;

    /// Signs a message: RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA with SHA-256 in DER, as the key's kind has it.
    ///
    /// # Errors
    /// [`KeysError::NoSuchKey`]; [`KeysError::WrongKind`] unless the key is for signatures.
    fn sign(&self, name: &str, message: &[u8]) -> Result<Vec<u8>, KeysError>;

    /// Opens a key that was wrapped under the public key of this name.
    ///
    /// # Errors
    /// [`KeysError::NoSuchKey`]; [`KeysError::WrongKind`] unless the key is for that; [`KeysError::Unopenable`].
    fn unwrap_key(
        &self,
        name: &str,
        padding: RsaPadding,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeysError>;

    /// The static keys of one card, derived from a master key by the card's unique data.
    ///
    /// # Errors
    /// [`KeysError::NoSuchKey`]; [`KeysError::WrongKind`] unless it is a master key; [`KeysError::Diversification`] when
    /// the scheme does not work with it, or would hand out the master key itself.
    fn diversify(
        &self,
        name: &str,
        scheme: Diversification,
        data: &[u8; 10],
    ) -> Result<KeySet, KeysError>;

    /// The private key of the server's TLS certificate, PKCS#8, for the TLS library of this process.
    ///
    /// # Errors
    /// [`KeysError::NoSuchKey`]; [`KeysError::WrongKind`] unless the key is for TLS.
    fn tls_private_key(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeysError>;
}
