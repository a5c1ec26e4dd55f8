//! The card's end of an open secure channel against a host that lies, and against one that tells the truth but is tampered with.
//!
//! The first byte chooses the protocol, the second the level, the third how the host is tampered with; the rest is cut into commands.
#![no_main]

use fuzz_support::pieces;
use globalplatform::scp::{card, host};
use globalplatform::{Key, KeyAlgorithm, KeySet, Protocol, SecurityLevel};
use iso7816::{Aid, Command, Response};
use libfuzzer_sys::fuzz_target;

const KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";
const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const PROTOCOLS: [(u8, u8); 6] = [(1, 0x05), (1, 0x15), (2, 0x15), (2, 0x55), (3, 0x00), (3, 0x70)];

fn keys(protocol: Protocol) -> KeySet {
    let aes = matches!(protocol, Protocol::Scp03 { .. });
    let algorithm = if aes { KeyAlgorithm::Aes128 } else { KeyAlgorithm::Des3 };
    KeySet::same(&Key::new(algorithm, &KEY).expect("16 bytes are a key"))
}

/// The card's answer to INITIALIZE UPDATE, and the card after it.
fn initialize_update(keys: &KeySet, protocol: Protocol) -> (Vec<u8>, card::Pending) {
    let handshake = card::Handshake {
        keys,
        key_version: 1,
        protocol,
        kdd: [0; 10],
        sequence_counter: 1,
        aid: Aid::from_const(&[0xA0, 0, 0, 0, 3, 0, 0, 0]),
        random: [0x5A; card::CARD_RANDOM_LENGTH],
    };
    handshake.initialize_update(&CHALLENGE).expect("a handshake")
}

/// Both ends of a channel; none when the protocol does not offer the level.
fn open(protocol: Protocol, level: SecurityLevel) -> Option<(host::Channel, card::Channel)> {
    let keys = keys(protocol);
    let (answer, pending) = initialize_update(&keys, protocol);
    let verified = host::Handshake::new(&CHALLENGE)
        .with_option(protocol.i())
        .answer(&Response::ok(answer))
        .expect("an answer")
        .verify_with(&keys)
        .expect("the right card");
    let (command, host) = verified.external_authenticate(level).ok()?;
    Some((host, pending.external_authenticate(&command).expect("the right host")))
}

/// A host that does not know the keys opens no session of SCP02 with implicit initiation either; one that knows them always does.
fn begin_implicitly(command: &Command) {
    let protocol = Protocol::new(2, 0x7B).expect("this protocol exists");
    let (keys, aid) = (keys(protocol), Aid::from_const(&[0xA0, 0, 0, 0, 3, 0, 0, 0]));
    let card = card::ImplicitHandshake { keys: &keys, protocol, sequence_counter: 1, aid };
    assert!(card.first_command(command).is_err());
    if command.header.secure_messaging() {
        return;
    }
    let host = host::ImplicitHandshake { keys: &keys, protocol, sequence_counter: 1, aid };
    let Ok(wrapped) = host.open().expect("a counter with a next").wrap(command) else { return };
    let (_, plain) = card.first_command(&wrapped).expect("an honest command");
    assert_eq!(plain.data, command.data);
}

/// What a security domain answers: to BEGIN and END R-MAC SESSION as the channel says, to all else the data that came.
fn answer(channel: &card::Channel, command: &Command) -> Response {
    if !matches!(command.header.ins, 0x78 | 0x7A) {
        return Response::ok(command.data.clone());
    }
    channel.rmac_session(command).unwrap_or_else(|error| Response::status(error.status()))
}

/// A host that does not know the keys: no EXTERNAL AUTHENTICATE of its making opens a channel.
fn refuse_stranger(pending: card::Pending, bytes: &[u8]) {
    if let Ok(command) = Command::parse(bytes) {
        assert!(pending.external_authenticate(&command).is_err());
    }
}

fuzz_target!(|input: &[u8]| {
    let Some(([protocol, level, tamper], rest)) = input.split_first_chunk::<3>() else { return };
    let (id, i) = PROTOCOLS[usize::from(*protocol) % PROTOCOLS.len()];
    let protocol = Protocol::new(id, i).expect("this protocol exists");
    let level = SecurityLevel::from_bits_truncate(*level);
    let Some((mut host, mut card)) = open(protocol, level) else { return };
    for bytes in pieces(rest) {
        let Ok(command) = Command::parse(bytes) else { continue };
        begin_implicitly(&command);
        if tamper & 1 == 0 {
            refuse_stranger(initialize_update(&keys(protocol), protocol).1, bytes);
            // A host without keys: whatever happens, it must not be believed when MACs are asked for.
            let believed = card.unwrap(&command).is_ok();
            assert!(!believed || !card.level().contains(SecurityLevel::C_MAC));
            continue;
        }
        // What claims to be protected already is nothing to wrap.
        if command.header.secure_messaging() {
            continue;
        }
        let Ok(mut wrapped) = host.wrap(&command) else { continue };
        if tamper & 2 != 0 && !wrapped.data.is_empty() {
            let at = usize::from(tamper >> 2) % wrapped.data.len();
            wrapped.data[at] ^= 1;
            let believed = card.unwrap(&wrapped).is_ok();
            assert!(!believed || !level.contains(SecurityLevel::C_MAC));
            return;
        }
        let unwrapped = card.unwrap(&wrapped).expect("an honest command");
        assert_eq!((unwrapped.header.ins, &unwrapped.data), (command.header.ins, &command.data));
        let answer = answer(&card, &unwrapped);
        let wrapped = card.wrap(answer.clone()).expect("an open channel");
        assert_eq!(host.unwrap(&command, wrapped).expect("an honest response"), answer);
    }
});
