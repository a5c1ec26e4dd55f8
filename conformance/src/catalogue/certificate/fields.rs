//! The fields of a certificate [RFC 5280 §4.1].

use crate::{
    catalogue::rule::{Rule, must},
    document::{
        certificate::Certificate,
        lint::{Lint, absent, at, flawless, unreadable},
        node::{Node, tag},
    },
    verdict::Verdict,
};

/// Longest serial number, in bytes.
pub(in crate::catalogue) const SERIAL_MAX: usize = 20;

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-01",
        "RFC5280-4.1-structure-001",
        "RFC 5280 §4.1",
        "all parts of a certificate are there, in order",
        Lint::Certificate(structure),
    ),
    must(
        "CE-02",
        "RFC5280-4.1.2.1-version-001",
        "RFC 5280 §4.1.2.1",
        "the version is 1, 2 or 3",
        Lint::Certificate(version),
    ),
    must(
        "CE-03",
        "RFC5280-4.1.2.1-version-002",
        "RFC 5280 §4.1.2.1",
        "a certificate with extensions has version 3",
        Lint::Certificate(version_of_extensions),
    ),
    must(
        "CE-04",
        "RFC5280-4.1.2.2-serial-001",
        "RFC 5280 §4.1.2.2",
        "the serial number is positive",
        Lint::Certificate(serial_is_positive),
    ),
    must(
        "CE-05",
        "RFC5280-4.1.2.2-serial-002",
        "RFC 5280 §4.1.2.2",
        "the serial number has no more than 20 bytes",
        Lint::Certificate(serial_length),
    ),
    must(
        "CE-06",
        "RFC5280-4.1.2.8-unique-id-001",
        "RFC 5280 §4.1.2.8",
        "there are no unique identifiers",
        Lint::Certificate(unique_ids),
    ),
    must(
        "CE-07",
        "RFC5280-4.1.2.9-extensions-001",
        "RFC 5280 §4.1.2.9",
        "where there are extensions there is one at least, and each is well-formed",
        Lint::Certificate(extensions),
    ),
    must(
        "CE-08",
        "RFC5280-4.1.1.2-algorithm-001",
        "RFC 5280 §4.1.1.2",
        "the algorithm beside the signature is the one inside",
        Lint::Certificate(algorithms),
    ),
    must(
        "CE-09",
        "RFC5280-4.1.1.3-signature-001",
        "RFC 5280 §4.1.1.3",
        "the signature is whole bytes",
        Lint::Certificate(signature),
    ),
];

fn structure(certificate: &Certificate<'_>) -> Verdict {
    let missing = certificate.missing();
    let missing = (!missing.is_empty())
        .then(|| format!("missing or in another place: {}", missing.join(", ")));
    let no_sequence = (certificate.root.tag != tag::SEQUENCE).then(|| "no SEQUENCE".to_owned());
    flawless(no_sequence.or(missing).or_else(|| certificate.flaws.first().cloned()))
}

fn version(certificate: &Certificate<'_>) -> Verdict {
    match certificate.version {
        None => Verdict::pass(),
        Some(node) => {
            Verdict::require(node.tag == tag::INTEGER && matches!(node.content, [0..=2]), || {
                at(&node, &format!("version field {}", hex::encode_upper(node.content)))
            })
        }
    }
}

fn version_of_extensions(certificate: &Certificate<'_>) -> Verdict {
    if certificate.extensions.node.is_none() {
        return absent("extensions");
    }
    Verdict::require(certificate.version_number() == Some(3), || {
        format!(
            "extensions in a certificate of version {}",
            certificate.version_number().unwrap_or(0)
        )
    })
}

/// What makes a number no positive one.
pub(in crate::catalogue) fn not_positive(serial: &Node<'_>) -> Option<String> {
    let negative = serial.content.first().is_some_and(|byte| byte & 0x80 != 0);
    let zero = serial.content.iter().all(|byte| *byte == 0);
    (negative || zero)
        .then(|| at(serial, if zero { "serial number 0" } else { "a negative serial number" }))
}

fn serial_is_positive(certificate: &Certificate<'_>) -> Verdict {
    certificate
        .serial
        .map_or_else(|| unreadable("the serial number"), |serial| flawless(not_positive(&serial)))
}

fn serial_length(certificate: &Certificate<'_>) -> Verdict {
    let Some(serial) = certificate.serial else { return unreadable("the serial number") };
    Verdict::require(serial.content.len() <= SERIAL_MAX, || {
        at(&serial, &format!("a serial number of {} bytes", serial.content.len()))
    })
}

fn unique_ids(certificate: &Certificate<'_>) -> Verdict {
    flawless(
        certificate.unique_ids.iter().flatten().next().map(|node| at(node, "a unique identifier")),
    )
}

fn extensions(certificate: &Certificate<'_>) -> Verdict {
    let extensions = &certificate.extensions;
    let Some(node) = extensions.node else { return absent("extensions") };
    let empty = || extensions.list.is_empty().then(|| at(&node, "an empty list of extensions"));
    flawless(extensions.flaw.clone().or_else(empty))
}

fn algorithms(certificate: &Certificate<'_>) -> Verdict {
    let (Some(outer), Some(inner)) = (&certificate.algorithm, &certificate.inner_algorithm) else {
        return unreadable("an algorithm");
    };
    Verdict::require(outer.node.encoded == inner.node.encoded, || {
        format!("{} outside, {} inside, or other parameters", outer.name(), inner.name())
    })
}

fn signature(certificate: &Certificate<'_>) -> Verdict {
    let Some(signature) = certificate.signature else { return unreadable("the signature") };
    Verdict::require(matches!(signature.content, [0, _, ..]), || {
        at(&signature, "no signature, or a part of a byte")
    })
}
