//! Secure channels with their counters, logical channels, and the power-up itself.

use globalplatform::{
    KeySet, SecurityLevel,
    command::SystemParameters,
    data::ImplicitSelection,
    scp::host::{Channel, Handshake},
};
use iso7816::Command;

use super::{
    Cuts, Sweep, applets, records, report, session, stage::FREE, stage::install, state, vault,
};
use crate::support::{Bench, ISD, keys_for, scp};

/// Key version and keys of each protocol on the card that speaks all.
fn protocols() -> [(u8, KeySet); 3] {
    [(0x01, scp(1, 0x05)), (0x02, scp(2, 0x15)), (0x30, scp(3, 0x70))]
        .map(|(version, protocol)| (version, keys_for(protocol)))
}

fn handshake(version: u8) -> Handshake {
    Handshake::new(&[9; 8]).with_key_version(version)
}

/// EXTERNAL AUTHENTICATE, when the card has answered INITIALIZE UPDATE.
fn authenticate(bench: &mut Bench, version: u8, keys: &KeySet) -> (Command, Channel) {
    bench.select(ISD);
    let handshake = handshake(version);
    let answer = bench.send(&handshake.command());
    let verified = handshake.answer(&answer).unwrap().verify_with(keys).unwrap();
    verified.external_authenticate(SecurityLevel::C_MAC).unwrap()
}

#[test]
fn a_secure_channel_is_opened() {
    let start = Bench::with_all_protocols();
    let cuts = protocols().map(|(version, keys)| {
        let update = handshake(version).command();
        let update = Sweep {
            what: &format!("INITIALIZE UPDATE of version {version:02X}"),
            start: &start,
            prepare: |bench: &mut Bench| assert!(bench.select(ISD).status.is_ok()),
            command: |bench: &mut Bench, (): &mut ()| bench.send(&update),
        };
        let authenticate = Sweep {
            what: &format!("EXTERNAL AUTHENTICATE of version {version:02X}"),
            start: &start,
            prepare: |bench: &mut Bench| authenticate(bench, version, &keys).0,
            command: |bench: &mut Bench, command: &mut Command| bench.send(command),
        };
        [update.run(), authenticate.run()].into_iter().sum::<Cuts>()
    });
    assert_eq!(cuts[0], Cuts::default(), "SCP01 counts nothing");
    report("opening secure channels", cuts.into_iter().sum(), 4);
}

/// The counter of a key version.
fn counter(bench: &Bench, version: u8) -> u32 {
    bench.card.keys().into_iter().find(|key| key.version == version).unwrap().counter
}

#[test]
fn counters_never_go_back() {
    let mut bench = Bench::with_all_protocols();
    let mut last = [0, 0];
    let mut opened = 0;
    for round in 0..48_u64 {
        for (index, (version, keys)) in protocols().into_iter().skip(1).enumerate() {
            bench.select(ISD);
            bench.card.tear_after(1 + round % 6);
            let handshake = handshake(version);
            let answer = bench.send(&handshake.command());
            let before = counter(&bench, version);
            assert!(before >= last[index], "version {version:02X} in round {round}");
            if let Ok(authenticating) = handshake.answer(&answer) {
                let verified = authenticating.verify_with(&keys).unwrap();
                let (command, _) = verified.external_authenticate(SecurityLevel::C_MAC).unwrap();
                if bench.send(&command).status.is_ok() {
                    opened += 1;
                    let now = counter(&bench, version);
                    assert!(now > last[index], "a session was counted, version {version:02X}");
                }
            }
            last[index] = counter(&bench, version);
            bench.card.power_on();
            assert_eq!(counter(&bench, version), last[index], "after the power-up");
            assert_eq!(counter(&bench.twin(), version), last[index], "in the image");
        }
    }
    assert!(opened > 24, "{opened} sessions were opened");
}

/// A card that selects an applet by itself, on the basic channel and on the first other one; selections are counted.
fn with_implicit_selection() -> Bench {
    let mut bench = applets::with_vault();
    let mut channel = session(&mut bench, ISD).unwrap();
    let implicit_selection = vec![ImplicitSelection(0x40)];
    let system = SystemParameters { implicit_selection, ..Default::default() };
    let command = install(vault::MODULE, FREE, true, Some(system));
    let answer = bench.secure(&mut channel, &command);
    assert!(answer.status.is_ok(), "{answer:?} {:?}", bench.card.failure());
    bench
}

#[test]
fn logical_channels() {
    let mut start = applets::with_vault();
    let mut channel = session(&mut start, ISD).unwrap();
    let implicit_selection = vec![ImplicitSelection(0x41)];
    let system = SystemParameters { implicit_selection, ..Default::default() };
    let command = install(vault::MODULE, FREE, true, Some(system));
    assert!(start.secure(&mut channel, &command).status.is_ok());
    let open = Command::new(0, 0x70, 0, 0).with_expected(1);
    let close = Command::new(0, 0x70, 0x80, 1);
    let cuts = [
        Sweep {
            what: "MANAGE CHANNEL: open",
            start: &start,
            prepare: |bench: &mut Bench| {
                bench.card.reset();
            },
            command: |bench: &mut Bench, (): &mut ()| bench.send(&open),
        }
        .run(),
        Sweep {
            what: "MANAGE CHANNEL: close",
            start: &start,
            prepare: |bench: &mut Bench| {
                bench.card.reset();
                assert!(bench.send(&open).status.is_ok());
            },
            command: |bench: &mut Bench, (): &mut ()| bench.send(&close),
        }
        .run(),
    ];
    report("logical channels", cuts.into_iter().sum(), 3);
}

#[test]
fn power_fails_while_it_comes_on() {
    let start = with_implicit_selection();
    let mut cuts = 0;
    for writes in 1.. {
        let mut bench = start.twin();
        assert_eq!(bench.card.applications().iter().filter(|entry| entry.selected).count(), 1);
        bench.card.power_off();
        let before = records(&bench);
        bench.card.tear_after(writes);
        bench.card.power_on();
        if bench.card.is_powered() {
            assert!(records(&bench) != before, "the selection was counted");
            break;
        }
        cuts += 1;
        assert!(!bench.select(ISD).status.is_ok(), "a dead card");
        let mut reopened = bench.twin();
        bench.card.power_on();
        assert!(bench.card.is_powered(), "once is enough");
        assert_eq!(state(&bench), state(&reopened));
        assert!(records(&bench) == records(&reopened), "write {writes}");
        assert!(bench.select(ISD).status.is_ok() && reopened.select(ISD).status.is_ok());
    }
    println!("tear: {cuts} cuts while the power came on");
    assert!(cuts >= 2);
}

#[test]
fn a_tear_that_does_not_come_is_forgotten() {
    let mut bench = Bench::new();
    let put = Command::new(0x80, 0x10, 1, 0).with_data(*b"value");
    bench.install(crate::support::MODULE);
    for forget in [card::Card::reset, |card: &mut card::Card| {
        card.power_off();
        card.power_on();
    }] {
        bench.card.tear_after(1);
        forget(&mut bench.card);
        bench.select(crate::support::MODULE);
        assert!(bench.send(&put).status.is_ok());
    }
}
