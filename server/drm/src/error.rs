//! What can be wrong in DRM, by who is at fault. No message holds a byte of a key.

use keys::KeysError;
use store::StoreError;
use token_management::subsystem::SubsystemError;

/// Why a key was not made, archived or recovered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrmError {
    /// The archived record does not open, or is not what it says.
    #[error("archived key {0} is damaged")]
    ArchiveDamaged(String),
    /// The certificate in the request is none.
    #[error("malformed certificate: {0}")]
    CertificateMalformed(der::Error),
    /// The key belongs to another user than the one who asks.
    #[error("the archived key belongs to another user")]
    ForeignKey,
    /// The key store is at fault, or the transport key does not open.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The key maker is at fault.
    #[error("no key pair could be made")]
    Making,
    /// No archived key for that public key.
    #[error("no archived key for this certificate")]
    NotArchived,
    /// The kind of key is not one that DRM makes.
    #[error("RSA keys of {0} bits are not made here; 2048, 3072 or 4096 are")]
    SizeRefused(u16),
    /// The database is at fault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The transport key has the wrong length for its algorithm.
    #[error("the transport key does not fit its algorithm")]
    TransportKeyMisfit,
    /// The cryptographic library refused to wrap.
    #[error("a key could not be wrapped")]
    Wrapping,
}

/// The one place where an error of DRM becomes what TPS sees.
impl From<DrmError> for SubsystemError {
    fn from(error: DrmError) -> Self {
        let text = error.to_string();
        match error {
            DrmError::CertificateMalformed(_)
            | DrmError::ForeignKey
            | DrmError::SizeRefused(_)
            | DrmError::TransportKeyMisfit
            | DrmError::Keys(KeysError::Unopenable) => Self::Refused(text),
            DrmError::NotArchived => Self::NotFound(text),
            DrmError::ArchiveDamaged(_)
            | DrmError::Keys(_)
            | DrmError::Making
            | DrmError::Store(_)
            | DrmError::Wrapping => Self::Failed(text),
        }
    }
}
