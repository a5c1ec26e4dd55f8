//! The vpcd edge: a card in a slot of vsmartcard's virtual PC/SC reader.
//!
//! vpcd (a driver inside pcscd) listens, the card connects; slot `n` of a reader listens on the reader's port plus `n`. The connection is
//! the insertion and its end the removal. pcscd may start after the card, and may restart: the card comes back by itself.
//!
//! Debian's vpcd writes the length of a message and the message in two segments with Nagle's algorithm on, and so waits for the
//! acknowledgement of the first: without `TCP_QUICKACK` before every read, each command takes 44 ms.

use std::time::Duration;

use reader::tcp::dial;

use crate::session::{self, End};
use crate::{Stop, VirtualCard};

/// Where vpcd's first slot listens unless it is configured otherwise.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:35963";

/// Pause before the first attempt to connect again.
pub const RETRY_PAUSE_MIN: Duration = Duration::from_millis(50);

/// Longest pause between two attempts.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);

/// Longest wait for one connection to be established.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// What happened to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The reader powered the card, or asked for its ATR, for the first time.
    Inserted,
    /// The reader is gone; the card waits for it to come back.
    Removed,
    /// Nobody listens at the address; reported once before the card goes on trying.
    Waiting,
}

/// Keeps `card` in the slot at `address` (`host:port`) until `stop` is requested.
pub fn run(address: &str, card: &mut dyn VirtualCard, stop: &Stop, mut report: impl FnMut(Event)) {
    let mut pause = RETRY_PAUSE_MIN;
    let mut waiting = false;
    while !stop.is_requested() {
        match dial(address, CONNECT_TIME_MAX) {
            Ok(stream) => {
                let outcome = session::serve(stream, card, stop, &mut || report(Event::Inserted));
                if outcome.inserted {
                    report(Event::Removed);
                    // A card whose power failed stays away for long enough that the reader sees it gone.
                    pause = if outcome.power_failed { RETRY_PAUSE_MAX } else { RETRY_PAUSE_MIN };
                    waiting = false;
                }
                if let End::Failed(error) = outcome.end {
                    tracing::warn!(address, %error, "the connection to vpcd failed");
                }
            }
            Err(error) => {
                tracing::trace!(address, %error, "vpcd does not answer");
                if !waiting {
                    report(Event::Waiting);
                    waiting = true;
                }
            }
        }
        if stop.sleep(pause) {
            return;
        }
        pause = (pause * 2).min(RETRY_PAUSE_MAX);
    }
}
