//! The fields of a list, and who signed it [RFC 5280 §5.1, §6.3.3].

use crate::{
    catalogue::{
        certificate::{judge_signature, wrong_type},
        rule::{Rule, must, should},
    },
    document::{
        certificate::Certificate,
        crl::Crl,
        extension::usage,
        lint::{Lint, absent, at, flawless, unreadable},
        node::tag,
        signature::verify,
        time::Time,
    },
    verdict::{Grade, Verdict},
};

/// Seconds by which clocks may differ.
const CLOCK_SKEW: u64 = 300;

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CL-01",
        "RFC5280-5.1-structure-001",
        "RFC 5280 §5.1",
        "all parts of a list are there, in order",
        Lint::Crl(structure),
    ),
    must(
        "CL-02",
        "RFC5280-5.1.1.2-algorithm-001",
        "RFC 5280 §5.1.1.2",
        "the algorithm beside the signature is the one inside",
        Lint::Crl(algorithms),
    ),
    must(
        "CL-03",
        "RFC5280-5.1.2.1-version-001",
        "RFC 5280 §5.1.2.1",
        "the version is 2",
        Lint::Crl(version),
    ),
    must(
        "CL-04",
        "RFC5280-5.1.2.3-issuer-001",
        "RFC 5280 §5.1.2.3",
        "the issuer has a name, and it is well-formed",
        Lint::Crl(issuer),
    ),
    must(
        "CL-05",
        "RFC5280-5.1.2.4-times-001",
        "RFC 5280 §5.1.2.4",
        "times are written with seconds and Z, UTCTime through 2049",
        Lint::Crl(times),
    ),
    must(
        "CL-06",
        "RFC5280-5.1.2.5-next-update-001",
        "RFC 5280 §5.1.2.5",
        "the next list is announced",
        Lint::Crl(next_update),
    ),
    must(
        "CL-07",
        "RFC5280-5.1.2.5-order-002",
        "RFC 5280 §5.1.2.5",
        "the next list comes after this one",
        Lint::Crl(order),
    ),
    must(
        "CL-08",
        "RFC5280-6.3.3-fresh-001",
        "RFC 5280 §6.3.3",
        "the list is from the past and not outdated",
        Lint::CrlAt(fresh),
    ),
    must(
        "CL-09",
        "RFC5280-6.3.3-signature-002",
        "RFC 5280 §6.3.3",
        "the issuer's key made the signature",
        Lint::CrlIssued(signature),
    ),
    must(
        "CL-10",
        "RFC5280-6.3.3-issuer-003",
        "RFC 5280 §6.3.3",
        "the issuer is named as its certificate names its subject",
        Lint::CrlIssued(issuer_name),
    ),
    must(
        "CL-11",
        "RFC5280-4.2.1.3-crl-sign-005",
        "RFC 5280 §4.2.1.3",
        "the issuer's key may sign lists",
        Lint::CrlIssued(key_usage),
    ),
    should(
        "CL-12",
        "RFC5280-5.2.1-authority-key-002",
        "RFC 5280 §5.2.1",
        "the identifier of the issuer's key is the one in its certificate",
        Lint::CrlIssued(key_identifier),
    ),
];

fn structure(list: &Crl<'_>) -> Verdict {
    let missing = list.missing();
    let missing = (!missing.is_empty())
        .then(|| format!("missing or in another place: {}", missing.join(", ")));
    let broken = list
        .entries
        .iter()
        .find(|entry| !entry.complete || entry.serial.is_none() || entry.date.is_none());
    let broken = broken.map(|entry| at(&entry.node, "an incomplete entry"));
    flawless(
        missing
            .or_else(|| list.flaws.first().cloned())
            .or(broken)
            .or_else(|| list.extensions.flaw.clone()),
    )
}

fn algorithms(list: &Crl<'_>) -> Verdict {
    let (Some(outer), Some(inner)) = (&list.algorithm, &list.inner_algorithm) else {
        return unreadable("an algorithm");
    };
    Verdict::require(outer.node.encoded == inner.node.encoded, || {
        format!("{} outside, {} inside, or other parameters", outer.name(), inner.name())
    })
}

fn version(list: &Crl<'_>) -> Verdict {
    let right = list.version.is_some_and(|version| version.content == [1]);
    Verdict::require(right, || "another version than 2, or none".to_owned())
}

fn issuer(list: &Crl<'_>) -> Verdict {
    let Some(name) = &list.issuer else { return unreadable("the issuer") };
    let empty = name.is_empty().then(|| at(&name.node, "an empty issuer"));
    flawless(empty.or_else(|| name.flaw.clone()))
}

fn all_times<'c, 'a>(list: &'c Crl<'a>) -> impl Iterator<Item = &'c Time<'a>> {
    let dates = list.entries.iter().filter_map(|entry| entry.date.as_ref());
    list.this_update.iter().chain(&list.next_update).chain(dates)
}

fn times(list: &Crl<'_>) -> Verdict {
    flawless(all_times(list).find_map(Time::flaw).or_else(|| wrong_type(all_times(list))))
}

fn next_update(list: &Crl<'_>) -> Verdict {
    Verdict::require(list.next_update.is_some(), || "no nextUpdate".to_owned())
}

fn updates(list: &Crl<'_>) -> Option<(u64, u64)> {
    Some((list.this_update?.seconds?, list.next_update?.seconds?))
}

fn order(list: &Crl<'_>) -> Verdict {
    let Some((this, next)) = updates(list) else { return unreadable("thisUpdate or nextUpdate") };
    Verdict::require(this < next, || "nextUpdate is not after thisUpdate".to_owned())
}

fn fresh(list: &Crl<'_>, now: u64) -> Verdict {
    let Some((this, next)) = updates(list) else { return unreadable("thisUpdate or nextUpdate") };
    if this > now + CLOCK_SKEW {
        return Grade::Fail.because("thisUpdate is in the future");
    }
    Verdict::require(now <= next, || "nextUpdate has passed".to_owned())
}

fn signature(list: &Crl<'_>, issuer: &Certificate<'_>) -> Verdict {
    judge_signature(verify(
        issuer.key.as_ref(),
        list.algorithm.as_ref(),
        list.to_be_signed,
        list.signature,
    ))
}

fn issuer_name(list: &Crl<'_>, issuer: &Certificate<'_>) -> Verdict {
    let (Some(named), Some(subject)) = (&list.issuer, &issuer.subject) else {
        return unreadable("a name");
    };
    Verdict::require(named.matches(subject), || at(&named.node, "another issuer"))
}

fn key_usage(_: &Crl<'_>, issuer: &Certificate<'_>) -> Verdict {
    let Some(bits) = issuer.extensions.key_usage() else {
        return absent("key usage of the issuer");
    };
    Verdict::require(bits & usage::CRL_SIGN != 0, || {
        "the issuer's key usage lacks cRLSign".to_owned()
    })
}

fn key_identifier(list: &Crl<'_>, issuer: &Certificate<'_>) -> Verdict {
    let identifiers =
        (list.extensions.authority_key_identifier(), issuer.extensions.subject_key_identifier());
    let (Some(named), Some(own)) = identifiers else { return absent("pair of key identifiers") };
    Verdict::require(named == own, || {
        format!("{} instead of {}", hex::encode_upper(named), hex::encode_upper(own))
    })
}

/// Whether the list only says what changed [RFC 5280 §5.2.4].
pub(super) fn is_delta(list: &Crl<'_>) -> bool {
    list.extensions.get(crate::document::oid::DELTA_CRL_INDICATOR).is_some()
}

/// Whether an INTEGER is not negative.
pub(super) fn is_natural(node: &crate::document::node::Node<'_>) -> bool {
    node.tag == tag::INTEGER && node.content.first().is_some_and(|byte| byte & 0x80 == 0)
}
