//! Entries of a list [RFC 5280 §5.1.2.6, §5.3].

use std::collections::HashSet;

use super::fields::is_delta;
use crate::{
    catalogue::{
        certificate::{SERIAL_MAX, not_positive},
        rule::{Rule, must, should},
    },
    document::{
        crl::{Crl, Entry},
        extension::Extension,
        lint::{Lint, absent, at, flawless, unreadable},
        node::{Node, tag},
        oid,
        time::Time,
    },
    verdict::Verdict,
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CL-13",
        "RFC5280-5.1.2.6-empty-001",
        "RFC 5280 §5.1.2.6",
        "a list without entries leaves the sequence out",
        Lint::Crl(empty),
    ),
    must(
        "CL-14",
        "RFC5280-5.1.2.6-serial-002",
        "RFC 5280 §5.1.2.6",
        "serial numbers are positive and of 20 bytes at most",
        Lint::Crl(serials),
    ),
    must(
        "CL-15",
        "RFC5280-5.3.3-duplicate-001",
        "RFC 5280 §5.3.3",
        "no certificate is listed twice",
        Lint::Crl(duplicates),
    ),
    must(
        "CL-16",
        "RFC5280-5.1.2.6-date-003",
        "RFC 5280 §5.1.2.6",
        "nothing was revoked after the list was issued",
        Lint::Crl(dates),
    ),
    must(
        "CL-17",
        "RFC5280-5.3-extensions-001",
        "RFC 5280 §5.3",
        "an entry has no extension twice and no empty list of them",
        Lint::Crl(entry_extensions),
    ),
    must(
        "CL-18",
        "RFC5280-5.3-critical-002",
        "RFC 5280 §5.3",
        "no entry has a critical extension but the certificate's issuer",
        Lint::Crl(critical),
    ),
    must(
        "CL-19",
        "RFC5280-5.3.1-reason-001",
        "RFC 5280 §5.3.1",
        "a reason is an ENUMERATED of 0 to 10, but 7",
        Lint::Crl(reasons),
    ),
    should(
        "CL-20",
        "RFC5280-5.3.1-unspecified-002",
        "RFC 5280 §5.3.1",
        "an unspecified reason is left out",
        Lint::Crl(unspecified),
    ),
    must(
        "CL-21",
        "RFC5280-5.3.1-remove-003",
        "RFC 5280 §5.3.1",
        "only a delta list removes",
        Lint::Crl(removal),
    ),
    must(
        "CL-22",
        "RFC5280-5.3.2-invalidity-001",
        "RFC 5280 §5.3.2",
        "an invalidity date is a GeneralizedTime with seconds and Z",
        Lint::Crl(invalidity),
    ),
    must(
        "CL-23",
        "RFC5280-5.3.3-issuer-002",
        "RFC 5280 §5.3.3",
        "a certificate's issuer is named critically, and by an indirect list only",
        Lint::Crl(certificate_issuer),
    ),
];

/// The first flaw of an entry.
fn entries(list: &Crl<'_>, judge: impl Fn(&Entry<'_>) -> Option<String>) -> Verdict {
    if list.entries.is_empty() {
        return absent("entries");
    }
    flawless(list.entries.iter().find_map(judge))
}

fn empty(list: &Crl<'_>) -> Verdict {
    flawless(
        list.list
            .filter(|node| node.content.is_empty())
            .map(|node| at(&node, "an empty list of entries")),
    )
}

fn serials(list: &Crl<'_>) -> Verdict {
    entries(list, |entry| {
        let serial = entry.serial?;
        let long = serial.content.len() > SERIAL_MAX;
        not_positive(&serial)
            .or_else(|| long.then(|| at(&serial, "a serial number of more than 20 bytes")))
    })
}

fn duplicates(list: &Crl<'_>) -> Verdict {
    // In an indirect list the same number may be of two issuers.
    if list.entries.iter().any(|entry| entry.extensions.get(oid::CERTIFICATE_ISSUER).is_some()) {
        return absent("list of one issuer");
    }
    let mut seen = HashSet::new();
    let twice = list
        .entries
        .iter()
        .filter_map(|entry| entry.serial)
        .find(|serial| !seen.insert(serial.content));
    flawless(twice.map(|serial| {
        at(&serial, &format!("serial number {} again", hex::encode_upper(serial.content)))
    }))
}

fn dates(list: &Crl<'_>) -> Verdict {
    let Some(issued) = list.this_update.and_then(|time| time.seconds) else {
        return unreadable("thisUpdate");
    };
    entries(list, |entry| {
        let late = entry.date?.seconds? > issued;
        late.then(|| at(&entry.node, "a revocation after thisUpdate"))
    })
}

fn entry_extensions(list: &Crl<'_>) -> Verdict {
    entries(list, |entry| {
        let extensions = &entry.extensions;
        let empty = extensions.node.is_some() && extensions.list.is_empty();
        let twice =
            extensions.duplicate().map(|extension| at(&extension.node, "an extension again"));
        extensions
            .flaw
            .clone()
            .or(twice)
            .or_else(|| empty.then(|| at(&entry.node, "an empty list of extensions")))
    })
}

fn critical(list: &Crl<'_>) -> Verdict {
    entries(list, |entry| {
        let wrong = |extension: &&Extension<'_>| {
            extension.is_critical() && extension.oid != Some(oid::CERTIFICATE_ISSUER)
        };
        entry
            .extensions
            .list
            .iter()
            .find(wrong)
            .map(|extension| at(&extension.node, &format!("{} is critical", extension.name())))
    })
}

/// The reason of an entry, as it is encoded.
fn reason<'a>(entry: &Entry<'a>) -> Option<Node<'a>> {
    entry.extensions.get(oid::REASON_CODE)?.inner().ok()
}

/// The reason of an entry, as a number.
fn reason_number(entry: &Entry<'_>) -> Option<u64> {
    reason(entry)?.small_number()
}

fn reasons(list: &Crl<'_>) -> Verdict {
    entries(list, |entry| {
        entry.extensions.get(oid::REASON_CODE)?;
        let right = reason(entry).is_some_and(|node| {
            node.tag == tag::ENUMERATED && matches!(node.content, [0..=6 | 8..=10])
        });
        (!right).then(|| at(&entry.node, "a reason that there is not"))
    })
}

fn unspecified(list: &Crl<'_>) -> Verdict {
    entries(list, |entry| {
        (reason_number(entry) == Some(0)).then(|| at(&entry.node, "the reason 'unspecified'"))
    })
}

fn removal(list: &Crl<'_>) -> Verdict {
    entries(list, |entry| {
        (reason_number(entry) == Some(8) && !is_delta(list))
            .then(|| at(&entry.node, "removeFromCRL in a full list"))
    })
}

fn invalidity(list: &Crl<'_>) -> Verdict {
    entries(list, |entry| {
        let extension = entry.extensions.get(oid::INVALIDITY_DATE)?;
        let right = extension.inner().is_ok_and(|node| {
            node.tag == tag::GENERALIZED_TIME && Time::read(node).seconds.is_some()
        });
        (!right).then(|| at(&extension.node, "an invalidity date in another form"))
    })
}

fn certificate_issuer(list: &Crl<'_>) -> Verdict {
    let indirect = super::extensions::is_indirect(list);
    entries(list, |entry| {
        let extension = entry.extensions.get(oid::CERTIFICATE_ISSUER)?;
        (!indirect || !extension.is_critical()).then(|| {
            at(&extension.node, "an issuer in a list that is not indirect, or not critical")
        })
    })
}
