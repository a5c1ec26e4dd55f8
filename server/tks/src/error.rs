//! Why TKS refuses, and how it tells TPS.

use globalplatform::{KeyError, ScpError};
use keys::KeysError;
use store::StoreError;
use token_management::subsystem::{SubsystemError, tks::RANDOM_MAX};

/// Why TKS did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TksError {
    /// The answer to INITIALIZE UPDATE is none, or its cryptogram does not verify.
    #[error(transparent)]
    Channel(#[from] ScpError),
    /// The data to be encrypted are too long, or no whole number of blocks.
    #[error("{0} bytes cannot be encrypted for the card")]
    DataLength(usize),
    /// A computation with a card's key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key provider failed.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A transport key was asked for, and no DRM is configured.
    #[error("no DRM is configured to share a transport key with")]
    NoDrm,
    /// More or fewer random bytes than TKS gives.
    #[error("random data are given by 1 to {RANDOM_MAX} bytes")]
    RandomLength,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The request and the card's answer name different cards or key versions.
    #[error("the card's answer is about another card or key version than the request")]
    OtherCard,
    /// No such key set.
    #[error("key set {0}")]
    UnknownKeySet(String),
    /// No key for this version in the key set.
    #[error("key version {version:02X} in key set {key_set}")]
    UnknownKeyVersion {
        /// The key set.
        key_set: String,
        /// The key version.
        version: u8,
    },
}

impl From<TksError> for SubsystemError {
    fn from(error: TksError) -> Self {
        let text = error.to_string();
        match error {
            TksError::Channel(ScpError::CardCryptogramMismatch) => Self::CardCryptogram,
            TksError::UnknownKeySet(_) | TksError::UnknownKeyVersion { .. } => Self::NotFound(text),
            TksError::Channel(_)
            | TksError::DataLength(_)
            | TksError::Key(_)
            | TksError::NoDrm
            | TksError::RandomLength
            | TksError::OtherCard => Self::Refused(text),
            TksError::Keys(_) | TksError::Store(_) => Self::Failed(text),
        }
    }
}
