//! Life cycles of card and applications: SET STATUS and what each state forbids.

use iso7816::{Aid, Command, StatusWord};

use crate::support::{Bench, ISD, MODULE, delete, tps_install};

fn set_status(p1: u8, p2: u8, aid: &[u8]) -> Command {
    Command::new(0x80, 0xF0, p1, p2).with_data(aid)
}

fn status(bench: &mut Bench, command: &Command) -> StatusWord {
    let mut channel = bench.authenticate();
    bench.secure(&mut channel, command).status
}

/// What the specification says of each transition between card states, OP_READY to SECURED being left open by it.
fn card_transition_is_legal(from: u8, to: u8) -> bool {
    to == 0xFF || matches!((from, to), (1, 7) | (1 | 7 | 0x7F, 0x0F) | (0x0F, 0x7F))
}

#[test]
fn the_card_goes_forward_only() {
    for from in [0x01, 0x07, 0x0F, 0x7F] {
        for to in [0x00, 0x01, 0x03, 0x07, 0x0F, 0x55, 0x7F, 0xFF] {
            let mut profile = card::CardProfile::default();
            profile.personality.life_cycle = if from == 0x7F { 0x0F } else { from };
            let mut bench = Bench::with(&profile);
            if from == 0x7F {
                assert!(status(&mut bench, &set_status(0x80, 0x7F, &[])).is_ok());
            }
            let answer = status(&mut bench, &set_status(0x80, to, ISD.as_bytes()));
            let legal = card_transition_is_legal(from, to);
            assert_eq!(answer.is_ok(), legal, "{from:02X} to {to:02X}: {answer}");
            let now = if legal { to } else { from };
            assert_eq!(bench.card.info().life_cycle, now);
            assert_eq!(bench.twin().card.info().life_cycle, now);
        }
    }
}

#[test]
fn a_locked_card_is_only_unlocked_or_terminated() {
    let mut bench = Bench::new();
    bench.card.install(MODULE, MODULE, &[]).unwrap();
    assert!(status(&mut bench, &set_status(0x80, 0x0F, &[])).is_ok());
    assert!(status(&mut bench, &set_status(0x80, 0x7F, &[])).is_ok());
    bench.card.reset();
    assert_eq!(bench.bytes("00A4040000").status, StatusWord::CARD_LOCKED);
    assert_eq!(bench.select(MODULE).status, StatusWord::FUNCTION_NOT_SUPPORTED);
    assert_eq!(bench.bytes("0070000001").status, StatusWord::FUNCTION_NOT_SUPPORTED);
    for command in [
        delete(MODULE, 0),
        tps_install(Aid::from_const(&[9; 5]), &[0]),
        set_status(0x40, 0x80, MODULE.as_bytes()),
        Command::new(0x80, 0xD8, 1, 0x81).with_data([1]),
        Command::new(0x80, 0xE2, 0x80, 0).with_data([0x42, 1, 1]),
    ] {
        assert_eq!(status(&mut bench, &command), StatusWord::CONDITIONS_OF_USE, "{command:?}");
    }
    let isd = Command::new(0x80, 0xF2, 0x80, 2).with_data([0x4F, 0]);
    assert!(status(&mut bench, &isd).is_ok());
    assert!(bench.bytes("80CA006600").status == StatusWord::SECURITY_STATUS);
    assert!(status(&mut bench, &set_status(0x80, 0x0F, &[])).is_ok());
    assert!(bench.select(MODULE).status.is_ok());
}

#[test]
fn a_terminated_card_answers_get_data_only() {
    let mut bench = Bench::new();
    bench.card.install(MODULE, MODULE, &[]).unwrap();
    assert!(status(&mut bench, &set_status(0x80, 0xFF, &[])).is_ok());
    for _ in 0..2 {
        for command in
            ["00A4040000", "00A4040007627601FF000000", "0070000001", "80500000080102030405060708"]
        {
            assert_eq!(bench.bytes(command).status, StatusWord::CONDITIONS_OF_USE, "{command}");
        }
        bench.card.reset();
        assert!(bench.bytes("80CA9F7F2D").status.is_ok());
    }
}

#[test]
fn applications_are_locked_and_get_their_state_back() {
    let mut bench = Bench::new();
    bench.install(MODULE);
    assert_eq!(bench.bytes("801A0F00").data, [0x0F]);
    bench.select(ISD);
    let aid = MODULE.as_bytes();
    for (command, expected) in [
        (set_status(0x40, 0x00, aid), StatusWord::CONDITIONS_OF_USE),
        (set_status(0x40, 0x80, aid), StatusWord::OK),
        (set_status(0x40, 0x80, aid), StatusWord::CONDITIONS_OF_USE),
        (set_status(0x40, 0x80, &[1; 7]), StatusWord::REFERENCED_DATA_NOT_FOUND),
        (set_status(0x40, 0x80, ISD.as_bytes()), StatusWord::CONDITIONS_OF_USE),
        (set_status(0x20, 0x80, aid), StatusWord::WRONG_P1P2),
        (set_status(0x40, 0x80, &[]), StatusWord::WRONG_DATA),
    ] {
        assert_eq!(status(&mut bench, &command), expected, "{command:?}");
    }
    assert_eq!(bench.card.applications()[0].life_cycle, 0x8F);
    assert_eq!(bench.select(MODULE).status, StatusWord::NOT_FOUND);
    assert!(status(&mut bench, &set_status(0x60, 0x00, ISD.as_bytes())).is_ok());
    assert_eq!(bench.card.applications()[0].life_cycle, 0x0F);
    assert!(status(&mut bench, &set_status(0x60, 0x80, ISD.as_bytes())).is_ok());
    assert_eq!(bench.card.applications()[0].life_cycle, 0x8F);
    assert!(status(&mut bench, &set_status(0x40, 0x00, aid)).is_ok());
    assert!(bench.select(MODULE).status.is_ok());
}
