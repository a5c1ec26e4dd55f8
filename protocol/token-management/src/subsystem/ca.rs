//! Requests to the certificate authority.

use core::future::Future;

use super::{SubsystemError, tks::Cuid};

/// Asks for a certificate for a key on a token.
#[derive(Clone, Debug)]
pub struct EnrollmentRequest {
    /// Name of the certificate profile, e.g. `caTokenUserSigningKeyEnrollment`.
    pub profile: String,
    /// The user for whom the certificate is.
    pub user: String,
    /// The token that holds the private key.
    pub cuid: Cuid,
    /// DER of the SubjectPublicKeyInfo [RFC 5280 §4.1.2.7].
    pub public_key: Vec<u8>,
}

/// A certificate that the CA issued and keeps a record of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// Serial number, big-endian, without leading zeros.
    pub serial: Vec<u8>,
    /// DER of the certificate.
    pub der: Vec<u8>,
}

/// Why a certificate is revoked [RFC 5280 §5.3.1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RevocationReason {
    /// No reason given.
    Unspecified = 0,
    /// The private key may be known to others.
    KeyCompromise = 1,
    /// The holder's affiliation changed.
    AffiliationChanged = 3,
    /// Another certificate takes its place.
    Superseded = 4,
    /// No longer needed.
    CessationOfOperation = 5,
    /// On hold; may be lifted.
    CertificateHold = 6,
}

/// The certificate authority.
pub trait CertificateAuthority: Send + Sync {
    /// Issues a certificate. The record is durable before the certificate is returned.
    fn enroll(
        &self,
        request: EnrollmentRequest,
    ) -> impl Future<Output = Result<IssuedCertificate, SubsystemError>> + Send;

    /// Revokes a certificate; revoking a revoked one with the same reason succeeds and changes nothing.
    fn revoke(
        &self,
        serial: Vec<u8>,
        reason: RevocationReason,
    ) -> impl Future<Output = Result<(), SubsystemError>> + Send;

    /// Lifts a hold; anything but [`RevocationReason::CertificateHold`] cannot be lifted.
    fn unrevoke(&self, serial: Vec<u8>) -> impl Future<Output = Result<(), SubsystemError>> + Send;

    /// The certificate with this serial number.
    fn certificate(
        &self,
        serial: Vec<u8>,
    ) -> impl Future<Output = Result<IssuedCertificate, SubsystemError>> + Send;

    /// The certificates issued for this token that are not revoked: after a crash they tell what was issued and not recorded. An
    /// authority that keeps no such list has none.
    fn certificates_of(
        &self,
        _cuid: Cuid,
    ) -> impl Future<Output = Result<Vec<IssuedCertificate>, SubsystemError>> + Send {
        core::future::ready(Ok(Vec::new()))
    }
}
