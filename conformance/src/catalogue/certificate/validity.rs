//! When a certificate is valid [RFC 5280 §4.1.2.5].

use crate::{
    catalogue::rule::{Rule, must},
    document::{
        certificate::Certificate,
        lint::{Lint, absent, flawless, unreadable},
        node::tag,
        time::Time,
    },
    verdict::{Grade, Verdict},
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "CE-21",
        "RFC5280-4.1.2.5.1-utc-time-001",
        "RFC 5280 §4.1.2.5.1",
        "UTCTime has seconds and ends with Z",
        Lint::Certificate(utc_time),
    ),
    must(
        "CE-22",
        "RFC5280-4.1.2.5.2-generalized-time-001",
        "RFC 5280 §4.1.2.5.2",
        "GeneralizedTime has seconds, no fraction, and ends with Z",
        Lint::Certificate(generalized_time),
    ),
    must(
        "CE-23",
        "RFC5280-4.1.2.5-type-001",
        "RFC 5280 §4.1.2.5",
        "dates through 2049 are UTCTime, later ones GeneralizedTime",
        Lint::Certificate(type_of_year),
    ),
    must(
        "CE-24",
        "RFC5280-4.1.2.5-order-002",
        "RFC 5280 §4.1.2.5",
        "the period does not end before it begins",
        Lint::Certificate(order),
    ),
    must(
        "CE-25",
        "RFC5280-6.1.3-validity-001",
        "RFC 5280 §6.1.3",
        "the certificate is valid now",
        Lint::CertificateAt(now),
    ),
];

fn times<'c, 'a>(certificate: &'c Certificate<'a>) -> impl Iterator<Item = &'c Time<'a>> {
    certificate.not_before.iter().chain(&certificate.not_after)
}

fn form(certificate: &Certificate<'_>, wanted: u8, name: &str) -> Verdict {
    let mut concerned = times(certificate).filter(|time| time.node.tag == wanted).peekable();
    if concerned.peek().is_none() {
        return absent(name);
    }
    flawless(concerned.find_map(Time::flaw))
}

fn utc_time(certificate: &Certificate<'_>) -> Verdict {
    form(certificate, tag::UTC_TIME, "UTCTime")
}

fn generalized_time(certificate: &Certificate<'_>) -> Verdict {
    form(certificate, tag::GENERALIZED_TIME, "GeneralizedTime")
}

fn type_of_year(certificate: &Certificate<'_>) -> Verdict {
    flawless(wrong_type(times(certificate)))
}

/// The first time that is not of the type for its year.
pub(in crate::catalogue) fn wrong_type<'c, 'a: 'c>(
    times: impl Iterator<Item = &'c Time<'a>>,
) -> Option<String> {
    times
        .into_iter()
        .find(|time| time.has_type_of_its_year() == Some(false))
        .map(|time| format!("{} at offset {} is of the other type", time.text(), time.node.offset))
}

fn period(certificate: &Certificate<'_>) -> Option<(u64, u64)> {
    Some((certificate.not_before?.seconds?, certificate.not_after?.seconds?))
}

fn order(certificate: &Certificate<'_>) -> Verdict {
    let Some((begin, end)) = period(certificate) else { return unreadable("the validity") };
    Verdict::require(begin <= end, || "notAfter is before notBefore".to_owned())
}

fn now(certificate: &Certificate<'_>, now: u64) -> Verdict {
    let Some((begin, end)) = period(certificate) else { return unreadable("the validity") };
    if now < begin {
        return Grade::Fail.because("not yet valid");
    }
    Verdict::require(now <= end, || "expired".to_owned())
}
