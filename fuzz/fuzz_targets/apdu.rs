//! A whole card under any sequence of commands: it always answers, and is still there afterwards.
//!
//! Input: commands, each preceded by its length in one byte; FF means reset.
#![no_main]

use card::{Card, CardProfile};
use iso7816::{Command, Response};
use libfuzzer_sys::fuzz_target;
use rand::{SeedableRng as _, rngs::StdRng};

/// Longest sequence, in commands: longer inputs find nothing that this many do not.
const COMMANDS_MAX: usize = 64;

fuzz_target!(|data: &[u8]| {
    if let Ok(command) = Command::parse(data) {
        let again = command.to_bytes().expect("what was parsed can be written");
        assert_eq!(Command::parse(&again), Ok(command));
    }
    let profile = CardProfile::default();
    let random = Box::new(StdRng::seed_from_u64(0));
    let mut card = Card::new(&profile, vec![Box::new(applets::coolkey::CoolKeyModule::default())], random).expect("the default profile is a card");
    card.power_on();
    let mut rest = data;
    for _ in 0..COMMANDS_MAX {
        let Some((&length, tail)) = rest.split_first() else { break };
        if length == 0xFF {
            card.reset();
            rest = tail;
            continue;
        }
        let (command, tail) = tail.split_at(usize::from(length).min(tail.len()));
        Response::parse(&card.transmit(command)).expect("an answer ends with a status word");
        rest = tail;
    }
    card.reset();
    assert!(card.transmit(&[0x00, 0xA4, 0x04, 0x00, 0x00]).len() >= 2);
});
