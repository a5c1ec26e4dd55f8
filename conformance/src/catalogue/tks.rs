//! Token key services: session keys, key sets, random and enciphered data [TPS §tks-session-key, §tks-create-key-set,
//! §tks-encrypt-data, §tks-random-data].

use globalplatform::{InitializeUpdateAnswer, Key, SessionKeys};

use super::{
    rule::{ServerRule, server_must, server_should},
    tps::Ruling,
};
use crate::{
    case::Effect,
    server::service::{Answer, Service, hashed},
    verdict::{Grade, Verdict},
};

/// The card of the requests: CUID and key diversification data in one.
const CARD: [u8; 10] = [0xA0, 0x01, 0x92, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0xC9];
const CARD_CHALLENGE: [u8; 8] = [0xBD, 0x6D, 0x19, 0x85, 0x6E, 0x54, 0x0F, 0xCD];
const HOST_CHALLENGE: [u8; 8] = [0x77, 0x57, 0x62, 0xE4, 0x5E, 0x23, 0x66, 0x7D];
/// Key version and index of the card's key set: the one with the well-known keys.
const KEY_INFO: [u8; 2] = [1, 1];
/// Length of the data field of PUT KEY for three triple DES keys, in bytes.
const KEY_SET_LENGTH: usize = 67;

/// The cases.
pub const RULES: &[ServerRule<Service>] = &[
    server_must(
        "KS-01",
        "TPS-tks-random-data-length-001",
        "TPS §tks-random-data",
        Effect::Session,
        "as many random bytes as asked for",
        random_length,
    ),
    server_must(
        "KS-02",
        "TPS-tks-random-data-fresh-002",
        "TPS §tks-random-data",
        Effect::Session,
        "random bytes are others every time",
        random_fresh,
    ),
    server_must(
        "KS-03",
        "TPS-tks-random-data-bad-003",
        "TPS §tks-random-data",
        Effect::Session,
        "no number, no random bytes",
        random_bad,
    ),
    server_must(
        "KS-04",
        "TPS-tks-session-key-host-001",
        "TPS §tks-session-key",
        Effect::Session,
        "the host cryptogram is the one of the card's session keys",
        host_cryptogram,
    ),
    server_must(
        "KS-05",
        "TPS-tks-session-key-shape-002",
        "TPS §tks-session-key",
        Effect::Session,
        "both session keys come, wrapped to whole blocks",
        session_shape,
    ),
    server_must(
        "KS-06",
        "TPS-tks-session-key-false-003",
        "TPS §tks-session-key",
        Effect::Session,
        "a false card cryptogram gets status 5 and no key",
        false_cryptogram,
    ),
    server_must(
        "KS-07",
        "TPS-tks-session-key-missing-004",
        "TPS §tks-session-key",
        Effect::Session,
        "a request without the card's data gets no key",
        session_missing,
    ),
    server_must(
        "KS-08",
        "TPS-tks-session-key-unknown-005",
        "TPS §tks-session-key",
        Effect::Session,
        "a key set that there is not gets no key",
        unknown_set,
    ),
    server_must(
        "KS-09",
        "TPS-tks-session-key-clear-006",
        "TPS §tks-session-key",
        Effect::Session,
        "no key of the card comes in clear",
        nothing_clear,
    ),
    server_must(
        "KS-10",
        "TPS-tks-session-key-transport-007",
        "TPS §tks-session-key",
        Effect::Session,
        "a transport key comes where it is asked for, and only there",
        transport,
    ),
    server_must(
        "KS-11",
        "TPS-tks-session-key-check-008",
        "TPS §tks-session-key",
        Effect::Session,
        "the check value is that of the transport key for the card",
        check_value,
    ),
    server_must(
        "KS-12",
        "TPS-tks-encrypt-data-value-001",
        "TPS §tks-encrypt-data",
        Effect::Session,
        "the data in the answer are enciphered under the card's key",
        encrypt,
    ),
    server_must(
        "KS-13",
        "TPS-tks-encrypt-data-missing-002",
        "TPS §tks-encrypt-data",
        Effect::Session,
        "without a card nothing is enciphered",
        encrypt_missing,
    ),
    server_must(
        "KS-14",
        "TPS-tks-create-key-set-shape-001",
        "TPS §tks-create-key-set",
        Effect::Session,
        "a new key set is version, and three keys with their check values",
        key_set,
    ),
    server_must(
        "KS-15",
        "TPS-tks-create-key-set-missing-002",
        "TPS §tks-create-key-set",
        Effect::Session,
        "without a new key version there is no key set",
        key_set_missing,
    ),
    server_should(
        "KS-16",
        "TPS-tks-session-key-order-009",
        "TPS §tks-session-key",
        Effect::Session,
        "the status is the first field",
        order,
    ),
];

/// What every request about the card has.
fn card() -> String {
    format!("KDD={0}&tokencuid={0}&KeyInfo={1}&keySet=defKeySet", hashed(&CARD), hashed(&KEY_INFO))
}

fn random(service: &mut Service, count: &str) -> anyhow::Result<Answer> {
    service.post("computeRandomData", &format!("dataNumBytes={count}"))
}

/// The verdict on a request that must not be served: an error, and none of these fields.
pub(super) fn refused(answer: &Answer, fields: &[&str]) -> Verdict {
    let given =
        fields.iter().find(|field| answer.bytes(field).is_some_and(|bytes| !bytes.is_empty()));
    match given {
        Some(field) => Grade::Fail.because(format!("'{field}' is given")),
        None if answer.is_done() => Grade::Fail.because("status 0"),
        None if answer.status >= 500 => {
            Grade::ConceptuallyPass.because(format!("HTTP status {}", answer.status))
        }
        None => Verdict::pass(),
    }
}

/// Blocked, with what came, where a service does not do what it must.
pub(super) fn not_done(answer: &Answer) -> Verdict {
    Grade::Fail.because(format!("HTTP status {}, status {:?}", answer.status, answer.code()))
}

fn random_length(service: &mut Service) -> Ruling {
    let mut verdicts = Vec::new();
    for count in [8, 16] {
        let answer = random(service, &count.to_string())?;
        let length = answer.bytes("randomData").map_or(0, |bytes| bytes.len());
        verdicts.push(Verdict::require(answer.is_done() && length == count, || {
            format!("{length} bytes instead of {count}")
        }));
    }
    Ok(super::worst(verdicts))
}

fn random_fresh(service: &mut Service) -> Ruling {
    let (one, other) = (random(service, "16")?, random(service, "16")?);
    let (one, other) = (one.bytes("randomData"), other.bytes("randomData"));
    Ok(Verdict::require(one.is_some() && one != other, || {
        "the same bytes twice, or none".to_owned()
    }))
}

fn random_bad(service: &mut Service) -> Ruling {
    let mut verdicts = vec![refused(&service.post("computeRandomData", "")?, &["randomData"])];
    for count in ["0", "-1", "eight"] {
        verdicts.push(refused(&random(service, count)?, &["randomData"]));
    }
    Ok(super::worst(verdicts))
}

/// The session keys of the card, with what INITIALIZE UPDATE answers.
fn session(service: &Service) -> anyhow::Result<(SessionKeys, InitializeUpdateAnswer)> {
    let bytes = [&CARD[..], &KEY_INFO, &CARD_CHALLENGE, &[0; 8]].concat();
    let answer = InitializeUpdateAnswer::parse(&bytes, 0)?;
    Ok((SessionKeys::derive(&service.card_keys, &answer, &HOST_CHALLENGE)?, answer))
}

fn session_keys(
    service: &mut Service,
    keygen: bool,
    change: impl Fn(&mut Vec<u8>),
) -> anyhow::Result<Answer> {
    let (keys, answer) = session(service)?;
    let mut cryptogram = keys.card_cryptogram(&answer, &HOST_CHALLENGE)?.as_bytes().to_vec();
    change(&mut cryptogram);
    let (card_challenge, host_challenge) = (hashed(&CARD_CHALLENGE), hashed(&HOST_CHALLENGE));
    let fields = format!(
        "serversideKeygen={keygen}&{}&card_challenge={card_challenge}&host_challenge={host_challenge}&card_cryptogram={}",
        card(),
        hashed(&cryptogram)
    );
    service.post("computeSessionKey", &fields)
}

const KEYS: &[&str] = &[
    "sessionKey",
    "encSessionKey",
    "macSessionKey",
    "hostCryptogram",
    "kek_wrapped_desKey",
    "drm_trans_desKey",
];

fn host_cryptogram(service: &mut Service) -> Ruling {
    let (keys, answer) = session(service)?;
    let right = keys.host_cryptogram(&answer, &HOST_CHALLENGE)?;
    let given = session_keys(service, false, |_| ())?;
    if !given.is_done() {
        return Ok(not_done(&given));
    }
    Ok(Verdict::require(given.bytes("hostCryptogram").as_deref() == Some(right.as_bytes()), || {
        "another host cryptogram than the card expects".to_owned()
    }))
}

fn session_shape(service: &mut Service) -> Ruling {
    let answer = session_keys(service, false, |_| ())?;
    let wrong = ["sessionKey", "encSessionKey"]
        .into_iter()
        .find(|name| !answer.bytes(name).is_some_and(|bytes| matches!(bytes.len(), 16 | 24 | 32)));
    if !answer.is_done() {
        return Ok(not_done(&answer));
    }
    Ok(Verdict::require(wrong.is_none(), || {
        format!("'{}' is not a wrapped key", wrong.unwrap_or_default())
    }))
}

fn false_cryptogram(service: &mut Service) -> Ruling {
    let answer = session_keys(service, false, |cryptogram| {
        if let Some(byte) = cryptogram.first_mut() {
            *byte ^= 1;
        }
    })?;
    let verdict = refused(&answer, KEYS);
    if verdict.grade != Grade::Pass || answer.code() == Some(5) {
        return Ok(verdict);
    }
    Ok(Grade::ConceptuallyPass.because(format!("status {:?} instead of 5", answer.code())))
}

fn session_missing(service: &mut Service) -> Ruling {
    let fields = format!(
        "serversideKeygen=false&card_challenge={}&keySet=defKeySet",
        hashed(&CARD_CHALLENGE)
    );
    Ok(refused(&service.post("computeSessionKey", &fields)?, KEYS))
}

fn unknown_set(service: &mut Service) -> Ruling {
    let fields = format!(
        "serversideKeygen=false&KDD={0}&tokencuid={0}&KeyInfo=#7E#01&keySet=noSuchKeySet&card_challenge={1}&host_challenge={2}&card_cryptogram={2}",
        hashed(&CARD),
        hashed(&CARD_CHALLENGE),
        hashed(&HOST_CHALLENGE)
    );
    Ok(refused(&service.post("computeSessionKey", &fields)?, KEYS))
}

fn nothing_clear(service: &mut Service) -> Ruling {
    let (keys, _) = session(service)?;
    let answer = session_keys(service, true, |_| ())?;
    let statics = [&service.card_keys.enc, &service.card_keys.mac, &service.card_keys.dek];
    let sessions = [&keys.enc, &keys.mac];
    let parity = |key: &Key| [key.clone(), key.clone().with_odd_parity()];
    let shown =
        statics.into_iter().chain(sessions).flat_map(parity).any(|key| answer.shows(key.bytes()));
    Ok(Verdict::require(!shown, || "a key of the card in clear".to_owned()))
}

const TRANSPORT: &[&str] = &["kek_wrapped_desKey", "keycheck", "drm_trans_desKey"];

fn transport(service: &mut Service) -> Ruling {
    let with = session_keys(service, true, |_| ())?;
    let without = session_keys(service, false, |_| ())?;
    let length = |name: &str| with.bytes(name).map_or(0, |bytes| bytes.len());
    let there = matches!(length("kek_wrapped_desKey"), 16 | 24)
        && length("keycheck") == 3
        && length("drm_trans_desKey") >= 128;
    let extra =
        TRANSPORT.iter().find(|name| without.bytes(name).is_some_and(|bytes| !bytes.is_empty()));
    Ok(match extra {
        Some(extra) => Grade::Fail.because(format!("'{extra}' that nobody asked for")),
        None => Verdict::require(there, || "no whole transport key".to_owned()),
    })
}

fn check_value(service: &mut Service) -> Ruling {
    let answer = session_keys(service, true, |_| ())?;
    let (Some(wrapped), Some(value)) =
        (answer.bytes("kek_wrapped_desKey"), answer.bytes("keycheck"))
    else {
        return Ok(Grade::Blocked.because("no transport key"));
    };
    let opened = service.card_keys.dek.decrypt_ecb(wrapped.get(..16).unwrap_or_default())?;
    let Ok(opened) = <[u8; 16]>::try_from(opened.as_slice()) else {
        return Ok(Grade::Fail.because("a transport key of another length"));
    };
    Ok(Verdict::require(Key::des3(opened).check_value()[..] == value[..], || {
        "the check value is another key's".to_owned()
    }))
}

fn encrypt(service: &mut Service) -> Ruling {
    let fields = format!("data={}&{}&protocol=1", hashed(&[0x5A; 16]), card());
    let answer = service.post("encryptData", &fields)?;
    let (Some(data), Some(enciphered)) = (answer.bytes("data"), answer.bytes("encryptedData"))
    else {
        return Ok(not_done(&answer));
    };
    let right = data.len() == 16 && service.card_keys.dek.encrypt_ecb(&data)? == enciphered;
    Ok(Verdict::require(answer.is_done() && right, || {
        "enciphered under another key, or other data".to_owned()
    }))
}

fn encrypt_missing(service: &mut Service) -> Ruling {
    let answer = service.post("encryptData", &format!("data={}", hashed(&[0x5A; 16])))?;
    Ok(refused(&answer, &["encryptedData"]))
}

fn key_set(service: &mut Service) -> Ruling {
    let answer =
        service.post("createKeySetData", &format!("newKeyInfo=#02#01&{}&protocol=1", card()))?;
    let Some(set) = answer.bytes("keySetData").filter(|_| answer.is_done()) else {
        return Ok(not_done(&answer));
    };
    let (version, entries) = set.split_first().unwrap_or((&0, &[]));
    let keyed = entries.chunks(22).all(|entry| {
        matches!(entry, [0x80 | 0x81, 0x10, ..])
            && entry.get(18) == Some(&3)
            && is_checked(service, entry)
    });
    Ok(Verdict::require(set.len() == KEY_SET_LENGTH && *version == 2 && keyed, || {
        format!("{} bytes that are not version 2 with three keys under the card's key", set.len())
    }))
}

/// Whether an entry's check value is that of its key, opened by the card's key-encryption key.
fn is_checked(service: &Service, entry: &[u8]) -> bool {
    let opened =
        entry.get(2..18).and_then(|wrapped| service.card_keys.dek.decrypt_ecb(wrapped).ok());
    let key = opened.and_then(|opened| <[u8; 16]>::try_from(opened.as_slice()).ok());
    key.is_some_and(|key| entry.get(19..) == Some(&Key::des3(key).check_value()[..]))
}

fn key_set_missing(service: &mut Service) -> Ruling {
    let answer = service.post("createKeySetData", &format!("{}&protocol=1", card()))?;
    Ok(refused(&answer, &["keySetData"]))
}

fn order(service: &mut Service) -> Ruling {
    let answer = random(service, "8")?;
    let first = answer.fields().into_iter().next().map(|(name, _)| name);
    Ok(Verdict::require(first.as_deref() == Some("status"), || "another first field".to_owned()))
}
