//! Extensions in general, and the identifiers of keys [RFC 5280 §4.2, §4.2.1.1, §4.2.1.2].

use const_oid::ObjectIdentifier;

use crate::{
    catalogue::rule::{Rule, must, should},
    document::{
        certificate::Certificate,
        extension::Extension,
        lint::{Lint, absent, at, flawless},
        node::{Node, tag},
        oid,
    },
    verdict::Verdict,
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-38",
        "RFC5280-4.2-duplicate-001",
        "RFC 5280 §4.2",
        "no extension is there twice",
        Lint::Certificate(duplicate),
    ),
    must(
        "CE-39",
        "RFC5280-4.2-value-002",
        "RFC 5280 §4.2",
        "the value of every extension is one element of the extension's type",
        Lint::Certificate(values),
    ),
    should(
        "CE-40",
        "RFC5280-4.2-critical-003",
        "RFC 5280 §4.2",
        "every critical extension is one that a verifier must know",
        Lint::Certificate(unknown_critical),
    ),
    must(
        "CE-41",
        "RFC5280-4.2-critical-004",
        "RFC 5280 §4.2",
        "extensions that must not be critical are not",
        Lint::Certificate(never_critical),
    ),
    must(
        "CE-42",
        "RFC5280-4.2-critical-005",
        "RFC 5280 §4.2",
        "extensions that must be critical are",
        Lint::Certificate(always_critical),
    ),
    should(
        "CE-43",
        "RFC5280-4.2-critical-006",
        "RFC 5280 §4.2",
        "extensions are critical or not as is recommended",
        Lint::Certificate(recommended),
    ),
    must(
        "CE-44",
        "RFC5280-4.2.1.1-authority-key-001",
        "RFC 5280 §4.2.1.1",
        "the issuer's key is identified, but in a root",
        Lint::Certificate(authority_key),
    ),
    must(
        "CE-45",
        "RFC5280-4.2.1.1-authority-key-002",
        "RFC 5280 §4.2.1.1",
        "the issuer's certificate is named with its serial number, or neither is",
        Lint::Certificate(issuer_and_serial),
    ),
    must(
        "CE-46",
        "RFC5280-4.2.1.2-subject-key-001",
        "RFC 5280 §4.2.1.2",
        "an authority's key is identified",
        Lint::Certificate(subject_key_of_authority),
    ),
    should(
        "CE-47",
        "RFC5280-4.2.1.2-subject-key-002",
        "RFC 5280 §4.2.1.2",
        "an end entity's key is identified",
        Lint::Certificate(subject_key_of_entity),
    ),
    must(
        "CE-48",
        "RFC5280-4.2.1.2-subject-key-003",
        "RFC 5280 §4.2.1.2",
        "a key identifier is not empty",
        Lint::Certificate(subject_key_value),
    ),
    must(
        "CE-49",
        "RFC5280-4.2.1.1-authority-key-003",
        "RFC 5280 §4.2.1.1",
        "a root that identifies its issuer's key names its own",
        Lint::Certificate(root_key),
    ),
];

/// What a clause says of the critical flag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Critical {
    Always,
    Recommended,
    NotRecommended,
    Never,
    Either,
}

/// Every extension of RFC 5280: its value's tag, and whether it is critical.
const KNOWN: &[(ObjectIdentifier, u8, Critical)] = &[
    (oid::AUTHORITY_KEY_IDENTIFIER, tag::SEQUENCE, Critical::Never),
    (oid::SUBJECT_KEY_IDENTIFIER, tag::OCTET_STRING, Critical::Never),
    (oid::KEY_USAGE, tag::BIT_STRING, Critical::Recommended),
    (oid::PRIVATE_KEY_USAGE_PERIOD, tag::SEQUENCE, Critical::NotRecommended),
    (oid::CERTIFICATE_POLICIES, tag::SEQUENCE, Critical::Either),
    (oid::POLICY_MAPPINGS, tag::SEQUENCE, Critical::Recommended),
    (oid::SUBJECT_ALT_NAME, tag::SEQUENCE, Critical::Either),
    (oid::ISSUER_ALT_NAME, tag::SEQUENCE, Critical::NotRecommended),
    (oid::SUBJECT_DIRECTORY_ATTRIBUTES, tag::SEQUENCE, Critical::Never),
    (oid::BASIC_CONSTRAINTS, tag::SEQUENCE, Critical::Either),
    (oid::NAME_CONSTRAINTS, tag::SEQUENCE, Critical::Always),
    (oid::POLICY_CONSTRAINTS, tag::SEQUENCE, Critical::Always),
    (oid::EXTENDED_KEY_USAGE, tag::SEQUENCE, Critical::Either),
    (oid::CRL_DISTRIBUTION_POINTS, tag::SEQUENCE, Critical::NotRecommended),
    (oid::INHIBIT_ANY_POLICY, tag::INTEGER, Critical::Always),
    (oid::FRESHEST_CRL, tag::SEQUENCE, Critical::Never),
    (oid::AUTHORITY_INFO_ACCESS, tag::SEQUENCE, Critical::Never),
    (oid::SUBJECT_INFO_ACCESS, tag::SEQUENCE, Critical::Never),
];

fn known(extension: &Extension<'_>) -> Option<(u8, Critical)> {
    let mut table = KNOWN.iter();
    table.find(|(oid, ..)| extension.oid == Some(*oid)).map(|(_, tag, critical)| (*tag, *critical))
}

/// The first extension that is wrong.
fn first(
    certificate: &Certificate<'_>,
    wrong: impl Fn(&Extension<'_>) -> Option<String>,
) -> Verdict {
    let list = &certificate.extensions.list;
    if list.is_empty() {
        return absent("extensions");
    }
    flawless(list.iter().find_map(|extension| {
        wrong(extension).map(|what| at(&extension.node, &format!("{} {what}", extension.name())))
    }))
}

fn duplicate(certificate: &Certificate<'_>) -> Verdict {
    let duplicate = certificate.extensions.duplicate();
    flawless(duplicate.map(|extension| at(&extension.node, &format!("{} again", extension.name()))))
}

fn values(certificate: &Certificate<'_>) -> Verdict {
    first(certificate, |extension| {
        // What an extension of somebody else's holds is for him to say.
        let (tag, _) = known(extension)?;
        match extension.inner() {
            Err(malformed) => Some(format!("is broken: {malformed}")),
            Ok(inner) if inner.tag != tag => {
                Some(format!("holds {:02X} instead of {tag:02X}", inner.tag))
            }
            Ok(_) => None,
        }
    })
}

fn unknown_critical(certificate: &Certificate<'_>) -> Verdict {
    first(certificate, |extension| {
        (extension.is_critical() && known(extension).is_none()).then(|| "is critical".to_owned())
    })
}

fn never_critical(certificate: &Certificate<'_>) -> Verdict {
    first(certificate, |extension| {
        let never = known(extension).is_some_and(|(_, critical)| critical == Critical::Never);
        (never && extension.is_critical()).then(|| "is critical".to_owned())
    })
}

fn always_critical(certificate: &Certificate<'_>) -> Verdict {
    first(certificate, |extension| {
        let always = known(extension).is_some_and(|(_, critical)| critical == Critical::Always);
        (always && !extension.is_critical()).then(|| "is not critical".to_owned())
    })
}

fn recommended(certificate: &Certificate<'_>) -> Verdict {
    first(certificate, |extension| {
        let (_, critical) = known(extension)?;
        match (critical, extension.is_critical()) {
            (Critical::Recommended, false) => Some("is not critical".to_owned()),
            (Critical::NotRecommended, true) => Some("is critical".to_owned()),
            _ => None,
        }
    })
}

fn authority_key(certificate: &Certificate<'_>) -> Verdict {
    if certificate.extensions.authority_key_identifier().is_some() {
        return Verdict::pass();
    }
    // Only a certificate that is signed by its own key may leave it out.
    Verdict::require(certificate.is_self_issued(), || "no key identifier of the issuer".to_owned())
}

fn issuer_and_serial(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extensions.get(oid::AUTHORITY_KEY_IDENTIFIER) else {
        return absent("authorityKeyIdentifier");
    };
    let elements = extension.elements();
    let has = |wanted: u8| elements.iter().any(|node: &Node<'_>| node.tag == wanted);
    Verdict::require(has(tag::context(1)) == has(tag::primitive(2)), || {
        at(&extension.node, "an issuer without serial number, or the other way round")
    })
}

fn has_subject_key(certificate: &Certificate<'_>) -> Verdict {
    Verdict::require(certificate.extensions.get(oid::SUBJECT_KEY_IDENTIFIER).is_some(), || {
        "no subjectKeyIdentifier".to_owned()
    })
}

fn subject_key_of_authority(certificate: &Certificate<'_>) -> Verdict {
    if certificate.extensions.is_authority() {
        has_subject_key(certificate)
    } else {
        absent("authority")
    }
}

fn subject_key_of_entity(certificate: &Certificate<'_>) -> Verdict {
    if certificate.extensions.is_authority() {
        absent("end entity")
    } else {
        has_subject_key(certificate)
    }
}

fn subject_key_value(certificate: &Certificate<'_>) -> Verdict {
    let Some(identifier) = certificate.extensions.subject_key_identifier() else {
        return absent("subjectKeyIdentifier");
    };
    Verdict::require(!identifier.is_empty(), || "an empty subjectKeyIdentifier".to_owned())
}

fn root_key(certificate: &Certificate<'_>) -> Verdict {
    let extensions = &certificate.extensions;
    let keys = (extensions.authority_key_identifier(), extensions.subject_key_identifier());
    match keys {
        (Some(authority), Some(subject))
            if certificate.is_self_issued() && authority != subject =>
        {
            // A self-issued certificate may carry a new key under the old one [RFC 5280 §3.2]: then another key signed it.
            let own = super::chain::signature_check(certificate, certificate);
            Verdict::require(own != crate::document::signature::Check::Valid, || {
                "signed by its own key, but names another".to_owned()
            })
        }
        (Some(_), Some(_)) if certificate.is_self_issued() => Verdict::pass(),
        _ => absent("root with both identifiers"),
    }
}
