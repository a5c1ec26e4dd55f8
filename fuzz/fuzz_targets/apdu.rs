//! Sequences of commands to a whole card: the codecs of command and response, then dispatch, security domain and token applet.
//!
//! The first byte chooses the card, the rest is cut into commands.
#![no_main]

use fuzz_support::{card, check_response, pieces};
use globalplatform::Protocol;
use iso7816::Command;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    let protocol = match choice >> 1 & 3 {
        0 => Protocol::new(1, 0x15),
        1 => Protocol::new(3, 0x70),
        _ => Protocol::new(2, 0x15),
    };
    let mut card = card(protocol.expect("these protocols exist"), choice & 1 == 1);
    for bytes in pieces(rest) {
        if let Ok(command) = Command::parse(bytes) {
            let coded = command.to_bytes().expect("a command that was read can be written");
            assert_eq!(Command::parse(&coded), Ok(command));
        }
        match bytes {
            [0x01] => card.power_on(),
            [0x02] => card.reset(),
            _ => check_response(&card.transmit(bytes)),
        }
    }
});
