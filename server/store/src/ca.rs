//! Records of the certificate authority.

use core::future::Future;

use jiff::Timestamp;
use token_management::subsystem::{ca::RevocationReason, tks::Cuid};

use crate::{
    StoreError,
    page::{Listing, Page},
};

/// Most entries of one list of revoked certificates: a list of so many is about 6 MB.
pub const REVOKED_MAX: u32 = 200_000;

/// A certificate that the authority issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRecord {
    /// Serial number, big-endian, without leading zeros; unique.
    pub serial: Vec<u8>,
    /// Subject, in text [RFC 4514].
    pub subject: String,
    /// The user for whom it is.
    pub user: String,
    /// The token that holds the key.
    pub cuid: Cuid,
    /// The profile by which it was issued.
    pub profile: String,
    /// The certificate.
    pub der: Vec<u8>,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
    /// When it was issued.
    pub created: Timestamp,
    /// Its revocation, while it is revoked or on hold.
    pub revocation: Option<Revocation>,
}

/// That and why a certificate is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Why.
    pub reason: RevocationReason,
    /// Since when.
    pub at: Timestamp,
}

/// An entry of a list of revoked certificates [RFC 5280 §5.1.2.6].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// Serial number, big-endian, without leading zeros.
    pub serial: Vec<u8>,
    /// That and why it is revoked.
    pub revocation: Revocation,
}

/// The state of revocations at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocations {
    /// How many revocations were made or lifted until then.
    pub count: u64,
    /// What is revoked, by serial number.
    pub entries: Vec<RevokedCertificate>,
}

/// A signed list of revoked certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    /// CRL number, rising [RFC 5280 §5.2.3].
    pub number: u64,
    /// The [`Revocations::count`] that it covers.
    pub covers: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is due.
    pub next_update: Timestamp,
    /// The list.
    pub der: Vec<u8>,
}

/// Which certificates are wanted; `None` matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateFilter {
    /// Those of this user.
    pub user: Option<String>,
    /// Those of this token.
    pub cuid: Option<Cuid>,
}

/// What the authority remembers.
pub trait CertificateStore: Send + Sync {
    /// One of the authority's own certificates (`root`, `issuing`, …).
    ///
    /// # Errors
    /// The database is at fault.
    fn authority_certificate(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Writes one of the authority's own certificates, in place of the former one of that name.
    ///
    /// # Errors
    /// The database is at fault.
    fn put_authority_certificate(
        &self,
        name: &str,
        der: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Adds a certificate.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when the serial number is taken; the database is at fault.
    fn add_certificate(
        &self,
        certificate: &CertificateRecord,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The certificate with this serial number.
    ///
    /// # Errors
    /// The database is at fault.
    fn issued_certificate(
        &self,
        serial: &[u8],
    ) -> impl Future<Output = Result<Option<CertificateRecord>, StoreError>> + Send;

    /// Certificates, the oldest first.
    ///
    /// # Errors
    /// The database is at fault.
    fn issued_certificates(
        &self,
        filter: &CertificateFilter,
        page: Page,
    ) -> impl Future<Output = Result<Listing<CertificateRecord>, StoreError>> + Send;

    /// Revokes a certificate. A revoked one keeps reason and time, but for one on hold, which may be revoked for good.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; the database is at fault.
    fn revoke_certificate(
        &self,
        serial: &[u8],
        revocation: Revocation,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes a certificate off hold; one that is not revoked stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::NotOnHold`] when it is revoked for good; the database is at fault.
    fn release_certificate(
        &self,
        serial: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What is revoked now, without certificates that expired before `not_after`, at most [`REVOKED_MAX`].
    ///
    /// # Errors
    /// The database is at fault.
    fn revocations(
        &self,
        not_after: Timestamp,
    ) -> impl Future<Output = Result<Revocations, StoreError>> + Send;

    /// How many revocations were made or lifted.
    ///
    /// # Errors
    /// The database is at fault.
    fn revocation_count(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Adds a list of revoked certificates and forgets those before the last ten.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when the number is taken; the database is at fault.
    fn add_revocation_list(
        &self,
        list: &RevocationList,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The list with the highest number.
    ///
    /// # Errors
    /// The database is at fault.
    fn last_revocation_list(
        &self,
    ) -> impl Future<Output = Result<Option<RevocationList>, StoreError>> + Send;
}
