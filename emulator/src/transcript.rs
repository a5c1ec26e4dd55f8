//! Transcripts: a session with a card, recorded such that it can be run again bit for bit.
//!
//! A card is a function of what it keeps, of the commands that come, of the power, and of the random numbers that it draws; a transcript
//! holds all of these but the first, of which it holds a [fingerprint](card::Card::fingerprint). It has no clock. [`Recorder`] writes
//! one, [`replay`] compares.
//!
//! A transcript is JSON lines, each an [`Entry`]. **It is as sensitive as the card:** random numbers may be keys that were made on it.

mod entry;
mod random;
mod recorder;
mod replay;

pub use entry::{Entry, Session, Step};
pub use random::Draws;
pub use recorder::{Recorded, Recorder};
pub use replay::{Difference, Opened, ReplayError, Report, replay};

/// Version of the format.
pub const VERSION: u32 = 1;
/// Longest line of a transcript, in bytes: the longest command and answer in hex, and the random numbers of a key generation.
pub const LINE_LENGTH_MAX: usize = 8 << 20;
/// Most random bytes that a card may draw in one step of a session that is recorded.
pub const RANDOM_LENGTH_MAX: usize = 2 << 20;
