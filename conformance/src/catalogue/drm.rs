//! Recovery managers: keys made and recovered by forms [TPS §kra-archive, §kra-recover].

use super::{
    rule::{ServerRule, server_must},
    tks::refused,
    tps::Ruling,
};
use crate::{
    case::Effect,
    server::service::{Service, hashed},
    verdict::Grade,
};

const GENERATE: &str = "GenerateKeyPair";
const RECOVER: &str = "TokenKeyRecovery";
/// A key that is under nobody's transport certificate.
const UNWRAPPABLE: [u8; 256] = [0x5A; 256];
/// What must not be given to whom is refused.
const KEYS: &[&str] = &["wrapped_priv_key"];

/// The cases.
pub const RULES: &[ServerRule<Service>] = &[
    server_must(
        "DR-01",
        "TPS-kra-archive-transport-001",
        "TPS §kra-archive",
        Effect::Session,
        "under a transport key that cannot be opened no key is given",
        unwrappable,
    ),
    server_must(
        "DR-02",
        "TPS-kra-archive-missing-002",
        "TPS §kra-archive",
        Effect::Session,
        "without a transport key no key is given",
        no_transport,
    ),
    server_must(
        "DR-03",
        "TPS-kra-archive-kind-003",
        "TPS §kra-archive",
        Effect::Session,
        "keys of a kind or size that there is not are not made",
        no_kind,
    ),
    server_must(
        "DR-04",
        "TPS-kra-recover-unknown-001",
        "TPS §kra-recover",
        Effect::Session,
        "a key that was not archived is not recovered",
        unknown,
    ),
    server_must(
        "DR-05",
        "TPS-kra-recover-missing-002",
        "TPS §kra-recover",
        Effect::Session,
        "without certificate and key number status 3, and no key",
        no_certificate,
    ),
    server_must(
        "DR-06",
        "TPS-kra-recover-garbage-003",
        "TPS §kra-recover",
        Effect::Session,
        "for a certificate that is none no key is given",
        garbage,
    ),
];

const TOKEN: &str = "tokencuid=A00192030405060708C9&userid=conformance";

fn unwrappable(service: &mut Service) -> Ruling {
    let fields = format!(
        "archive=false&{TOKEN}&keytype=RSA&keysize=2048&drm_trans_desKey={}",
        hashed(&UNWRAPPABLE)
    );
    Ok(refused(&service.post(GENERATE, &fields)?, KEYS))
}

fn no_transport(service: &mut Service) -> Ruling {
    let fields = format!("archive=false&{TOKEN}&keytype=RSA&keysize=2048");
    Ok(refused(&service.post(GENERATE, &fields)?, KEYS))
}

fn no_kind(service: &mut Service) -> Ruling {
    let mut verdicts = Vec::new();
    for kind in
        ["keytype=RSA&keysize=17", "keytype=RSA&keysize=99999999", "keytype=Enigma&keysize=2048"]
    {
        let fields =
            format!("archive=false&{TOKEN}&{kind}&drm_trans_desKey={}", hashed(&UNWRAPPABLE));
        verdicts.push(refused(&service.post(GENERATE, &fields)?, KEYS));
    }
    Ok(super::worst(verdicts))
}

fn unknown(service: &mut Service) -> Ruling {
    let fields = format!(
        "{TOKEN}&keyid=340282366920938463463374607431768211455&drm_trans_desKey={}",
        hashed(&UNWRAPPABLE)
    );
    Ok(refused(&service.post(RECOVER, &fields)?, KEYS))
}

fn no_certificate(service: &mut Service) -> Ruling {
    let answer =
        service.post(RECOVER, &format!("{TOKEN}&drm_trans_desKey={}", hashed(&UNWRAPPABLE)))?;
    let verdict = refused(&answer, KEYS);
    if verdict.grade != Grade::Pass || answer.code() == Some(3) {
        return Ok(verdict);
    }
    Ok(Grade::ConceptuallyPass.because(format!("status {:?} instead of 3", answer.code())))
}

fn garbage(service: &mut Service) -> Ruling {
    let fields = format!(
        "{TOKEN}&cert=bm90IGEgY2VydGlmaWNhdGU%3D&drm_trans_desKey={}",
        hashed(&UNWRAPPABLE)
    );
    let answer = service.post(RECOVER, &fields)?;
    Ok(if answer.shows(&UNWRAPPABLE) {
        Grade::Fail.because("what was sent comes back")
    } else {
        refused(&answer, KEYS)
    })
}
