//! A whole profile: what stays with the card, and what it is born with.

use globalplatform::scp::Protocol;
use iso7816::Aid;
use serde::{Deserialize, Serialize};

use super::{
    InitialApplication, InitialKeySet, InitialLoadFile, KEY_SETS_MAX, Personality, ProfileError,
    content, keys,
};
use crate::encoding;

/// What a card is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CardProfile {
    /// What kind of card it is, for whoever chooses a profile.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// AID of the application that has Card Reset, and so is selected when power comes on; hex, one of
    /// [`applications`](Self::applications).
    #[serde(with = "encoding::optional_aid", skip_serializing_if = "Option::is_none")]
    pub default_applet: Option<Aid>,
    /// What stays.
    pub personality: Personality,
    /// The keys that the issuer security domain is born with.
    pub key_sets: Vec<InitialKeySet>,
    /// Load files that are on the card when it is issued. Whoever makes the card reads the files: [`Card::create`](crate::Card::create)
    /// does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load_files: Vec<InitialLoadFile>,
    /// Applications that are on the card when it is issued, in the order in which they are installed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<InitialApplication>,
}

impl Default for CardProfile {
    /// A blank CoolKey that speaks SCP02 i=15 with key version 01 and the customary test keys.
    fn default() -> Self {
        Self {
            description: String::new(),
            default_applet: None,
            personality: Personality::default(),
            key_sets: vec![InitialKeySet::default()],
            load_files: Vec::new(),
            applications: Vec::new(),
        }
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
        keys::check(&self.key_sets)?;
        content::check(&self.load_files, &self.applications, self.default_applet)
    }
}
