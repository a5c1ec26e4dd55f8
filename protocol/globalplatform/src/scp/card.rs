//! The card's end of a secure channel: from the host's challenge to unwrapped commands and wrapped responses.

mod channel;
mod handshake;
mod implicit;

pub use channel::Channel;
pub use handshake::{CARD_RANDOM_LENGTH, Handshake, Pending};
pub use implicit::ImplicitHandshake;
