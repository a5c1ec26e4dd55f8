//! What is wrong with a profile: each message names the field and what is allowed in it.

use iso7816::Aid;
use thiserror::Error;

use super::{KEY_SETS_MAX, MEMORY_MAX, MEMORY_MIN};

/// What is wrong with a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The ATR does not offer the protocol.
    #[error(
        "personality.java_card.protocol is {protocol}, which the ATR does not offer; allowed are APDU, and what personality.atr offers: {offered}"
    )]
    AtrContradicts {
        /// The protocol, as in a profile.
        protocol: &'static str,
        /// What the ATR allows.
        offered: &'static str,
    },
    /// An AID stands for two things.
    #[error("{field} names {aid} twice; each AID is allowed once")]
    AidTwice {
        /// The field.
        field: &'static str,
        /// The AID.
        aid: Aid,
    },
    /// The default applet is none of the applications.
    #[error("default_applet is {0}, which is no aid of [[applications]]; allowed is one of them")]
    DefaultAppletUnknown(Aid),
    /// Between one and [`KEY_SETS_MAX`] key sets are needed.
    #[error("key_sets: a card has 1 to {KEY_SETS_MAX} of them at birth, not {0}")]
    KeySetCount(usize),
    /// A key has a length that does not fit the protocol of its set.
    #[error(
        "key_sets: the keys of version {0:02X} do not fit its protocol; allowed are versions 01 to 7F and FF, with enc, mac and dek of the same length: 16 bytes under SCP01 and SCP02; 16, 24 or 32 under SCP03"
    )]
    KeysUnfit(u8),
    /// Two key sets have the same version.
    #[error("key_sets: version {0:02X} is there twice; each version is allowed once")]
    KeyVersionTwice(u8),
    /// Not a state that a card is born in.
    #[error(
        "personality.life_cycle is {0:02X}; allowed are 01 (OP_READY), 07 (INITIALIZED) and 0F (SECURED)"
    )]
    LifeCycleOutOfRange(u8),
    /// The ATR is not one.
    #[error(
        "personality.atr is malformed; allowed is what ISO 7816-3 lets a card answer: 2 to 33 bytes that begin with 3B or 3F, as many as T0 and TDi announce, with the right TCK where a protocol other than T=0 is offered"
    )]
    MalformedAtr,
    /// Memory size out of range.
    #[error("personality.memory is {0} bytes; allowed are {MEMORY_MIN} to {MEMORY_MAX}")]
    MemoryOutOfRange(u32),
    /// A value that no card has.
    #[error("{field} is out of range; allowed: {allowed}")]
    OutOfRange {
        /// The field, with the tables it is in.
        field: &'static str,
        /// What is allowed in it.
        allowed: &'static str,
    },
    /// This protocol or option is not implemented.
    #[error(
        "secure channel protocol {id:02X} has no option {i:02X} here (key_sets.protocol and .option, personality.des_protocol, .des_option and .aes_option); allowed are SCP01 with 05 or 15; SCP02 with 04 or 0A plus any of 01, 10, 20 and 40; SCP03 with 00, 10, 20, 30, 60 or 70, plus 01 for S16"
    )]
    UnsupportedProtocol {
        /// Protocol identifier.
        id: u8,
        /// Option.
        i: u8,
    },
}

impl ProfileError {
    /// `field` must be in a range.
    pub(super) fn unless(
        within: bool,
        field: &'static str,
        allowed: &'static str,
    ) -> Result<(), Self> {
        if within { Ok(()) } else { Err(Self::OutOfRange { field, allowed }) }
    }
}
