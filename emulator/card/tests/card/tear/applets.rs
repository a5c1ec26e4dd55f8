//! Applets in the virtual machine: their transactions, copies, PINs and objects, and what they write when they are selected.

use globalplatform::command::Delete;
use iso7816::{Aid, Command, Response};

use super::{
    Cuts, Sweep, records, report, session,
    stage::install,
    state, sweep,
    vault::{APPLET, MODULE, TRIES, VAULT, ijc},
};
use crate::{
    memo::load,
    support::{Bench, ISD, MODULE as ROM_MODULE},
};

/// A card with the applet, which was just selected.
pub(super) fn with_vault() -> Bench {
    let mut bench = Bench::new();
    let mut channel = session(&mut bench, ISD).unwrap();
    let loaded = load(&mut bench, &mut channel, VAULT, &ijc());
    assert!(loaded.is_ok(), "{:?}", bench.card.failure());
    let answer = bench.secure(&mut channel, &install(MODULE, APPLET, true, None));
    assert!(answer.status.is_ok(), "{answer:?} {:?}", bench.card.failure());
    vault(&mut bench);
    bench
}

fn vault(bench: &mut Bench) {
    assert!(bench.select(APPLET).status.is_ok(), "{:?}", bench.card.failure());
}

fn ask(ins: u8, p2: u8, data: &[u8]) -> Command {
    Command::new(0x80, ins, 0, p2).with_data(data)
}

fn read(bench: &mut Bench) -> Vec<u8> {
    bench.send(&ask(0x1C, 0, &[])).data
}

/// Cuts a command that is done whole or not at all.
fn whole(what: &str, start: &Bench, command: &Command) -> Cuts {
    Sweep {
        what,
        start,
        prepare: vault,
        command: |bench: &mut Bench, (): &mut ()| bench.send(command),
    }
    .run()
}

/// Cuts a command whose stores are each for itself; `allowed` looks at what the applet tells before and after the cut.
fn each(
    what: &str,
    start: &Bench,
    command: &Command,
    allowed: impl Fn(&[u8], &[u8]) -> bool,
) -> Cuts {
    let mut cuts = Cuts::default();
    let mut writes = 0;
    loop {
        writes += 1;
        let mut bench = start.twin();
        vault(&mut bench);
        let before = read(&mut bench);
        bench.card.tear_after(writes);
        let answer = bench.send(command);
        if bench.card.is_powered() {
            assert!(answer.status.is_ok(), "{what}: {answer:?}");
            return cuts;
        }
        cuts.all += 1;
        let mut reopened = bench.twin();
        bench.card.power_on();
        assert_eq!(state(&bench), state(&reopened), "{what} at write {writes}");
        let found = [&mut bench, &mut reopened].map(|card| {
            vault(card);
            read(card)
        });
        assert_eq!(found[0], found[1], "{what} at write {writes}");
        assert!(allowed(&before, &found[0]), "{what} at write {writes}: {before:?} {found:?}");
        assert!(records(&bench) == records(&reopened), "{what} at write {writes}");
    }
}

#[test]
fn transactions_are_done_whole_or_not_at_all() {
    let mut start = with_vault();
    assert!(start.send(&ask(0x10, 0, b"what was there..")).status.is_ok());
    let data = b"what comes in...";
    let mut cuts = vec![
        whole("a transaction", &start, &ask(0x10, 0, data)),
        whole("a transaction that makes an array", &start, &ask(0x15, 40, &[])),
        whole("a copy", &start, &ask(0x13, 0, data)),
        whole("a PIN changed", &start, &ask(0x17, 0, b"9876")),
    ];
    for (what, ins) in [("an aborted transaction", 0x11), ("an open transaction", 0x12)] {
        let cut = whole(what, &start, &ask(ins, 0, data));
        assert_eq!(cut.after, cut.all, "{what}: nothing changed");
        cuts.push(cut);
    }
    report("transactions of an applet", cuts.into_iter().sum(), 14);
}

#[test]
fn a_try_of_a_pin_is_never_given_back() {
    let start = with_vault();
    let tries = |visible: &[u8]| visible[TRIES];
    let cuts = [
        each("a wrong PIN", &start, &ask(0x16, 0, b"0000"), |before, found| {
            tries(before) == 3 && matches!(tries(found), 2 | 3)
        }),
        each("the right PIN", &start, &ask(0x16, 0, b"1234"), |_, found| {
            matches!(tries(found), 2 | 3)
        }),
    ];
    let mut once = start.twin();
    vault(&mut once);
    assert!(once.send(&ask(0x16, 0, b"0000")).status.is_ok());
    assert_eq!(tries(&read(&mut once)), 2);
    // Whoever cuts the power when the answer begins has lost the try all the same.
    let mut attacker = start.twin();
    for attempt in 1..=3 {
        vault(&mut attacker);
        attacker.card.tear_after(1);
        assert!(!attacker.send(&ask(0x16, 0, b"0000")).status.is_ok());
        attacker.card.power_on();
        vault(&mut attacker);
        assert_eq!(tries(&read(&mut attacker)), 3 - attempt);
    }
    let unblocked = each("a PIN unblocked", &attacker, &ask(0x18, 0, &[]), |before, found| {
        tries(before) == 0 && matches!(tries(found), 0 | 3)
    });
    let cuts: Cuts = cuts.into_iter().chain([unblocked]).sum();
    println!("tear: {} cuts in checks of a PIN", cuts.all);
    assert!(cuts.all >= 3);
}

#[test]
fn objects_are_made_and_deleted() {
    let mut start = with_vault();
    let used = start.card.memory().used;
    assert!(start.send(&ask(0x15, 50, &[])).status.is_ok());
    let kept_or_gone =
        |_: &[u8], found: &[u8]| matches!(found[TRIES + 1..], [0, 50] | [0xFF, 0xFF]);
    let dropped = each("an array that goes", &start, &ask(0x1A, 0, &[]), kept_or_gone);
    println!("tear: {} cuts in deleting objects", dropped.all);
    assert!(dropped.all >= 1);
    // What a cut left over goes with the next deletion.
    for writes in 1..=dropped.all {
        let mut bench = start.twin();
        vault(&mut bench);
        bench.card.tear_after(u64::try_from(writes).unwrap());
        bench.send(&ask(0x1A, 0, &[]));
        bench.card.power_on();
        vault(&mut bench);
        assert!(bench.send(&ask(0x1A, 0, &[])).status.is_ok());
        assert_eq!(bench.card.memory().used, used, "cut at {writes}");
    }
}

#[test]
fn selection_and_deselection() {
    let start = with_vault();
    let select = |aid: Aid| Command::new(0, 0xA4, 4, 0).with_data(aid.as_bytes());
    let from = |what: &str, first: Aid, then: Aid| {
        Sweep {
            what,
            start: &start,
            prepare: |bench: &mut Bench| assert!(bench.select(first).status.is_ok()),
            command: |bench: &mut Bench, (): &mut ()| bench.send(&select(then)),
        }
        .run()
    };
    let cuts = [from("SELECT", ISD, APPLET), from("SELECT of something else", APPLET, ISD)];
    report("selections", cuts.into_iter().sum(), 3);
}

#[test]
fn delete_of_an_applet_that_counts() {
    let start = with_vault();
    let cuts = [
        sweep("DELETE of the applet", &start, &Delete::object(APPLET, false).to_command()),
        sweep("DELETE of the package", &start, &Delete::object(VAULT, true).to_command()),
    ];
    report("DELETE of an applet with a PIN", cuts.into_iter().sum(), 20);
}

/// The applet in ROM: what it commits before it fails stays, the rest does not.
#[test]
fn applets_in_rom() {
    let mut start = Bench::new();
    start.install(ROM_MODULE);
    let put = |ins, p2, value: &[u8]| Command::new(0x80, ins, 0x14, p2).with_data(value);
    let run = |what: &str, command: Command| {
        Sweep {
            what,
            start: &start,
            prepare: |bench: &mut Bench| assert!(bench.select(ROM_MODULE).status.is_ok()),
            command: |bench: &mut Bench, (): &mut ()| -> Response { bench.send(&command) },
        }
        .run()
    };
    let cuts = [
        run("a record", put(0x10, 0, b"value")),
        run("a record, and an error", put(0x10, 1, b"value")),
        run("a record that is committed, and an error", put(0x12, 1, b"value")),
    ];
    report("an applet in ROM", cuts.into_iter().sum(), 4);
}
