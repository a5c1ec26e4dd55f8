//! Rules that every certificate is held against before it is signed, each with its clause.
//!
//! The linter reads the bytes that are to be signed, not the values that they were made of: what it passes is what gets the signature.

use core::fmt;

use der::Decode as _;
use x509_cert::{
    Version,
    ext::pkix::{
        AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
        SubjectKeyIdentifier,
    },
};

use crate::certificate::ToBeSigned;

/// Longest serial number, in bytes [RFC 5280 §4.1.2.2].
const SERIAL_LENGTH_MAX: usize = 20;
/// Shortest serial number, in bytes: 64 bits from a random source.
const SERIAL_LENGTH_MIN: usize = 8;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// The clause that it comes from.
    pub clause: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.rule, self.clause)
    }
}

struct Rule {
    name: &'static str,
    clause: &'static str,
    holds: fn(&ToBeSigned) -> bool,
}

const RULES: &[Rule] = &[
    Rule {
        name: "version is 3",
        clause: "RFC 5280 §4.1.2.1",
        holds: |tbs| tbs.version == Version::V3,
    },
    Rule {
        name: "serial number is positive, 8 to 20 bytes",
        clause: "RFC 5280 §4.1.2.2",
        holds: serial_number,
    },
    Rule {
        name: "issuer is not empty",
        clause: "RFC 5280 §4.1.2.4",
        holds: |tbs| !tbs.issuer.is_empty(),
    },
    Rule { name: "validity ends after it begins", clause: "RFC 5280 §4.1.2.5", holds: validity },
    Rule {
        name: "subject is not empty",
        clause: "RFC 5280 §4.1.2.6",
        holds: |tbs| !tbs.subject.is_empty(),
    },
    Rule { name: "no extension twice", clause: "RFC 5280 §4.2", holds: unique_extensions },
    Rule {
        name: "authority key identifier, not critical, unless self-issued",
        clause: "RFC 5280 §4.2.1.1",
        holds: authority_key_identifier,
    },
    Rule {
        name: "subject key identifier, not critical",
        clause: "RFC 5280 §4.2.1.2",
        holds: subject_key_identifier,
    },
    Rule {
        name: "key usage is there, critical and not empty",
        clause: "RFC 5280 §4.2.1.3",
        holds: key_usage,
    },
    Rule {
        name: "keyCertSign exactly where basic constraints say CA",
        clause: "RFC 5280 §4.2.1.9",
        holds: authority_consistent,
    },
    Rule {
        name: "basic constraints are critical",
        clause: "RFC 5280 §4.2.1.9",
        holds: basic_constraints_critical,
    },
    Rule {
        name: "extended key usage is not empty",
        clause: "RFC 5280 §4.2.1.12",
        holds: extended_key_usage,
    },
];

/// Holds the DER of a TBSCertificate against all rules.
///
/// # Errors
/// The first broken rule.
pub fn check(to_be_signed: &[u8]) -> Result<(), Finding> {
    let tbs = ToBeSigned::from_der(to_be_signed)
        .map_err(|_| Finding { rule: "well-formed DER", clause: "RFC 5280 §4.1" })?;
    RULES
        .iter()
        .find(|rule| !(rule.holds)(&tbs))
        .map_or(Ok(()), |rule| Err(Finding { rule: rule.name, clause: rule.clause }))
}

/// The extension of type `E` and whether it is critical; `None` when it is missing or malformed.
fn find<'a, E: der::Decode<'a> + const_oid::AssociatedOid>(
    tbs: &'a ToBeSigned,
) -> Option<(E, bool)> {
    let extension = tbs.extensions.iter().find(|extension| extension.extn_id == E::OID)?;
    Some((E::from_der(extension.extn_value.as_bytes()).ok()?, extension.critical))
}

fn has<E: const_oid::AssociatedOid>(tbs: &ToBeSigned) -> bool {
    tbs.extensions.iter().any(|extension| extension.extn_id == E::OID)
}

fn serial_number(tbs: &ToBeSigned) -> bool {
    let bytes = tbs.serial_number.as_bytes();
    (SERIAL_LENGTH_MIN..=SERIAL_LENGTH_MAX).contains(&bytes.len())
        && bytes.first().is_some_and(|byte| byte & 0x80 == 0)
}

fn validity(tbs: &ToBeSigned) -> bool {
    tbs.validity.not_before.to_unix_duration() < tbs.validity.not_after.to_unix_duration()
}

fn unique_extensions(tbs: &ToBeSigned) -> bool {
    tbs.extensions.iter().enumerate().all(|(i, extension)| {
        !tbs.extensions.iter().skip(i + 1).any(|other| other.extn_id == extension.extn_id)
    })
}

fn authority_key_identifier(tbs: &ToBeSigned) -> bool {
    tbs.issuer == tbs.subject
        || find::<AuthorityKeyIdentifier>(tbs)
            .is_some_and(|(id, critical)| id.key_identifier.is_some() && !critical)
}

fn subject_key_identifier(tbs: &ToBeSigned) -> bool {
    find::<SubjectKeyIdentifier>(tbs)
        .is_some_and(|(id, critical)| !id.0.as_bytes().is_empty() && !critical)
}

fn key_usage(tbs: &ToBeSigned) -> bool {
    find::<KeyUsage>(tbs).is_some_and(|(usage, critical)| critical && !usage.0.is_empty())
}

fn authority_consistent(tbs: &ToBeSigned) -> bool {
    let authority = find::<BasicConstraints>(tbs).is_some_and(|(constraints, _)| constraints.ca);
    let signs =
        find::<KeyUsage>(tbs).is_some_and(|(usage, _)| usage.0.contains(KeyUsages::KeyCertSign));
    authority == signs
}

fn basic_constraints_critical(tbs: &ToBeSigned) -> bool {
    !has::<BasicConstraints>(tbs)
        || find::<BasicConstraints>(tbs).is_some_and(|(_, critical)| critical)
}

fn extended_key_usage(tbs: &ToBeSigned) -> bool {
    !has::<ExtendedKeyUsage>(tbs)
        || find::<ExtendedKeyUsage>(tbs).is_some_and(|(usage, _)| !usage.0.is_empty())
}
