//! What the suite runs on: a card in this process, in any PC/SC reader, or behind a TCP socket.

mod address;
mod file;
mod identity;
mod in_process;
mod keys;
mod plugged;

use reader::CardReader;

pub use self::{
    address::Address,
    file::{NamedSubject, SubjectFile},
    identity::{Refusal, admit, difference},
    in_process::InProcess,
    keys::SubjectKeys,
    plugged::Plugged,
};

/// What cases are run on.
pub trait Subject {
    /// The reader with the card in it, connected.
    fn reader(&mut self) -> &mut dyn CardReader;

    /// The keys of the issuer security domain, where they are known.
    fn keys(&self) -> Option<&SubjectKeys>;

    /// A fresh card in place of the present one, before a case. `false` where there is only one card.
    ///
    /// # Errors
    /// When no card can be made.
    fn renew(&mut self) -> anyhow::Result<bool>;

    /// What can be done to a virtual card that no reader does.
    fn laboratory(&mut self) -> Option<&mut dyn Laboratory> {
        None
    }
}

/// What can be done to a virtual card in this process.
pub trait Laboratory {
    /// Lets the power fail after this many writes to persistent memory from now, once. From then on the card answers 6F00 until
    /// [`Laboratory::power_on`].
    fn tear_after(&mut self, writes: u64);

    /// Whether the power has failed.
    fn is_without_power(&self) -> bool;

    /// Takes the power away and gives it back.
    fn power_on(&mut self);

    /// Writes to persistent memory so far.
    fn writes(&self) -> u64;

    /// Sets the sequence counter of a key set of the issuer security domain. `false` where there is no such set.
    fn set_sequence_counter(&mut self, key_version: u8, counter: u32) -> bool;
}
