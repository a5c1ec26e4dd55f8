//! What can be wrong in the authority, by who is at fault.

use keys::KeysError;
use store::StoreError;
use token_management::subsystem::SubsystemError;

use crate::lint::Finding;

/// Why a certificate was not issued, revoked or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaError {
    /// The request holds neither a SubjectPublicKeyInfo nor a certificate request.
    #[error("the request holds no public key: {0}")]
    RequestMalformed(#[source] der::Error),
    /// The certificate request is not signed by the key in it.
    #[error("the certificate request is not signed by its key")]
    RequestUnsigned,
    /// The public key is not one that the profile takes.
    #[error("public key refused: {0}")]
    KeyRefused(&'static str),
    /// No profile of this name is configured.
    #[error("no certificate profile '{0}'")]
    NoSuchProfile(String),
    /// The subject cannot be written as a name.
    #[error("the subject '{0}' is no distinguished name")]
    SubjectRefused(String),
    /// What was to be signed broke a rule. The authority's configuration is at fault.
    #[error("not signed: {0}")]
    Lint(Finding),
    /// A structure of our own could not be encoded.
    #[error("encoding: {0}")]
    Encoding(#[from] der::Error),
    /// A time lies outside what a certificate can hold, or the configuration's validity is too long.
    #[error("a time lies outside what a certificate can hold")]
    TimeOutOfRange,
    /// The keys are at fault.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The store is at fault, or what was named is not in it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The one place where an error of the authority becomes what TPS sees.
impl From<CaError> for SubsystemError {
    fn from(error: CaError) -> Self {
        let text = error.to_string();
        match error {
            CaError::RequestMalformed(_)
            | CaError::RequestUnsigned
            | CaError::KeyRefused(_)
            | CaError::SubjectRefused(_)
            | CaError::Store(StoreError::NotOnHold) => Self::Refused(text),
            CaError::NoSuchProfile(_) | CaError::Store(StoreError::NotFound(_)) => {
                Self::NotFound(text)
            }
            CaError::Lint(_)
            | CaError::Encoding(_)
            | CaError::TimeOutOfRange
            | CaError::Keys(_)
            | CaError::Store(_) => Self::Failed(text),
        }
    }
}
