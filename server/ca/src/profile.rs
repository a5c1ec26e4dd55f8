//! Certificate profiles: what a certificate for a key on a token says, as data.

use const_oid::{ObjectIdentifier, db::rfc5280};
use serde::{Deserialize, Serialize};
use x509_cert::ext::pkix::KeyUsages;

/// One profile, named as clients of this protocol name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateProfile {
    /// Its name.
    pub name: String,
    /// The subject [RFC 4514]; `$user` and `$cuid` are replaced.
    pub subject: String,
    /// Validity, in days.
    pub validity_days: u32,
    /// What the key may be used for [RFC 5280 §4.2.1.3].
    pub usage: Vec<Usage>,
    /// What else it may be used for [RFC 5280 §4.2.1.12].
    #[serde(default)]
    pub extended_usage: Vec<ExtendedUsage>,
    /// Shortest RSA modulus, in bits.
    #[serde(default = "minimum_rsa_bits")]
    pub minimum_rsa_bits: u16,
}

const fn minimum_rsa_bits() -> u16 {
    2048
}

/// A bit of the key usage extension [RFC 5280 §4.2.1.3].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usage {
    /// Verifies signatures on data.
    DigitalSignature,
    /// Verifies signatures that its holder shall not be able to deny.
    NonRepudiation,
    /// Enciphers keys.
    KeyEncipherment,
    /// Enciphers data.
    DataEncipherment,
    /// Agrees on keys.
    KeyAgreement,
}

impl Usage {
    pub(crate) fn bit(self) -> KeyUsages {
        match self {
            Self::DigitalSignature => KeyUsages::DigitalSignature,
            Self::NonRepudiation => KeyUsages::NonRepudiation,
            Self::KeyEncipherment => KeyUsages::KeyEncipherment,
            Self::DataEncipherment => KeyUsages::DataEncipherment,
            Self::KeyAgreement => KeyUsages::KeyAgreement,
        }
    }
}

/// A purpose of the extended key usage extension [RFC 5280 §4.2.1.12].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtendedUsage {
    /// TLS clients.
    ClientAuth,
    /// TLS servers.
    ServerAuth,
    /// E-mail.
    EmailProtection,
}

impl ExtendedUsage {
    pub(crate) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::ClientAuth => rfc5280::ID_KP_CLIENT_AUTH,
            Self::ServerAuth => rfc5280::ID_KP_SERVER_AUTH,
            Self::EmailProtection => rfc5280::ID_KP_EMAIL_PROTECTION,
        }
    }
}

/// Validity of a token user's certificate, in days: five years.
const TOKEN_VALIDITY_DAYS: u32 = 1825;
/// Validity of a certificate for a temporary token, in days.
const TEMPORARY_VALIDITY_DAYS: u32 = 7;

/// The profiles that a server has unless its configuration names others.
#[must_use]
pub fn default_profiles() -> Vec<CertificateProfile> {
    let signing = [Usage::DigitalSignature, Usage::NonRepudiation];
    let encryption = [Usage::KeyEncipherment, Usage::DataEncipherment];
    let both = [ExtendedUsage::ClientAuth, ExtendedUsage::EmailProtection];
    let mail = [ExtendedUsage::EmailProtection];
    vec![
        profile("caTokenUserSigningKeyEnrollment", TOKEN_VALIDITY_DAYS, &signing, &both),
        profile("caTokenUserEncryptionKeyEnrollment", TOKEN_VALIDITY_DAYS, &encryption, &mail),
        profile("caTempTokenUserSigningKeyEnrollment", TEMPORARY_VALIDITY_DAYS, &signing, &both),
        profile(
            "caTempTokenUserEncryptionKeyEnrollment",
            TEMPORARY_VALIDITY_DAYS,
            &encryption,
            &mail,
        ),
    ]
}

fn profile(
    name: &str,
    validity_days: u32,
    usage: &[Usage],
    extended: &[ExtendedUsage],
) -> CertificateProfile {
    CertificateProfile {
        name: name.to_owned(),
        subject: "UID=$user,O=Token Key User".to_owned(),
        validity_days,
        usage: usage.to_vec(),
        extended_usage: extended.to_vec(),
        minimum_rsa_bits: minimum_rsa_bits(),
    }
}
