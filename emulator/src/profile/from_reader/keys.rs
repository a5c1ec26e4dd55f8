//! Key sets from what a card tells of its keys: version, type and length, never a value.

use std::collections::BTreeMap;

use card::{InitialKeySet, Personality, profile::KEY_SETS_MAX};
use globalplatform::data::{CardRecognitionData, KeyInformation, parse_key_information};
use globalplatform::{KeyAlgorithm, Protocol};

/// Key types [GPCS 2.3.1 §11.1.8]: DES in its three namings, AES.
const DES_TYPES: core::ops::RangeInclusive<u8> = 0x80..=0x82;
const AES_TYPE: u8 = 0x88;
/// Identifiers of the keys of a secure channel.
const CHANNEL_KEYS: [u8; 3] = [1, 2, 3];
/// Versions that are customary for SCP01 and SCP02.
const SCP01_VERSIONS: core::ops::RangeInclusive<u8> = 0x10..=0x1F;
const SCP02_VERSIONS: core::ops::RangeInclusive<u8> = 0x20..=0x2F;
/// The sequence counter of SCP03, in bytes; that of SCP02 has two.
const SCP03_COUNTER_LENGTH: usize = 3;
/// Options where the card names none.
const SCP01_OPTION: u8 = 0x05;
const SCP02_OPTION: u8 = 0x15;
const SCP03_OPTION: u8 = 0x00;
const SCP03_PSEUDO_RANDOM_OPTION: u8 = 0x10;

/// The card's own words on its secure channels.
pub(super) struct Channels<'c> {
    pub(super) recognition: Option<&'c CardRecognitionData>,
    /// Length of the sequence counter of its default key set, if it tells one, in bytes.
    pub(super) counter_length: Option<usize>,
}

impl Channels<'_> {
    /// The key sets that the profile gets: those of complete secure channel keys, with test keys in the place of the card's.
    pub(super) fn key_sets(
        &self,
        information: Option<&[u8]>,
        notes: &mut Vec<String>,
    ) -> Vec<InitialKeySet> {
        let keys = information.and_then(|bytes| parse_key_information(bytes).ok());
        let mut sets = Vec::new();
        for (version, kind) in by_version(keys.as_deref().unwrap_or_default(), notes) {
            match self.protocol(version, kind, notes) {
                Some(protocol) if sets.len() < KEY_SETS_MAX => {
                    sets.push(InitialKeySet::test_keys_of(version, protocol, kind));
                }
                _ => notes.push(format!("key version {version:02X} is left out")),
            }
        }
        if sets.is_empty() {
            notes.push("no secure channel keys in the key information (E0); a guess".to_owned());
            let kind = if self.speaks(3) { KeyAlgorithm::Aes128 } else { KeyAlgorithm::Des3 };
            let protocol = self.protocol(1, kind, notes);
            sets.extend(protocol.map(|protocol| InitialKeySet::test_keys_of(1, protocol, kind)));
        }
        sets
    }

    fn named(&self) -> &[(u8, u32)] {
        self.recognition.map_or(&[], |recognition| &recognition.channels)
    }

    fn speaks(&self, id: u8) -> bool {
        self.named().iter().any(|(known, _)| *known == id)
    }

    /// The protocol of a key set: what the card names for its kind of key, and of several the one that is customary for the version.
    fn protocol(
        &self,
        version: u8,
        kind: KeyAlgorithm,
        notes: &mut Vec<String>,
    ) -> Option<Protocol> {
        let fits = |id: u8| if kind.is_aes() { id == 3 } else { matches!(id, 1 | 2) };
        let customary = match version {
            version if SCP01_VERSIONS.contains(&version) => 1,
            version if SCP02_VERSIONS.contains(&version) => 2,
            _ => 0,
        };
        let named = || self.named().iter().filter(|(id, _)| fits(*id));
        let of_version = named().find(|(id, _)| *id == customary).or_else(|| named().next());
        let (id, option) = of_version.copied().unwrap_or_else(|| self.usual(kind));
        let protocol = u8::try_from(option).ok().and_then(|option| Protocol::new(id, option).ok());
        protocol.or_else(|| {
            let usual = self.usual_option(id);
            notes.push(format!(
                "SCP{id:02X} with option {option:02X} is not supported here; key version {version:02X} gets option {usual:02X}"
            ));
            Protocol::new(id, usual).ok()
        })
    }

    /// What cards speak that name nothing.
    fn usual(&self, kind: KeyAlgorithm) -> (u8, u32) {
        let id = match (kind.is_aes(), self.counter_length) {
            (true, _) => 3,
            (false, Some(_)) => 2,
            (false, None) => 1,
        };
        (id, u32::from(self.usual_option(id)))
    }

    fn usual_option(&self, id: u8) -> u8 {
        match id {
            1 => SCP01_OPTION,
            2 => SCP02_OPTION,
            _ if self.counter_length == Some(SCP03_COUNTER_LENGTH) => SCP03_PSEUDO_RANDOM_OPTION,
            _ => SCP03_OPTION,
        }
    }
}

/// The versions whose keys make a secure channel, with the kind of the keys.
fn by_version(keys: &[KeyInformation], notes: &mut Vec<String>) -> Vec<(u8, KeyAlgorithm)> {
    let mut versions: BTreeMap<u8, Vec<&KeyInformation>> = BTreeMap::new();
    for key in keys {
        versions.entry(key.key_version).or_default().push(key);
    }
    let mut found = Vec::new();
    for (version, keys) in versions {
        let usable = matches!(version, 0x01..=0x7F | 0xFF);
        match kind_of_set(&keys).filter(|_| usable) {
            Some(kind) => found.push((version, kind)),
            None => notes.push(format!(
                "the keys of version {version:02X} are none of a secure channel and are left out"
            )),
        }
    }
    found
}

/// The kind of the three keys of a secure channel, if it is one.
fn kind_of_set(keys: &[&KeyInformation]) -> Option<KeyAlgorithm> {
    let mut kinds = CHANNEL_KEYS.iter().map(|id| {
        let key = keys.iter().find(|key| key.key_index == *id)?;
        kind_of(key)
    });
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

/// What kind of key it is, if one of a secure channel.
fn kind_of(key: &KeyInformation) -> Option<KeyAlgorithm> {
    let [part] = key.parts.as_slice() else { return None };
    match part.key_type {
        kind if DES_TYPES.contains(&kind) => Some(KeyAlgorithm::Des3).filter(|_| part.length == 16),
        AES_TYPE => KeyAlgorithm::aes(usize::from(part.length)).ok(),
        _ => None,
    }
}

/// PUT KEY adds key sets of the protocols that the card has, the first of its kind before the others.
pub(super) fn put_key_options(personality: &mut Personality, key_sets: &[InitialKeySet]) {
    for set in key_sets.iter().rev() {
        if set.protocol == 3 {
            personality.aes_option = set.option;
        } else {
            (personality.des_protocol, personality.des_option) = (set.protocol, set.option);
        }
    }
}
