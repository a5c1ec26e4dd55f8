//! Responses under T=0, lengths beyond a short APDU, and power failures in the virtual machine.

use card::{CardProfile, Transmission};
use iso7816::{Command, Response, StatusWord};

use crate::{
    memo::{MEMO_APPLET, loaded, with_memo},
    support::Bench,
};

fn under_t0() -> Bench {
    let mut profile = CardProfile::default();
    profile.personality.java_card.protocol = Transmission::T0;
    let mut bench = loaded_plain(&profile);
    bench.card.install(MEMO_APPLET, MEMO_APPLET, b"x").unwrap();
    bench
}

/// A card with the package, without any command: under T=0 the channel's helper would have to fetch its responses.
fn loaded_plain(profile: &CardProfile) -> Bench {
    let mut bench = Bench::with(profile);
    bench.card.load(&crate::memo::ijc()).unwrap();
    bench
}

#[test]
fn under_t0_data_go_in_one_direction_at_a_time() {
    let mut bench = under_t0();
    let select = Command::new(0, 0xA4, 4, 0).with_data(MEMO_APPLET.as_bytes()).with_expected(256);
    assert_eq!(bench.send(&select), Response::status(StatusWord(0x6104)));
    assert_eq!(bench.bytes("00C0000002"), Response::new(b"me".to_vec(), StatusWord(0x6102)));
    assert_eq!(bench.bytes("00C0000002"), Response::ok(b"mo".to_vec()));
    assert_eq!(bench.bytes("8014000000"), Response::status(StatusWord(0x6C10)));
    let runs = bench.bytes("8024000001").data;
    assert_eq!(bench.bytes("8014000010").data.len(), 16);
    assert_eq!(bench.bytes("8024000005"), Response::status(StatusWord(0x6C01)));
    assert_eq!(bench.bytes("8024000001").data[0], runs[0] + 1, "sent again, not run again");
    assert_eq!(bench.bytes("8014000004").status, StatusWord(0x610C));
    assert_eq!(bench.bytes("00C000000C").data.len(), 12);
    for class in ["00", "80", "84"] {
        assert_eq!(bench.send(&select), Response::status(StatusWord(0x6104)));
        assert_eq!(bench.bytes(&format!("{class}C0000004")), Response::ok(b"memo".to_vec()));
    }
    assert_eq!(bench.send(&select), Response::status(StatusWord(0x6104)));
    assert!(!bench.bytes("01C0000004").status.is_ok(), "another channel");
}

#[test]
fn extended_lengths_are_for_applets_that_take_them() {
    let mut bench = with_memo();
    let long = Command::new(0x80, 0x10, 0, 0).with_data([1; 300]);
    assert_eq!(bench.send(&long).status, StatusWord::WRONG_LENGTH);
    assert_eq!(bench.bytes("801400000000 20").status, StatusWord::OK);
}

#[test]
fn what_was_stored_before_the_power_failed_stays() {
    let mut bench = with_memo();
    bench.memo(0x10, 0, b"old");
    // One atomic store: done or not, but done when the power fails after it.
    bench.card.tear_after(1);
    assert_eq!(bench.memo(0x10, 0, b"new"), Response::status(StatusWord::UNKNOWN));
    assert!(!bench.card.is_powered());
    bench.card.power_on();
    bench.select(MEMO_APPLET);
    assert!(bench.stored().starts_with(b"new"));
    let mut twin = bench.twin();
    twin.select(MEMO_APPLET);
    assert!(twin.stored().starts_with(b"new"));
    // In a transaction it is undone.
    bench.card.tear_after(1);
    assert_eq!(bench.memo(0x1A, 0, b"lost").status, StatusWord::UNKNOWN);
    bench.card.power_on();
    bench.select(MEMO_APPLET);
    assert!(bench.stored().starts_with(b"new"));
}

#[test]
fn a_torn_installation_leaves_nothing_and_a_whole_one_everything() {
    let start = loaded(&CardProfile::default());
    let mut outcomes = (0, 0);
    for writes in 1.. {
        let mut bench = start.twin();
        let mut channel = bench.authenticate();
        let before = bench.card.memory();
        bench.card.tear_after(writes);
        let install = channel.wrap(&crate::memo::install_memo(MEMO_APPLET, b"abc")).unwrap();
        let answer = bench.send(&install);
        if bench.card.is_powered() {
            assert!(answer.status.is_ok());
            assert!(outcomes.0 > 3 && outcomes.1 == 1, "{outcomes:?}");
            return;
        }
        bench.card.power_on();
        let mut twin = bench.twin();
        assert_eq!(twin.card.memory(), bench.card.memory());
        if bench.select(MEMO_APPLET).status.is_ok() {
            outcomes.1 += 1;
            assert!(twin.select(MEMO_APPLET).status.is_ok());
        } else {
            outcomes.0 += 1;
            assert_eq!(bench.card.memory(), before, "after write {writes}");
            assert_eq!(twin.select(MEMO_APPLET).status, StatusWord::NOT_FOUND);
            bench.card.install(MEMO_APPLET, MEMO_APPLET, b"").unwrap();
        }
    }
}

#[test]
fn numbers_of_writes_are_those_of_the_applet() {
    let mut bench = with_memo();
    let writes = |bench: &mut Bench, ins: u8, data: &[u8]| {
        let before = bench.card.writes();
        bench.memo(ins, 0, data);
        bench.card.writes() - before
    };
    assert_eq!(writes(&mut bench, 0x10, b"value"), 1, "an atomic copy is one store");
    assert_eq!(writes(&mut bench, 0x24, &[]), 1, "a static field");
    assert_eq!(writes(&mut bench, 0x14, &[]), 0);
    assert_eq!(writes(&mut bench, 0x16, &[]), 0, "transient memory");
}
