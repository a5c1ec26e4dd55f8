//! Memory quotas and reservations of applications: tags C7, C8, D7 and D8 [GPCS 2.3.1 §11.5.2.3.7].

use card::CardProfile;
use globalplatform::scp::host::Channel;
use iso7816::{Aid, Command, Response, StatusWord};

use crate::{
    memo::{MEMO, MEMO_APPLET, MEMO_OTHER, loaded},
    support::{Bench, ISD, MODULE, OTHER, PACKAGE, lv},
};

const FULL: StatusWord = StatusWord::NO_MEMORY;

/// INSTALL [for install and make selectable] with system parameters.
fn install(load_file: Aid, module: Aid, instance: Aid, system: &[u8]) -> Command {
    let parameters = [&[0xC9, 0, 0xEF][..], &lv(system)].concat();
    let names = [load_file, module, instance].map(|aid| lv(aid.as_bytes())).concat();
    let data = [names, lv(&[0]), lv(&parameters), lv(&[])].concat();
    Command::new(0x80, 0xE6, 0x0C, 0).with_data(data).with_expected(256)
}

fn memo(instance: Aid, system: &[u8]) -> Command {
    install(MEMO, MEMO_APPLET, instance, system)
}

/// A card with the memo's package, and a session with its domain.
fn bench() -> (Bench, Channel) {
    let mut bench = loaded(&CardProfile::default());
    bench.select(ISD);
    let channel = bench.authenticate();
    (bench, channel)
}

fn instances(bench: &Bench) -> usize {
    bench.card.applications().len()
}

#[test]
fn an_applet_that_exceeds_its_quota_of_volatile_memory_is_not_installed() {
    let (mut bench, mut channel) = bench();
    let used = bench.card.memory().used;
    // The memo takes 8 bytes of each kind.
    let refused = bench.secure(&mut channel, &memo(MEMO_APPLET, &[0xC7, 2, 0, 15])).status;
    assert_eq!(refused, FULL);
    assert_eq!((instances(&bench), bench.card.memory().used), (0, used), "nothing half done");
    assert!(!bench.select(MEMO_APPLET).status.is_ok());
    bench.select(ISD);
    let mut channel = bench.authenticate();
    let installed = bench.secure(&mut channel, &memo(MEMO_APPLET, &[0xC7, 2, 0, 16])).status;
    assert_eq!(installed, StatusWord::OK);
    let mut twin = bench.twin();
    assert!(twin.select(MEMO_APPLET).status.is_ok());
    assert_eq!(twin.memo(0x16, 0, &[]).data, [1], "it counts in its memory");
}

#[test]
fn an_applet_that_exceeds_its_quota_of_persistent_memory_gets_an_exception() {
    let (mut bench, mut channel) = bench();
    let used = bench.card.memory().used;
    let refused = bench.secure(&mut channel, &memo(MEMO_APPLET, &[0xC8, 2, 0, 50])).status;
    assert_eq!(refused, FULL);
    assert_eq!((instances(&bench), bench.card.memory().used), (0, used), "nothing half done");
    let installed = bench.secure(&mut channel, &memo(MEMO_APPLET, &[0xC8, 2, 4, 0])).status;
    assert_eq!(installed, StatusWord::OK);
    let mut bench = bench.twin();
    bench.select(MEMO_APPLET);
    let before = bench.card.memory();
    // SystemException, which the memo does not catch; then what fits.
    assert_eq!(bench.memo(0x20, 900, &[]), Response::status(StatusWord::UNKNOWN));
    assert!(bench.card.failure().unwrap().to_string().contains("SystemException"));
    assert_eq!(bench.card.memory(), before);
    assert!(bench.memo(0x20, 100, &[]).status.is_ok());
    assert!(bench.memo(0x10, 0, b"still").status.is_ok());
}

#[test]
fn reserved_memory_is_kept_from_others() {
    let (mut bench, mut channel) = bench();
    let volatile = 16 * 1024_u16 - 8;
    let [high, low] = volatile.to_be_bytes();
    let kept = memo(MEMO_APPLET, &[0xD7, 2, high, low]);
    assert_eq!(bench.secure(&mut channel, &kept).status, StatusWord::OK);
    let other = memo(MEMO_OTHER, &[0xD7, 2, 0, 17]);
    assert_eq!(bench.secure(&mut channel, &other).status, FULL, "so much is not left to keep");
    assert_eq!(bench.secure(&mut channel, &memo(MEMO_OTHER, &[])).status, StatusWord::OK);
    let third = Aid::new(b"\xD2\x76\x00\x00\x85\x01\x01\x03").unwrap();
    assert_eq!(bench.secure(&mut channel, &memo(third, &[])).status, StatusWord::OK);
    let fourth = Aid::new(b"\xD2\x76\x00\x00\x85\x01\x01\x04").unwrap();
    let refused = bench.secure(&mut channel, &memo(fourth, &[])).status;
    assert_eq!(refused, FULL, "8 bytes more than what is kept");
    assert_eq!(instances(&bench), 3);
}

#[test]
fn reserved_persistent_memory_is_kept_from_others() {
    let profile = CardProfile {
        personality: card::Personality { memory: 16 * 1024, ..card::Personality::default() },
        ..CardProfile::default()
    };
    let mut bench = Bench::with(&profile);
    let mut channel = bench.authenticate();
    let too_much = install(PACKAGE, MODULE, MODULE, &[0xD8, 2, 0x60, 0]);
    assert_eq!(bench.secure(&mut channel, &too_much).status, FULL);
    assert_eq!(instances(&bench), 0);
    let kept = install(PACKAGE, MODULE, MODULE, &[0xD8, 2, 0x28, 0]);
    assert_eq!(bench.secure(&mut channel, &kept).status, StatusWord::OK);
    let other = install(PACKAGE, MODULE, OTHER, &[0xD8, 2, 0x28, 0]);
    assert_eq!(bench.secure(&mut channel, &other).status, FULL, "it cannot be kept twice");
    let other = install(PACKAGE, MODULE, OTHER, &[]);
    assert_eq!(bench.secure(&mut channel, &other).status, StatusWord::OK);
    let write = |length: usize| Command::new(0xB0, 0x10, 1, 0).with_data(vec![7; length]);
    bench.select(OTHER);
    assert_eq!(bench.send(&write(6000)).status, FULL, "kept for the other one");
    assert!(bench.send(&write(1000)).status.is_ok());
    bench.select(MODULE);
    assert!(bench.send(&write(6000)).status.is_ok(), "for which it was kept");
    let mut twin = bench.twin();
    twin.select(OTHER);
    let grow = Command::new(0xB0, 0x10, 2, 0).with_data(vec![7; 6000]);
    assert_eq!(twin.send(&grow).status, FULL);
}
