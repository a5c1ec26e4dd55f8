//! SELECT, MANAGE CHANNEL, classes and instructions.

use iso7816::{Command, StatusWord};

use crate::support::{Bench, ISD, MODULE, OTHER};

const FCI: &str = "6F108408A000000003000000A5049F6501FF9000";

fn fci(bench: &mut Bench, command: &str) -> String {
    hex::encode_upper(bench.bytes(command).to_bytes())
}

#[test]
fn a_blank_card_answers_coolkey_clients() {
    let mut bench = Bench::new();
    assert_eq!(bench.card.atr(), hex_literal::hex!("3B769400 00FF6276 010000"));
    assert_eq!(bench.bytes("00A4040007 627601FF000000").status, StatusWord::NOT_FOUND);
    assert_eq!(fci(&mut bench, "00A4040000"), FCI);
    let cplc = bench.bytes("80CA9F7F2D");
    assert_eq!((cplc.data.len(), cplc.status), (45, StatusWord::OK));
}

#[test]
fn the_security_domain_is_selected_by_name_by_part_of_it_and_by_default() {
    let mut bench = Bench::new();
    for command in
        ["00A40400", "00A4040000", "00A4040008A000000003000000", "00A4040005A00000000300"]
    {
        assert_eq!(fci(&mut bench, command), FCI, "{command}");
    }
}

#[test]
fn partial_names_walk_through_all_matches() {
    let mut bench = Bench::new();
    bench.card.install(MODULE, MODULE, &[]).unwrap();
    bench.card.install(MODULE, OTHER, &[]).unwrap();
    assert_eq!(bench.bytes("00A4040003627601").data, MODULE.as_bytes());
    assert_eq!(bench.bytes("00A4040203627601").data, OTHER.as_bytes());
    assert_eq!(bench.bytes("00A4040203627601").status, StatusWord::NOT_FOUND);
    assert_eq!(bench.bytes("80180000").data.len(), 8, "the applet is still selected");
}

#[test]
fn what_is_not_selectable_is_refused() {
    let mut bench = Bench::new();
    for (command, status) in [
        ("00A4040009D00000000000000001", StatusWord::NOT_FOUND),
        ("00A4000000", StatusWord::INS_NOT_SUPPORTED),
        ("00A4040100", StatusWord::WRONG_P1P2),
        ("04A4040000", StatusWord::SECURE_MESSAGING_NOT_SUPPORTED),
    ] {
        assert_eq!(bench.bytes(command).status, status, "{command}");
    }
}

#[test]
fn a_refused_selection_leaves_nothing_selected() {
    let mut bench = Bench::new();
    bench.install(MODULE);
    assert!(bench.bytes("80260000").status.is_ok());
    assert_eq!(bench.select(MODULE).status, StatusWord::APPLET_SELECT_FAILED);
    assert_eq!(bench.bytes("80180000").status, StatusWord::APPLET_SELECT_FAILED);
    assert!(bench.select(ISD).status.is_ok());
}

#[test]
fn classes_and_instructions_that_nobody_knows() {
    let mut bench = Bench::new();
    for (command, status) in [
        ("80FF0000", StatusWord::INS_NOT_SUPPORTED),
        ("8060000000", StatusWord::INS_NOT_SUPPORTED),
        ("90CA006600", StatusWord::CLA_NOT_SUPPORTED),
        ("F0CA006600", StatusWord::CHANNEL_NOT_SUPPORTED),
        ("FFCA006600", StatusWord::CLA_NOT_SUPPORTED),
        ("00F28002024F00", StatusWord::CLA_NOT_SUPPORTED),
        ("84F28002024F00", StatusWord::SECURITY_STATUS),
        ("88CA006600", StatusWord::SECURE_MESSAGING_NOT_SUPPORTED),
        ("00C0000000", StatusWord::INS_NOT_SUPPORTED),
        ("80CA", StatusWord::WRONG_LENGTH),
        ("", StatusWord::WRONG_LENGTH),
    ] {
        assert_eq!(bench.bytes(command).status, status, "{command}");
    }
}

#[test]
fn channels_open_close_and_select_on_their_own() {
    let mut bench = Bench::new();
    assert_eq!(bench.bytes("01A4040000").status, StatusWord::CHANNEL_NOT_SUPPORTED);
    assert_eq!(bench.bytes("0070000001").data, [1]);
    assert_eq!(bench.bytes("0070000001").data, [2]);
    assert_eq!(bench.bytes("00700003").status, StatusWord::OK);
    assert_eq!(bench.bytes("0070000001").status, StatusWord::FUNCTION_NOT_SUPPORTED);
    assert_eq!(bench.bytes("0070000201").status, StatusWord::FUNCTION_NOT_SUPPORTED);
    bench.install(MODULE);
    let select = Command::new(1, 0xA4, 4, 0).with_data(MODULE.as_bytes());
    assert_eq!(bench.send(&select).status, StatusWord::CONDITIONS_OF_USE, "not multi-selectable");
    assert!(bench.bytes("01CA006600").status.is_ok(), "channel 1 has the domain");
    assert_eq!(bench.bytes("00708003").status, StatusWord::OK);
    assert_eq!(bench.bytes("00708003").status, StatusWord::CHANNEL_ALREADY_CLOSED);
    assert_eq!(bench.bytes("00708000").status, StatusWord::FUNCTION_NOT_SUPPORTED);
    assert_eq!(bench.bytes("40A4040000").status, StatusWord::CHANNEL_NOT_SUPPORTED);
    bench.card.reset();
    assert_eq!(bench.bytes("01CA006600").status, StatusWord::CHANNEL_NOT_SUPPORTED);
}

#[test]
fn long_responses_wait_for_get_response() {
    let mut bench = Bench::new();
    bench.install(MODULE);
    let first = bench.bytes("801C000000");
    assert_eq!((first.data.len(), first.status), (256, StatusWord(0x6100)));
    let second = bench.bytes("00C0000000");
    assert_eq!((second.data.len(), second.status), (256, StatusWord(0x6158)));
    let third = bench.bytes("00C0000058");
    assert_eq!((third.data.len(), third.status), (88, StatusWord::OK));
    let whole = [first.data, second.data, third.data].concat();
    assert_eq!(whole, bench.bytes("801C0000000000").data);
    assert!(!bench.bytes("00C0000000").status.is_ok(), "nothing waits any more");
}

#[test]
fn a_card_without_power_still_answers() {
    let mut bench = Bench::new();
    bench.card.power_off();
    assert_eq!(bench.bytes("00A4040000").status, StatusWord::UNKNOWN);
    bench.card.reset();
    assert!(!bench.card.is_powered());
    bench.card.power_on();
    assert_eq!(fci(&mut bench, "00A4040000"), FCI);
}

#[test]
fn a_card_may_live_in_any_thread() {
    let mut bench = Bench::new();
    let answer = std::thread::spawn(move || bench.bytes("00A4040000").status).join().unwrap();
    assert!(answer.is_ok());
}
