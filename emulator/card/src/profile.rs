//! What kind of card it is: the profile that a card is made from, readable from TOML.
//!
//! [`Personality`] stays with the card for life and is part of its image; [`InitialKeySet`]s become records at birth and may change
//! afterwards.

mod cplc;
mod java_card;
mod keys;

use globalplatform::scp::Protocol;
use iso7816::{Aid, Atr};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::{
    cplc::Cplc,
    java_card::{JavaCardProfile, Transmission},
    keys::InitialKeySet,
};
use crate::encoding;

/// The ATR of a blank CoolKey: its historical bytes are what CoolKey clients know a blank token by.
pub const COOLKEY_ATR: [u8; 11] =
    [0x3B, 0x76, 0x94, 0x00, 0x00, 0xFF, 0x62, 0x76, 0x01, 0x00, 0x00];
/// The issuer security domain that Visa's Open Platform cards have, and that TPS looks for.
pub const ISD_AID_OPEN_PLATFORM: Aid = Aid::from_const(&[0xA0, 0, 0, 0, 3, 0, 0, 0]);
/// The issuer security domain of GlobalPlatform [GPCS 2.3.1 §H.1.3].
pub const ISD_AID_GLOBALPLATFORM: Aid = Aid::from_const(&[0xA0, 0, 0, 1, 0x51, 0, 0, 0]);
/// Smallest persistent memory a card can be made with, in bytes.
pub const MEMORY_MIN: u32 = 8 * 1024;
/// Largest persistent memory a card can be made with, in bytes.
pub const MEMORY_MAX: u32 = 16 * 1024 * 1024;
/// Most key sets in a profile.
pub const KEY_SETS_MAX: usize = 16;

/// What a card is, as long as it lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Personality {
    /// Answer to reset, hex.
    #[serde(with = "encoding::bytes")]
    pub atr: Vec<u8>,
    /// Card production life cycle data.
    pub cplc: Cplc,
    /// AID of the issuer security domain, hex. STORE DATA may rename it later.
    #[serde(with = "encoding::aid")]
    pub isd_aid: Aid,
    /// GlobalPlatform version as in the card recognition data, e.g. `[2, 1, 1]` [GPCS 2.3.1 §H.2].
    pub version: Vec<u8>,
    /// Option byte of the protocol for DES key sets that PUT KEY adds: of SCP01 if [`des_protocol`](Self::des_protocol) is 1.
    pub des_option: u8,
    /// Protocol for DES key sets that PUT KEY adds: 1 or 2.
    pub des_protocol: u8,
    /// Option byte of SCP03 for AES key sets that PUT KEY adds.
    pub aes_option: u8,
    /// Persistent memory, in bytes.
    pub memory: u32,
    /// Longest command data field that the card announces in tag 9F65, in bytes [GPCS 2.3.1 §11.9.3.1].
    pub block_size: u8,
    /// Life cycle state at birth: 01 `OP_READY`, 07 INITIALIZED, 0F SECURED [GPCS 2.3.1 §11.1.1].
    pub life_cycle: u8,
    /// Issuer identification number (tag 42), hex; none when empty.
    #[serde(with = "encoding::bytes")]
    pub iin: Vec<u8>,
    /// Card image number (tag 45), hex; none when empty.
    #[serde(with = "encoding::bytes")]
    pub cin: Vec<u8>,
    // The last field: images that were made before it was there are read with its default after what they have.
    /// The Java Card runtime environment.
    pub java_card: JavaCardProfile,
}

impl Default for Personality {
    fn default() -> Self {
        Self {
            atr: COOLKEY_ATR.to_vec(),
            cplc: Cplc::default(),
            isd_aid: ISD_AID_OPEN_PLATFORM,
            version: vec![2, 1, 1],
            des_option: 0x15,
            des_protocol: 2,
            aes_option: 0x70,
            memory: 128 * 1024,
            block_size: 0xFF,
            life_cycle: 0x07,
            iin: Vec::new(),
            cin: Vec::new(),
            java_card: JavaCardProfile::default(),
        }
    }
}

impl Personality {
    /// Key diversification data: the card's unique identifier, as TPS expects [`Cplc::cuid`].
    #[must_use]
    pub fn kdd(&self) -> [u8; 10] {
        self.cplc.cuid()
    }

    /// The protocol that a key set of PUT KEY speaks.
    ///
    /// # Errors
    /// When the options are none that this card speaks.
    pub fn protocol_of(&self, aes: bool) -> Result<Protocol, ProfileError> {
        let (id, i) = if aes { (3, self.aes_option) } else { (self.des_protocol, self.des_option) };
        Protocol::new(id, i).map_err(|_| ProfileError::UnsupportedProtocol { id, i })
    }

    fn check(&self) -> Result<(), ProfileError> {
        Atr::parse(&self.atr).map_err(|_| ProfileError::MalformedAtr)?;
        self.protocol_of(true)?;
        self.protocol_of(false)?;
        if !(MEMORY_MIN..=MEMORY_MAX).contains(&self.memory) {
            return Err(ProfileError::MemoryOutOfRange(self.memory));
        }
        if !matches!(self.life_cycle, 0x01 | 0x07 | 0x0F) {
            return Err(ProfileError::LifeCycleOutOfRange(self.life_cycle));
        }
        if self.block_size < 64
            || self.iin.len() > 16
            || self.cin.len() > 16
            || self.version.len() > 4
        {
            return Err(ProfileError::ValueOutOfRange);
        }
        self.java_card.check()
    }
}

/// What a card is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardProfile {
    /// What stays.
    pub personality: Personality,
    /// The keys that the issuer security domain is born with.
    pub key_sets: Vec<InitialKeySet>,
}

impl Default for CardProfile {
    /// A blank CoolKey that speaks SCP02 i=15 with key version 01 and the customary test keys.
    fn default() -> Self {
        Self { personality: Personality::default(), key_sets: vec![InitialKeySet::default()] }
    }
}

impl CardProfile {
    /// A card with one key set, version 01, of the customary test keys for this protocol.
    #[must_use]
    pub fn speaking(protocol: Protocol) -> Self {
        let mut profile =
            Self { key_sets: vec![InitialKeySet::test_keys(1, protocol)], ..Self::default() };
        let personality = &mut profile.personality;
        if protocol.id() == 3 {
            personality.aes_option = protocol.i();
        } else {
            (personality.des_protocol, personality.des_option) = (protocol.id(), protocol.i());
        }
        profile
    }

    /// The same profile with this card serial number.
    #[must_use]
    pub const fn with_serial(mut self, serial: u32) -> Self {
        self.personality.cplc.serial = serial;
        self
    }

    /// Checks what serde cannot.
    ///
    /// # Errors
    /// The first value that no card can have.
    pub fn check(&self) -> Result<(), ProfileError> {
        self.personality.check()?;
        if self.key_sets.is_empty() || self.key_sets.len() > KEY_SETS_MAX {
            return Err(ProfileError::KeySetCount(self.key_sets.len()));
        }
        self.key_sets.iter().try_for_each(|set| set.key_set().map(|_| ()))
    }
}

/// What is wrong with a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Between one and [`KEY_SETS_MAX`] key sets are needed.
    #[error("a card has 1 to {KEY_SETS_MAX} key sets at birth, not {0}")]
    KeySetCount(usize),
    /// A key has a length that does not fit the protocol of its set.
    #[error("the keys of key version {0:02X} do not fit its protocol")]
    KeysUnfit(u8),
    /// Not a state that a card is born in.
    #[error("a card is not born in life cycle state {0:02X}")]
    LifeCycleOutOfRange(u8),
    /// The ATR is not one.
    #[error("malformed ATR")]
    MalformedAtr,
    /// Memory size out of range.
    #[error("{0} bytes of memory are not between {MEMORY_MIN} and {MEMORY_MAX}")]
    MemoryOutOfRange(u32),
    /// This protocol or option is not implemented.
    #[error("secure channel protocol {id:02X} with option {i:02X} is not supported")]
    UnsupportedProtocol {
        /// Protocol identifier.
        id: u8,
        /// Option.
        i: u8,
    },
    /// Block size, IIN, CIN, version or a limit of the virtual machine out of range.
    #[error("block size, IIN, CIN, version or a limit of the virtual machine out of range")]
    ValueOutOfRange,
}
