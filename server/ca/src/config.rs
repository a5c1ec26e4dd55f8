//! What the operator may set.

use serde::{Deserialize, Serialize};

use crate::profile::{CertificateProfile, default_profiles};

/// The authority's configuration: the table `[ca]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthorityConfig {
    /// Subject of the root [RFC 4514]. Takes effect when the hierarchy is made.
    pub root_subject: String,
    /// Subject of the issuing authority [RFC 4514]. Takes effect when the hierarchy is made.
    pub issuing_subject: String,
    /// Validity of the root, in days.
    pub root_validity_days: u32,
    /// Validity of the issuing authority, in days.
    pub issuing_validity_days: u32,
    /// Validity of the server's TLS certificate and of DRM's transport certificate, in days.
    pub server_validity_days: u32,
    /// Host names and IP addresses in the server's TLS certificate.
    pub server_names: Vec<String>,
    /// Where clients find the list of revoked certificates; written into every certificate.
    pub crl_url: String,
    /// Where clients find the issuing authority's certificate; written into every certificate.
    pub issuer_url: String,
    /// How long a list of revoked certificates is valid, in hours. A new one is made when a quarter of that is left, and after
    /// each revocation.
    pub crl_validity_hours: u32,
    /// The certificate profiles.
    pub profiles: Vec<CertificateProfile>,
}

impl Default for AuthorityConfig {
    fn default() -> Self {
        Self {
            root_subject: "CN=Cardinal Root CA,O=Cardinal".to_owned(),
            issuing_subject: "CN=Cardinal Token CA,O=Cardinal".to_owned(),
            root_validity_days: 7305,
            issuing_validity_days: 3652,
            server_validity_days: 825,
            server_names: vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()],
            crl_url: "https://localhost:8443/ca/crl".to_owned(),
            issuer_url: "https://localhost:8443/ca/ca.crt".to_owned(),
            crl_validity_hours: 24,
            profiles: default_profiles(),
        }
    }
}
