//! What an authority publishes: lists by GET, answers about certificates by GET and POST [RFC 2585 §4, RFC 6960 §2, §A.1, RFC 9654 §2.1].

use super::{
    rule::{ServerRule, server_must, server_should},
    tps::Ruling,
};
use crate::{
    case::{Effect, Level},
    document::{Content, Document, Kind, node::tag, ocsp::Ocsp, ocsp::status, oid},
    server::publication::{Fetched, Publication, get_path, request},
    verdict::{Grade, Verdict},
};

/// The nonce of the suite's requests: what matters is that it comes back.
const NONCE: [u8; 32] = *b"cardinal-conformance-nonce-00001";
/// A serial number that no authority has given.
const UNKNOWN_SERIAL: [u8; 16] = [0x7F; 16];
/// The digest of a key that no authority has.
const UNKNOWN_KEY: [u8; 20] = [0x5A; 20];

/// The cases.
pub const RULES: &[ServerRule<Publication>] = &[
    server_must(
        "PB-01",
        "RFC2585-4-crl-type-001",
        "RFC 2585 §4",
        Effect::Read,
        "the list comes by GET, as application/pkix-crl",
        crl_type,
    ),
    server_must(
        "PB-02",
        "RFC5280-5-crl-published-001",
        "RFC 5280 §5",
        Effect::Read,
        "the list that is published breaks no rule, is fresh and signed by the authority",
        crl_lints,
    ),
    server_must(
        "PB-03",
        "RFC6960-A.1-post-001",
        "RFC 6960 §A.1",
        Effect::Read,
        "a request by POST gets an answer that breaks no rule",
        by_post,
    ),
    server_should(
        "PB-04",
        "RFC6960-A.1-get-002",
        "RFC 6960 §A.1",
        Effect::Read,
        "a request by GET gets the same answer",
        by_get,
    ),
    server_must(
        "PB-05",
        "RFC6960-2.2-asked-001",
        "RFC 6960 §2.2",
        Effect::Read,
        "the answer is about the certificate that was asked about",
        asked,
    ),
    server_should(
        "PB-06",
        "RFC9654-2.1-echo-002",
        "RFC 9654 §2.1",
        Effect::Read,
        "a nonce comes back as it was sent",
        nonce,
    ),
    server_must(
        "PB-07",
        "RFC6960-2.3-unknown-001",
        "RFC 6960 §2.3",
        Effect::Read,
        "a certificate of an unknown authority is never good",
        unknown_authority,
    ),
    server_should(
        "PB-08",
        "RFC6960-2.2-not-issued-002",
        "RFC 6960 §2.2",
        Effect::Read,
        "a certificate that was never issued is not good",
        not_issued,
    ),
    server_must(
        "PB-09",
        "RFC6960-2.3-malformed-002",
        "RFC 6960 §2.3",
        Effect::Read,
        "what is no request gets no answer",
        malformed,
    ),
];

fn crl(publication: &Publication) -> anyhow::Result<Result<Fetched, Verdict>> {
    let Some(address) = &publication.crl else {
        return Ok(Err(Grade::NotApplicable.because("no address of a list is given")));
    };
    let fetched = publication.fetch(address, "GET", None)?;
    let status = fetched.head.status;
    Ok(if status == 200 {
        Ok(fetched)
    } else {
        Err(Grade::Fail.because(format!("HTTP status {status}")))
    })
}

fn crl_type(publication: &mut Publication) -> Ruling {
    Ok(match crl(publication)? {
        Ok(fetched) => of_type(&fetched, "application/pkix-crl"),
        Err(verdict) => verdict,
    })
}

fn of_type(fetched: &Fetched, wanted: &str) -> Verdict {
    let given = fetched.head.field("content-type").unwrap_or_default();
    let plain = given.split(';').next().unwrap_or_default().trim();
    Verdict::require(plain.eq_ignore_ascii_case(wanted), || format!("Content-Type '{given}'"))
}

/// The first rule that a document breaks.
fn lints(publication: &Publication, der: &[u8], kind: Kind) -> Verdict {
    let document = Document::read(der, Some(kind), Some(&publication.issuer), Publication::now());
    let broken = super::lints().filter(|rule| rule.level == Level::Must).find_map(|rule| {
        let verdict = rule.lint.judge(&document)?;
        (verdict.grade == Grade::Fail).then(|| format!("{}: {}", rule.id, verdict.finding))
    });
    Verdict::require(broken.is_none(), || broken.unwrap_or_default())
}

fn crl_lints(publication: &mut Publication) -> Ruling {
    Ok(match crl(publication)? {
        Ok(fetched) => lints(publication, &fetched.body, Kind::Crl),
        Err(verdict) => verdict,
    })
}

/// Asks by POST.
fn post(publication: &Publication, request: &[u8]) -> anyhow::Result<Result<Fetched, Verdict>> {
    let Some(address) = &publication.ocsp else {
        return Ok(Err(Grade::NotApplicable.because("no address of a responder is given")));
    };
    publication.fetch(address, "POST", Some(request)).map(Ok)
}

/// A request about the certificate that is known, or the verdict that there is none.
fn known(publication: &Publication, nonce: Option<&[u8]>) -> Result<Vec<u8>, Verdict> {
    let id = publication.serial().and_then(|serial| publication.certificate_id(&serial, None));
    id.map(|id| request(&id, nonce))
        .ok_or_else(|| Grade::Blocked.because("no certificate to ask about is given"))
}

/// The answer about the certificate that is known, or the verdict that there is none.
fn answered(
    publication: &Publication,
    nonce: Option<&[u8]>,
) -> anyhow::Result<Result<Fetched, Verdict>> {
    match known(publication, nonce) {
        Ok(request) => post(publication, &request),
        Err(verdict) => Ok(Err(verdict)),
    }
}

fn judged(publication: &Publication, fetched: &Fetched) -> Verdict {
    if fetched.head.status != 200 {
        return Grade::Fail.because(format!("HTTP status {}", fetched.head.status));
    }
    let successful = with_ocsp(&fetched.body, |response| response.basic.is_some());
    super::worst([
        of_type(fetched, "application/ocsp-response"),
        Verdict::require(successful == Some(true), || "no answer in the response".to_owned()),
        lints(publication, &fetched.body, Kind::Ocsp),
    ])
}

fn with_ocsp<T>(der: &[u8], judge: impl FnOnce(&Ocsp<'_>) -> T) -> Option<T> {
    match Document::read(der, Some(Kind::Ocsp), None, 0).content {
        Content::Ocsp(response) => Some(judge(&response)),
        _ => None,
    }
}

fn by_post(publication: &mut Publication) -> Ruling {
    Ok(answered(publication, None)?
        .map_or_else(|verdict| verdict, |fetched| judged(publication, &fetched)))
}

fn by_get(publication: &mut Publication) -> Ruling {
    let Some(address) = publication.ocsp.clone() else {
        return Ok(Grade::NotApplicable.because("no address of a responder is given"));
    };
    let request = match known(publication, None) {
        Ok(request) => request,
        Err(verdict) => return Ok(verdict),
    };
    let Some(path) = get_path(&address.path, &request) else {
        return Ok(Grade::Blocked.because("a request that is too long"));
    };
    Ok(judged(publication, &publication.fetch(&address.with_path(path), "GET", None)?))
}

fn asked(publication: &mut Publication) -> Ruling {
    let fetched = match answered(publication, None)? {
        Ok(fetched) => fetched,
        Err(verdict) => return Ok(verdict),
    };
    let serial = publication.serial().unwrap_or_default();
    let right = with_ocsp(&fetched.body, |response| {
        let responses = response.basic.iter().flat_map(|basic| &basic.responses);
        responses.filter_map(|one| one.serial).any(|own| own.content == serial)
    });
    Ok(Verdict::require(right == Some(true), || "no answer about it".to_owned()))
}

fn nonce(publication: &mut Publication) -> Ruling {
    let fetched = match answered(publication, Some(&NONCE))? {
        Ok(fetched) => fetched,
        Err(verdict) => return Ok(verdict),
    };
    let echoed = with_ocsp(&fetched.body, |response| {
        let basic = response.basic.as_ref()?;
        let inner = basic.extensions.get(oid::OCSP_NONCE)?.inner().ok()?;
        (inner.tag == tag::OCTET_STRING).then(|| inner.content.to_vec())
    });
    Ok(match echoed.flatten() {
        Some(echoed) if echoed == NONCE => Verdict::pass(),
        Some(_) => Grade::Fail.because("another nonce comes back"),
        None => Grade::PassWithObservation.because("the responder does not answer nonces"),
    })
}

/// The verdict on an answer that must not be "good".
fn not_good(fetched: &Fetched) -> Verdict {
    let good = with_ocsp(&fetched.body, |response| {
        let responses = response.basic.iter().flat_map(|basic| &basic.responses);
        responses.filter_map(|one| one.status).any(|one| one.tag == status::GOOD)
    });
    Verdict::require(good != Some(true), || "'good'".to_owned())
}

fn unknown_authority(publication: &mut Publication) -> Ruling {
    let Some(id) = publication.certificate_id(&UNKNOWN_SERIAL, Some(&UNKNOWN_KEY)) else {
        return Ok(Grade::Blocked.because("the authority's certificate cannot be read"));
    };
    Ok(post(publication, &request(&id, None))?
        .map_or_else(|verdict| verdict, |fetched| not_good(&fetched)))
}

fn not_issued(publication: &mut Publication) -> Ruling {
    let Some(id) = publication.certificate_id(&UNKNOWN_SERIAL, None) else {
        return Ok(Grade::Blocked.because("the authority's certificate cannot be read"));
    };
    Ok(post(publication, &request(&id, None))?
        .map_or_else(|verdict| verdict, |fetched| not_good(&fetched)))
}

fn malformed(publication: &mut Publication) -> Ruling {
    let fetched = match post(publication, b"\x30\x03\x02\x01\x05")? {
        Ok(fetched) => fetched,
        Err(verdict) => return Ok(verdict),
    };
    let answer = with_ocsp(&fetched.body, |response| response.bytes.is_some());
    Ok(Verdict::require(answer != Some(true), || {
        "an answer to something that is no request".to_owned()
    }))
}
