//! GlobalPlatform's command chaining: bit 8 of P1 [GPCS 2.3.1 §11.1.5.1].

use iso7816::{Command, command::SHORT_DATA_MAX};

/// P1: more segments of this command follow.
pub const MORE_SEGMENTS: u8 = 0x80;

/// Cuts a (wrapped) DELETE, INSTALL or PUT KEY command into segments that fit short APDUs. Le goes with the last one.
#[must_use]
pub fn chain(command: &Command) -> Vec<Command> {
    let segments = command.data.chunks(SHORT_DATA_MAX);
    let count = segments.len();
    if count < 2 {
        return vec![command.clone()];
    }
    segments
        .enumerate()
        .map(|(index, data)| {
            let mut segment = command.clone();
            segment.data = data.to_vec();
            if index + 1 < count {
                segment.header.p1 |= MORE_SEGMENTS;
                segment.expected = None;
            }
            segment
        })
        .collect()
}
