//! The card's end of a secure channel: nothing that was not wrapped by the host passes, and nothing makes it panic.
//!
//! Input: a byte that picks protocol and option, then EXTERNAL AUTHENTICATE and further commands, each preceded by its length.
#![no_main]

use globalplatform::{
    Key, KeyAlgorithm, KeySet,
    scp::{Protocol, card::Handshake},
};
use iso7816::{Aid, Command};
use libfuzzer_sys::fuzz_target;

const OPTIONS: [(u8, u8); 8] =
    [(1, 0x05), (1, 0x15), (2, 0x15), (2, 0x55), (2, 0x05), (3, 0x10), (3, 0x70), (3, 0x00)];

fn keys(algorithm: KeyAlgorithm) -> KeySet {
    let key = || Key::new(algorithm, &[0x40; 16]).expect("16 bytes are a key");
    KeySet { enc: key(), mac: key(), dek: key() }
}

fuzz_target!(|data: &[u8]| {
    let Some((&pick, mut rest)) = data.split_first() else { return };
    let (id, option) = OPTIONS[usize::from(pick) % OPTIONS.len()];
    let keys = keys(if id == 3 { KeyAlgorithm::Aes128 } else { KeyAlgorithm::Des3 });
    let handshake = Handshake {
        keys: &keys,
        key_version: 1,
        protocol: Protocol::new(id, option).expect("a known option"),
        kdd: [0; 10],
        sequence_counter: 1,
        aid: Aid::new(&[0xA0, 0, 0, 1, 0x51]).expect("five bytes are an AID"),
        random: [7; 16],
    };
    let (_, pending) = handshake.initialize_update(&[0; 8]).expect("eight bytes are a challenge");
    let mut next = || {
        let (&length, tail) = rest.split_first()?;
        let (command, tail) = tail.split_at(usize::from(length).min(tail.len()));
        rest = tail;
        Command::parse(command).ok()
    };
    let Some(command) = next() else { return };
    // The fuzzer does not know the keys' cryptogram; the channel opens for inputs that hold it only.
    let Ok(mut channel) = pending.external_authenticate(&command) else { return };
    while let Some(command) = next() {
        if channel.unwrap(&command).is_err() {
            assert!(channel.unwrap(&command).is_err(), "a closed channel stays closed");
            return;
        }
    }
});
