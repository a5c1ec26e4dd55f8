//! INSTALL, LOAD, DELETE, as token managers and card tools send them.

use card::LoadPolicy;
use iso7816::{Aid, Command, Response, StatusWord};

use crate::support::{
    Bench, ISD, MODULE, OTHER, PACKAGE, REFUSED_PARAMETERS, delete, install, install_for_load,
    loads, lv, tps_format, tps_install,
};

const UNKNOWN: Aid = Aid::from_const(&[0xD2, 0x76, 0, 0, 1]);

fn status(bench: &mut Bench, command: &Command) -> StatusWord {
    let mut channel = bench.authenticate();
    bench.secure(&mut channel, command).status
}

#[test]
fn tps_formats_a_blank_card_and_formats_it_again() {
    let mut bench = Bench::new();
    tps_format(&mut bench);
    assert_eq!(bench.select(MODULE).data, MODULE.as_bytes());
    let parameters = bench.bytes("80240000").data;
    assert_eq!(parameters, [0x00, 0x02, 0x13, 0x88], "the value of C9, with EF before it");
    bench.select(ISD);
    let mut channel = bench.authenticate();
    for command in [delete(MODULE, 0x80), delete(PACKAGE, 0x80)] {
        assert_eq!(bench.secure(&mut channel, &command), Response::ok(vec![0]));
    }
    let used = bench.card.memory().used;
    assert_eq!(bench.card.applications(), []);
    tps_format(&mut bench);
    assert!(bench.card.memory().used >= used + 1000, "what was loaded takes up memory");
}

#[test]
fn an_applet_of_rom_needs_no_load() {
    let mut bench = Bench::new();
    assert_eq!(status(&mut bench, &tps_install(MODULE, &[0])), StatusWord::OK);
    assert!(bench.select(MODULE).status.is_ok());
    bench.select(ISD);
    assert_eq!(status(&mut bench, &delete(PACKAGE, 0x80)), StatusWord::CONDITIONS_OF_USE);
    assert!(bench.select(MODULE).status.is_ok(), "ROM stays, and so does its instance");
}

#[test]
fn install_takes_the_forms_that_hosts_send() {
    let gp_pro: &[u8] = &[0xC9, 0x00];
    let gpshell: &[u8] = &[0xC9, 0x02, 1, 2, 0xEF, 0x04, 0xC8, 0x02, 0, 0x80];
    for (privileges, parameters) in
        [(&[0, 0, 0][..], gp_pro), (&[0x00], gpshell), (&[], &[]), (&[0x18, 0x11, 0], gp_pro)]
    {
        let mut bench = Bench::new();
        let command = install(0x0C, OTHER, privileges, parameters).with_expected(256);
        assert_eq!(status(&mut bench, &command), StatusWord::OK, "{privileges:02X?}");
        assert!(bench.select(OTHER).status.is_ok());
    }
    // The load file AID may be empty, and so may the instance AID.
    let mut bench = Bench::new();
    let fields = [&[][..], MODULE.as_bytes(), &[], &[0], gp_pro, &[]];
    let short = Command::new(0x80, 0xE6, 0x0C, 0).with_data(fields.map(lv).concat());
    assert_eq!(status(&mut bench, &short), StatusWord::OK);
    assert!(bench.select(MODULE).status.is_ok());
}

#[test]
fn install_and_make_selectable_come_apart() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let only_install = install(0x04, MODULE, &[0], &[0xC9, 0]);
    assert!(bench.secure(&mut channel, &only_install).status.is_ok());
    assert_eq!(bench.card.applications()[0].life_cycle, 0x03);
    assert_eq!(bench.select(MODULE).status, StatusWord::NOT_FOUND);
    let fields = [&[][..], &[], MODULE.as_bytes(), &[0], &[], &[]];
    let selectable = Command::new(0x80, 0xE6, 0x08, 0).with_data(fields.map(lv).concat());
    assert!(bench.secure(&mut channel, &selectable).status.is_ok());
    let again = bench.secure(&mut channel, &selectable).status;
    assert_eq!(again, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.card.applications()[0].life_cycle, 0x07);
    assert!(bench.select(MODULE).status.is_ok());
}

#[test]
fn wrong_installs_leave_nothing_behind() {
    let mut bench = Bench::new();
    bench.card.install(MODULE, OTHER, &[]).unwrap();
    let before = bench.card.info();
    let long_field = Command::new(0x80, 0xE6, 0x0C, 0).with_data([0x10, 1, 2]);
    let c9 = &[0xC9, 0x00][..];
    let fields = [&[][..], &[], UNKNOWN.as_bytes(), &[0], c9, &[]];
    let registry_update = Command::new(0x80, 0xE6, 0x40, 0).with_data(fields.map(lv).concat());
    let cases = [
        (install(0x0C, OTHER, &[0], c9), StatusWord::CONDITIONS_OF_USE),
        (install(0x0C, ISD, &[0], c9), StatusWord::CONDITIONS_OF_USE),
        (install(0x0C, MODULE, &[0x80, 0, 0], c9), StatusWord::WRONG_DATA),
        (install(0x0C, MODULE, &[0, 0], c9), StatusWord::WRONG_DATA),
        (install(0x04, MODULE, &[0x04], c9), StatusWord::WRONG_DATA),
        (install(0x0C, MODULE, &[0], &[0xC9, 5, 1]), StatusWord::WRONG_DATA),
        (install(0x0C, MODULE, &[0], &[0xEF, 6, 0xC8, 4, 1, 0, 0, 0]), StatusWord::NO_MEMORY),
        (registry_update, StatusWord::REFERENCED_DATA_NOT_FOUND),
        (long_field, StatusWord::WRONG_DATA),
    ];
    for (command, expected) in cases {
        assert_eq!(status(&mut bench, &command), expected, "{command:?}");
    }
    let mut refused = vec![0xC9];
    refused.extend(lv(REFUSED_PARAMETERS));
    let refused = install(0x0C, MODULE, &[0], &refused);
    assert_eq!(status(&mut bench, &refused), StatusWord::WRONG_DATA);
    assert_eq!(bench.card.info().applications, before.applications);
    assert_eq!(bench.card.info().memory.by_owner[1..], before.memory.by_owner[1..]);
    assert_eq!(bench.twin().card.info().applications, before.applications);
    let unknown = [UNKNOWN.as_bytes(), UNKNOWN.as_bytes(), UNKNOWN.as_bytes(), &[0], &[], &[]];
    let unknown = Command::new(0x80, 0xE6, 0x0C, 0).with_data(unknown.map(lv).concat());
    assert_eq!(status(&mut bench, &unknown), StatusWord::REFERENCED_DATA_NOT_FOUND);
}

#[test]
fn load_checks_blocks_and_structure() {
    let file = [0x5A; 300];
    let load = install_for_load(PACKAGE, &[]);
    let blocks = loads(&file, 100);
    let mut skipped = blocks.clone();
    skipped.remove(1);
    let mut repeated = blocks.clone();
    repeated.insert(1, blocks[0].clone());
    let mut too_long = blocks.clone();
    too_long.last_mut().unwrap().data.push(0);
    let mut too_short = blocks.clone();
    too_short.last_mut().unwrap().data.pop();
    let mut ciphered = blocks.clone();
    ciphered[0].data[0] = 0xD4;
    for (what, blocks, expected) in [
        ("whole", blocks.clone(), StatusWord::OK),
        ("skipped", skipped, StatusWord::CONDITIONS_OF_USE),
        ("repeated", repeated, StatusWord::CONDITIONS_OF_USE),
        ("too long", too_long, StatusWord::WRONG_DATA),
        ("too short", too_short, StatusWord::WRONG_DATA),
        ("ciphered", ciphered, StatusWord::WRONG_DATA),
    ] {
        let mut bench = Bench::new();
        let mut channel = bench.authenticate();
        assert!(bench.secure(&mut channel, &load).status.is_ok());
        let answers: Vec<StatusWord> =
            blocks.iter().map(|block| bench.secure(&mut channel, block).status).collect();
        assert!(answers.contains(&expected), "{what}: {answers:?}");
        assert_eq!(bench.card.load_files()[0].loaded, what == "whole", "{what}");
    }
    let mut bench = Bench::new();
    assert_eq!(status(&mut bench, &blocks[0]), StatusWord::CONDITIONS_OF_USE, "no INSTALL before");
}

#[test]
fn any_block_size_will_do() {
    for block in [1, 7, 100, 216, 239] {
        let mut bench = Bench::new();
        let mut channel = bench.authenticate();
        assert!(bench.secure(&mut channel, &install_for_load(PACKAGE, &[])).status.is_ok());
        for command in loads(&[1; 200], block) {
            let answer = bench.secure(&mut channel, &command.with_expected(256));
            assert_eq!(answer, Response::ok(vec![0]), "{block}");
        }
        assert!(bench.card.load_files()[0].loaded);
    }
}

#[test]
fn packages_without_an_engine_are_refused_after_load() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let used = bench.card.memory().used;
    assert!(bench.secure(&mut channel, &install_for_load(UNKNOWN, &[])).status.is_ok());
    let last = loads(&[1; 200], 216).pop().unwrap();
    assert_eq!(bench.secure(&mut channel, &last).status, StatusWord::WRONG_DATA);
    assert_eq!(bench.card.memory().used, used);
    bench.card.set_load_policy(LoadPolicy::Refuse);
    assert!(bench.secure(&mut channel, &install_for_load(PACKAGE, &[])).status.is_ok());
    assert_eq!(bench.secure(&mut channel, &last).status, StatusWord::WRONG_DATA);
}

#[test]
fn loads_over_what_is_there_are_refused() {
    let mut bench = Bench::new();
    tps_format(&mut bench);
    let load = install_for_load(PACKAGE, ISD.as_bytes());
    assert_eq!(status(&mut bench, &load), StatusWord::CONDITIONS_OF_USE);
    let huge = [UNKNOWN.as_bytes(), &[], &[], &[0xEF, 6, 0xC6, 4, 0x7F, 0, 0, 0], &[]];
    let huge = Command::new(0x80, 0xE6, 0x02, 0).with_data(huge.map(lv).concat());
    assert_eq!(status(&mut bench, &huge), StatusWord::NO_MEMORY);
    let elsewhere = install_for_load(UNKNOWN, UNKNOWN.as_bytes());
    assert_eq!(status(&mut bench, &elsewhere), StatusWord::REFERENCED_DATA_NOT_FOUND);
}

#[test]
fn reset_and_install_end_a_load() {
    let mut bench = Bench::new();
    let blocks = loads(&[1; 300], 100);
    let mut channel = bench.authenticate();
    assert!(bench.secure(&mut channel, &install_for_load(PACKAGE, &[])).status.is_ok());
    assert!(bench.secure(&mut channel, &blocks[0]).status.is_ok());
    // TPS never marks the last block of a file that fills its blocks: INSTALL follows all the same.
    assert!(bench.secure(&mut channel, &tps_install(MODULE, &[0])).status.is_ok());
    let status = bench.secure(&mut channel, &blocks[1]).status;
    assert_eq!(status, StatusWord::CONDITIONS_OF_USE);
    assert!(!bench.card.load_files()[0].loaded);
}

#[test]
fn delete_refuses_what_is_in_use_or_unknown() {
    let mut bench = Bench::new();
    tps_format(&mut bench);
    assert_eq!(status(&mut bench, &delete(UNKNOWN, 0)), StatusWord::REFERENCED_DATA_NOT_FOUND);
    assert_eq!(status(&mut bench, &delete(ISD, 0)), StatusWord::CONDITIONS_OF_USE);
    assert_eq!(status(&mut bench, &delete(PACKAGE, 0)), StatusWord::CONDITIONS_OF_USE);
    assert_eq!(status(&mut bench, &delete(MODULE, 0x40)), StatusWord::WRONG_P1P2);
    let garbage = Command::new(0x80, 0xE4, 0, 0).with_data([0x4F, 9, 1]);
    assert_eq!(status(&mut bench, &garbage), StatusWord::WRONG_DATA);
    let mut channel = bench.authenticate();
    bench.bytes("0070000001");
    bench.send(&Command::new(1, 0xA4, 4, 0).with_data(MODULE.as_bytes()));
    let selected = bench.secure(&mut channel, &delete(MODULE, 0)).status;
    assert_eq!(selected, StatusWord::CONDITIONS_OF_USE);
    bench.bytes("01A4040000");
    assert!(bench.secure(&mut channel, &delete(PACKAGE, 0x80)).status.is_ok());
    assert_eq!(bench.card.applications(), []);
    assert!(!bench.card.load_files()[0].loaded);
}

#[test]
fn content_management_needs_a_channel() {
    let mut bench = Bench::new();
    for command in [
        delete(MODULE, 0),
        tps_install(MODULE, &[0]),
        install_for_load(PACKAGE, &[]),
        loads(&[1; 20], 100).remove(0),
        Command::new(0x80, 0xD8, 0, 0x81).with_data([1]),
        Command::new(0x80, 0xF0, 0x80, 0x0F),
        Command::new(0x80, 0xE2, 0x80, 0).with_data([0x42, 1, 1]),
        Command::new(0x80, 0xF2, 0x80, 2).with_data([0x4F, 0]),
    ] {
        assert_eq!(bench.send(&command).status, StatusWord::SECURITY_STATUS, "{command:?}");
    }
}

#[test]
fn the_card_reset_privilege_makes_an_applet_the_default() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    assert!(bench.secure(&mut channel, &tps_install(MODULE, &[0x04])).status.is_ok());
    let second = bench.secure(&mut channel, &tps_install(OTHER, &[0x04])).status;
    assert_eq!(second, StatusWord::CONDITIONS_OF_USE);
    bench.card.reset();
    assert_eq!(bench.bytes("80180000").data.len(), 8, "the applet answers without SELECT");
    bench.select(ISD);
    let mut channel = bench.authenticate();
    assert!(bench.secure(&mut channel, &delete(MODULE, 0)).status.is_ok());
    bench.card.reset();
    assert!(bench.bytes("80CA006600").status.is_ok(), "the domain is the default again");
}

#[test]
fn store_data_is_read_back_and_the_domain_renamed() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let store = |p1, p2, data: &[u8]| Command::new(0x80, 0xE2, p1, p2).with_data(data);
    let mut send =
        |bench: &mut Bench, command: &Command| bench.secure(&mut channel, command).status;
    assert!(send(&mut bench, &store(0x80, 0, &[0x42, 3, 1, 2, 3])).is_ok());
    assert!(send(&mut bench, &store(0x88, 0, &[0, 0x70, 4, 0x45, 2, 9, 9])).is_ok());
    assert!(send(&mut bench, &store(0x00, 0, &[0x9F, 0x67, 8, 1, 2, 3])).is_ok());
    assert!(send(&mut bench, &store(0x80, 1, &[4, 5, 6, 7, 8])).is_ok());
    for refused in [&[0xC1, 2, 0, 0][..], &[0xD3, 1, 0], &[0x42, 9, 1], &[0x9F, 0x66, 1, 0]] {
        assert_eq!(send(&mut bench, &store(0x80, 0, refused)), StatusWord::WRONG_DATA);
    }
    assert_eq!(send(&mut bench, &store(0x80, 1, &[0x42, 0])), StatusWord::WRONG_P1P2);
    let renamed = Aid::from_const(&[0xA0, 0, 0, 1, 0x51, 0, 0, 0]);
    assert!(
        send(&mut bench, &store(0x90, 0, &[&[0x4F][..], &lv(renamed.as_bytes())].concat())).is_ok()
    );
    let mut twin = bench.twin();
    assert_eq!(twin.bytes("00CA004200").data, [1, 2, 3]);
    assert_eq!(twin.bytes("80CA004500").data, [0x45, 2, 9, 9]);
    assert!(twin.bytes("80CA9F7F2D").data.ends_with(&[1, 2, 3, 4, 5, 6, 7, 8]));
    assert!(twin.select(renamed).status.is_ok());
    assert_eq!(twin.select(ISD).status, StatusWord::NOT_FOUND);
}
