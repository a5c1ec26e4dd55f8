//! PUT KEY and DELETE of keys.

use card::{CardProfile, InitialKeySet};
use globalplatform::{
    Key, KeyAlgorithm, KeySet,
    scp::host::{Channel, Handshake},
};
use iso7816::{Command, Response, StatusWord};

use crate::support::{Bench, keys_for, lv, new_keys, scp};

/// How a host codes a key field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialect {
    /// Type 80 or 88, inner length for AES.
    GlobalPlatform,
    /// AES without the inner length.
    Bare,
    /// Type 81 for DES.
    Dogtag,
}

fn key_field(channel: &Channel, key: &Key, dialect: Dialect) -> Vec<u8> {
    let mut plain = key.bytes().to_vec();
    plain.resize(plain.len().next_multiple_of(16), 0xEE);
    let ciphertext = channel.keys().unwrap().encrypt_sensitive(&plain).unwrap();
    let aes = key.algorithm().is_aes();
    let kind = if aes {
        0x88
    } else if matches!(dialect, Dialect::Dogtag) {
        0x81
    } else {
        0x80
    };
    let block = if aes && !matches!(dialect, Dialect::Bare) {
        [&[u8::try_from(key.bytes().len()).unwrap()], ciphertext.as_slice()].concat()
    } else {
        ciphertext
    };
    [vec![kind], lv(&block), lv(&key.check_value())].concat()
}

pub(crate) fn put_key(
    channel: &Channel,
    old: u8,
    new: u8,
    keys: &KeySet,
    dialect: Dialect,
) -> Command {
    let mut data = vec![new];
    data.extend(keys.in_order().into_iter().flat_map(|key| key_field(channel, key, dialect)));
    Command::new(0x80, 0xD8, old, 0x81).with_data(data).with_expected(256)
}

fn expected_answer(version: u8, keys: &KeySet) -> Response {
    let check_values = keys.in_order().into_iter().flat_map(Key::check_value);
    Response::ok([version].into_iter().chain(check_values).collect())
}

fn opens(bench: &mut Bench, version: u8, keys: &KeySet) -> bool {
    let handshake = Handshake::new(&[3; 8]).with_key_version(version);
    let answer = bench.send(&handshake.command());
    let Ok(authenticating) = handshake.answer(&answer) else { return false };
    let Ok(verified) = authenticating.verify_with(keys) else { return false };
    let (command, _) =
        verified.external_authenticate(globalplatform::SecurityLevel::C_MAC).unwrap();
    bench.send(&command).status.is_ok()
}

#[test]
fn replaced_keys_open_channels_also_after_reopening() {
    for protocol in [scp(1, 0x05), scp(2, 0x15), scp(3, 0x70)] {
        let algorithm = if protocol.id() == 3 { KeyAlgorithm::Aes128 } else { KeyAlgorithm::Des3 };
        for dialect in [Dialect::GlobalPlatform, Dialect::Bare, Dialect::Dogtag] {
            for version in [1, 2] {
                let mut bench = Bench::speaking(protocol);
                let old = keys_for(protocol);
                let mut channel = bench.open(Handshake::new(&[1; 8]), &old, 0x03);
                let new = new_keys(algorithm);
                let command = put_key(&channel, 1, version, &new, dialect);
                let answer = bench.secure(&mut channel, &command);
                assert_eq!(answer, expected_answer(version, &new), "{protocol:?} {dialect:?}");
                let mut twin = bench.twin();
                assert!(opens(&mut twin, version, &new), "{protocol:?} {dialect:?}");
                assert!(opens(&mut twin, 0, &new));
                assert!(!opens(&mut twin, 1, &old));
                assert_eq!(bench.card.keys()[0].counter, 0, "a new set counts from 0");
            }
        }
    }
}

#[test]
fn aes_keys_of_all_sizes_are_added_and_speak_scp03() {
    for algorithm in [KeyAlgorithm::Aes128, KeyAlgorithm::Aes192, KeyAlgorithm::Aes256] {
        let mut bench = Bench::speaking(scp(3, 0x70));
        let old = keys_for(scp(3, 0x70));
        let mut channel = bench.open(Handshake::new(&[1; 8]), &old, 0x33);
        let new = new_keys(algorithm);
        let command = put_key(&channel, 0, 0x31, &new, Dialect::GlobalPlatform);
        assert_eq!(bench.secure(&mut channel, &command), expected_answer(0x31, &new));
        assert!(opens(&mut bench, 0x31, &new), "{algorithm:?}");
        assert!(opens(&mut bench, 1, &old), "the other set is still there");
    }
}

#[test]
fn initial_keys_go_when_the_first_set_comes() {
    let key_sets = vec![InitialKeySet::test_keys(0xFF, scp(2, 0x15))];
    let mut bench = Bench::with(&CardProfile { key_sets, ..CardProfile::default() });
    let mut channel = bench.authenticate();
    let new = new_keys(KeyAlgorithm::Des3);
    let command = put_key(&channel, 0, 1, &new, Dialect::Dogtag);
    assert_eq!(bench.secure(&mut channel, &command), expected_answer(1, &new));
    let versions: Vec<u8> = bench.card.keys().iter().map(|key| key.version).collect();
    assert_eq!(versions, [1, 1, 1]);
    assert!(opens(&mut bench, 0, &new));
}

#[test]
fn wrong_put_keys_change_nothing() {
    let mut bench = Bench::new();
    let before = bench.card.keys();
    let des = |channel: &Channel, old, version| {
        put_key(channel, old, version, &new_keys(KeyAlgorithm::Des3), Dialect::GlobalPlatform)
    };
    for (what, expected) in [
        ("third check value", StatusWord::SECURITY_STATUS),
        ("other type", StatusWord::WRONG_DATA),
        ("cut", StatusWord::WRONG_DATA),
    ] {
        let mut channel = bench.authenticate();
        let mut command = des(&channel, 1, 1);
        match what {
            "third check value" => *command.data.last_mut().unwrap() ^= 1,
            "other type" => {
                let aes = new_keys(KeyAlgorithm::Aes128);
                command = put_key(&channel, 1, 1, &aes, Dialect::GlobalPlatform);
            }
            _ => command.data.truncate(40),
        }
        assert_eq!(bench.secure(&mut channel, &command).status, expected, "{what}");
    }
    for (old, version, expected) in [
        (0x55, 0x55, StatusWord::REFERENCED_DATA_NOT_FOUND),
        (0, 1, StatusWord::WRONG_DATA),
        (1, 0, StatusWord::WRONG_DATA),
        (1, 0x80, StatusWord::WRONG_DATA),
    ] {
        let mut channel = bench.authenticate();
        let command = des(&channel, old, version);
        assert_eq!(
            bench.secure(&mut channel, &command).status,
            expected,
            "{old:02X} {version:02X}"
        );
    }
    let shape = |keys: &[card::info::KeyInfo]| {
        keys.iter().map(|key| (key.version, key.id, key.check_value)).collect::<Vec<_>>()
    };
    assert_eq!(shape(&bench.card.keys()), shape(&before));
    assert_eq!(shape(&bench.twin().card.keys()), shape(&before));
}

#[test]
fn public_keys_are_stored_and_chained() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let modulus = vec![0xC3; 256];
    let mut data = vec![0x73, 0xA1, 0x82, 0x01, 0x00];
    data.extend(&modulus);
    data.extend([0xA0, 3, 1, 0, 1, 0]);
    let command = Command::new(0x80, 0xD8, 0, 1).with_data(data).with_expected(256);
    // 262 bytes and padding: two segments. SCP02 with encryption carries them like any others.
    assert_eq!(bench.secure(&mut channel, &command), Response::ok(vec![0x73]));
    let point = [&[0x74, 0xB0, 0x41, 0x04][..], &[5; 64], &[0xF0, 1, 0, 0]].concat();
    let command = Command::new(0x80, 0xD8, 0, 1).with_data(point).with_expected(256);
    assert_eq!(bench.secure(&mut channel, &command), Response::ok(vec![0x74]));
    let e0 = bench.bytes("80CA00E000");
    assert_eq!(e0.status, StatusWord::SECURITY_STATUS, "the channel asks for a MAC");
    let e0 = bench.bytes("80CA00E000").data;
    assert!(e0.windows(8).any(|entry| entry == [0xC0, 6, 1, 0x73, 0xA1, 0, 0xA0, 3]));
    assert!(e0.windows(8).any(|entry| entry == [0xC0, 6, 1, 0x74, 0xB0, 64, 0xF0, 0]));
    assert_eq!(bench.bytes("8050730008 0102030405060708").status.0, 0x6A88);
}

#[test]
fn broken_chains_are_dropped() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let segment = Command::new(0x84, 0xD8, 0x80, 1).with_data([0; 200]);
    assert!(bench.send(&segment).status.is_ok());
    assert_eq!(bench.bytes("80CA006600").status, StatusWord::CONDITIONS_OF_USE);
    let status = Command::new(0x80, 0xF2, 0x80, 2).with_data([0x4F, 0]);
    assert!(bench.secure(&mut channel, &status).status.is_ok(), "the channel has not noticed");
    let mut answers = (0..12).map(|_| bench.send(&segment).status);
    assert_eq!(answers.find(|status| !status.is_ok()), Some(StatusWord::WRONG_P1P2));
}

#[test]
fn keys_are_deleted_but_never_the_last_set() {
    let mut bench = Bench::with_all_protocols();
    let delete = |data: &[u8]| Command::new(0x80, 0xE4, 0, 0).with_data(data);
    let keys = keys_for(scp(3, 0x70));
    let handshake = || Handshake::new(&[1; 8]).with_key_version(0x30);
    let mut channel = bench.open(handshake(), &keys, 0x03);
    assert_eq!(bench.secure(&mut channel, &delete(&[0xD2, 1, 1])), Response::ok(vec![0]));
    let unknown = bench.secure(&mut channel, &delete(&[0xD2, 1, 1])).status;
    assert_eq!(unknown, StatusWord::REFERENCED_DATA_NOT_FOUND);
    assert!(bench.secure(&mut channel, &delete(&[0xD0, 1, 3, 0xD2, 1, 2])).status.is_ok());
    assert_eq!(bench.bytes("8050020008 0102030405060708").status.0, 0x6A88, "incomplete");
    let mut channel = bench.open(handshake(), &keys, 0x03);
    let last = bench.secure(&mut channel, &delete(&[0xD2, 1, 0x30])).status;
    assert_eq!(last, StatusWord::CONDITIONS_OF_USE);
    assert!(opens(&mut bench, 0x30, &keys));
}

#[test]
fn a_handshake_with_keys_that_were_replaced_since_does_not_end() {
    for protocol in [scp(1, 0x05), scp(2, 0x15), scp(3, 0x70)] {
        let mut bench = Bench::speaking(protocol);
        let old = keys_for(protocol);
        let new = new_keys(old.enc.algorithm());
        assert_eq!(bench.bytes("0070000001").data, [1]);
        let slow = Handshake::new(&[9; 8]).with_option(protocol.i());
        let mut first = slow.command();
        first.header.cla |= 1;
        let answer = bench.send(&first);
        let mut channel = bench.open(Handshake::new(&[3; 8]).with_option(protocol.i()), &old, 0x03);
        let command = put_key(&channel, 1, 1, &new, Dialect::GlobalPlatform);
        assert!(bench.secure(&mut channel, &command).status.is_ok());
        let verified = slow.answer(&answer).unwrap().verify_with(&old).unwrap();
        let (mut last, _) =
            verified.external_authenticate(globalplatform::SecurityLevel::C_MAC).unwrap();
        last.header.cla |= 1;
        assert_eq!(bench.send(&last).status, StatusWord::CONDITIONS_OF_USE, "{protocol:?}");
    }
}

#[test]
fn no_put_key_leaves_the_card_without_a_complete_set() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let before = bench.card.keys();
    let key = new_keys(KeyAlgorithm::Des3).enc;
    // The encryption key alone moves to version 02: neither version would be complete.
    let data = [vec![2], key_field(&channel, &key, Dialect::GlobalPlatform)].concat();
    let moves = Command::new(0x80, 0xD8, 1, 1).with_data(data).with_expected(256);
    assert_eq!(bench.secure(&mut channel, &moves).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.card.keys(), before);
    bench.select(crate::support::ISD);
    bench.authenticate();
}
