//! The few fields of a certificate that a list shows.

use serde::Serialize;
use x509_cert::{Certificate, der::Decode};

/// A certificate on a token [RFC 5280 §4.1].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateReport {
    /// The object that holds it, e.g. `c1`.
    pub id: String,
    /// Its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The subject's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The issuer's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Serial number in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Begin of validity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// End of validity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
}

impl CertificateReport {
    /// Reads the fields out of DER; bytes that are no certificate leave them empty.
    #[must_use]
    pub fn new(id: String, label: Option<String>, der: &[u8]) -> Self {
        let parsed = Certificate::from_der(der).ok();
        let tbs = parsed.as_ref().map(Certificate::tbs_certificate);
        Self {
            id,
            label,
            subject: tbs.map(|tbs| tbs.subject().to_string()),
            issuer: tbs.map(|tbs| tbs.issuer().to_string()),
            serial: tbs.map(|tbs| hex::encode_upper(tbs.serial_number().as_bytes())),
            not_before: tbs.map(|tbs| tbs.validity().not_before.to_string()),
            not_after: tbs.map(|tbs| tbs.validity().not_after.to_string()),
        }
    }
}
