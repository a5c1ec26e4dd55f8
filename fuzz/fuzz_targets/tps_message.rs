//! Messages between client and TPS, from both sides, however the stream is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use token_management::message::{ClientMessage, Deframer, Dialect, ServerMessage};

fuzz_target!(|input: &[u8]| {
    let Some((cut, rest)) = input.split_first() else { return };
    let mut deframer = Deframer::default();
    'stream: for mut chunk in rest.chunks(usize::from(*cut).max(1)) {
        loop {
            match deframer.next(&mut chunk) {
                Ok(Some(payload)) => decode(payload.as_bytes()),
                Ok(None) => break,
                Err(violation) => {
                    assert_eq!(deframer.next(&mut &b"s=1&"[..]).err(), Some(violation));
                    break 'stream;
                }
            }
        }
    }
});

/// What can be read can be written, and reads the same.
fn decode(payload: &[u8]) {
    if let Ok(message) = ClientMessage::decode(payload) {
        let written = message.encode(Dialect::Esc);
        assert_eq!(ClientMessage::decode(unframed(&written)), Ok(message));
    }
    if let Ok(message) = ServerMessage::decode(payload) {
        let written = message.encode();
        assert_eq!(ServerMessage::decode(unframed(&written)), Ok(message));
    }
}

/// The payload of one message.
fn unframed(message: &[u8]) -> &[u8] {
    let start = message.iter().position(|byte| *byte == b'&').expect("a size field");
    &message[start + 1..]
}
