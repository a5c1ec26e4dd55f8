//! What a response says of each certificate [RFC 6960 §2.4, §4.2.1, §4.2.2].

use const_oid::ObjectIdentifier;

use crate::{
    catalogue::{
        certificate::not_positive,
        rule::{Rule, must, should},
    },
    document::{
        lint::{Lint, absent, at, flawless, unreadable},
        ocsp::{BasicResponse, SingleResponse, status},
        oid,
    },
    verdict::Verdict,
};

/// Seconds by which clocks may differ.
const CLOCK_SKEW: u64 = 300;
/// Lengths of digests, in bytes.
const DIGESTS: &[(ObjectIdentifier, usize)] =
    &[(oid::SHA1, 20), (oid::SHA256, 32), (oid::SHA384, 48), (oid::SHA512, 64)];

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "OC-13",
        "RFC6960-4.1.1-digest-001",
        "RFC 6960 §4.1.1",
        "the digests of name and key have their algorithm's length",
        Lint::Answer(digests),
    ),
    must(
        "OC-14",
        "RFC6960-4.1.1-serial-002",
        "RFC 6960 §4.1.1",
        "the serial number is a certificate's",
        Lint::Answer(serial),
    ),
    must(
        "OC-15",
        "RFC6960-4.2.2.1-order-001",
        "RFC 6960 §4.2.2.1",
        "the next update comes after this one",
        Lint::Answer(order),
    ),
    must(
        "OC-16",
        "RFC6960-4.2.2.1-signed-002",
        "RFC 6960 §4.2.2.1",
        "nothing is known only after the response was signed",
        Lint::Answer(signed_after),
    ),
    must(
        "OC-17",
        "RFC6960-4.2.1-revocation-009",
        "RFC 6960 §4.2.1",
        "a revocation has a time before the response, and a reason that there is",
        Lint::Answer(revocation),
    ),
    must(
        "OC-18",
        "RFC6960-4.2.2.1-fresh-003",
        "RFC 6960 §4.2.2.1",
        "every answer is from the past and not outdated",
        Lint::AnswerAt(fresh),
    ),
    must(
        "OC-19",
        "RFC6960-4.2.1-status-010",
        "RFC 6960 §4.2.1",
        "good and unknown say nothing more",
        Lint::Answer(empty_status),
    ),
    should(
        "OC-20",
        "RFC6960-4.2.2.1-next-update-004",
        "RFC 6960 §4.2.2.1",
        "it is told when more will be known",
        Lint::Answer(next_update),
    ),
];

/// The first flaw of an answer.
fn each(
    answer: &BasicResponse<'_>,
    judge: impl Fn(&SingleResponse<'_>) -> Option<String>,
) -> Verdict {
    if answer.responses.is_empty() {
        return absent("answer about a certificate");
    }
    flawless(answer.responses.iter().find_map(judge))
}

fn digests(answer: &BasicResponse<'_>) -> Verdict {
    each(answer, |one| {
        let hash = one.hash?.oid?;
        let (_, length) = DIGESTS.iter().find(|(oid, _)| *oid == hash)?;
        let wrong = [one.issuer_name_hash?, one.issuer_key_hash?]
            .into_iter()
            .find(|digest| digest.content.len() != *length);
        wrong.map(|digest| {
            at(&digest, &format!("{} of {} bytes", oid::describe(&hash), digest.content.len()))
        })
    })
}

fn serial(answer: &BasicResponse<'_>) -> Verdict {
    each(answer, |one| not_positive(&one.serial?))
}

fn order(answer: &BasicResponse<'_>) -> Verdict {
    each(answer, |one| {
        let (this, next) = (one.this_update?.seconds?, one.next_update?.seconds?);
        (next <= this).then(|| at(&one.node, "nextUpdate is not after thisUpdate"))
    })
}

fn signed_after(answer: &BasicResponse<'_>) -> Verdict {
    let Some(produced) = answer.produced_at.and_then(|time| time.seconds) else {
        return unreadable("producedAt");
    };
    each(answer, |one| {
        (one.this_update?.seconds? > produced)
            .then(|| at(&one.node, "thisUpdate is after producedAt"))
    })
}

fn revocation(answer: &BasicResponse<'_>) -> Verdict {
    let Some(produced) = answer.produced_at.and_then(|time| time.seconds) else {
        return unreadable("producedAt");
    };
    if !answer.responses.iter().any(|one| one.revocation().is_some()) {
        return absent("revoked certificate");
    }
    each(answer, |one| {
        let (time, reason) = one.revocation()?;
        let at_last = time.and_then(|time| time.seconds);
        let known = reason.is_none_or(|reason| matches!(reason, 0..=6 | 8..=10));
        let right = at_last.is_some_and(|time| time <= produced) && known;
        (!right).then(|| {
            at(
                &one.node,
                "a revocation in the future, without time, or for a reason that there is not",
            )
        })
    })
}

fn fresh(answer: &BasicResponse<'_>, now: u64) -> Verdict {
    each(answer, |one| {
        let (this, next) =
            (one.this_update?.seconds?, one.next_update.and_then(|time| time.seconds));
        let early = (this > now + CLOCK_SKEW).then(|| at(&one.node, "thisUpdate is in the future"));
        early.or_else(|| {
            next.filter(|next| *next < now).map(|_| at(&one.node, "nextUpdate has passed"))
        })
    })
}

fn empty_status(answer: &BasicResponse<'_>) -> Verdict {
    each(answer, |one| {
        let node = one.status?;
        (node.tag != status::REVOKED && !node.content.is_empty())
            .then(|| at(&node, "a status that holds something"))
    })
}

fn next_update(answer: &BasicResponse<'_>) -> Verdict {
    each(answer, |one| one.next_update.is_none().then(|| at(&one.node, "no nextUpdate")))
}
