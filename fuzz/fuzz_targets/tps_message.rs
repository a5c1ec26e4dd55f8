//! Messages between client and TPS: any bytes are messages or a violation, in one piece or in two.
#![no_main]

use libfuzzer_sys::fuzz_target;
use token_management::message::{ClientMessage, Deframer, MESSAGE_SIZE_MAX, ServerMessage};

/// The payloads in these pieces, and whether they end in a violation.
fn payloads(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let mut deframer = Deframer::new(MESSAGE_SIZE_MAX);
    let mut found = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            match deframer.next(&mut rest) {
                Ok(Some(payload)) => found.push(payload.as_bytes().to_vec()),
                Ok(None) => break,
                Err(_) => return (found, true),
            }
        }
    }
    (found, false)
}

fuzz_target!(|data: &[u8]| {
    let whole = payloads(&[data]);
    let (first, second) = data.split_at(data.len() / 2);
    assert_eq!(whole, payloads(&[first, second]));
    for payload in &whole.0 {
        let _ = ClientMessage::decode(payload);
        let _ = ServerMessage::decode(payload);
    }
    let _ = ClientMessage::decode(data);
    let _ = ServerMessage::decode(data);
});
