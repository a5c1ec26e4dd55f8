//! What kind of card it is: the profile that a card is made from, readable from TOML.
//!
//! [`Personality`] stays with the card for life and is part of its image; [`InitialKeySet`]s become records at birth and may change
//! afterwards.

mod algorithms;
mod card_profile;
mod content;
mod cplc;
mod error;
mod java_card;
mod keys;
mod level;
mod transmission;

use globalplatform::scp::Protocol;
use iso7816::{Aid, Atr};
use serde::{Deserialize, Serialize};

pub(crate) use self::keys::is_test_key;
pub use self::{
    algorithms::Algorithms,
    card_profile::CardProfile,
    content::{InitialApplication, InitialLoadFile},
    cplc::Cplc,
    error::ProfileError,
    java_card::JavaCardProfile,
    keys::{InitialKeySet, PutKeyRule},
    level::JavaCardLevel,
    transmission::Transmission,
};
use crate::{channel::CHANNEL_COUNT, encoding};

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
/// Shortest longest command, in bytes: a short command with 255 bytes of data and Le.
const COMMAND_LENGTH_MIN: u32 = 261;
/// Longest command there is, in bytes: an extended one with 65,535 bytes of data and Le [ISO 7816-4 §5.1].
const COMMAND_LENGTH_MAX: u32 = 65_544;
/// Longest data object that is given as a whole, in bytes: one that fits a short response.
const OBJECT_LENGTH_MAX: usize = 250;
/// Logical channels of a card whose profile does not say.
const CHANNELS_DEFAULT: u8 = 4;
/// What [`Personality::channels`] may be.
const CHANNELS_ALLOWED: &str = "1 to 20";
/// Length of key diversification data, in bytes.
pub(crate) const KDD_LENGTH: usize = 10;

/// What a card is, as long as it lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Personality {
    /// Answer to reset, hex.
    #[serde(with = "encoding::bytes")]
    pub atr: Vec<u8>,
    /// Answer to select of ISO 14443-4, hex; empty where the card has none, or nobody asks.
    #[serde(with = "encoding::bytes")]
    pub ats: Vec<u8>,
    /// Card production life cycle data.
    pub cplc: Cplc,
    /// AID of the issuer security domain, hex. STORE DATA may rename it later.
    #[serde(with = "encoding::aid")]
    pub isd_aid: Aid,
    /// GlobalPlatform version as in the card recognition data, e.g. `[2, 1, 1]` [GPCS 2.3.1 §H.2].
    pub version: Vec<u8>,
    /// Value of the card recognition data (tag 66), hex; made from the other fields when empty.
    #[serde(with = "encoding::bytes")]
    pub card_data: Vec<u8>,
    /// Value of the card capability information (tag 67), hex; made from the other fields when empty.
    #[serde(with = "encoding::bytes")]
    pub capabilities: Vec<u8>,
    /// Key diversification data, 10 bytes, hex; the unique identifier of the CPLC data when empty.
    #[serde(with = "encoding::bytes")]
    pub kdd: Vec<u8>,
    /// Option byte of the protocol for DES key sets that PUT KEY adds: of SCP01 if [`des_protocol`](Self::des_protocol) is 1.
    pub des_option: u8,
    /// Protocol for DES key sets that PUT KEY adds: 1 or 2.
    pub des_protocol: u8,
    /// Option byte of SCP03 for AES key sets that PUT KEY adds.
    pub aes_option: u8,
    /// Protocols for key sets that PUT KEY adds with certain versions; where none fits, the three fields above say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub put_key: Vec<PutKeyRule>,
    /// Persistent memory, in bytes.
    pub memory: u32,
    /// Longest command data field that the card announces in tag 9F65, in bytes [GPCS 2.3.1 §11.9.3.1].
    pub block_size: u8,
    /// Longest command that the card takes, header included, in bytes; a longer one is answered 6700. 261 is a card without extended
    /// length.
    pub command_length_max: u32,
    /// Logical channels, the basic one included.
    pub channels: u8,
    /// Life cycle state at birth: 01 `OP_READY`, 07 INITIALIZED, 0F SECURED [GPCS 2.3.1 §11.1.1].
    pub life_cycle: u8,
    /// Issuer identification number (tag 42), hex; none when empty.
    #[serde(with = "encoding::bytes")]
    pub iin: Vec<u8>,
    /// Card image number (tag 45), hex; none when empty.
    #[serde(with = "encoding::bytes")]
    pub cin: Vec<u8>,
    /// AIDs of the packages in ROM, hex, out of those that the emulator has; all of them when missing.
    #[serde(with = "encoding::optional_aids", skip_serializing_if = "Option::is_none")]
    pub rom: Option<Vec<Aid>>,
    /// The Java Card runtime environment.
    pub java_card: JavaCardProfile,
}

impl Default for Personality {
    fn default() -> Self {
        Self {
            atr: COOLKEY_ATR.to_vec(),
            ats: Vec::new(),
            cplc: Cplc::default(),
            isd_aid: ISD_AID_OPEN_PLATFORM,
            version: vec![2, 1, 1],
            card_data: Vec::new(),
            capabilities: Vec::new(),
            kdd: Vec::new(),
            des_option: 0x15,
            des_protocol: 2,
            aes_option: 0x70,
            put_key: Vec::new(),
            memory: 128 * 1024,
            block_size: 0xFF,
            command_length_max: COMMAND_LENGTH_MAX,
            channels: CHANNELS_DEFAULT,
            life_cycle: 0x07,
            iin: Vec::new(),
            cin: Vec::new(),
            rom: None,
            java_card: JavaCardProfile::default(),
        }
    }
}

impl Personality {
    /// Key diversification data, where they are not given: the card's unique identifier, as TPS expects [`Cplc::cuid`].
    #[must_use]
    pub fn kdd(&self) -> [u8; KDD_LENGTH] {
        self.kdd.as_slice().try_into().unwrap_or_else(|_| self.cplc.cuid())
    }

    /// The protocol that a key set of PUT KEY speaks, by its version and whether its keys are AES keys.
    ///
    /// # Errors
    /// When the options are none that this card speaks.
    pub fn protocol_of(&self, version: u8, aes: bool) -> Result<Protocol, ProfileError> {
        if let Some(rule) = self.put_key.iter().find(|rule| rule.fits(version, aes)) {
            return rule.speaks();
        }
        let (id, i) = if aes { (3, self.aes_option) } else { (self.des_protocol, self.des_option) };
        Protocol::new(id, i).map_err(|_| ProfileError::UnsupportedProtocol { id, i })
    }

    fn check(&self) -> Result<(), ProfileError> {
        let atr = Atr::parse(&self.atr).map_err(|_| ProfileError::MalformedAtr)?;
        self.java_card.protocol.check(&atr, &self.ats)?;
        // Version 00 is that of no rule.
        self.protocol_of(0, true)?;
        self.protocol_of(0, false)?;
        self.put_key.iter().try_for_each(|rule| rule.speaks().map(|_| ()))?;
        if !(MEMORY_MIN..=MEMORY_MAX).contains(&self.memory) {
            return Err(ProfileError::MemoryOutOfRange(self.memory));
        }
        if !matches!(self.life_cycle, 0x01 | 0x07 | 0x0F) {
            return Err(ProfileError::LifeCycleOutOfRange(self.life_cycle));
        }
        self.check_lengths()?;
        self.cplc.check()?;
        self.java_card.check()
    }

    /// One table: what must hold of the fields that are no more than numbers and bytes.
    fn check_lengths(&self) -> Result<(), ProfileError> {
        let lengths = COMMAND_LENGTH_MIN..=COMMAND_LENGTH_MAX;
        let rules = [
            (matches!(self.des_protocol, 1 | 2), "personality.des_protocol", "1 and 2"),
            (
                self.put_key.len() <= KEY_SETS_MAX
                    && self.put_key.iter().all(|rule| (1..=rule.last).contains(&rule.first)),
                "personality.put_key",
                "up to 16 rules, each with versions from 01, the first not after the last",
            ),
            (self.block_size >= 64, "personality.block_size", "64 to 255 bytes"),
            (
                lengths.contains(&self.command_length_max),
                "personality.command_length_max",
                "261 to 65544 bytes",
            ),
            (
                (1..=CHANNEL_COUNT).contains(&usize::from(self.channels)),
                "personality.channels",
                CHANNELS_ALLOWED,
            ),
            (self.iin.len() <= 16, "personality.iin", "up to 16 bytes"),
            (self.cin.len() <= 16, "personality.cin", "up to 16 bytes"),
            ((1..=4).contains(&self.version.len()), "personality.version", "1 to 4 numbers"),
            (self.card_data.len() <= OBJECT_LENGTH_MAX, "personality.card_data", "up to 250 bytes"),
            (
                self.capabilities.len() <= OBJECT_LENGTH_MAX,
                "personality.capabilities",
                "up to 250 bytes",
            ),
            (matches!(self.kdd.len(), 0 | KDD_LENGTH), "personality.kdd", "no byte or 10 bytes"),
        ];
        rules
            .into_iter()
            .try_for_each(|(holds, field, allowed)| ProfileError::unless(holds, field, allowed))
    }
}
