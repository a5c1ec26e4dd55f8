//! Vectors of Dogtag's TPS and TKS: self tests, comments and recomputed formulas.

use globalplatform::{
    Diversification, Key, KeySet, Protocol, SecurityLevel, SessionKeys,
    command::{KeyBlockDialect, PutKey},
    scp::{
        DerivationConstant, card,
        host::{Channel, Dialect, Handshake},
    },
};
use hex_literal::hex;
use iso7816::{Aid, Command, Response};

const DEVELOPER_KEY: [u8; 16] = hex!("404142434445464748494a4b4c4d4e4f");
const CUID: [u8; 10] = hex!("a00192030405060708c9");
const HOST_CHALLENGE: [u8; 8] = hex!("775762e45e23667d");

fn developer_keys() -> KeySet {
    KeySet::same(&Key::des3(DEVELOPER_KEY))
}

/// The channel after EXTERNAL AUTHENTICATE at level 03, which must read `authenticate`.
fn open(keys: &KeySet, challenge: &[u8], answer: &[u8], authenticate: &[u8]) -> Channel {
    let verified = Handshake::new(challenge)
        .with_dialect(Dialect::Dogtag)
        .answer(&Response::ok(answer.to_vec()))
        .unwrap()
        .verify_with(keys)
        .unwrap();
    let (command, channel) =
        verified.external_authenticate(SecurityLevel::C_MAC_C_DECRYPTION).unwrap();
    assert_eq!(command.to_bytes().unwrap(), authenticate);
    channel
}

fn set_pin(channel: &mut Channel) -> Vec<u8> {
    let command = Command::new(0x80, 0x04, 0x00, 0x00).with_data(b"Secret.123");
    channel.wrap(&command).unwrap().to_bytes().unwrap()
}

#[test]
fn scp01_session_of_the_tks_self_test() {
    let answer = hex!("a00192030405060708c9 0101 bd6d19856e540fcd a3ba811b31d3337d");
    let authenticating =
        Handshake::new(&HOST_CHALLENGE).answer(&Response::ok(answer.to_vec())).unwrap();
    let keys =
        SessionKeys::derive(&developer_keys(), authenticating.answer(), &HOST_CHALLENGE).unwrap();
    assert_eq!(keys.mac.bytes(), hex!("d1beb826dc5620258c93e7def0ab4f5b"));
    let host_cryptogram = keys.host_cryptogram(authenticating.answer(), &HOST_CHALLENGE).unwrap();
    assert_eq!(<[u8; 8]>::try_from(host_cryptogram).unwrap(), hex!("40a14ad953a5b545"));

    let authenticate = hex!("8482030010 40a14ad953a5b545 e7c1a51fddaac75e");
    let mut channel = open(&developer_keys(), &HOST_CHALLENGE, &answer, &authenticate);
    let expected = hex!("840400001824817f97399adb9cd10d268a83cf097aedeadcd835046539");
    assert_eq!(set_pin(&mut channel), expected);
}

#[test]
fn scp02_session() {
    let answer = hex!("a00192030405060708c9 0102 0001 bd6d19856e54 f2426cd53cc1f264");
    let authenticate = hex!("8482030010 83e5b8216efd34db cdb8a2aeb015d1d1");
    let mut channel = open(&developer_keys(), &HOST_CHALLENGE, &answer, &authenticate);
    let keys = channel.keys().unwrap();
    assert_eq!(keys.enc.bytes(), hex!("25c9794a1205ff244f5fa0378d2f8d59"));
    assert_eq!(keys.mac.bytes(), hex!("9bed98891580c3b245fe9ec58bfa8d2a"));
    let rmac = keys.rmac.as_ref().unwrap();
    assert_eq!(rmac.bytes(), hex!("8eb6cf25ba4decd820bf4e9fa616c50a"));
    assert_eq!(keys.dek().unwrap().bytes(), hex!("0e51fdf196141f227a57bd154012fd39"));
    let expected = hex!("8404000018e89679fd12958dc0de5498d54c626944a9ecaee021f8cae0");
    assert_eq!(set_pin(&mut channel), expected);
}

#[test]
fn scp03_session_of_the_kdf_demo() {
    let keys = KeySet::same(&Key::aes(&DEVELOPER_KEY).unwrap());
    let challenge = hex!("d9a00e366967fafb");
    let answer = hex!("00000447001f0046a702 010370 08f3e2c372f0be26 6b02dee20adb98a5 000001");
    let authenticate = hex!("8482030010 7c1c6dae0f17f117 e830fe9fe0205a73");
    let mut channel = open(&keys, &challenge, &answer, &authenticate);
    let session = channel.keys().unwrap();
    assert_eq!(session.enc.bytes(), hex!("48a4590d485fe0d206b7e1c954cbd9f1"));
    assert_eq!(session.mac.bytes(), hex!("ef7256aefea467e2335ff194e06e3767"));
    let rmac = session.rmac.as_ref().unwrap();
    assert_eq!(rmac.bytes(), hex!("a4bc9c3d3c3e7e5287bcd144319c2965"));
    let expected = hex!("84040000180c2e511c9429d783ed15956102a074ac061fcf85f2c2addb");
    assert_eq!(set_pin(&mut channel), expected);
}

#[test]
fn aes_cmac_of_the_upstream_comment() {
    let key = Key::aes(&hex!("88c6462e55586c47f9ff009239ceb6ea")).unwrap();
    let context = hex!("d061fff4d82fdf87 5a5c9099983b24dc");
    let derived = key.derive(0x04, &context, 16).unwrap();
    assert_eq!(derived.as_slice(), hex!("f62d215aba690792b2522f122a4ef9b7"));
}

#[test]
fn aes_cmac_of_sp_800_38b() {
    let message = hex!("6bc1bee22e409f96e93d7e117393172a");
    let key = Key::aes(&hex!("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
        .unwrap();
    assert_eq!(key.cmac(&[&message]).unwrap(), hex!("28a7023f452e8f82bd4bf28d8c37c35c"));
    let key = Key::aes(&hex!("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b")).unwrap();
    assert_eq!(key.cmac(&[&message]).unwrap(), hex!("9e99a7bf31e710900662f65e617c5184"));
}

fn derived(scheme: Diversification, data: &[u8; 10]) -> KeySet {
    scheme.derive(&Key::des3(DEVELOPER_KEY), data).unwrap()
}

#[test]
fn diversification_of_card_keys() {
    let bytes = |keys: KeySet| keys.in_order().map(|key| key.bytes().to_vec());
    let expected = [
        hex!("aec2ce5b5176d51098b5972fd6dcf22a"),
        hex!("a7e5450ef87ae34a1a37e654f1673bd3"),
        hex!("3b9b7cfd583ef29e325e9e68049db640"),
    ];
    assert_eq!(bytes(derived(Diversification::Visa2, &CUID).with_odd_parity()), expected);
    let expected = [
        hex!("dfdc3d2f73a4680d913d2043160798e5"),
        hex!("80fdeca24fae3264754ca170c4b0fb0e"),
        hex!("13ce26867ac10ed00dc1d3922a0285cd"),
    ];
    assert_eq!(bytes(derived(Diversification::Emv, &CUID).with_odd_parity()), expected);
    let expected = [
        hex!("948a3e621ccb1a5d80abef041c578a6d"),
        hex!("a238921ff7a75da2b557a74043e95875"),
        hex!("2f199ec7ea898a29299e89987aa292d0"),
    ];
    assert_eq!(bytes(derived(Diversification::DogtagNist, &CUID)), expected);
    let kdd = hex!("00000447001f0046a702");
    let expected = [
        hex!("8c049b348f50762338b49637723bdbac"),
        hex!("b9758d9caca96db518b6370864d4b444"),
        hex!("408d67434d0dc45b247aa9ff9049aeb2"),
    ];
    assert_eq!(bytes(derived(Diversification::Emv, &kdd).into_aes()), expected);
}

#[test]
fn aes_master_keys_work_with_cmac_schemes_only() {
    for length in [16, 24, 32] {
        let master = Key::aes(&vec![7; length]).unwrap();
        let keys = Diversification::DogtagCmac.derive(&master, &CUID).unwrap();
        assert_eq!(keys.algorithm(), Some(master.algorithm()));
        // By hand: counter, three zeros, key number, zero, two zeros, bytes 6 to 9 and 4 to 5 of the CUID, length in bits.
        let bits = u16::try_from(length * 8).unwrap().to_be_bytes();
        let fixed = [&hex!("01 000000 02 00 0000 060708c9 0405")[..], &bits].concat();
        assert_eq!(keys.mac.bytes()[..16], master.cmac(&[&fixed]).unwrap());
        assert!(Diversification::Emv.derive(&master, &CUID).is_err());
        assert!(Diversification::Visa2.derive(&master, &CUID).is_err());
    }
    assert!(Diversification::DogtagCmac.derive(&Key::des3(DEVELOPER_KEY), &CUID).is_err());
    let none = derived(Diversification::None, &CUID);
    assert_eq!(none, developer_keys());
}

#[test]
fn key_set_data_of_the_three_protocols() {
    let keys = developer_keys();
    let put = |dek: &Key, keys: &KeySet, dialect| {
        PutKey::for_key_set(Some(1), 2, keys, dek, dialect).unwrap().to_command()
    };
    let entry = hex!("81 10 b4baa89a8cd0292b45210e1bc84b1c31 03 8baf47");
    let command = put(&keys.dek, &keys, KeyBlockDialect::Scp01);
    assert_eq!(command.data, [&[2][..], &entry, &entry, &entry].concat());
    assert_eq!(command.header.to_bytes(), [0x80, 0xD8, 0x01, 0x81]);
    assert_eq!(command.data.len(), 67);

    let dek =
        SessionKeys::scp02_key(&keys.dek, DerivationConstant::DataEncryption, [0, 0]).unwrap();
    let entry = hex!("80 10 efbee6c6d99d7b70bde9d7e927f020af 03 8baf47");
    let command = put(&dek, &keys, KeyBlockDialect::Scp02);
    assert_eq!(command.data, [&[2][..], &entry, &entry, &entry].concat());

    let dek = Key::aes(&DEVELOPER_KEY).unwrap();
    let aes128 = put(&dek, &KeySet::same(&dek), KeyBlockDialect::Scp03);
    assert!(aes128.data.starts_with(&hex!("02 88 11 10")));
    assert_eq!(aes128.data.len(), 70);
    let aes256 = KeySet::same(&Key::aes(&[9; 32]).unwrap());
    let aes256 = put(&dek, &aes256, KeyBlockDialect::Scp03);
    assert!(aes256.data.starts_with(&hex!("02 88 21 20")));
    assert_eq!(aes256.data.len(), 1 + 3 * 39);
}

#[test]
fn the_card_takes_empty_data_fields_encrypted_or_not() {
    let aid = Aid::new(&hex!("A000000003000000")).unwrap();
    for protocol in [Protocol::new(1, 0x05), Protocol::new(1, 0x15), Protocol::new(2, 0x15)] {
        let protocol = protocol.unwrap();
        for (dialect, length) in [(Dialect::Dogtag, 16), (Dialect::GlobalPlatform, 8)] {
            let keys = developer_keys();
            let card = card::Handshake {
                keys: &keys,
                key_version: 1,
                protocol,
                kdd: CUID,
                sequence_counter: 7,
                aid,
                random: [3; 16],
            };
            let (answer, pending) = card.initialize_update(&HOST_CHALLENGE).unwrap();
            let (authenticate, mut host) = Handshake::new(&HOST_CHALLENGE)
                .with_option(protocol.i())
                .with_dialect(dialect)
                .answer(&Response::ok(answer))
                .unwrap()
                .verify_with(&keys)
                .unwrap()
                .external_authenticate(SecurityLevel::C_MAC_C_DECRYPTION)
                .unwrap();
            let mut card = pending.external_authenticate(&authenticate).unwrap();
            let get_issuer_info = Command::new(0x80, 0xF6, 0, 0).with_expected(0xE0);
            for _ in 0..3 {
                let wrapped = host.wrap(&get_issuer_info).unwrap();
                assert_eq!(wrapped.data.len(), length);
                assert_eq!(wrapped.expected, Some(0xE0));
                assert_eq!(card.unwrap(&wrapped).unwrap(), get_issuer_info);
            }
        }
    }
}
