//! What TPS asks of TKS, CA and DRM, and what they answer.
//!
//! A request is a value and its answer is a value: whoever carries them (a function call, an HTTP form) adds nothing.
//! Secrets are in [`secret::Secret`], which is wiped on drop and has no `Debug` of its contents.

pub mod ca;
pub mod drm;
pub mod secret;
pub mod tks;

/// Why a subsystem did not do what it was asked, in the terms that TPS can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubsystemError {
    /// The request is not one the subsystem accepts: TPS, or what the card told it, is at fault.
    #[error("refused: {0}")]
    Refused(String),
    /// The card's cryptogram did not verify: the card does not hold the keys that its key information names.
    #[error("card cryptogram does not verify")]
    CardCryptogram,
    /// What was named (a key set, a certificate, an archived key) does not exist.
    #[error("not found: {0}")]
    NotFound(String),
    /// The subsystem is at fault, or its database or key store is.
    #[error("failed: {0}")]
    Failed(String),
    /// The subsystem could not be reached.
    #[error("unavailable: {0}")]
    Unavailable(String),
}
