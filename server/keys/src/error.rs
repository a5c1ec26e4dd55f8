//! What can be wrong with keys. No message holds a byte of one.

use std::path::PathBuf;

use globalplatform::KeyError;
use store::StoreError;

use crate::kind::KeyKind;

/// Why a key is not there, or not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// A sealed key does not open, or is not what its record says.
    #[error("the sealed key {0} is damaged")]
    Damaged(String),
    /// The scheme does not work with the master key.
    #[error("diversification: {0}")]
    Diversification(#[source] KeyError),
    /// A scheme that derives nothing would hand out the master key.
    #[error("a master key is used with a diversification scheme only")]
    DiversificationMissing,
    /// Others than the owner may read the key file.
    #[error("{0} may be read by others than its owner: chmod 600")]
    KeyFileExposed(PathBuf),
    /// The key file cannot be read or made.
    #[error("key file {path}: {source}")]
    KeyFileIo {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// The key file is not 32 bytes.
    #[error("{0} is no key file of this server")]
    KeyFileMalformed(PathBuf),
    /// Keys were sealed, and the file that opens them is gone.
    #[error("the database holds sealed keys, but their key file {0} is not there")]
    KeyFileMissing(PathBuf),
    /// The cryptographic library could not make a key.
    #[error("no key could be made")]
    Making,
    /// There is no such key.
    #[error("there is no key {0}")]
    NoSuchKey(String),
    /// The random number generator is at fault.
    #[error("no random numbers")]
    Random,
    /// The database of keys was sealed in the other way: by key file, or by passphrase.
    #[error("the keys were sealed by {0}")]
    SealedOtherwise(&'static str),
    /// The store is at fault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was to be opened does not open with this key.
    #[error("the wrapped key does not open")]
    Unopenable,
    /// What was to be wrapped, or the public key, does not fit.
    #[error("the key cannot be wrapped under this public key")]
    Unwrappable,
    /// The key is for something else.
    #[error("the key {name} is of kind {kind}")]
    WrongKind {
        /// Its name.
        name: String,
        /// Its kind.
        kind: KeyKind,
    },
    /// The passphrase or key file is not the one that the keys were sealed with.
    #[error("the keys were sealed with another passphrase or key file")]
    WrongSealingKey,
}
