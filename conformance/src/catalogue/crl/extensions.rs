//! Extensions of a list [RFC 5280 §5.2].

use const_oid::ObjectIdentifier;

use super::fields::{is_delta, is_natural};
use crate::{
    catalogue::{
        certificate::SERIAL_MAX,
        rule::{Rule, must, should},
    },
    document::{
        crl::Crl,
        extension::Extension,
        lint::{Lint, absent, at, flawless},
        node::Node,
        oid,
    },
    verdict::Verdict,
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CL-24",
        "RFC5280-5.2-required-001",
        "RFC 5280 §5.2",
        "the list has its number and identifies the issuer's key",
        Lint::Crl(required),
    ),
    must(
        "CL-25",
        "RFC5280-5.2-duplicate-002",
        "RFC 5280 §5.2",
        "no extension is there twice",
        Lint::Crl(duplicate),
    ),
    must(
        "CL-26",
        "RFC5280-5.2-critical-003",
        "RFC 5280 §5.2",
        "extensions are critical exactly where they must be",
        Lint::Crl(critical),
    ),
    should(
        "CL-27",
        "RFC5280-5.2-unknown-004",
        "RFC 5280 §5.2",
        "no unknown extension is critical",
        Lint::Crl(unknown),
    ),
    must(
        "CL-28",
        "RFC5280-5.2.1-key-identifier-001",
        "RFC 5280 §5.2.1",
        "the issuer's key is identified by a key identifier",
        Lint::Crl(key_identifier),
    ),
    must(
        "CL-29",
        "RFC5280-5.2.3-number-001",
        "RFC 5280 §5.2.3",
        "the number is not negative and has 20 bytes at most",
        Lint::Crl(number),
    ),
    must(
        "CL-30",
        "RFC5280-5.2.4-delta-001",
        "RFC 5280 §5.2.4",
        "a delta list's base has a number that is not above its own",
        Lint::Crl(delta),
    ),
    must(
        "CL-31",
        "RFC5280-5.2.5-point-001",
        "RFC 5280 §5.2.5",
        "the issuing distribution point is not empty, and limits the list in one way at most",
        Lint::Crl(point),
    ),
    must(
        "CL-32",
        "RFC5280-5.2.6-freshest-001",
        "RFC 5280 §5.2.6",
        "a delta list does not point to delta lists",
        Lint::Crl(freshest),
    ),
];

/// Extensions that a list may have, and whether they must be critical.
const KNOWN: &[(ObjectIdentifier, bool)] = &[
    (oid::AUTHORITY_KEY_IDENTIFIER, false),
    (oid::ISSUER_ALT_NAME, false),
    (oid::CRL_NUMBER, false),
    (oid::DELTA_CRL_INDICATOR, true),
    (oid::ISSUING_DISTRIBUTION_POINT, true),
    (oid::FRESHEST_CRL, false),
    (oid::AUTHORITY_INFO_ACCESS, false),
];

fn required(list: &Crl<'_>) -> Verdict {
    let wanted = [oid::CRL_NUMBER, oid::AUTHORITY_KEY_IDENTIFIER];
    let missing = wanted.iter().find(|oid| list.extensions.get(**oid).is_none());
    flawless(missing.map(|missing| format!("no {}", oid::describe(missing))))
}

fn duplicate(list: &Crl<'_>) -> Verdict {
    flawless(
        list.extensions
            .duplicate()
            .map(|extension| at(&extension.node, &format!("{} again", extension.name()))),
    )
}

fn critical(list: &Crl<'_>) -> Verdict {
    let wrong = list.extensions.list.iter().find(|extension| {
        KNOWN.iter().any(|(oid, critical)| {
            extension.oid == Some(*oid) && extension.is_critical() != *critical
        })
    });
    flawless(wrong.map(|extension| {
        at(
            &extension.node,
            &format!("{}: critical or not, and should be the other", extension.name()),
        )
    }))
}

fn unknown(list: &Crl<'_>) -> Verdict {
    let unknown = list.extensions.list.iter().find(|extension| {
        extension.is_critical() && !KNOWN.iter().any(|(oid, _)| extension.oid == Some(*oid))
    });
    flawless(
        unknown.map(|extension| at(&extension.node, &format!("{} is critical", extension.name()))),
    )
}

fn key_identifier(list: &Crl<'_>) -> Verdict {
    let Some(extension) = list.extensions.get(oid::AUTHORITY_KEY_IDENTIFIER) else {
        return absent("authorityKeyIdentifier");
    };
    let right =
        list.extensions.authority_key_identifier().is_some_and(|identifier| !identifier.is_empty());
    Verdict::require(right, || at(&extension.node, "no key identifier"))
}

/// The number that an extension holds.
fn integer<'a>(list: &Crl<'a>, wanted: ObjectIdentifier) -> Option<Node<'a>> {
    list.extensions.get(wanted)?.inner().ok()
}

fn number(list: &Crl<'_>) -> Verdict {
    let Some(extension) = list.extensions.get(oid::CRL_NUMBER) else { return absent("number") };
    let right = integer(list, oid::CRL_NUMBER)
        .is_some_and(|node| is_natural(&node) && node.content.len() <= SERIAL_MAX);
    Verdict::require(right, || at(&extension.node, "a negative or long number, or none"))
}

fn delta(list: &Crl<'_>) -> Verdict {
    if !is_delta(list) {
        return absent("delta list");
    }
    let (base, own) = (integer(list, oid::DELTA_CRL_INDICATOR), integer(list, oid::CRL_NUMBER));
    let digits = |node: Node<'_>| -> Vec<u8> {
        node.content.iter().copied().skip_while(|byte| *byte == 0).collect()
    };
    let right = match (base, own) {
        (Some(base), Some(own)) if is_natural(&base) && is_natural(&own) => {
            let (base, own) = (digits(base), digits(own));
            (base.len(), base) <= (own.len(), own)
        }
        _ => false,
    };
    Verdict::require(right, || "a base with a number above the list's, or without".to_owned())
}

/// The elements of the issuing distribution point.
fn point_elements<'a>(list: &Crl<'a>) -> Option<Vec<Node<'a>>> {
    list.extensions.get(oid::ISSUING_DISTRIBUTION_POINT).map(Extension::elements)
}

fn is_set(node: &Node<'_>) -> bool {
    node.content.iter().any(|byte| *byte != 0)
}

/// Whether the list has entries of other issuers [RFC 5280 §5.2.5].
pub(super) fn is_indirect(list: &Crl<'_>) -> bool {
    point_elements(list).unwrap_or_default().iter().any(|node| node.tag == 0x84 && is_set(node))
}

fn point(list: &Crl<'_>) -> Verdict {
    let Some(elements) = point_elements(list) else { return absent("issuing distribution point") };
    // onlyContainsUserCerts, onlyContainsCACerts, onlyContainsAttributeCerts.
    let limits = elements
        .iter()
        .filter(|node| matches!(node.tag, 0x81 | 0x82 | 0x85) && is_set(node))
        .count();
    let written_false =
        elements.iter().any(|node| matches!(node.tag, 0x81 | 0x82 | 0x84 | 0x85) && !is_set(node));
    Verdict::require(!elements.is_empty() && limits <= 1 && !written_false, || {
        "an empty point, several limits, or a flag that is FALSE".to_owned()
    })
}

fn freshest(list: &Crl<'_>) -> Verdict {
    let Some(extension) = list.extensions.get(oid::FRESHEST_CRL) else {
        return absent("freshestCRL");
    };
    Verdict::require(!is_delta(list), || at(&extension.node, "freshestCRL in a delta list"))
}
