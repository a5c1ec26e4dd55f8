//! Keys from keys: sessions, diversification, check values, encrypted keys.

use globalplatform::{
    Cryptogram, Diversification, InitializeUpdateAnswer, Key, KeySet, Protocol, SessionKeys,
    scp::{DerivationConstant, pseudo_random_challenge},
};

use super::file::Vector;

pub(super) fn card_challenge(vector: &Vector) {
    let scp02 = vector.protocol == "SCP02";
    let protocol = if scp02 { Protocol::new(2, 0x55).unwrap() } else { vector.protocol() };
    let keys = KeySet::same(&vector.key(if scp02 { "key_mac" } else { "key_enc" }));
    let counter =
        vector.input("seq").iter().fold(0, |counter, byte| counter << 8 | u32::from(*byte));
    let challenge =
        pseudo_random_challenge(protocol, &keys, counter, &vector.input("aid")).unwrap();
    assert_eq!(challenge, vector.output("card_challenge"));
}

/// An answer to INITIALIZE UPDATE with this challenge and cryptogram.
fn answer(
    protocol: Protocol,
    card_challenge: Vec<u8>,
    cryptogram: &[u8],
) -> InitializeUpdateAnswer {
    InitializeUpdateAnswer {
        kdd: [0; 10],
        key_version: 1,
        protocol,
        sequence_counter: Some(0),
        card_challenge,
        card_cryptogram: Cryptogram::new(cryptogram).unwrap(),
    }
}

pub(super) fn session_keys(vector: &Vector) {
    let answer = answer(vector.protocol(), vector.input("card_challenge"), &[0; 8]);
    let host_challenge = vector.input("host_challenge");
    let keys = SessionKeys::derive(&vector.key_set(), &answer, &host_challenge).unwrap();
    assert_eq!(keys.enc.bytes(), vector.output("S_ENC"));
    assert_eq!(keys.mac.bytes(), vector.output("S_MAC"));
    if vector.kind == "session keys" {
        assert_eq!(keys.rmac.unwrap().bytes(), vector.output("S_RMAC"));
    } else {
        let card = keys.card_cryptogram(&answer, &host_challenge).unwrap();
        let host = keys.host_cryptogram(&answer, &host_challenge).unwrap();
        assert_eq!(card.as_bytes(), vector.output("card_cryptogram"));
        assert_eq!(host.as_bytes(), vector.output("host_cryptogram"));
    }
}

pub(super) fn session_key(vector: &Vector) {
    let key = vector.key("key");
    let derived = match vector.protocol.as_str() {
        "SCP01" => {
            let answer = answer(vector.protocol(), vector.input("card_challenge"), &[0; 8]);
            let host_challenge = vector.input("host_challenge");
            SessionKeys::derive(&KeySet::same(&key), &answer, &host_challenge).unwrap().enc
        }
        "SCP02" => {
            let constant = vector.input("constant").try_into().unwrap();
            let constant = DerivationConstant::from_bytes(constant).unwrap();
            let sequence = vector.input("sequence").try_into().unwrap();
            SessionKeys::scp02_key(&key, constant, sequence).unwrap()
        }
        _ => {
            let constant = vector.input("constant")[0];
            Key::aes(&key.derive(constant, &vector.input("context"), 16).unwrap()).unwrap()
        }
    };
    assert_eq!(derived.check_value().as_slice(), vector.output("kcv"));
    same_as_noted(vector, "session key = ", &derived);
}

pub(super) fn diversification(vector: &Vector) {
    let scheme = match vector.protocol.as_str() {
        "emv" => Diversification::Emv,
        "visa2" => Diversification::Visa2,
        "kdf3" => Diversification::Kdf3,
        other => panic!("no scheme {other}"),
    };
    let master = vector.input("master");
    let master = if scheme == Diversification::Kdf3 {
        Key::aes(&master).unwrap()
    } else {
        Key::des3(master.try_into().unwrap())
    };
    let keys = scheme.derive(&master, &vector.input("kdd").try_into().unwrap()).unwrap();
    let number = usize::try_from(vector.number("key_number")).unwrap();
    let key = keys.in_order()[number - 1];
    assert_eq!(key.check_value().as_slice(), vector.output("kcv"));
    same_as_noted(vector, "derived key = ", key);
}

/// The note of some vectors has the whole key, not its check value only.
fn same_as_noted(vector: &Vector, mark: &str, key: &Key) {
    if let Some((_, noted)) = vector.note.split_once(mark) {
        assert_eq!(key.bytes(), hex::decode(noted).unwrap());
    }
}

pub(super) fn aes_check_value(vector: &Vector) {
    let key = Key::aes(&vector.input("key")).unwrap();
    assert_eq!(key.check_value().as_slice(), vector.output("kcv"));
    key.verify_check_value(&vector.output("kcv")).unwrap();
}

pub(super) fn des_check_value(vector: &Vector) {
    let key = Key::des3(vector.input("key").try_into().unwrap());
    assert_eq!(key.check_value().as_slice(), vector.output("kcv"));
}

pub(super) fn cmac(vector: &Vector) {
    let key = Key::aes(&vector.input("key")).unwrap();
    let message = vector.input("message");
    assert_eq!(key.cmac(&[&message]).unwrap().as_slice(), vector.output("mac"));
    let (head, tail) = message.split_at(message.len() / 3);
    assert_eq!(key.cmac(&[head, tail]).unwrap().as_slice(), vector.output("mac"));
}

pub(super) fn sensitive_data(vector: &Vector) {
    let mut dek = vector.key("dek");
    if vector.has("sequence") {
        let sequence = vector.input("sequence").try_into().unwrap();
        dek = SessionKeys::scp02_key(&dek, DerivationConstant::DataEncryption, sequence).unwrap();
    }
    let key = vector.key("key");
    let encrypted = dek.encrypt_sensitive(key.bytes()).unwrap();
    assert_eq!(encrypted, vector.output("encrypted"));
    assert_eq!(dek.decrypt_sensitive(&encrypted).unwrap().as_slice(), key.bytes());
    if vector.outputs["kcv"].is_string() {
        assert_eq!(key.check_value().as_slice(), vector.output("kcv"));
    }
}
