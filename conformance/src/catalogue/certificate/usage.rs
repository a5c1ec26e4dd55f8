//! What a key may be used for, and whether it is an authority's [RFC 5280 §4.2.1.3, §4.2.1.9, §4.2.1.12].

use const_oid::ObjectIdentifier;

use crate::{
    catalogue::rule::{Rule, must, should},
    document::{
        certificate::Certificate,
        extension::{Extension, usage},
        lint::{Lint, absent, at, flawless, unreadable},
        node::{Node, tag},
        oid,
    },
    verdict::Verdict,
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-50",
        "RFC5280-4.2.1.3-key-usage-001",
        "RFC 5280 §4.2.1.3",
        "an authority's certificate has key usage",
        Lint::Certificate(of_authority),
    ),
    must(
        "CE-51",
        "RFC5280-4.2.1.3-key-usage-002",
        "RFC 5280 §4.2.1.3",
        "key usage has one bit set at least",
        Lint::Certificate(not_empty),
    ),
    must(
        "CE-52",
        "RFC5280-4.2.1.3-key-usage-003",
        "RFC 5280 §4.2.1.3",
        "encipherOnly and decipherOnly come with keyAgreement",
        Lint::Certificate(agreement),
    ),
    must(
        "CE-53",
        "RFC5280-4.2.1.3-key-usage-004",
        "RFC 5280 §4.2.1.3",
        "keyCertSign is for authorities only",
        Lint::Certificate(cert_sign),
    ),
    must(
        "CE-54",
        "X690-11.2.2-key-usage-001",
        "X.690 §11.2.2",
        "key usage has no bits after the last that is set",
        Lint::Certificate(trailing_bits),
    ),
    must(
        "CE-55",
        "RFC5280-4.2.1.9-constraints-001",
        "RFC 5280 §4.2.1.9",
        "an authority that signs certificates has critical basic constraints",
        Lint::Certificate(critical),
    ),
    must(
        "CE-56",
        "RFC5280-4.2.1.9-path-length-002",
        "RFC 5280 §4.2.1.9",
        "a path length is for authorities that sign certificates, and not negative",
        Lint::Certificate(path_length),
    ),
    must(
        "CE-57",
        "RFC5280-4.2.1.9-constraints-003",
        "RFC 5280 §4.2.1.9",
        "basic constraints hold a flag and a length, nothing else",
        Lint::Certificate(constraints),
    ),
    must(
        "CE-58",
        "RFC5280-4.2.1.12-purposes-001",
        "RFC 5280 §4.2.1.12",
        "extended key usage lists one purpose at least, and only identifiers",
        Lint::Certificate(purposes),
    ),
    should(
        "CE-59",
        "RFC5280-4.2.1.12-any-002",
        "RFC 5280 §4.2.1.12",
        "extended key usage that allows any purpose is not critical",
        Lint::Certificate(any_purpose),
    ),
    must(
        "CE-60",
        "RFC5280-4.2.1.12-consistency-003",
        "RFC 5280 §4.2.1.12",
        "every purpose has a key usage that serves it",
        Lint::Certificate(consistency),
    ),
    should(
        "CE-61",
        "RFC5280-4.2.1.9-authority-004",
        "RFC 5280 §4.2.1.9",
        "an authority's key may sign certificates or lists",
        Lint::Certificate(authority_signs),
    ),
    must(
        "CE-62",
        "RFC5280-4.2.1.12-duplicate-004",
        "RFC 5280 §4.2.1.12",
        "no purpose is listed twice",
        Lint::Certificate(duplicate_purpose),
    ),
];

const SIGNATURE: u16 = usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION;

/// The key usages that serve a purpose; one of them suffices.
const SERVING: &[(ObjectIdentifier, u16)] = &[
    (oid::SERVER_AUTH, usage::DIGITAL_SIGNATURE | usage::KEY_ENCIPHERMENT | usage::KEY_AGREEMENT),
    (oid::CLIENT_AUTH, usage::DIGITAL_SIGNATURE | usage::KEY_AGREEMENT),
    (oid::CODE_SIGNING, usage::DIGITAL_SIGNATURE),
    (oid::EMAIL_PROTECTION, SIGNATURE | usage::KEY_ENCIPHERMENT | usage::KEY_AGREEMENT),
    (oid::TIME_STAMPING, SIGNATURE),
    (oid::OCSP_SIGNING, SIGNATURE),
];

fn key_usage(certificate: &Certificate<'_>, judge: impl Fn(u16, &Node<'_>) -> Verdict) -> Verdict {
    let Some(extension) = certificate.extensions.get(oid::KEY_USAGE) else {
        return absent("key usage");
    };
    match (certificate.extensions.key_usage(), extension.inner()) {
        (Some(bits), Ok(inner)) => judge(bits, &inner),
        _ => unreadable("key usage"),
    }
}

fn of_authority(certificate: &Certificate<'_>) -> Verdict {
    if !certificate.extensions.is_authority() {
        return absent("authority");
    }
    Verdict::require(certificate.extensions.get(oid::KEY_USAGE).is_some(), || {
        "an authority without key usage".to_owned()
    })
}

fn not_empty(certificate: &Certificate<'_>) -> Verdict {
    key_usage(certificate, |bits, node| {
        Verdict::require(bits != 0, || at(node, "key usage without a usage"))
    })
}

fn agreement(certificate: &Certificate<'_>) -> Verdict {
    key_usage(certificate, |bits, node| {
        let only = bits & (usage::ENCIPHER_ONLY | usage::DECIPHER_ONLY) != 0;
        Verdict::require(!only || bits & usage::KEY_AGREEMENT != 0, || {
            at(node, "encipherOnly or decipherOnly alone")
        })
    })
}

fn cert_sign(certificate: &Certificate<'_>) -> Verdict {
    key_usage(certificate, |bits, node| {
        let signs = bits & usage::KEY_CERT_SIGN != 0;
        Verdict::require(!signs || certificate.extensions.is_authority(), || {
            at(node, "keyCertSign without cA")
        })
    })
}

fn trailing_bits(certificate: &Certificate<'_>) -> Verdict {
    key_usage(certificate, |_, node| {
        let right = match node.content {
            [unused, .., last] => *last != 0 && last.trailing_zeros() == u32::from(*unused),
            _ => node.content == [0],
        };
        Verdict::require(right, || at(node, "bits after the last that is set"))
    })
}

fn critical(certificate: &Certificate<'_>) -> Verdict {
    let signs =
        certificate.extensions.key_usage().is_none_or(|bits| bits & usage::KEY_CERT_SIGN != 0);
    if !certificate.extensions.is_authority() || !signs {
        return absent("authority that signs certificates");
    }
    let extension = certificate.extensions.get(oid::BASIC_CONSTRAINTS);
    Verdict::require(extension.is_some_and(Extension::is_critical), || {
        "basic constraints are not critical".to_owned()
    })
}

fn path_length(certificate: &Certificate<'_>) -> Verdict {
    let Some(constraints) = certificate.extensions.basic_constraints() else {
        return absent("basic constraints");
    };
    let Some(length) = constraints.path_length else { return absent("path length") };
    let signs =
        certificate.extensions.key_usage().is_none_or(|bits| bits & usage::KEY_CERT_SIGN != 0);
    let negative = length.content.first().is_none_or(|byte| byte & 0x80 != 0);
    Verdict::require(constraints.authority && signs && !negative, || {
        at(&length, "a path length here, or a negative one")
    })
}

fn constraints(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extensions.get(oid::BASIC_CONSTRAINTS) else {
        return absent("basic constraints");
    };
    let elements = extension.elements();
    let tags: Vec<u8> = elements.iter().map(|node| node.tag).collect();
    let right = matches!(*tags, [] | [tag::BOOLEAN | tag::INTEGER] | [tag::BOOLEAN, tag::INTEGER]);
    Verdict::require(right && extension.inner().is_ok(), || {
        at(&extension.node, "something else in basic constraints")
    })
}

fn listed_purposes(
    certificate: &Certificate<'_>,
    judge: impl Fn(&[ObjectIdentifier]) -> Verdict,
) -> Verdict {
    match certificate.extensions.purposes() {
        None => absent("extended key usage"),
        Some(purposes) => judge(&purposes),
    }
}

fn purposes(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extensions.get(oid::EXTENDED_KEY_USAGE) else {
        return absent("extended key usage");
    };
    let elements = extension.elements();
    Verdict::require(
        !elements.is_empty() && elements.iter().all(|node| node.oid().is_some()),
        || at(&extension.node, "no purpose, or something else"),
    )
}

fn any_purpose(certificate: &Certificate<'_>) -> Verdict {
    listed_purposes(certificate, |purposes| {
        if !purposes.contains(&oid::ANY_EXTENDED_KEY_USAGE) {
            return absent("any purpose");
        }
        let extension = certificate.extensions.get(oid::EXTENDED_KEY_USAGE);
        Verdict::require(!extension.is_some_and(Extension::is_critical), || {
            "any purpose, and yet critical".to_owned()
        })
    })
}

fn consistency(certificate: &Certificate<'_>) -> Verdict {
    let Some(bits) = certificate.extensions.key_usage() else { return absent("key usage") };
    listed_purposes(certificate, |purposes| {
        let mut served = SERVING.iter().filter(|(purpose, _)| purposes.contains(purpose));
        // An authority's purposes are what it may issue for, not what its key does.
        let authority = certificate.extensions.is_authority();
        flawless(
            served
                .find(|(_, serving)| !authority && bits & serving == 0)
                .map(|(purpose, _)| format!("no key usage serves {}", oid::describe(purpose))),
        )
    })
}

fn authority_signs(certificate: &Certificate<'_>) -> Verdict {
    if !certificate.extensions.is_authority() {
        return absent("authority");
    }
    key_usage(certificate, |bits, node| {
        let signs = bits & (usage::KEY_CERT_SIGN | usage::CRL_SIGN) != 0;
        Verdict::require(signs, || {
            at(node, "an authority whose key signs neither certificates nor lists")
        })
    })
}

fn duplicate_purpose(certificate: &Certificate<'_>) -> Verdict {
    listed_purposes(certificate, |purposes| {
        let twice = purposes
            .iter()
            .enumerate()
            .find(|(at, purpose)| purposes.iter().take(*at).any(|other| other == *purpose));
        flawless(twice.map(|(_, purpose)| format!("{} twice", oid::describe(purpose))))
    })
}
