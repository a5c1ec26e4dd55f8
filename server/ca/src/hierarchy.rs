//! The authority's own certificates: made once, at the first start.

use jiff::Timestamp;
use keys::{KeyKind, KeyProvider};
use spki::{SubjectPublicKeyInfoOwned, der::Decode as _};
use store::ca::CertificateStore;
use x509_cert::{Certificate, ext::pkix::KeyUsages, name::Name};

use crate::{
    certificate::{self, Draft, days_after},
    config::AuthorityConfig,
    error::CaError,
    extension,
    profile::ExtendedUsage,
    subject,
};

/// Name of the root's key.
pub const ROOT_KEY: &str = "ca-root";
/// Name of the issuing authority's key.
pub const ISSUING_KEY: &str = "ca-issuing";
/// Name of the key of the server's TLS certificate.
pub const TLS_KEY: &str = "server-tls";
/// The keys that the authority needs, for [`KeyProvider::ensure_keys`].
pub const WANTED_KEYS: [(&str, KeyKind); 3] = [
    (ROOT_KEY, KeyKind::SigningRsa3072),
    (ISSUING_KEY, KeyKind::SigningRsa2048),
    (TLS_KEY, KeyKind::TlsP256),
];

/// A certificate of the authority and what is needed of it to issue.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) der: Vec<u8>,
    pub(crate) name: Name,
    pub(crate) key: SubjectPublicKeyInfoOwned,
    pub(crate) not_after: Timestamp,
}

impl Issuer {
    pub(crate) fn from_der(der: Vec<u8>) -> Result<Self, CaError> {
        let certificate = Certificate::from_der(&der)?;
        let tbs = certificate.tbs_certificate();
        let seconds = tbs.validity().not_after.to_unix_duration().as_secs();
        let not_after = i64::try_from(seconds)
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or(CaError::TimeOutOfRange)?;
        Ok(Self {
            name: tbs.subject().clone(),
            key: tbs.subject_public_key_info().clone(),
            not_after,
            der,
        })
    }
}

/// Root and issuing authority.
#[derive(Clone)]
pub(crate) struct Hierarchy {
    pub(crate) root: Issuer,
    pub(crate) issuing: Issuer,
}

/// What making a certificate of the authority needs.
pub(crate) struct Workshop<'a, K, S> {
    pub(crate) keys: &'a K,
    pub(crate) store: &'a S,
    pub(crate) config: &'a AuthorityConfig,
    pub(crate) now: Timestamp,
    /// Makes a fresh serial number.
    pub(crate) serial: &'a (dyn Fn() -> Result<Vec<u8>, CaError> + Sync),
}

impl<K: KeyProvider, S: CertificateStore> Workshop<'_, K, S> {
    /// The hierarchy in the store, or a new one.
    pub(crate) async fn hierarchy(&self) -> Result<Hierarchy, CaError> {
        let root = Issuer::from_der(self.kept("root", Self::make_root).await?)?;
        let issuing = self.kept("issuing", |workshop| workshop.make_issuing(&root)).await?;
        Ok(Hierarchy { issuing: Issuer::from_der(issuing)?, root })
    }

    /// The server's TLS certificate; a new one when the one in the store has run out or names other hosts.
    pub(crate) async fn tls(&self, hierarchy: &Hierarchy) -> Result<Vec<u8>, CaError> {
        // The names are part of the record's name, so that other names are another record.
        let name = format!("tls {}", self.config.server_names.join(" "));
        self.kept(&name, |workshop| workshop.make_tls(hierarchy)).await
    }

    async fn kept(
        &self,
        name: &str,
        make: impl FnOnce(&Self) -> Result<Vec<u8>, CaError>,
    ) -> Result<Vec<u8>, CaError> {
        if let Some(der) = self.store.authority_certificate(name).await?
            && Issuer::from_der(der.clone())?.not_after > self.now
        {
            return Ok(der);
        }
        let der = make(self)?;
        self.store.put_authority_certificate(name, &der).await?;
        tracing::info!(name, "certificate of the authority made");
        Ok(der)
    }

    fn public_key(&self, key: &str) -> Result<SubjectPublicKeyInfoOwned, CaError> {
        Ok(SubjectPublicKeyInfoOwned::from_der(&self.keys.description(key)?.visible)?)
    }

    fn make_root(&self) -> Result<Vec<u8>, CaError> {
        let name = subject::parse(&self.config.root_subject)?;
        let key = self.public_key(ROOT_KEY)?;
        let extensions = vec![
            extension::basic_constraints(None, true)?,
            extension::key_usage([KeyUsages::KeyCertSign, KeyUsages::CRLSign])?,
            extension::subject_key_identifier(&key)?,
        ];
        let not_after = days_after(self.now, self.config.root_validity_days)?;
        self.sign(ROOT_KEY, name.clone(), name, not_after, key, extensions)
    }

    fn make_issuing(&self, root: &Issuer) -> Result<Vec<u8>, CaError> {
        let name = subject::parse(&self.config.issuing_subject)?;
        let key = self.public_key(ISSUING_KEY)?;
        let extensions = vec![
            extension::basic_constraints(Some(0), true)?,
            extension::key_usage([KeyUsages::KeyCertSign, KeyUsages::CRLSign])?,
            extension::subject_key_identifier(&key)?,
            extension::authority_key_identifier(&root.key)?,
        ];
        let not_after =
            days_after(self.now, self.config.issuing_validity_days)?.min(root.not_after);
        self.sign(ROOT_KEY, root.name.clone(), name, not_after, key, extensions)
    }

    fn make_tls(&self, hierarchy: &Hierarchy) -> Result<Vec<u8>, CaError> {
        let host = self.config.server_names.first().map_or("localhost", String::as_str);
        let name = subject::parse(&format!("CN={host}"))?;
        let key = self.public_key(TLS_KEY)?;
        let extensions = vec![
            extension::key_usage([KeyUsages::DigitalSignature])?,
            extension::extended_key_usage(&[ExtendedUsage::ServerAuth])?,
            extension::subject_names(&self.config.server_names)?,
            extension::subject_key_identifier(&key)?,
            extension::authority_key_identifier(&hierarchy.issuing.key)?,
        ];
        let issuing = &hierarchy.issuing;
        let not_after =
            days_after(self.now, self.config.server_validity_days)?.min(issuing.not_after);
        self.sign(ISSUING_KEY, issuing.name.clone(), name, not_after, key, extensions)
    }

    fn sign(
        &self,
        signing_key: &str,
        issuer: Name,
        subject: Name,
        not_after: Timestamp,
        key: SubjectPublicKeyInfoOwned,
        extensions: Vec<x509_cert::ext::Extension>,
    ) -> Result<Vec<u8>, CaError> {
        let serial = (self.serial)()?;
        let draft =
            Draft { serial, issuer, subject, not_before: self.now, not_after, key, extensions };
        certificate::sign(self.keys, signing_key, draft)
    }
}
