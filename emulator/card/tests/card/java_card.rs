//! Applets in the virtual machine: load, install, life and persistence.

use card::{
    Card, Failure, ImageStore, LoadPolicy, MemoryImage,
    image::{Change, Record},
};
use iso7816::{Command, Response, StatusWord};

use crate::{
    memo::{
        MEMO, MEMO_APPLET, MEMO_OTHER, REFUSED, ijc, install_memo, load, loaded, package, with_memo,
    },
    support::{Bench, ISD, delete, modules, random},
};

fn padded(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    bytes.resize(16, 0);
    bytes
}

#[test]
fn an_applet_is_loaded_installed_and_lives_on_in_the_image() {
    let mut bench = with_memo();
    assert_eq!(bench.memo(0x1C, 0, &[]).data, b"\x03abc");
    assert_eq!(bench.memo(0x10, 0, b"remember me"), Response::ok(Vec::new()));
    assert_eq!(bench.stored(), padded(b"remember me"));
    assert_eq!(bench.memo(0x24, 0, &[]).data, [2], "one install, one command");
    let mut twin = bench.twin();
    assert_eq!(twin.select(MEMO_APPLET), Response::ok(b"memo".to_vec()));
    assert_eq!(twin.stored(), padded(b"remember me"));
    assert_eq!(twin.memo(0x24, 0, &[]).data, [3], "static fields are of the image, too");
    let (mut before, mut after) = (bench.card.info(), bench.twin().card.info());
    (before.writes, after.writes) = (0, 0);
    before.applications.iter_mut().for_each(|entry| entry.selected = false);
    assert_eq!(before, after);
}

#[test]
fn what_an_applet_stored_stays_whatever_it_answers() {
    let mut bench = with_memo();
    let answer = bench.memo(0x12, 0x6985, b"kept");
    assert_eq!(answer, Response::status(StatusWord::CONDITIONS_OF_USE));
    assert_eq!(bench.stored(), padded(b"kept"));
    let mut twin = bench.twin();
    twin.select(MEMO_APPLET);
    assert_eq!(twin.stored(), padded(b"kept"));
    assert!(bench.memo(0x1A, 0, b"gone").status.is_ok());
    assert_eq!(bench.stored(), padded(b"kept"), "a transaction that was not committed");
}

#[test]
fn transient_memory_is_cleared_when_it_should_be() {
    let mut bench = with_memo();
    for count in 1..3 {
        assert_eq!(bench.memo(0x16, 0, &[]).data, [count]);
        assert_eq!(bench.memo(0x18, 0, &[]).data, [count]);
    }
    bench.select(MEMO_APPLET);
    assert_eq!(bench.memo(0x16, 0, &[]).data, [3]);
    assert_eq!(bench.memo(0x18, 0, &[]).data, [1]);
    bench.card.reset();
    bench.select(MEMO_APPLET);
    assert_eq!(bench.memo(0x16, 0, &[]).data, [1]);
    assert_eq!(bench.memo(0x18, 0, &[]).data, [1]);
}

#[test]
fn a_program_that_never_ends_is_ended() {
    let mut profile = card::CardProfile::default();
    profile.personality.java_card.instructions = 100_000;
    let mut bench = loaded(&profile);
    bench.card.install(MEMO_APPLET, MEMO_APPLET, &[]).unwrap();
    bench.select(MEMO_APPLET);
    assert_eq!(bench.memo(0x1E, 0, &[]), Response::status(StatusWord::UNKNOWN));
    assert!(matches!(bench.card.failure(), Some(Failure::Stopped(_))));
    assert!(bench.memo(0x10, 0, b"alive").status.is_ok());
}

#[test]
fn a_select_of_something_else_is_a_command() {
    let mut bench = with_memo();
    let elsewhere = bench.bytes("00A4040005 F000000001");
    assert_eq!(elsewhere, Response::ok(vec![0xFF]));
    assert_eq!(bench.memo(0x14, 0, &[]).data.len(), 16, "still selected");
    bench.select(ISD);
    assert_eq!(bench.bytes("00A4040005 F000000001").status, StatusWord::NOT_FOUND);
}

#[test]
fn an_install_that_throws_leaves_nothing() {
    let mut bench = with_memo();
    bench.memo(0x24, 0, &[]);
    bench.select(ISD);
    let before = bench.card.memory();
    let mut channel = bench.authenticate();
    let answer = bench.secure(&mut channel, &install_memo(MEMO_OTHER, &[REFUSED]));
    assert_eq!(answer.status, StatusWord::REFERENCED_DATA_NOT_FOUND);
    let threw =
        Failure::Exception { class: "javacard.framework.ISOException".to_owned(), reason: 0x6A88 };
    assert_eq!(bench.card.failure(), Some(&threw));
    assert_eq!(bench.card.memory().used, before.used);
    assert_eq!(bench.card.applications().len(), 1);
    bench.select(MEMO_APPLET);
    assert_eq!(bench.memo(0x24, 0, &[]).data, [3], "the static field was taken back");
    bench.select(ISD);
    let mut channel = bench.authenticate();
    let answer = bench.secure(&mut channel, &install_memo(MEMO_OTHER, b""));
    assert_eq!(answer, Response::ok(vec![0]), "{:?}", bench.card.failure());
    assert!(bench.select(MEMO_OTHER).status.is_ok());
    let mut twin = bench.twin();
    assert!(twin.select(MEMO_OTHER).status.is_ok());
}

#[test]
fn load_files_that_are_none_are_refused_with_a_reason() {
    let mut bench = Bench::new();
    let used = bench.card.memory().used;
    let mut refused = |aid, file: &[u8]| {
        let mut channel = bench.authenticate();
        let status = load(&mut bench, &mut channel, aid, file);
        assert_eq!(status, StatusWord::WRONG_DATA);
        assert_eq!(bench.card.load_files().len(), 2, "only those in ROM");
        bench.card.failure().cloned().unwrap().to_string()
    };
    assert!(refused(MEMO, &[0x5A; 100]).starts_with("the load file is malformed: "));
    assert_eq!(
        refused(MEMO_OTHER, &ijc()),
        "the load file is package D2760000850101, not D276000085010102"
    );
    let mut unknown = package();
    unknown.import("other", b"\xF0\x00\x00\x00\x01", 1, 0);
    let reason = refused(MEMO, &unknown.build().unwrap().ijc());
    assert!(reason.contains("imports package F000000001 1.0"), "{reason}");
    let mut newer = package();
    newer.import("fw", capfile::assemble::FRAMEWORK, 1, 99);
    let reason = refused(MEMO, &newer.build().unwrap().ijc());
    assert!(reason.contains("1.99"), "{reason}");
    assert!(bench.card.memory().used <= used + 20, "but for the session counter");
    assert!(loaded(&card::CardProfile::default()).card.load_files()[0].loaded);
}

#[test]
fn applets_and_packages_are_deleted_and_loaded_again() {
    let mut bench = with_memo();
    let blank = Bench::new().card.memory().by_owner.len();
    bench.select(ISD);
    let mut channel = bench.authenticate();
    let status = bench.secure(&mut channel, &delete(MEMO, 0)).status;
    assert_eq!(status, StatusWord::CONDITIONS_OF_USE, "it has an instance");
    assert!(bench.secure(&mut channel, &delete(MEMO_APPLET, 0)).status.is_ok());
    assert_eq!(bench.select(MEMO_APPLET).status, StatusWord::NOT_FOUND);
    let mut channel = bench.authenticate();
    assert!(bench.secure(&mut channel, &install_memo(MEMO_OTHER, b"")).status.is_ok());
    assert!(bench.secure(&mut channel, &delete(MEMO, 0x80)).status.is_ok());
    assert_eq!(bench.card.memory().by_owner.len(), blank);
    assert_eq!(load(&mut bench, &mut channel, MEMO, &ijc()), StatusWord::OK);
    assert!(bench.secure(&mut channel, &install_memo(MEMO_APPLET, b"")).status.is_ok());
    assert!(bench.select(MEMO_APPLET).status.is_ok());
    assert_eq!(bench.stored(), [0; 16]);
}

#[test]
fn a_deletion_that_fails_leaves_everything() {
    let mut bench = with_memo();
    bench.memo(0x10, 0, b"here");
    bench.select(ISD);
    let mut channel = bench.authenticate();
    // The second of two names is unknown.
    let mut both = delete(MEMO_APPLET, 0);
    both.data.extend([0x4F, 5, 0xF0, 0, 0, 0, 1]);
    let status = bench.secure(&mut channel, &both).status;
    assert_eq!(status, StatusWord::REFERENCED_DATA_NOT_FOUND);
    assert!(bench.select(MEMO_APPLET).status.is_ok());
    assert_eq!(bench.stored(), padded(b"here"));
    let mut twin = bench.twin();
    assert!(twin.select(MEMO_APPLET).status.is_ok());
    assert_eq!(twin.stored(), padded(b"here"));
}

#[test]
fn objects_that_nothing_reaches_are_deleted_on_request() {
    let mut bench = with_memo();
    let before = bench.card.memory().used;
    assert!(bench.memo(0x20, 1000, &[]).status.is_ok());
    let kept = bench.card.memory().used;
    assert!(kept >= before + 1000);
    assert!(bench.memo(0x20, 2000, &[]).status.is_ok());
    assert!(bench.card.memory().used >= kept + 2000, "the first is there still");
    assert!(bench.memo(0x22, 0, &[]).status.is_ok());
    assert_eq!(bench.card.memory().used, before);
    assert_eq!(bench.twin().card.memory().used, before);
}

#[test]
fn full_memory_is_an_exception_of_the_applet() {
    let mut bench = with_memo();
    let mut made = 0;
    let answer = loop {
        let answer = bench.memo(0x20, 0x7000, &[]);
        made += 1;
        if !answer.status.is_ok() || made > 100 {
            break answer;
        }
    };
    assert_eq!(answer, Response::status(StatusWord::UNKNOWN));
    let expected =
        Failure::Exception { class: "javacard.framework.SystemException".to_owned(), reason: 5 };
    assert_eq!(bench.card.failure(), Some(&expected));
    assert!(bench.memo(0x10, 0, b"still works").status.is_ok());
    assert!(bench.memo(0x22, 0, &[]).status.is_ok());
    assert!(bench.memo(0x20, 0x7000, &[]).status.is_ok());
}

#[test]
fn a_package_is_active_on_one_channel() {
    let mut bench = with_memo();
    assert_eq!(bench.bytes("0070000001").data, [1]);
    let elsewhere = Command::new(1, 0xA4, 4, 0).with_data(MEMO_APPLET.as_bytes());
    assert_eq!(bench.send(&elsewhere).status, StatusWord::CONDITIONS_OF_USE);
    bench.select(ISD);
    assert_eq!(bench.send(&elsewhere), Response::ok(b"memo".to_vec()));
    assert_eq!(bench.bytes("8114000010").data.len(), 16);
    assert_eq!(bench.select(MEMO_APPLET).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.bytes("01700200").status, StatusWord::WRONG_P1P2);
    // A channel opened from there would have the applet on two.
    assert_eq!(bench.bytes("0170000001").status, StatusWord::CONDITIONS_OF_USE);
    assert!(bench.bytes("00708001").status.is_ok());
    assert!(bench.select(MEMO_APPLET).status.is_ok());
}

#[test]
fn a_policy_may_refuse_what_is_loaded() {
    let mut bench = Bench::new();
    bench.card.set_load_policy(LoadPolicy::Refuse);
    let mut channel = bench.authenticate();
    assert_eq!(load(&mut bench, &mut channel, MEMO, &ijc()), StatusWord::WRONG_DATA);
    assert_eq!(bench.card.failure(), None);
}

/// Opens an image with one record changed, and uses the card if there is one.
fn open_damaged(image: &MemoryImage, change: &Record, damage: impl Fn(&mut Vec<u8>)) {
    let mut value = change.value.clone();
    damage(&mut value);
    let mut image = image.snapshot();
    let change = Change { owner: change.owner, key: change.key.clone(), value: Some(value) };
    image.apply(&[change]).unwrap();
    let Ok(mut card) = Card::open(Box::new(image), modules(), random(3)) else { return };
    card.power_on();
    let select = [&[0, 0xA4, 4, 0, 8][..], MEMO_APPLET.as_bytes()].concat();
    for command in [&select[..], &[0x80, 0x24, 0, 0], &[0x80, 0x14, 0, 0], &[0x80, 0x22, 0, 0]] {
        assert!(card.transmit(command).len() >= 2);
    }
}

#[test]
fn damaged_records_of_the_machine_do_no_harm() {
    let mut image = with_memo().image.snapshot();
    for record in image.load().unwrap() {
        if record.owner == card::nvm::Owner::System {
            continue;
        }
        let length = record.value.len();
        for at in (0..length).step_by(1 + length / 64) {
            open_damaged(&image, &record, |value| value[at] ^= 0xFF);
            open_damaged(&image, &record, |value| value[at] ^= 0x01);
            open_damaged(&image, &record, |value| value.truncate(at));
        }
        open_damaged(&image, &record, |value| value.push(0));
    }
}
