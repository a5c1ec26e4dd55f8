//! PUT KEY with keys of every kind, in both formats, and what key information tells of them.

use card::{ImageStore, image::Change, nvm::Owner};
use globalplatform::{
    Key, KeyAlgorithm, KeySet,
    command::{KeyBlockDialect, KeyComponent, MORE_SEGMENTS, PutKey},
    data::{KeyAccess, KeyAttributes, KeyInformation, KeyUsage, parse_key_information},
    scp::host::{Channel, Handshake},
};
use iso7816::{Command, Response, StatusWord};

use crate::support::{Bench, MODULE, keys_for, new_keys, scp};

const WRONG: StatusWord = StatusWord::WRONG_DATA;
const TOKENS: KeyAttributes = KeyAttributes {
    usage: KeyUsage::VERIFICATION_ENCIPHERMENT.union(KeyUsage::AUTHORIZATION),
    access: Some(KeyAccess::SECURITY_DOMAIN),
};

fn enter(bench: &mut Bench, id: u8, i: u8) -> Channel {
    // SCP01 encrypts no more than 255 bytes.
    let level = if id == 1 { 0x01 } else { 0x03 };
    bench.open(Handshake::new(&[1; 8]).with_option(i), &keys_for(scp(id, i)), level)
}

fn information(bench: &mut Bench) -> Vec<KeyInformation> {
    bench.card.reset();
    parse_key_information(&bench.bytes("80CA00E000").data).unwrap()
}

/// A component under the data encryption key of the session, its length before it.
fn secret(channel: &Channel, kind: u8, value: &[u8]) -> KeyComponent {
    let session = channel.keys().unwrap();
    let block = session.enc.algorithm().block_length();
    let encrypt = |plain: &[u8]| session.encrypt_sensitive(plain);
    KeyComponent::secret(kind, value, block, encrypt).unwrap()
}

fn clear(kind: u8, value: &[u8]) -> KeyComponent {
    KeyComponent::clear(kind, value)
}

/// Sends one key of components as version `new`, identifier 1.
fn put(
    bench: &mut Bench,
    channel: &mut Channel,
    (old, new): (Option<u8>, u8),
    components: Vec<KeyComponent>,
    attributes: Option<KeyAttributes>,
) -> Response {
    let command = PutKey::for_components(old, new, 1, components, attributes).to_command();
    bench.secure(channel, &command)
}

fn rsa_public(length: usize) -> Vec<KeyComponent> {
    vec![clear(0xA1, &vec![0xC3; length]), clear(0xA0, &[1, 0, 1])]
}

fn point(length: usize) -> Vec<u8> {
    [&[4][..], &vec![5; length]].concat()
}

/// Parameters of a curve of 256 bits; no host checks that it is one.
fn curve() -> Vec<KeyComponent> {
    let mut parameters: Vec<_> = [0xB2, 0xB3, 0xB4].map(|kind| clear(kind, &[kind; 32])).to_vec();
    parameters.extend([clear(0xB5, &point(64)), clear(0xB6, &[0xB6; 32]), clear(0xB7, &[1])]);
    parameters
}

fn parts(key: &KeyInformation) -> Vec<(u8, u16)> {
    key.parts.iter().map(|part| (part.key_type, part.length)).collect()
}

#[test]
fn every_asymmetric_key_is_taken_under_every_protocol() {
    for (id, i) in [(1, 0x05), (2, 0x15), (3, 0x70)] {
        let mut bench = Bench::speaking(scp(id, i));
        let mut channel = enter(&mut bench, id, i);
        let s = |kind, value: &[u8]| secret(&channel, kind, value);
        let number = vec![7; 256];
        let crt = [0xA4, 0xA5, 0xA6, 0xA7, 0xA8].map(|kind| s(kind, &[kind; 127])).to_vec();
        let keys = [
            (0x70, rsa_public(128)),
            (0x73, rsa_public(256)),
            (0x50, vec![clear(0xA1, &number), s(0xA3, &number)]),
            (0x51, vec![s(0xA2, &number), s(0xA3, &number), clear(0xA0, &[3])]),
            (0x52, crt),
            (0x53, vec![clear(0xB0, &point(64)), clear(0xF0, &[0])]),
            (0x54, vec![clear(0xB0, &point(132)), clear(0xF0, &[2])]),
            (0x55, vec![s(0xB1, &[9; 48]), clear(0xF0, &[1])]),
            (0x56, [vec![clear(0xB0, &point(64))], curve()].concat()),
            (0x57, [vec![s(0xB1, &[9; 32])], curve()].concat()),
            (0x58, [vec![clear(0xF0, &[0x60])], curve()].concat()),
            (0x59, vec![clear(0xB0, &point(64)), clear(0xF0, &[0x60])]),
        ];
        for (version, components) in keys {
            let answer = put(&mut bench, &mut channel, (None, version), components, None);
            assert_eq!(answer, Response::ok(vec![version]), "SCP0{id} {version:02X}");
        }
        let told = information(&mut bench);
        let of = |version: u8| {
            let found = told.iter().find(|key| key.key_version == version).unwrap();
            parts(found)
        };
        assert_eq!(of(0x70), [(0xA1, 128), (0xA0, 3)]);
        assert_eq!(of(0x73), [(0xA1, 0), (0xA0, 3)], "256 bytes and more");
        assert_eq!(of(0x52), [(0xA4, 127), (0xA5, 127), (0xA6, 127), (0xA7, 127), (0xA8, 127)]);
        assert_eq!(of(0x53), [(0xB0, 64), (0xF0, 0)], "a reference instead of a length");
        assert_eq!(of(0x54), [(0xB0, 132), (0xF0, 2)]);
        assert_eq!(of(0x55), [(0xB1, 48), (0xF0, 1)]);
        assert_eq!(of(0x56), [(0xB0, 64)], "parameters are not told");
        assert_eq!(of(0x58), [(0xF0, 0x60)]);
        assert_eq!(of(0x59), [(0xB0, 64), (0xF0, 0x60)]);
        assert_eq!(information(&mut bench.twin()), told);
    }
}

#[test]
fn usage_and_access_are_told_in_the_extended_format() {
    let mut bench = Bench::speaking(scp(3, 0x70));
    let mut channel = enter(&mut bench, 3, 0x70);
    let answer = put(&mut bench, &mut channel, (None, 0x70), rsa_public(256), Some(TOKENS));
    assert_eq!(answer, Response::ok(vec![0x70]));
    let key = Key::aes(&[8; 32]).unwrap();
    let aes = KeyComponent {
        check_value: key.check_value().to_vec(),
        ..secret(&channel, 0x88, key.bytes())
    };
    let said_nothing = Some(KeyAttributes::default());
    let answer = put(&mut bench, &mut channel, (None, 0x75), vec![aes], said_nothing);
    assert_eq!(answer, Response::ok([&[0x75][..], &key.check_value()].concat()));
    let mut twin = bench.twin();
    let told = information(&mut twin);
    let basic = told.iter().filter(|key| key.attributes.is_none());
    assert_eq!(basic.count(), 3, "the keys that the card was born with");
    let token = told.iter().find(|key| key.key_version == 0x70).unwrap();
    assert_eq!(parts(token), [(0xA1, 256), (0xA0, 3)]);
    assert_eq!(token.attributes, Some(TOKENS));
    let cipher = told.iter().find(|key| key.key_version == 0x75).unwrap();
    assert_eq!((parts(cipher), cipher.attributes), (vec![(0x88, 32)], said_nothing));
    // The set of another version is the default one, though 75 is complete but for its number.
    assert_eq!(twin.bytes("8050000008 0102030405060708 00").data[10], 1);
}

#[test]
fn components_that_make_no_key_are_refused() {
    let mut bench = Bench::new();
    let before = bench.card.keys();
    let mut channel = bench.authenticate();
    let s = |kind, value: &[u8]| secret(&channel, kind, value);
    let aes = Key::aes(&[8; 16]).unwrap();
    let wrong = [
        (vec![clear(0xA1, &[1; 128])], WRONG),
        (vec![clear(0xA1, &[1; 128]), clear(0xA1, &[1; 128]), clear(0xA0, &[3])], WRONG),
        (vec![clear(0xA1, &[1; 16]), clear(0xA0, &[3])], WRONG),
        (vec![s(0xA4, &[1; 64]), s(0xA5, &[1; 64])], WRONG),
        (vec![clear(0xB0, &point(64))], WRONG),
        (vec![clear(0xB0, &point(64)), clear(0xF0, &[1])], WRONG),
        (vec![clear(0xB0, &[5; 65]), clear(0xF0, &[0])], WRONG),
        (vec![clear(0xB0, &point(64)), clear(0xF0, &[0, 0])], WRONG),
        (vec![clear(0xB0, &point(64)), clear(0xF0, &[0x61])], WRONG),
        ([vec![clear(0xF0, &[0x00])], curve()].concat(), WRONG),
        (vec![s(0xB1, &[1; 80]), clear(0xF0, &[0])], WRONG),
        (vec![s(0x88, &[1; 20])], WRONG),
        (vec![s(0x85, &[1; 16])], WRONG),
        (vec![clear(0x80, &[1; 17])], WRONG),
        (
            vec![KeyComponent { check_value: vec![1, 2, 3], ..s(0x88, aes.bytes()) }],
            StatusWord::SECURITY_STATUS,
        ),
        (
            vec![
                clear(0xA1, &[1; 128]),
                KeyComponent { check_value: vec![1, 2, 3], ..clear(0xA0, &[3]) },
            ],
            WRONG,
        ),
    ];
    for (at, (components, expected)) in wrong.into_iter().enumerate() {
        let answer = put(&mut bench, &mut channel, (None, 0x60), components, None).status;
        assert_eq!(answer, expected, "{at}");
    }
    // Several keys without the bit that says so, and more than there are identifiers.
    let keys = new_keys(KeyAlgorithm::Des3);
    let session = channel.keys().unwrap();
    let mut all = PutKey::for_session(None, 0x60, &keys, session, KeyBlockDialect::Scp02).unwrap();
    all.several = false;
    assert_eq!(bench.secure(&mut channel, &all.to_command()).status, WRONG);
    (all.several, all.key_index) = (true, 0x7E);
    assert_eq!(bench.secure(&mut channel, &all.to_command()).status, WRONG);
    assert_eq!(bench.card.keys().len(), before.len());
    assert_eq!(bench.twin().card.keys().len(), before.len());
}

#[test]
fn a_key_is_replaced_by_one_of_its_kind_only() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let p256 = || vec![clear(0xB0, &point(64)), clear(0xF0, &[0])];
    let brainpool = || vec![clear(0xB0, &point(64)), clear(0xF0, &[3])];
    let steps = [
        (None, 0x73, rsa_public(128), StatusWord::OK),
        (Some(0x73), 0x73, rsa_public(256), WRONG),
        (Some(0x73), 0x73, p256(), WRONG),
        (Some(0x73), 0x74, rsa_public(128), StatusWord::OK),
        (Some(0x73), 0x73, rsa_public(128), StatusWord::REFERENCED_DATA_NOT_FOUND),
        (None, 0x70, p256(), StatusWord::OK),
        (None, 0x70, p256(), WRONG),
        (Some(0x70), 0x70, brainpool(), WRONG),
        (Some(0x70), 0x70, p256(), StatusWord::OK),
    ];
    for (at, (old, new, components, expected)) in steps.into_iter().enumerate() {
        let answer = put(&mut bench, &mut channel, (old, new), components, None).status;
        assert_eq!(answer, expected, "step {at}");
    }
    let versions: Vec<u8> = bench.card.keys().iter().map(|key| key.version).collect();
    assert_eq!(versions, [1, 1, 1, 0x70, 0x74]);
}

#[test]
fn check_values_are_answered_as_they_came() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    for (version, kind) in [(0x41, 0x80), (0x42, 0x81), (0x43, 0x82), (0x44, 0x84)] {
        let silent = vec![secret(&channel, kind, &[version; 16])];
        let answer = put(&mut bench, &mut channel, (None, version), silent, None);
        assert_eq!(answer, Response::ok(vec![version]), "type {kind:02X} without a check value");
    }
    let key = bench.card.keys().into_iter().find(|key| key.version == 0x42).unwrap();
    assert_eq!((key.kind, key.length), (0x80, 16), "old types are told as DES");
}

#[test]
fn a_torn_chain_leaves_all_keys_or_none() {
    let bench = Bench::new();
    let mut torn = 0;
    for writes in 1.. {
        let mut twin = bench.twin();
        let mut channel = twin.authenticate();
        let number = vec![7; 256];
        let components = vec![clear(0xA1, &number), secret(&channel, 0xA3, &number)];
        let put = PutKey::for_components(None, 0x50, 1, components, Some(TOKENS)).to_command();
        let segments = globalplatform::command::chain(&channel.wrap(&put).unwrap());
        assert!(segments.len() > 2 && segments[0].header.p1 & MORE_SEGMENTS != 0);
        twin.card.tear_after(writes);
        let last = segments.iter().map(|segment| twin.send(segment)).last().unwrap();
        let powered = twin.card.is_powered();
        twin.card.power_on();
        let present = twin.card.keys().iter().any(|key| key.version == 0x50);
        assert_eq!(twin.twin().card.keys(), twin.card.keys());
        if powered {
            assert!(last.status.is_ok() && present);
            break;
        }
        torn += 1;
        assert!(!last.status.is_ok());
    }
    assert!(torn > 1, "{torn} cuts");
}

#[test]
fn keys_serve_those_whom_their_access_admits() {
    for (access, domain, application) in [
        (KeyAccess::ALL, true, true),
        (KeyAccess::SECURITY_DOMAIN, true, false),
        (KeyAccess::APPLICATIONS, false, true),
        (KeyAccess::NOBODY, false, false),
    ] {
        let mut bench = Bench::new();
        bench.card.install(MODULE, MODULE, b"born").unwrap();
        let mut channel = bench.authenticate();
        let keys: KeySet = new_keys(KeyAlgorithm::Des3);
        for (index, key) in (1..).zip(keys.in_order()) {
            let component = vec![secret(&channel, 0x80, key.bytes())];
            let usage = KeyUsage::COMMAND_MESSAGING;
            let attributes = Some(KeyAttributes { usage, access: Some(access) });
            let put = PutKey::for_components(None, 0x21, index, component, attributes);
            assert!(bench.secure(&mut channel, &put.to_command()).status.is_ok());
        }
        let update = Command::new(0x80, 0x50, 0x21, 0).with_data([9; 8]).with_expected(256);
        assert_eq!(bench.send(&update).status.is_ok(), domain, "{access:?}");
        bench.select(MODULE);
        assert_eq!(bench.send(&update).status.is_ok(), application, "{access:?}");
    }
}

#[test]
fn sets_that_were_written_before_keys_had_attributes_are_read() {
    let bench = Bench::new();
    let mut image = bench.image.snapshot();
    let (owner, key) = (Owner::System, vec![b'k', 1]);
    let records = image.load().unwrap();
    let record = records.into_iter().find(|record| record.owner == owner && record.key == key);
    let mut value = record.unwrap().value;
    assert_eq!(value.pop(), Some(0), "the list of attributes, empty");
    image.apply(&[Change { owner, key, value: Some(value) }]).unwrap();
    let mut card = crate::support::reopen(Box::new(image.clone()));
    card.power_on();
    let mut before = Bench { card, image };
    assert_eq!(before.card.keys(), bench.card.keys());
    let mut channel = before.authenticate();
    assert!(put(&mut before, &mut channel, (None, 0x70), rsa_public(128), None).status.is_ok());
}
