//! Who signed a response, and by what right [RFC 6960 §4.2.2.2].

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};

use crate::{
    catalogue::{
        certificate::{issued_by, judge_signature},
        rule::{Rule, must, should},
    },
    document::{
        certificate::Certificate,
        lint::{Lint, absent, at, flawless},
        ocsp::BasicResponse,
        oid,
        signature::{Check, verify},
    },
    verdict::{Grade, Verdict},
};

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "OC-21",
        "RFC6960-4.2.2.2-signature-001",
        "RFC 6960 §4.2.2.2",
        "the key of the authority or of its delegate made the signature",
        Lint::AnswerIssued(signature),
    ),
    must(
        "OC-22",
        "RFC6960-4.2.2.2-delegate-002",
        "RFC 6960 §4.2.2.2",
        "a delegate's certificate is issued by the authority itself, for signing responses",
        Lint::AnswerIssued(delegate),
    ),
    should(
        "OC-23",
        "RFC6960-4.2.2.2.1-no-check-001",
        "RFC 6960 §4.2.2.2.1",
        "a delegate's certificate says how its own revocation is checked",
        Lint::AnswerIssued(no_check),
    ),
    must(
        "OC-24",
        "RFC6960-4.2.2.3-identity-002",
        "RFC 6960 §4.2.2.3",
        "the responder that is named is the one who signed",
        Lint::AnswerIssued(identity),
    ),
    must(
        "OC-25",
        "RFC6960-4.1.1-authority-003",
        "RFC 6960 §4.1.1",
        "the answers are about the authority's certificates",
        Lint::AnswerIssued(authority),
    ),
];

fn is_signer(answer: &BasicResponse<'_>, certificate: &Certificate<'_>) -> Check {
    verify(
        certificate.key.as_ref(),
        answer.algorithm.as_ref(),
        answer.to_be_signed,
        answer.signature,
    )
}

/// The certificate that came with the response and whose key signed it, if that is not the authority's own.
fn delegate_of<'c, 'a>(
    answer: &'c BasicResponse<'a>,
    issuer: &Certificate<'_>,
) -> Option<&'c Certificate<'a>> {
    if is_signer(answer, issuer) == Check::Valid {
        return None;
    }
    answer.certificates.iter().find(|certificate| is_signer(answer, certificate) == Check::Valid)
}

fn signature(answer: &BasicResponse<'_>, issuer: &Certificate<'_>) -> Verdict {
    match delegate_of(answer, issuer) {
        Some(_) => Verdict::pass(),
        None => judge_signature(is_signer(answer, issuer)),
    }
}

fn delegate(answer: &BasicResponse<'_>, issuer: &Certificate<'_>) -> Verdict {
    let Some(delegate) = delegate_of(answer, issuer) else { return absent("delegate") };
    let purpose = delegate
        .extensions
        .purposes()
        .is_some_and(|purposes| purposes.contains(&oid::OCSP_SIGNING));
    if !purpose {
        return Grade::Fail.because("a delegate without the purpose OCSPSigning");
    }
    issued_by(delegate, issuer)
}

fn no_check(answer: &BasicResponse<'_>, issuer: &Certificate<'_>) -> Verdict {
    let Some(delegate) = delegate_of(answer, issuer) else { return absent("delegate") };
    let ways = [oid::OCSP_NO_CHECK, oid::CRL_DISTRIBUTION_POINTS, oid::AUTHORITY_INFO_ACCESS];
    Verdict::require(ways.iter().any(|way| delegate.extensions.get(*way).is_some()), || {
        "neither id-pkix-ocsp-nocheck nor a place to ask".to_owned()
    })
}

fn identity(answer: &BasicResponse<'_>, issuer: &Certificate<'_>) -> Verdict {
    let signer = delegate_of(answer, issuer).unwrap_or(issuer);
    if is_signer(answer, signer) != Check::Valid {
        return absent("known signer");
    }
    let named = answer
        .responder_name
        .as_ref()
        .zip(signer.subject.as_ref())
        .map(|(name, subject)| name.matches(subject));
    let keyed = answer
        .responder_key
        .zip(signer.key.and_then(|key| key.bits))
        .map(|(key, bits)| digest(&SHA1_FOR_LEGACY_USE_ONLY, bits).as_ref() == key.content);
    Verdict::require(named.or(keyed) == Some(true), || "another responder is named".to_owned())
}

fn authority(answer: &BasicResponse<'_>, issuer: &Certificate<'_>) -> Verdict {
    let (Some(subject), Some(bits)) = (&issuer.subject, issuer.key.and_then(|key| key.bits)) else {
        return absent("name and key of the authority");
    };
    flawless(answer.responses.iter().find_map(|one| {
        let algorithm = match one.hash?.oid? {
            oid::SHA1 => &SHA1_FOR_LEGACY_USE_ONLY,
            oid::SHA256 => &SHA256,
            oid::SHA384 => &SHA384,
            oid::SHA512 => &SHA512,
            _ => return None,
        };
        let right = digest(algorithm, subject.node.encoded).as_ref()
            == one.issuer_name_hash?.content
            && digest(algorithm, bits).as_ref() == one.issuer_key_hash?.content;
        (!right).then(|| at(&one.node, "an answer about another authority's certificate"))
    }))
}
