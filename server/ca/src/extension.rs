//! Extensions, each built in one line.

use aws_lc_rs::digest::{SHA256, digest};
use const_oid::{AssociatedOid, db::rfc5280::ID_AD_CA_ISSUERS};
use der::{
    Encode,
    asn1::{Ia5String, OctetString},
    flagset::FlagSet,
};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::ext::{
    Extension,
    pkix::{
        AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
        CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
        SubjectKeyIdentifier,
        crl::dp::DistributionPoint,
        name::{DistributionPointName, GeneralName},
    },
};

use crate::{error::CaError, profile::ExtendedUsage};

/// Length of a key identifier, in bytes: the leftmost 160 bits of a SHA-256 digest [RFC 7093 §2].
const KEY_IDENTIFIER_LENGTH: usize = 20;

/// The identifier of a public key.
pub(crate) fn key_identifier(key: &SubjectPublicKeyInfoOwned) -> Vec<u8> {
    let digest = digest(&SHA256, key.subject_public_key.raw_bytes());
    digest.as_ref().iter().copied().take(KEY_IDENTIFIER_LENGTH).collect()
}

fn extension<E: Encode + AssociatedOid>(value: &E, critical: bool) -> Result<Extension, CaError> {
    Ok(Extension { extn_id: E::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

/// Basic constraints [RFC 5280 §4.2.1.9].
pub(crate) fn basic_constraints(
    path_length: Option<u8>,
    authority: bool,
) -> Result<Extension, CaError> {
    extension(&BasicConstraints { ca: authority, path_len_constraint: path_length }, true)
}

/// Key usage [RFC 5280 §4.2.1.3].
pub(crate) fn key_usage(usages: impl IntoIterator<Item = KeyUsages>) -> Result<Extension, CaError> {
    let usages = usages.into_iter().fold(FlagSet::default(), |all, one| all | one);
    extension(&KeyUsage(usages), true)
}

/// Extended key usage [RFC 5280 §4.2.1.12].
pub(crate) fn extended_key_usage(usages: &[ExtendedUsage]) -> Result<Extension, CaError> {
    extension(&ExtendedKeyUsage(usages.iter().map(|usage| usage.oid()).collect()), false)
}

/// Subject key identifier [RFC 5280 §4.2.1.2].
pub(crate) fn subject_key_identifier(
    key: &SubjectPublicKeyInfoOwned,
) -> Result<Extension, CaError> {
    extension(&SubjectKeyIdentifier(OctetString::new(key_identifier(key))?), false)
}

/// Authority key identifier [RFC 5280 §4.2.1.1].
pub(crate) fn authority_key_identifier(
    issuer: &SubjectPublicKeyInfoOwned,
) -> Result<Extension, CaError> {
    let identifier = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(key_identifier(issuer))?),
        authority_cert_issuer: None,
        authority_cert_serial_number: None,
    };
    extension(&identifier, false)
}

/// CRL distribution points [RFC 5280 §4.2.1.13].
pub(crate) fn crl_distribution_points(url: &str) -> Result<Extension, CaError> {
    let point = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![uri(url)?])),
        reasons: None,
        crl_issuer: None,
    };
    extension(&CrlDistributionPoints(vec![point]), false)
}

/// Authority information access: where the issuer's certificate is [RFC 5280 §4.2.2.1].
pub(crate) fn issuer_access(url: &str) -> Result<Extension, CaError> {
    let access = AccessDescription { access_method: ID_AD_CA_ISSUERS, access_location: uri(url)? };
    extension(&AuthorityInfoAccessSyntax(vec![access]), false)
}

/// Subject alternative names: host names and IP addresses [RFC 5280 §4.2.1.6].
pub(crate) fn subject_names(names: &[String]) -> Result<Extension, CaError> {
    let names = names.iter().map(|name| host(name)).collect::<Result<_, _>>()?;
    extension(&SubjectAltName(names), false)
}

fn uri(url: &str) -> Result<GeneralName, CaError> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(url)?))
}

fn host(name: &str) -> Result<GeneralName, CaError> {
    use std::net::IpAddr;
    Ok(match name.parse() {
        Ok(IpAddr::V4(address)) => GeneralName::IpAddress(OctetString::new(address.octets())?),
        Ok(IpAddr::V6(address)) => GeneralName::IpAddress(OctetString::new(address.octets())?),
        Err(_) => GeneralName::DnsName(Ia5String::new(name)?),
    })
}
