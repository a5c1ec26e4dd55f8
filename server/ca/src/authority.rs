//! The authority: requests in, certificates and lists out.

use core::time::Duration;
use std::sync::Arc;

use der::pem::{LineEnding, encode_string};
use keys::{KeyProvider, random::Randomness};
use store::{
    StoreError,
    ca::{CertificateFilter, CertificateRecord, CertificateStore, Revocation, RevocationList},
    clock::Clock,
    page::{PAGE_MAX, Page},
};
use token_management::subsystem::{
    SubsystemError,
    ca::{CertificateAuthority, EnrollmentRequest, IssuedCertificate, RevocationReason},
    tks::Cuid,
};
use x509_cert::ext::Extension;

use crate::{
    certificate::{self, Draft, days_after},
    config::AuthorityConfig,
    crl,
    error::CaError,
    extension,
    hierarchy::{Hierarchy, ISSUING_KEY, Workshop},
    profile::CertificateProfile,
    public_key, request, subject,
};

/// Length of a serial number, in bytes: 127 random bits, one of them set so that the length is always the same.
const SERIAL_LENGTH: usize = 16;
/// How often a serial number, or the number of a list, is drawn again when it is taken.
const TRIES_MAX: usize = 4;
/// Seconds that the beginning of a certificate's validity lies in the past, for clocks that are behind.
const BACKDATED: Duration = Duration::from_mins(1);

/// The certificate authority in this process.
pub struct Authority<K, S, C, R> {
    keys: Arc<K>,
    store: S,
    clock: C,
    random: R,
    config: AuthorityConfig,
    hierarchy: Hierarchy,
    tls: Vec<u8>,
}

impl<K: KeyProvider, S: CertificateStore, C: Clock, R: Randomness> Authority<K, S, C, R> {
    /// Opens the authority over these keys (which have [`crate::WANTED_KEYS`]) and this store; makes the hierarchy and the server's TLS
    /// certificate when they are not there.
    ///
    /// # Errors
    /// When the configuration names subjects that are none, or keys or store are at fault.
    pub async fn open(
        keys: Arc<K>,
        store: S,
        clock: C,
        random: R,
        config: AuthorityConfig,
    ) -> Result<Self, CaError> {
        let now = clock.now().checked_sub(BACKDATED).map_err(|_| CaError::TimeOutOfRange)?;
        let serial = || fresh_serial(&random);
        let workshop =
            Workshop { keys: &*keys, store: &store, config: &config, now, serial: &serial };
        let hierarchy = workshop.hierarchy().await?;
        let tls = workshop.tls(&hierarchy).await?;
        Ok(Self { keys, store, clock, random, config, hierarchy, tls })
    }

    /// DER of the issuing authority's certificate.
    #[must_use]
    pub fn issuing_certificate(&self) -> &[u8] {
        &self.hierarchy.issuing.der
    }

    /// DER of the root's certificate.
    #[must_use]
    pub fn root_certificate(&self) -> &[u8] {
        &self.hierarchy.root.der
    }

    /// The server's TLS certificate and the issuing authority's, DER, as a TLS server sends them. The key is [`crate::TLS_KEY`].
    #[must_use]
    pub fn tls_chain(&self) -> Vec<Vec<u8>> {
        vec![self.tls.clone(), self.hierarchy.issuing.der.clone()]
    }

    /// Issuing authority and root in PEM, in this order [RFC 7468 §5].
    ///
    /// # Errors
    /// Never with certificates of a store that is in order.
    pub fn chain_pem(&self) -> Result<String, CaError> {
        let pem = |der: &[u8]| {
            encode_string("CERTIFICATE", LineEnding::LF, der)
                .map_err(|error| CaError::Encoding(error.into()))
        };
        Ok(pem(&self.hierarchy.issuing.der)? + &pem(&self.hierarchy.root.der)?)
    }

    /// The list of revoked certificates that is in force, a new one when something was revoked since the last, or it runs out soon.
    ///
    /// # Errors
    /// Keys or store are at fault.
    pub async fn revocation_list(&self) -> Result<RevocationList, CaError> {
        let mut last_error = StoreError::AlreadyExists("list of revoked certificates");
        for _ in 0..TRIES_MAX {
            let now = self.clock.now();
            let previous = self.store.last_revocation_list().await?;
            if let Some(list) = &previous
                && crl::still_serves(list, self.store.revocation_count().await?, now)
            {
                return Ok(list.clone());
            }
            let number = previous.map_or(1, |list| list.number + 1);
            let revocations = self.store.revocations(now).await?;
            let validity = Duration::from_secs(u64::from(self.config.crl_validity_hours) * 3_600);
            let list = crl::make(
                &*self.keys,
                &self.hierarchy.issuing,
                number,
                &revocations,
                now,
                validity,
            )?;
            match self.store.add_revocation_list(&list).await {
                Ok(()) => return Ok(list),
                // Another process made one of this number: look at that one.
                Err(error @ StoreError::AlreadyExists(_)) => last_error = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last_error.into())
    }

    /// The certificates for a token that are not revoked.
    async fn in_force(&self, cuid: Cuid) -> Result<Vec<IssuedCertificate>, CaError> {
        let filter = CertificateFilter { cuid: Some(cuid), ..CertificateFilter::default() };
        let mut found = Vec::new();
        let mut start = 0;
        loop {
            let page = self.store.issued_certificates(&filter, Page::new(start, PAGE_MAX)).await?;
            let last = page.entries.is_empty();
            let in_force = page.entries.into_iter().filter(|record| record.revocation.is_none());
            found.extend(
                in_force.map(|record| IssuedCertificate { serial: record.serial, der: record.der }),
            );
            start += PAGE_MAX;
            if last || u64::from(start) >= page.total {
                return Ok(found);
            }
        }
    }

    async fn issue(&self, request: &EnrollmentRequest) -> Result<IssuedCertificate, CaError> {
        let profile = self.profile(&request.profile)?;
        let key = public_key::check(&request::public_key(&request.public_key)?, profile)?;
        let subject = subject::from_pattern(&profile.subject, &request.user, &request.cuid)?;
        let now = self.clock.now();
        let not_before = now.checked_sub(BACKDATED).map_err(|_| CaError::TimeOutOfRange)?;
        let issuing = &self.hierarchy.issuing;
        let not_after = days_after(not_before, profile.validity_days)?.min(issuing.not_after);
        for _ in 0..TRIES_MAX {
            let serial = fresh_serial(&self.random)?;
            let draft = Draft {
                serial: serial.clone(),
                issuer: issuing.name.clone(),
                subject: subject.clone(),
                not_before,
                not_after,
                key: key.clone(),
                extensions: self.extensions(profile, &key)?,
            };
            let der = certificate::sign(&*self.keys, ISSUING_KEY, draft)?;
            let record = CertificateRecord {
                serial: serial.clone(),
                subject: subject.to_string(),
                user: request.user.clone(),
                cuid: request.cuid,
                profile: profile.name.clone(),
                der: der.clone(),
                not_before,
                not_after,
                created: now,
                revocation: None,
            };
            match self.store.add_certificate(&record).await {
                Ok(()) => return Ok(IssuedCertificate { serial, der }),
                Err(StoreError::AlreadyExists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::AlreadyExists("certificate with this serial number").into())
    }

    fn profile(&self, name: &str) -> Result<&CertificateProfile, CaError> {
        self.config
            .profiles
            .iter()
            .find(|profile| profile.name == name)
            .ok_or_else(|| CaError::NoSuchProfile(name.to_owned()))
    }

    fn extensions(
        &self,
        profile: &CertificateProfile,
        key: &spki::SubjectPublicKeyInfoOwned,
    ) -> Result<Vec<Extension>, CaError> {
        let mut extensions = vec![
            extension::authority_key_identifier(&self.hierarchy.issuing.key)?,
            extension::subject_key_identifier(key)?,
            extension::key_usage(profile.usage.iter().map(|usage| usage.bit()))?,
            extension::crl_distribution_points(&self.config.crl_url)?,
            extension::issuer_access(&self.config.issuer_url)?,
        ];
        if !profile.extended_usage.is_empty() {
            extensions.push(extension::extended_key_usage(&profile.extended_usage)?);
        }
        Ok(extensions)
    }
}

/// A fresh serial number: positive, of one length, without leading zeros [RFC 5280 §4.1.2.2].
fn fresh_serial(random: &impl Randomness) -> Result<Vec<u8>, CaError> {
    let mut serial = vec![0; SERIAL_LENGTH];
    random.fill(&mut serial)?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7F | 0x40;
    }
    Ok(serial)
}

impl<K, S, C, R> CertificateAuthority for Authority<K, S, C, R>
where
    K: KeyProvider,
    S: CertificateStore,
    C: Clock,
    R: Randomness,
{
    async fn enroll(
        &self,
        request: EnrollmentRequest,
    ) -> Result<IssuedCertificate, SubsystemError> {
        let issued = self.issue(&request).await.map_err(report)?;
        tracing::info!(user = request.user, profile = request.profile, "certificate issued");
        Ok(issued)
    }

    async fn revoke(
        &self,
        serial: Vec<u8>,
        reason: RevocationReason,
    ) -> Result<(), SubsystemError> {
        let revocation = Revocation { reason, at: self.clock.now() };
        self.store
            .revoke_certificate(&serial, revocation)
            .await
            .map_err(|error| report(error.into()))?;
        tracing::info!(?reason, "certificate revoked");
        Ok(())
    }

    async fn unrevoke(&self, serial: Vec<u8>) -> Result<(), SubsystemError> {
        self.store.release_certificate(&serial).await.map_err(|error| report(error.into()))
    }

    async fn certificate(&self, serial: Vec<u8>) -> Result<IssuedCertificate, SubsystemError> {
        let record =
            self.store.issued_certificate(&serial).await.map_err(|error| report(error.into()))?;
        record
            .map(|record| IssuedCertificate { serial: record.serial, der: record.der })
            .ok_or_else(|| SubsystemError::NotFound("certificate".to_owned()))
    }

    async fn certificates_of(&self, cuid: Cuid) -> Result<Vec<IssuedCertificate>, SubsystemError> {
        self.in_force(cuid).await.map_err(report)
    }
}

/// Logs what is the authority's own fault, and says to TPS what it may know.
fn report(error: CaError) -> SubsystemError {
    let answer = SubsystemError::from(error);
    if matches!(answer, SubsystemError::Failed(_)) {
        tracing::error!(error = %answer, "certificate authority");
    }
    answer
}
