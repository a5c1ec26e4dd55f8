//! What a response is made of [RFC 6960 §4.2.1, §4.4].

use crate::{
    catalogue::rule::{Rule, must},
    document::{
        extension::Extensions,
        lint::{Lint, absent, at, flawless, unreadable},
        node::tag,
        ocsp::{BasicResponse, Ocsp},
        oid,
        time::Time,
    },
    verdict::Verdict,
};

/// Lengths that a nonce may have, in bytes [RFC 9654 §2.1].
const NONCE_LENGTHS: core::ops::RangeInclusive<usize> = 1..=128;

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "OC-01",
        "RFC6960-4.2.1-structure-001",
        "RFC 6960 §4.2.1",
        "a response is a status, and an answer in its place",
        Lint::Ocsp(structure),
    ),
    must(
        "OC-02",
        "RFC6960-4.2.1-status-002",
        "RFC 6960 §4.2.1",
        "the status is one that there is",
        Lint::Ocsp(status),
    ),
    must(
        "OC-03",
        "RFC6960-4.2.1-bytes-003",
        "RFC 6960 §4.2.1",
        "there is an answer if, and only if, the status is successful",
        Lint::Ocsp(bytes),
    ),
    must(
        "OC-04",
        "RFC6960-4.2.1-type-004",
        "RFC 6960 §4.2.1",
        "the answer is of the basic type",
        Lint::Ocsp(kind),
    ),
    must(
        "OC-05",
        "RFC6960-4.2.1-basic-005",
        "RFC 6960 §4.2.1",
        "all parts of a basic answer are there, in order",
        Lint::Answer(basic),
    ),
    must(
        "OC-06",
        "RFC6960-4.2.1-version-006",
        "RFC 6960 §4.2.1",
        "the version is 1, and so left out",
        Lint::Answer(version),
    ),
    must(
        "OC-07",
        "RFC6960-4.2.2.3-responder-001",
        "RFC 6960 §4.2.2.3",
        "the responder is named, or its key by a SHA-1 digest",
        Lint::Answer(responder),
    ),
    must(
        "OC-08",
        "RFC6960-4.2.1-times-007",
        "RFC 6960 §4.2.1",
        "times are GeneralizedTime with seconds, no fraction, and Z",
        Lint::Answer(times),
    ),
    must(
        "OC-09",
        "RFC6960-4.2.1-responses-008",
        "RFC 6960 §4.2.1",
        "it is about one certificate at least",
        Lint::Answer(responses),
    ),
    must(
        "OC-10",
        "RFC6960-4.4-duplicate-001",
        "RFC 6960 §4.4",
        "no extension is there twice, and each is well-formed",
        Lint::Answer(extensions),
    ),
    must(
        "OC-11",
        "RFC6960-4.4-critical-002",
        "RFC 6960 §4.4",
        "no unknown extension is critical",
        Lint::Answer(critical),
    ),
    must(
        "OC-12",
        "RFC9654-2.1-nonce-001",
        "RFC 9654 §2.1",
        "a nonce is an OCTET STRING of 1 to 128 bytes",
        Lint::Answer(nonce),
    ),
];

fn structure(response: &Ocsp<'_>) -> Verdict {
    let missing = response.status.is_none().then(|| "no status".to_owned());
    flawless(missing.or_else(|| response.flaws.first().cloned()))
}

fn status(response: &Ocsp<'_>) -> Verdict {
    let Some(status) = response.status else { return unreadable("the status") };
    Verdict::require(matches!(status.content, [0..=3 | 5 | 6]), || {
        at(&status, &format!("status {}", hex::encode_upper(status.content)))
    })
}

fn bytes(response: &Ocsp<'_>) -> Verdict {
    let Some(status) = response.status else { return unreadable("the status") };
    let successful = status.content == [0];
    Verdict::require(successful == response.bytes.is_some(), || {
        if successful {
            "successful without an answer".to_owned()
        } else {
            "an answer without success".to_owned()
        }
    })
}

fn kind(response: &Ocsp<'_>) -> Verdict {
    if response.bytes.is_none() {
        return absent("answer");
    }
    let kind = response.kind.and_then(|kind| kind.oid());
    Verdict::require(kind == Some(oid::OCSP_BASIC) && response.basic.is_some(), || {
        "an answer of another type".to_owned()
    })
}

fn basic(answer: &BasicResponse<'_>) -> Verdict {
    let missing = [
        ("tbsResponseData", answer.to_be_signed.is_some()),
        ("responderID", answer.responder_name.is_some() || answer.responder_key.is_some()),
        ("producedAt", answer.produced_at.is_some()),
        ("signatureAlgorithm", answer.algorithm.is_some()),
        ("signature", answer.signature.is_some()),
    ];
    let missing =
        missing.into_iter().find(|(_, there)| !there).map(|(name, _)| format!("no {name}"));
    let broken = answer.responses.iter().find(|one| !one.is_complete());
    let broken = broken.map(|one| at(&one.node, "an incomplete answer"));
    flawless(missing.or_else(|| answer.flaws.first().cloned()).or(broken))
}

fn version(answer: &BasicResponse<'_>) -> Verdict {
    flawless(answer.version.map(|version| at(&version, "a version is written out")))
}

fn responder(answer: &BasicResponse<'_>) -> Verdict {
    let name =
        answer.responder_name.as_ref().is_some_and(|name| !name.is_empty() && name.flaw.is_none());
    let key = answer
        .responder_key
        .is_some_and(|key| key.tag == tag::OCTET_STRING && key.content.len() == 20);
    Verdict::require(name || key, || "no name and no digest of 20 bytes".to_owned())
}

fn times(answer: &BasicResponse<'_>) -> Verdict {
    let revocations = answer.responses.iter().filter_map(|one| one.revocation()?.0);
    let updates =
        answer.responses.iter().flat_map(|one| [one.this_update, one.next_update]).flatten();
    let wrong = |time: Time<'_>| {
        time.flaw().or_else(|| {
            (time.node.tag != tag::GENERALIZED_TIME).then(|| at(&time.node, "no GeneralizedTime"))
        })
    };
    flawless(answer.produced_at.into_iter().chain(updates).chain(revocations).find_map(wrong))
}

fn responses(answer: &BasicResponse<'_>) -> Verdict {
    Verdict::require(!answer.responses.is_empty(), || "an answer about no certificate".to_owned())
}

fn lists<'c, 'a>(answer: &'c BasicResponse<'a>) -> impl Iterator<Item = &'c Extensions<'a>> {
    core::iter::once(&answer.extensions).chain(answer.responses.iter().map(|one| &one.extensions))
}

fn extensions(answer: &BasicResponse<'_>) -> Verdict {
    flawless(lists(answer).find_map(|list| {
        let twice = list
            .duplicate()
            .map(|extension| at(&extension.node, &format!("{} again", extension.name())));
        list.flaw.clone().or(twice)
    }))
}

fn critical(answer: &BasicResponse<'_>) -> Verdict {
    const KNOWN: &[const_oid::ObjectIdentifier] = &[
        oid::OCSP_NONCE,
        oid::OCSP_CRL_REFERENCE,
        oid::OCSP_ARCHIVE_CUTOFF,
        oid::OCSP_EXTENDED_REVOKE,
        oid::REASON_CODE,
        oid::INVALIDITY_DATE,
        oid::CERTIFICATE_ISSUER,
    ];
    let mut all = lists(answer).flat_map(|list| &list.list);
    let unknown = all.find(|extension| {
        extension.is_critical() && !extension.oid.is_some_and(|oid| KNOWN.contains(&oid))
    });
    flawless(
        unknown.map(|extension| at(&extension.node, &format!("{} is critical", extension.name()))),
    )
}

fn nonce(answer: &BasicResponse<'_>) -> Verdict {
    let Some(extension) = answer.extensions.get(oid::OCSP_NONCE) else { return absent("nonce") };
    let right = extension.inner().is_ok_and(|node| {
        node.tag == tag::OCTET_STRING && NONCE_LENGTHS.contains(&node.content.len())
    });
    Verdict::require(right, || at(&extension.node, "a nonce in another form"))
}
