//! The keys of a subject. They are in no report.

use globalplatform::{Diversification, KeySet};

/// Static keys of the issuer security domain, or the master keys that they are diversified from.
#[derive(Clone)]
pub struct SubjectKeys {
    /// Key version number; 00 asks for the card's default set.
    pub version: u8,
    /// The keys, or the master key in all three places.
    pub keys: KeySet,
    /// How the card's keys come from the master key; `None` where they are the card's.
    pub diversification: Option<Diversification>,
    /// Whether diversified keys are AES keys.
    pub aes: bool,
}

impl SubjectKeys {
    /// Keys that are the card's own.
    #[must_use]
    pub const fn of(version: u8, keys: KeySet) -> Self {
        Self { version, keys, diversification: None, aes: false }
    }
}
