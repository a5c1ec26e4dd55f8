//! Authorities: enrolment and revocation by forms [TPS §ca-enroll, §ca-revoke].

use der::pem::Base64Decoder;

use super::{
    rule::{ServerRule, server_must},
    tks::{not_done, refused},
    tps::Ruling,
};
use crate::{
    case::{Effect, Level},
    document::{Content, Document},
    server::service::{Answer, Service},
    verdict::{Grade, Verdict},
};

/// A public key of RSA with 2048 bits, as SubjectPublicKeyInfo in Base64; nobody has the private one.
const PUBLIC_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzdmP8mjIgX5aT9+rn+ETeQNp8uffuBBfLo1LaGZsHvu/iBW4rCLgdIUGTyXiNlRp\
    VNaj/we3QDpmh9RJ6YT+uP/Pl/e2DpN27SkMQs8rpu64mCzx8w6g3IhiN0AS2KdFI/UGqfKbRpsr7a5DbXrE3CCGSz97VZGTsyZIbb7lIKxH9AYVQHLBYi8fncukkGSj6mbZ\
    vse+PGj8sdm3Gg1r2ng5k/OZZyOK26U6hbnDUUb+xKICr8T0ju20S6JPEnyHvaeoIqnOWvDotQeII6Z6N1CHsbr37byND1kAcvvOxvceNJPBbVf9p8YEMKq8UWsbN7iI25YR\
    oDn/y1kSxmbvqQIDAQAB";
/// A serial number that no authority has given.
const UNKNOWN_SERIAL: &str = "340282366920938463463374607431768211455";
/// Form of enrolments, and of revocations.
const ENROLL: &str = "ee/ca/profileSubmitSSLClient";
const REVOKE: &str = "ee/subsystem/ca/doRevoke";
const UNREVOKE: &str = "ee/subsystem/ca/doUnrevoke";

/// The cases.
pub const RULES: &[ServerRule<Service>] = &[
    server_must(
        "CA-01",
        "TPS-ca-enroll-issued-001",
        "TPS §ca-enroll",
        Effect::Persist,
        "a certificate for the key that was sent, without a flaw",
        issued,
    ),
    server_must(
        "CA-02",
        "TPS-ca-enroll-missing-002",
        "TPS §ca-enroll",
        Effect::Session,
        "without a key there is no certificate",
        no_key,
    ),
    server_must(
        "CA-03",
        "TPS-ca-enroll-garbage-003",
        "TPS §ca-enroll",
        Effect::Session,
        "for something that is no key there is no certificate",
        garbage,
    ),
    server_must(
        "CA-04",
        "TPS-ca-enroll-profile-004",
        "TPS §ca-enroll",
        Effect::Session,
        "by a profile that there is not no certificate is issued",
        no_profile,
    ),
    server_must(
        "CA-05",
        "TPS-ca-revoke-unknown-001",
        "TPS §ca-revoke",
        Effect::Session,
        "what was not issued is not revoked",
        unknown,
    ),
    server_must(
        "CA-06",
        "TPS-ca-revoke-missing-002",
        "TPS §ca-revoke",
        Effect::Session,
        "without a serial number nothing is revoked",
        no_serial,
    ),
    server_must(
        "CA-07",
        "TPS-ca-revoke-unrevoke-003",
        "TPS §ca-revoke",
        Effect::Session,
        "what was not issued is not taken back",
        unknown_unrevoke,
    ),
    server_must(
        "CA-08",
        "TPS-ca-revoke-hold-004",
        "TPS §ca-revoke",
        Effect::Persist,
        "a certificate is put on hold and taken back",
        hold,
    ),
];

fn escaped(text: &str) -> String {
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

fn enroll(service: &mut Service, key: &str, profile: &str) -> anyhow::Result<Answer> {
    let key = if key.is_empty() { String::new() } else { format!("&publickey={}", escaped(key)) };
    let fields = format!(
        "xml=true&tokencuid=A001-9203-0405-0607-08C9&screenname=conformance{key}&profileId={profile}&tokentype=userKey"
    );
    service.post(ENROLL, &fields)
}

const PROFILE: &str = "caTokenUserSigningKeyEnrollment";

/// Base64, line breaks in it or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    let mut bytes = Vec::new();
    Base64Decoder::new(text.as_bytes()).ok()?.decode_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The public key that the cases enrol, as SubjectPublicKeyInfo in DER.
#[must_use]
pub fn public_key() -> Option<Vec<u8>> {
    base64(PUBLIC_KEY)
}

fn issued(service: &mut Service) -> Ruling {
    let answer = enroll(service, PUBLIC_KEY, PROFILE)?;
    let Some(der) =
        answer.element("b64").and_then(|text| base64(&text)).filter(|_| answer.is_done())
    else {
        return Ok(not_done(&answer));
    };
    let document = Document::read(&der, None, None, now());
    let Content::Certificate(certificate) = &document.content else {
        return Ok(Grade::Fail.because("no certificate"));
    };
    if certificate.key.map(|key| key.node.encoded.to_vec()) != public_key() {
        return Ok(Grade::Fail.because("a certificate for another key"));
    }
    let broken = super::lints().filter(|rule| rule.level == Level::Must).find_map(|rule| {
        let verdict = rule.lint.judge(&document)?;
        (verdict.grade == Grade::Fail).then(|| format!("{}: {}", rule.id, verdict.finding))
    });
    Ok(Verdict::require(broken.is_none(), || broken.unwrap_or_default()))
}

fn now() -> u64 {
    let epoch = std::time::UNIX_EPOCH;
    std::time::SystemTime::now().duration_since(epoch).map_or(0, |time| time.as_secs())
}

/// The verdict on an enrolment that must not be served.
fn no_certificate(answer: &Answer) -> Verdict {
    if answer.element("b64").is_some_and(|text| !text.trim().is_empty()) {
        return Grade::Fail.because("a certificate is given");
    }
    refused(answer, &[])
}

fn no_key(service: &mut Service) -> Ruling {
    Ok(no_certificate(&enroll(service, "", PROFILE)?))
}

fn garbage(service: &mut Service) -> Ruling {
    Ok(no_certificate(&enroll(service, "bm90IGEga2V5", PROFILE)?))
}

fn no_profile(service: &mut Service) -> Ruling {
    Ok(no_certificate(&enroll(service, PUBLIC_KEY, "noSuchProfile")?))
}

fn revoke(service: &mut Service, serial: &str, reason: u32) -> anyhow::Result<Answer> {
    let fields = format!(
        "op=revoke&revocationReason={reason}&revokeAll=(certRecordId={serial})&totalRecordCount=1"
    );
    service.post(REVOKE, &fields)
}

fn unknown(service: &mut Service) -> Ruling {
    Ok(refused(&revoke(service, UNKNOWN_SERIAL, 1)?, &[]))
}

fn no_serial(service: &mut Service) -> Ruling {
    Ok(refused(&service.post(REVOKE, "op=revoke&revocationReason=1&totalRecordCount=1")?, &[]))
}

fn unknown_unrevoke(service: &mut Service) -> Ruling {
    Ok(refused(&service.post(UNREVOKE, &format!("serialNumber={UNKNOWN_SERIAL}"))?, &[]))
}

fn hold(service: &mut Service) -> Ruling {
    let answer = enroll(service, PUBLIC_KEY, PROFILE)?;
    let serial =
        answer.element("serialno").and_then(|text| u64::from_str_radix(text.trim(), 16).ok());
    let Some(serial) = serial.filter(|_| answer.is_done()) else {
        return Ok(Grade::Blocked.because("no certificate, or one with a long serial number"));
    };
    let held = revoke(service, &serial.to_string(), 6)?;
    let back = service.post(UNREVOKE, &format!("serialNumber={serial}"))?;
    let gone = revoke(service, &serial.to_string(), 5)?;
    let wrong = [("hold", held), ("taken back", back), ("revoked", gone)]
        .into_iter()
        .find(|(_, answer)| !answer.is_done());
    Ok(wrong.map_or_else(Verdict::pass, |(what, answer)| {
        Grade::Fail.because(format!("{what}: {}", not_done(&answer).finding))
    }))
}
