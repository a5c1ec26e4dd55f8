//! A certificate before it is signed.

use core::time::Duration;

use der::{DateTime, Encode as _, Sequence};
use jiff::Timestamp;
use keys::KeyProvider;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::{
    Version,
    ext::Extensions,
    name::Name,
    serial_number::SerialNumber,
    time::{Time, Validity},
};

use crate::{error::CaError, lint, signature};

/// `TBSCertificate ::= SEQUENCE { version [0] EXPLICIT, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo,
/// extensions [3] EXPLICIT }` [RFC 5280 §4.1].
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct ToBeSigned {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(crate) version: Version,
    pub(crate) serial_number: SerialNumber,
    pub(crate) signature: AlgorithmIdentifierOwned,
    pub(crate) issuer: Name,
    pub(crate) validity: Validity,
    pub(crate) subject: Name,
    pub(crate) subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    pub(crate) extensions: Extensions,
}

/// What makes a certificate, but for who signs it.
pub(crate) struct Draft {
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Name,
    pub(crate) subject: Name,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) key: SubjectPublicKeyInfoOwned,
    pub(crate) extensions: Extensions,
}

/// Lints the draft and signs it with the key of this name. Returns DER.
pub(crate) fn sign(
    keys: &impl KeyProvider,
    signing_key: &str,
    draft: Draft,
) -> Result<Vec<u8>, CaError> {
    let to_be_signed = ToBeSigned {
        version: Version::V3,
        serial_number: SerialNumber::new(&draft.serial)?,
        signature: signature::algorithm(keys, signing_key)?,
        issuer: draft.issuer,
        validity: Validity::new(time(draft.not_before)?, time(draft.not_after)?),
        subject: draft.subject,
        subject_public_key_info: draft.key,
        extensions: draft.extensions,
    }
    .to_der()?;
    lint::check(&to_be_signed).map_err(CaError::Lint)?;
    signature::sign(keys, signing_key, &to_be_signed)
}

/// A time as certificates have it: UTCTime through 2049, GeneralizedTime from then on, whole seconds [RFC 5280 §4.1.2.5].
pub(crate) fn time(timestamp: Timestamp) -> Result<Time, CaError> {
    let seconds = u64::try_from(timestamp.as_second()).map_err(|_| CaError::TimeOutOfRange)?;
    let time = DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map_err(|_| CaError::TimeOutOfRange)?;
    Ok(Time::from(time))
}

/// The time so many days later.
pub(crate) fn days_after(timestamp: Timestamp, days: u32) -> Result<Timestamp, CaError> {
    timestamp
        .checked_add(Duration::from_secs(u64::from(days) * 86_400))
        .map_err(|_| CaError::TimeOutOfRange)
}
