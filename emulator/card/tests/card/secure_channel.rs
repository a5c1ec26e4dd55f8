//! Secure channels with the host's end of the same protocols: every option, every level.

mod implicit;
mod matrix;

use card::{ImageStore, image::Change, nvm::Owner};
use globalplatform::{
    SecurityLevel,
    scp::{
        Protocol,
        host::{Dialect, Handshake},
    },
};
use iso7816::{Command, Response, StatusWord};

use crate::support::{Bench, ISD, MODULE, keys_for, scp};

const SCP01: [u8; 2] = [0x05, 0x15];
const SCP02: [u8; 4] = [0x15, 0x55, 0x35, 0x75];
const SCP03: [u8; 12] = [0x00, 0x10, 0x20, 0x30, 0x60, 0x70, 0x01, 0x11, 0x21, 0x31, 0x61, 0x71];
const LEVELS: [u8; 8] = [0x00, 0x01, 0x03, 0x10, 0x11, 0x13, 0x33, 0x30];

fn protocols() -> Vec<Protocol> {
    let of = |id: u8, options: &[u8]| options.iter().map(|i| scp(id, *i)).collect::<Vec<_>>();
    [of(1, &SCP01), of(2, &SCP02), of(3, &SCP03)].concat()
}

/// Every option of a protocol that there is.
fn options(id: u8) -> Vec<Protocol> {
    (0..=u8::MAX).filter_map(|i| Protocol::new(id, i).ok()).collect()
}

/// The card after so many sessions: its image is written to between two powers.
fn set_counter(bench: &mut Bench, counter: u32) {
    let mut value = Vec::new();
    let mut rest = counter;
    while rest > 0x7F {
        value.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    value.push(rest.to_le_bytes()[0]);
    let change = Change { owner: Owner::System, key: vec![b'n', 1], value: Some(value) };
    bench.image.apply(&[change]).unwrap();
    *bench = bench.twin();
    assert_eq!(bench.card.keys()[0].counter, counter);
}

fn handshake(protocol: Protocol) -> Handshake {
    let option = if protocol.id() == 3 { 0 } else { protocol.i() };
    Handshake::new(&vec![0xA5; protocol.mac_length()]).with_option(option)
}

fn get_status() -> Command {
    Command::new(0x80, 0xF2, 0x80, 0x02).with_data([0x4F, 0x00]).with_expected(256)
}

#[test]
fn every_protocol_option_and_level_carries_commands() {
    for protocol in protocols() {
        for level in LEVELS.into_iter().filter(|level| protocol.security_level(*level).is_ok()) {
            for dialect in [Dialect::GlobalPlatform, Dialect::Dogtag] {
                let mut bench = Bench::speaking(protocol);
                let handshake = handshake(protocol).with_dialect(dialect);
                let mut channel = bench.open(handshake, &keys_for(protocol), level);
                let what = format!("{protocol:?} level {level:02X} {dialect:?}");
                let isd = bench.secure(&mut channel, &get_status());
                assert_eq!(isd.status, StatusWord::OK, "{what}");
                assert!(isd.data.starts_with(&[0xE3]), "{what}");
                let apps = Command::new(0x80, 0xF2, 0x40, 0x02).with_data([0x4F, 0x00]);
                let none = bench.secure(&mut channel, &apps).status;
                assert_eq!(none, StatusWord::REFERENCED_DATA_NOT_FOUND, "{what}");
                let unknown = bench.secure(&mut channel, &Command::new(0x80, 0xFE, 0, 0)).status;
                assert_eq!(unknown, StatusWord::INS_NOT_SUPPORTED, "{what}");
                let level = Command::new(0x80, 0xCA, 0, 0xD3).with_expected(256);
                let told = bench.secure(&mut channel, &level).data;
                assert_eq!(told, [0xD3, 1, channel.level().bits() | 0x80], "{what}");
                assert_eq!(bench.secure(&mut channel, &get_status()), isd, "{what}");
            }
        }
    }
}

#[test]
fn levels_that_are_not_offered_are_refused() {
    for protocol in protocols() {
        for level in LEVELS.into_iter().filter(|level| protocol.security_level(*level).is_err()) {
            let mut bench = Bench::speaking(protocol);
            bench.send(&handshake(protocol).command());
            let data = vec![0; 2 * protocol.mac_length()];
            let authenticate = Command::new(0x84, 0x82, level, 0).with_data(data);
            assert_eq!(bench.send(&authenticate).status, StatusWord::WRONG_P1P2);
        }
    }
}

#[test]
fn handshakes_out_of_order_are_refused() {
    let mut bench = Bench::new();
    let external = Command::new(0x84, 0x82, 0, 0).with_data([0; 16]);
    assert_eq!(bench.send(&external).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.bytes("8050550008 0102030405060708").status.0, 0x6A88);
    assert_eq!(bench.bytes("8050000010 01020304050607080102030405060708").status.0, 0x6700);
    let mut s16 = Bench::speaking(scp(3, 0x71));
    assert_eq!(s16.bytes("8050000008 0102030405060708").status.0, 0x6700);
    bench.bytes("8050000008 0102030405060708 00");
    assert_eq!(bench.send(&external).status, StatusWord::AUTHENTICATION_FAILED);
    assert_eq!(bench.send(&external).status, StatusWord::CONDITIONS_OF_USE);
    bench.bytes("8050000008 0102030405060708 00");
    bench.card.reset();
    assert_eq!(bench.send(&external).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.bytes("84CA006608 0102030405060708 00").status, StatusWord::SECURITY_STATUS);
}

#[test]
fn a_command_in_between_ends_the_handshake() {
    let protocol = scp(2, 0x15);
    let mut bench = Bench::speaking(protocol);
    let host = handshake(protocol);
    let answer = bench.send(&host.command());
    assert!(bench.bytes("80CA006600").status.is_ok());
    let verified = host.answer(&answer).unwrap().verify_with(&keys_for(protocol)).unwrap();
    let (command, _) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
    assert_eq!(bench.send(&command).status, StatusWord::CONDITIONS_OF_USE);
}

#[test]
fn an_authentication_with_a_wrong_mac_counts_nothing() {
    let protocol = scp(2, 0x15);
    let mut bench = Bench::speaking(protocol);
    let host = handshake(protocol);
    let answer = bench.send(&host.command());
    let verified = host.answer(&answer).unwrap().verify_with(&keys_for(protocol)).unwrap();
    let (mut command, _) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
    *command.data.last_mut().unwrap() ^= 1;
    assert_eq!(bench.send(&command).status, StatusWord::SECURITY_STATUS);
    assert_eq!(bench.card.keys()[0].counter, 0);
}

#[test]
fn challenges_that_are_not_derived_are_random() {
    for protocol in [scp(1, 0x05), scp(2, 0x15), scp(3, 0x60)] {
        let mut bench = Bench::speaking(protocol);
        let challenges = [(); 2].map(|()| bench.send(&handshake(protocol).command()).data);
        assert_ne!(challenges[0], challenges[1], "{protocol:?}");
    }
}

#[test]
fn key_version_chooses_the_protocol() {
    let mut bench = Bench::with_all_protocols();
    for (version, protocol) in [(1, scp(1, 0x05)), (2, scp(2, 0x15)), (0x30, scp(3, 0x70))] {
        let handshake = handshake(protocol).with_key_version(version);
        let mut channel = bench.open(handshake, &keys_for(protocol), 0x03);
        assert!(bench.secure(&mut channel, &get_status()).status.is_ok(), "{protocol:?}");
    }
}

#[test]
fn a_wrong_mac_closes_the_channel_and_a_right_one_does_not_open_it_again() {
    for protocol in [scp(1, 0x15), scp(2, 0x15), scp(3, 0x70)] {
        let mut bench = Bench::speaking(protocol);
        let mut channel = bench.open(handshake(protocol), &keys_for(protocol), 0x01);
        let good = channel.wrap(&get_status()).unwrap();
        let mut bad = good.clone();
        *bad.data.last_mut().unwrap() ^= 1;
        assert_eq!(bench.send(&bad).status, StatusWord::SECURITY_STATUS);
        assert_eq!(bench.send(&good).status, StatusWord::SECURITY_STATUS);
        assert!(bench.bytes("80CA006600").status.is_ok(), "GET DATA needs no channel");
        bench.open(handshake(protocol), &keys_for(protocol), 0x01);
    }
}

#[test]
fn plain_and_replayed_commands_close_the_channel() {
    let protocol = scp(2, 0x15);
    let mut bench = Bench::new();
    let mut channel = bench.open(handshake(protocol), &keys_for(protocol), 0x01);
    let wrapped = channel.wrap(&get_status()).unwrap();
    assert!(bench.send(&wrapped).status.is_ok());
    assert_eq!(bench.send(&wrapped).status, StatusWord::SECURITY_STATUS);
    let mut channel = bench.open(handshake(protocol), &keys_for(protocol), 0x01);
    assert_eq!(bench.send(&get_status()).status, StatusWord::SECURITY_STATUS);
    let wrapped = channel.wrap(&get_status()).unwrap();
    assert_eq!(bench.send(&wrapped).status, StatusWord::SECURITY_STATUS);
}

#[test]
fn select_and_reset_end_the_channel_and_a_failed_select_does_not() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    assert_eq!(bench.select(MODULE).status, StatusWord::NOT_FOUND);
    assert!(bench.secure(&mut channel, &get_status()).status.is_ok());
    assert!(bench.select(ISD).status.is_ok());
    let wrapped = channel.wrap(&get_status()).unwrap();
    assert_eq!(bench.send(&wrapped).status, StatusWord::SECURITY_STATUS);
    let mut channel = bench.authenticate();
    bench.card.reset();
    let wrapped = channel.wrap(&get_status()).unwrap();
    assert_eq!(bench.send(&wrapped).status, StatusWord::SECURITY_STATUS);
}

#[test]
fn a_channel_belongs_to_its_logical_channel() {
    let mut bench = Bench::new();
    bench.bytes("0070000001");
    let mut channel = bench.authenticate();
    let mut wrapped = channel.wrap(&get_status()).unwrap();
    wrapped.header.cla |= 1;
    assert_eq!(bench.send(&wrapped).status, StatusWord::SECURITY_STATUS);
    wrapped.header.cla &= !1;
    assert!(bench.send(&wrapped).status.is_ok());
}

#[test]
fn counters_advance_when_they_must_and_survive() {
    // SCP02 counts sessions, SCP03 counts challenges.
    for (protocol, after_challenge, after_session) in [(scp(2, 0x55), 0, 1), (scp(3, 0x70), 1, 2)] {
        let mut bench = Bench::speaking(protocol);
        let counter = |bench: &Bench| bench.card.keys()[0].counter;
        bench.send(&handshake(protocol).command());
        assert_eq!(counter(&bench), after_challenge);
        bench.open(handshake(protocol), &keys_for(protocol), 0x01);
        assert_eq!(counter(&bench), after_session);
        assert_eq!(counter(&bench.twin()), after_session);
        // Power fails at either write of the next handshake: never back.
        for writes in 1..=2 {
            let mut twin = bench.twin();
            twin.card.tear_after(writes);
            let handshake = handshake(protocol);
            let answer = twin.send(&handshake.command());
            if let Ok(authenticating) = handshake.answer(&answer) {
                let verified = authenticating.verify_with(&keys_for(protocol)).unwrap();
                let (command, _) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
                assert!(!twin.send(&command).status.is_ok());
            }
            assert!(!twin.card.is_powered());
            twin.card.power_on();
            assert_eq!(counter(&twin), after_session + u32::from(writes == 2));
        }
    }
}

#[test]
fn pseudo_random_challenges_can_be_foretold() {
    for protocol in [scp(2, 0x55), scp(3, 0x70), scp(3, 0x11)] {
        let mut bench = Bench::speaking(protocol);
        let handshake = handshake(protocol);
        let answer = bench.send(&handshake.command());
        let authenticating = handshake.answer(&answer).unwrap();
        assert!(authenticating.challenge_is_derived(&keys_for(protocol), &ISD).unwrap());
    }
}

#[test]
fn rmac_sessions_begin_and_end() {
    for protocol in [scp(2, 0x35), scp(3, 0x30)] {
        let mut bench = Bench::speaking(protocol);
        let mut channel = bench.open(handshake(protocol), &keys_for(protocol), 0x01);
        let begin = Command::new(0x80, 0x7A, 0x10, 0x01).with_data([0]);
        assert_eq!(bench.secure(&mut channel, &begin), Response::ok(Vec::new()));
        let wrapped = channel.wrap(&get_status()).unwrap();
        let response = bench.send(&wrapped);
        let plain = channel.unwrap(&get_status(), response.clone()).unwrap();
        assert_eq!(response.data.len(), plain.data.len() + 8, "{protocol:?}");
    }
}

#[test]
fn a_handshake_on_another_channel_takes_no_counter_back() {
    let protocol = scp(2, 0x15);
    let mut bench = Bench::speaking(protocol);
    assert_eq!(bench.bytes("0070000001").data, [1]);
    let slow = handshake(protocol);
    let mut first = slow.command();
    first.header.cla |= 1;
    let answer = bench.send(&first);
    for _ in 0..3 {
        bench.open(handshake(protocol), &keys_for(protocol), 0x01);
    }
    assert_eq!(bench.card.keys()[0].counter, 3);
    let verified = slow.answer(&answer).unwrap().verify_with(&keys_for(protocol)).unwrap();
    let (mut command, _) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
    command.header.cla |= 1;
    assert_eq!(bench.send(&command).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.card.keys()[0].counter, 3);
}

#[test]
fn a_get_response_for_nothing_ends_no_session() {
    let protocol = scp(2, 0x15);
    let mut bench = Bench::speaking(protocol);
    let host = handshake(protocol);
    let answer = bench.send(&host.command());
    assert_eq!(bench.bytes("00C0000000").status, StatusWord::INS_NOT_SUPPORTED);
    let verified = host.answer(&answer).unwrap().verify_with(&keys_for(protocol)).unwrap();
    let (command, mut channel) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
    assert_eq!(bench.send(&command).status, StatusWord::OK);
    assert_eq!(bench.bytes("00C0000000").status, StatusWord::INS_NOT_SUPPORTED);
    let status = Command::new(0x80, 0xF2, 0x80, 0x02).with_data([0x4F, 0]);
    assert_eq!(bench.secure(&mut channel, &status).status, StatusWord::OK);
}
