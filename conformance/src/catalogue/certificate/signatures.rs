//! Algorithms of signatures [RFC 4055; RFC 5758 §3.2; RFC 8410 §3]; the rules also serve lists and OCSP responses.

use const_oid::ObjectIdentifier;

use crate::{
    catalogue::rule::{Rule, must, should},
    document::{
        Content, Document,
        algorithm::Algorithm,
        lint::{Lint, absent, at, flawless, unreadable},
        node::Node,
        oid,
        signature::PssParameters,
    },
    verdict::Verdict,
};

const RSA: &[ObjectIdentifier] = &[
    oid::SHA1_WITH_RSA,
    oid::SHA224_WITH_RSA,
    oid::SHA256_WITH_RSA,
    oid::SHA384_WITH_RSA,
    oid::SHA512_WITH_RSA,
];
const ECDSA: &[ObjectIdentifier] = &[
    oid::ECDSA_WITH_SHA1,
    oid::ECDSA_WITH_SHA224,
    oid::ECDSA_WITH_SHA256,
    oid::ECDSA_WITH_SHA384,
    oid::ECDSA_WITH_SHA512,
];
const EDDSA: &[ObjectIdentifier] = &[oid::ED25519, oid::ED448];
const BROKEN: &[ObjectIdentifier] = &[oid::MD2_WITH_RSA, oid::MD5_WITH_RSA];
const WEAK: &[ObjectIdentifier] = &[oid::SHA1_WITH_RSA, oid::ECDSA_WITH_SHA1];

/// The rules.
pub(super) const RULES: &[Rule] = &[
    must(
        "SG-01",
        "RFC4055-5-parameters-001",
        "RFC 4055 §5",
        "a signature by RSA has NULL as its parameters",
        Lint::Any(rsa),
    ),
    must(
        "SG-02",
        "RFC5758-3.2-parameters-001",
        "RFC 5758 §3.2",
        "a signature by ECDSA has no parameters",
        Lint::Any(ecdsa),
    ),
    must(
        "SG-03",
        "RFC8410-3-parameters-002",
        "RFC 8410 §3",
        "a signature by EdDSA has no parameters",
        Lint::Any(eddsa),
    ),
    must(
        "SG-04",
        "RFC4055-3.1-pss-001",
        "RFC 4055 §3.1",
        "RSASSA-PSS has parameters with the usual trailer",
        Lint::Any(pss),
    ),
    should(
        "SG-05",
        "RFC4055-3.1-pss-002",
        "RFC 4055 §3.1",
        "RSASSA-PSS has one digest, and a salt as long as that",
        Lint::Any(pss_digest),
    ),
    must(
        "SG-06",
        "RFC6149-6-digest-001",
        "RFC 6149 §6",
        "the digest is not broken: no MD2, no MD5",
        Lint::Any(broken),
    ),
    should(
        "SG-07",
        "SP800-131A-9-digest-001",
        "SP 800-131A §9",
        "the digest is not SHA-1",
        Lint::Any(weak),
    ),
    must(
        "SG-08",
        "RFC3279-2.2.3-ecdsa-001",
        "RFC 3279 §2.2.3",
        "an ECDSA signature is a sequence of two positive integers",
        Lint::Any(ecdsa_value),
    ),
];

fn signature<'a>(document: &Document<'a>) -> (Option<Algorithm<'a>>, Option<Node<'a>>) {
    match &document.content {
        Content::Certificate(certificate) => (certificate.algorithm, certificate.signature),
        Content::Crl(list) => (list.algorithm, list.signature),
        Content::Ocsp(response) => {
            response.basic.as_ref().map_or((None, None), |basic| (basic.algorithm, basic.signature))
        }
    }
}

fn of(
    document: &Document<'_>,
    oids: &[ObjectIdentifier],
    what: &str,
    judge: impl Fn(&Algorithm<'_>) -> Verdict,
) -> Verdict {
    match signature(document).0 {
        None => unreadable("the signature's algorithm"),
        Some(algorithm) if algorithm.is_one_of(oids) => judge(&algorithm),
        Some(_) => absent(what),
    }
}

fn rsa(document: &Document<'_>) -> Verdict {
    of(document, RSA, "signature by RSA", |algorithm| {
        Verdict::require(algorithm.has_null(), || at(&algorithm.node, "parameters other than NULL"))
    })
}

fn no_parameters(algorithm: &Algorithm<'_>) -> Verdict {
    flawless(algorithm.parameters.map(|node| at(&node, "parameters")))
}

fn ecdsa(document: &Document<'_>) -> Verdict {
    of(document, ECDSA, "signature by ECDSA", no_parameters)
}

fn eddsa(document: &Document<'_>) -> Verdict {
    of(document, EDDSA, "signature by EdDSA", no_parameters)
}

fn pss(document: &Document<'_>) -> Verdict {
    of(document, &[oid::RSASSA_PSS], "signature by RSASSA-PSS", |algorithm| {
        let Some(node) = algorithm.parameters else {
            return flawless(Some(at(&algorithm.node, "no parameters")));
        };
        let parameters = PssParameters::read(node);
        Verdict::require(parameters.usual_trailer && parameters.salt_length.is_some(), || {
            at(&node, "another trailer, or a salt without length")
        })
    })
}

fn pss_digest(document: &Document<'_>) -> Verdict {
    const LENGTHS: &[(ObjectIdentifier, u64)] =
        &[(oid::SHA1, 20), (oid::SHA256, 32), (oid::SHA384, 48), (oid::SHA512, 64)];
    of(document, &[oid::RSASSA_PSS], "signature by RSASSA-PSS", |algorithm| {
        let Some(node) = algorithm.parameters else { return unreadable("the parameters") };
        let parameters = PssParameters::read(node);
        let name =
            |algorithm: Option<Algorithm<'_>>| algorithm.map_or(Some(oid::SHA1), |hash| hash.oid);
        let (hash, mask) = (name(parameters.hash), name(parameters.mask_hash));
        let length = LENGTHS.iter().find(|(oid, _)| hash == Some(*oid)).map(|(_, length)| *length);
        Verdict::require(
            hash == mask && (length.is_none() || parameters.salt_length == length),
            || at(&node, "different digests, or a salt of another length"),
        )
    })
}

fn named(document: &Document<'_>, oids: &[ObjectIdentifier]) -> Verdict {
    let Some(algorithm) = signature(document).0 else {
        return unreadable("the signature's algorithm");
    };
    Verdict::require(!algorithm.is_one_of(oids), || at(&algorithm.node, &algorithm.name()))
}

fn broken(document: &Document<'_>) -> Verdict {
    named(document, BROKEN)
}

fn weak(document: &Document<'_>) -> Verdict {
    named(document, WEAK)
}

fn ecdsa_value(document: &Document<'_>) -> Verdict {
    of(document, ECDSA, "signature by ECDSA", |_| {
        let Some(value) = signature(document).1 else { return unreadable("the signature") };
        let numbers = value.wrapped(1).map(|sequence| sequence.elements()).unwrap_or_default();
        let positive = |node: &Node<'_>| {
            node.tag == 2 && node.content.first().is_some_and(|byte| byte & 0x80 == 0)
        };
        Verdict::require(numbers.len() == 2 && numbers.iter().all(positive), || {
            at(&value, "a signature that is not two positive integers")
        })
    })
}
