//! SCP02 with implicit initiation: the first command with a C-MAC begins the session [GPCS 2.3.1 §E.1.2.2].

use globalplatform::{
    SecurityLevel,
    command::{KeyBlockDialect, PutKey},
    key::KeyAlgorithm,
    scp::{
        Protocol,
        host::{Channel, ImplicitHandshake},
    },
};
use iso7816::{Aid, Command, Response, StatusWord};

use super::{get_status, options, set_counter};
use crate::support::{Bench, ISD, MODULE, OTHER, keys_for, new_keys, scp};

const BAD_SECURITY: StatusWord = StatusWord::SECURITY_STATUS;

fn implicit() -> Vec<Protocol> {
    options(2).into_iter().filter(|protocol| protocol.is_implicit()).collect()
}

fn counter(bench: &mut Bench) -> u32 {
    let answer = bench.bytes("80CA00C100");
    assert_eq!((answer.status, &answer.data[..2]), (StatusWord::OK, &[0xC1, 2][..]));
    u16::from_be_bytes([answer.data[2], answer.data[3]]).into()
}

/// The host's end of a session that its first command is going to begin.
fn host(protocol: Protocol, sequence_counter: u32, aid: Aid) -> Channel {
    let keys = &keys_for(protocol);
    ImplicitHandshake { keys, protocol, sequence_counter, aid }.open().unwrap()
}

fn level(bench: &mut Bench) -> u8 {
    bench.bytes("80CA00D300").data[2]
}

#[test]
fn the_first_command_with_a_mac_begins_a_session_under_every_option() {
    assert_eq!(implicit().len(), 16);
    for protocol in implicit() {
        let mut bench = Bench::speaking(protocol);
        let stored = counter(&mut bench);
        let mut channel = host(protocol, stored, ISD);
        assert!(bench.secure(&mut channel, &get_status()).data.starts_with(&[0xE3]));
        let told = Command::new(0x80, 0xCA, 0, 0xD3).with_expected(256);
        assert_eq!(bench.secure(&mut channel, &told).data, [0xD3, 1, 0x81], "{protocol:?}");
        let missing = Command::new(0x80, 0xF2, 0x40, 2).with_data([0x4F, 0]);
        let none = bench.secure(&mut channel, &missing).status;
        assert_eq!(none, StatusWord::REFERENCED_DATA_NOT_FOUND, "{protocol:?}");
        assert!(bench.secure(&mut channel, &get_status()).status.is_ok(), "the chain goes on");
        assert_eq!(bench.card.keys()[0].counter, stored + 1, "{protocol:?}");
    }
}

#[test]
fn without_a_mac_the_authentication_stays_and_the_next_mac_begins_anew() {
    for protocol in implicit() {
        let mut bench = Bench::speaking(protocol);
        assert_eq!(bench.send(&get_status()).status, BAD_SECURITY);
        let mut channel = host(protocol, 0, ISD);
        assert!(bench.secure(&mut channel, &get_status()).status.is_ok());
        assert_eq!(level(&mut bench), 0x80, "a command without a MAC, which tells the level");
        assert!(bench.send(&get_status()).status.is_ok(), "still authenticated");
        let late = channel.wrap(&get_status()).unwrap();
        assert_eq!(bench.send(&late).status, BAD_SECURITY, "that session is over");
        assert_eq!(bench.send(&get_status()).status, BAD_SECURITY, "and so is its authentication");
        let mut channel = host(protocol, counter(&mut bench), ISD);
        assert!(bench.secure(&mut channel, &get_status()).status.is_ok(), "{protocol:?}");
        assert_eq!(bench.card.keys()[0].counter, 2);
    }
}

#[test]
fn a_wrong_mac_counts_nothing_and_a_replayed_one_is_wrong() {
    let protocol = scp(2, 0x1B);
    let mut bench = Bench::speaking(protocol);
    let first = host(protocol, 0, ISD).wrap(&get_status()).unwrap();
    let mut bad = first.clone();
    *bad.data.last_mut().unwrap() ^= 1;
    assert_eq!(bench.send(&bad).status, BAD_SECURITY);
    assert_eq!((counter(&mut bench), level(&mut bench)), (0, 0));
    assert!(bench.send(&first).status.is_ok());
    assert_eq!(bench.send(&first).status, BAD_SECURITY, "it is not the second of its session");
    assert_eq!(bench.send(&first).status, BAD_SECURITY, "nor the first of another");
    bench.card.reset();
    assert_eq!(bench.send(&first).status, BAD_SECURITY);
    let elsewhere = host(protocol, 1, OTHER).wrap(&get_status()).unwrap();
    assert_eq!(bench.send(&elsewhere).status, BAD_SECURITY, "the MAC over another AID");
    assert_eq!(counter(&mut bench), 1);
}

#[test]
fn initialize_update_finds_no_explicit_key_set() {
    for protocol in implicit() {
        let mut bench = Bench::speaking(protocol);
        let answer = bench.bytes("8050000008 0102030405060708 00");
        assert_eq!(answer, Response::status(StatusWord::CONDITIONS_OF_USE), "{protocol:?}");
        let mut channel = host(protocol, 0, ISD);
        assert!(bench.secure(&mut channel, &get_status()).status.is_ok());
        bench.bytes("8050000008 0102030405060708 00");
        let late = channel.wrap(&get_status()).unwrap();
        assert_eq!(bench.send(&late).status, BAD_SECURITY, "the session ended all the same");
    }
}

#[test]
fn keys_come_under_the_data_encryption_key_of_the_session() {
    for protocol in implicit() {
        let mut bench = Bench::speaking(protocol);
        let mut channel = host(protocol, 0, ISD);
        assert!(bench.secure(&mut channel, &get_status()).status.is_ok());
        let new = new_keys(KeyAlgorithm::Des3);
        let session = channel.keys().unwrap();
        let put = PutKey::for_session(None, 2, &new, session, KeyBlockDialect::Scp02).unwrap();
        let answer = bench.secure(&mut channel, &put.to_command());
        assert_eq!(answer, Response::ok(put.answer()), "{protocol:?}");
        assert_eq!(bench.card.keys().len(), 6);
    }
}

#[test]
fn responses_get_macs_when_the_host_asks_for_them() {
    for protocol in implicit().into_iter().filter(|protocol| protocol.supports_rmac()) {
        let mut bench = Bench::speaking(protocol);
        let mut channel = host(protocol, 0, ISD);
        let begin = Command::new(0x80, 0x7A, 0x10, 0x01).with_data([0]);
        assert!(bench.secure(&mut channel, &begin).status.is_ok(), "{protocol:?}");
        assert!(channel.level().contains(SecurityLevel::R_MAC));
        assert!(bench.secure(&mut channel, &get_status()).status.is_ok());
        let end = Command::new(0x80, 0x78, 0x00, 0x03).with_expected(256);
        assert!(bench.secure(&mut channel, &end).status.is_ok());
        let plain = bench.secure(&mut channel, &get_status());
        assert!(plain.status.is_ok() && plain.data.starts_with(&[0xE3]), "{protocol:?}");
    }
}

#[test]
fn an_application_uses_the_service_in_the_same_way() {
    for protocol in [scp(2, 0x0A), scp(2, 0x1B), scp(2, 0x3B)] {
        let mut bench = Bench::speaking(protocol);
        bench.install(MODULE);
        let mut channel = host(protocol, 0, MODULE);
        let echo = Command::new(0x80, 0x22, 0, 0).with_data([1, 2, 3]);
        assert_eq!(bench.secure(&mut channel, &echo), Response::ok(vec![1, 2, 3]));
        let told = Command::new(0x80, 0x28, 0, 0);
        assert_eq!(bench.secure(&mut channel, &told), Response::ok(vec![0x81]));
        assert_eq!(bench.card.keys()[0].counter, 1);
        bench.select(MODULE);
        let late = channel.wrap(&echo).unwrap();
        assert_eq!(bench.send(&late).status, BAD_SECURITY, "selection ended the session");
        let mut channel = host(protocol, 1, MODULE);
        assert_eq!(bench.secure(&mut channel, &echo).data, [1, 2, 3], "{protocol:?}");
    }
}

#[test]
fn the_counter_survives_every_power_failure_and_ends() {
    let protocol = scp(2, 0x1A);
    let mut bench = Bench::speaking(protocol);
    for writes in 1..=2 {
        let mut twin = bench.twin();
        twin.card.tear_after(writes);
        let first = host(protocol, 0, ISD).wrap(&get_status()).unwrap();
        assert!(!twin.send(&first).status.is_ok());
        twin.card.power_on();
        let stored = u32::from(writes == 2);
        assert_eq!(counter(&mut twin), stored, "after write {writes}");
        assert_eq!(counter(&mut twin.twin()), stored);
        let replayed = twin.send(&first).status.is_ok();
        assert_eq!(replayed, writes == 1, "what counted never comes back");
    }
    set_counter(&mut bench, 0xFFFE);
    let mut last = host(protocol, 0xFFFE, ISD);
    assert!(bench.secure(&mut last, &get_status()).status.is_ok());
    assert_eq!(counter(&mut bench), 0xFFFF);
    bench.card.reset();
    let exhausted = last.wrap(&get_status()).unwrap();
    assert_eq!(bench.send(&exhausted).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(counter(&mut bench), 0xFFFF);
}
