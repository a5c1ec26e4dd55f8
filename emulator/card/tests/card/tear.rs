//! Power failures: at every write of a command, the card holds the state before the command or the one after it.

use card::info::CardInfo;
use globalplatform::{Key, KeyAlgorithm, scp::host::Channel};
use iso7816::Command;

use crate::support::{Bench, ISD, MODULE, PACKAGE, delete, lv, new_keys, tps_format, tps_install};

/// What may not be half changed.
fn state(bench: &Bench) -> CardInfo {
    let mut info = bench.card.info();
    info.writes = 0;
    info.applications.iter_mut().for_each(|entry| entry.selected = false);
    info
}

fn sweep(what: &str, start: &Bench, command: impl Fn(&Channel) -> Command) {
    let mut authenticated = start.twin();
    let channel = authenticated.authenticate();
    let before = state(&authenticated);
    let mut channel = channel;
    let command_bytes = command(&channel);
    let answer = authenticated.secure(&mut channel, &command_bytes);
    assert!(answer.status.is_ok(), "{what}: {answer:?}");
    let after = state(&authenticated);
    assert_ne!(before, after, "{what}");
    let mut outcomes = (0, 0);
    for writes in 1.. {
        let mut bench = start.twin();
        let mut channel = bench.authenticate();
        bench.card.tear_after(writes);
        let wrapped = channel.wrap(&command(&channel)).unwrap();
        let answer = bench.send(&wrapped);
        if bench.card.is_powered() {
            assert!(answer.status.is_ok(), "{what}: no tear, no failure");
            assert!(outcomes.0 > 0 && outcomes.1 == 1, "{what}: {outcomes:?}");
            return;
        }
        assert!(!bench.send(&wrapped).status.is_ok(), "a dead card");
        let reopened = state(&bench.twin());
        bench.card.power_on();
        let found = state(&bench);
        assert_eq!(found, reopened, "{what} at write {writes}: image and card agree");
        if found == before {
            outcomes.0 += 1;
        } else {
            assert_eq!(found, after, "{what} at write {writes}");
            outcomes.1 += 1;
        }
        assert!(bench.select(ISD).status.is_ok());
    }
}

#[test]
fn put_key() {
    let keys = new_keys(KeyAlgorithm::Des3);
    sweep("PUT KEY", &Bench::new(), |channel| {
        let mut data = vec![2];
        for key in keys.in_order() {
            let ciphertext = channel.keys().unwrap().encrypt_sensitive(Key::bytes(key)).unwrap();
            data.push(0x80);
            data.extend(lv(&ciphertext));
            data.extend(lv(&key.check_value()));
        }
        Command::new(0x80, 0xD8, 1, 0x81).with_data(data)
    });
}

#[test]
fn install() {
    sweep("INSTALL", &Bench::new(), |_| tps_install(MODULE, &[0]));
}

#[test]
fn delete_instance_and_package() {
    let mut formatted = Bench::new();
    tps_format(&mut formatted);
    sweep("DELETE instance", &formatted, |_| delete(MODULE, 0));
    sweep("DELETE package", &formatted, |_| delete(PACKAGE, 0x80));
}

#[test]
fn set_status() {
    let mut bench = Bench::new();
    bench.card.install(MODULE, MODULE, &[]).unwrap();
    bench.card.install(MODULE, crate::support::OTHER, &[]).unwrap();
    let isd = ISD.as_bytes();
    sweep("SET STATUS card", &bench, |_| Command::new(0x80, 0xF0, 0x80, 0x0F).with_data(isd));
    sweep("SET STATUS all", &bench, |_| Command::new(0x80, 0xF0, 0x60, 0x80).with_data(isd));
}

#[test]
fn applets_survive_their_own_torn_writes() {
    let mut bench = Bench::new();
    bench.install(MODULE);
    let put = |value: &[u8]| Command::new(0x80, 0x10, 1, 0).with_data(value);
    assert!(bench.send(&put(b"old")).status.is_ok());
    for (writes, expected) in [(1, &b"old"[..]), (2, b"new")] {
        let mut twin = bench.twin();
        twin.select(MODULE);
        twin.card.tear_after(writes);
        assert!(!twin.send(&put(b"new")).status.is_ok());
        twin.card.power_on();
        twin.select(MODULE);
        assert_eq!(twin.send(&Command::new(0x80, 0x14, 1, 0)).data, expected);
    }
}

#[test]
fn a_tear_that_does_not_come_is_forgotten() {
    let mut bench = Bench::new();
    bench.install(MODULE);
    bench.card.tear_after(1);
    bench.card.reset();
    bench.select(MODULE);
    let put = Command::new(0x80, 0x10, 1, 0).with_data(*b"value");
    assert!(bench.send(&put).status.is_ok());
}
