//! The keys that a card is born with.

use core::fmt;

use globalplatform::{
    key::{Key, KeyAlgorithm, KeySet},
    scp::Protocol,
};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{KEY_SETS_MAX, ProfileError};
use crate::encoding;

/// The test key that cards are customarily delivered with, and how it goes on where keys are longer.
const LONG_TEST_KEY: [u8; 32] = *b"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_";
/// The test key of 16 bytes: 40 to 4F.
const TEST_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";

/// The bytes of a key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct KeyBytes(#[serde(with = "encoding::bytes")] Vec<u8>);

/// A key set of a profile. Its keys are shown by nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InitialKeySet {
    /// Key version number: 01 to 7F, or FF for initial keys that the first PUT KEY replaces.
    pub version: u8,
    /// Secure channel protocol: 1, 2 or 3.
    pub protocol: u8,
    /// Option `i` of the protocol.
    pub option: u8,
    enc: KeyBytes,
    mac: KeyBytes,
    dek: KeyBytes,
}

/// Whether it is the test key of its length.
pub(crate) fn is_test_key(key: &Key) -> bool {
    let test = LONG_TEST_KEY.get(..key.bytes().len());
    test.and_then(|test| Key::new(key.algorithm(), test).ok()).is_some_and(|test| test == *key)
}

impl Default for InitialKeySet {
    /// Key version 01, SCP02 i=15, test keys.
    fn default() -> Self {
        Self::from_parts(1, 2, 0x15, [&TEST_KEY; 3])
    }
}

impl InitialKeySet {
    fn from_parts(version: u8, protocol: u8, option: u8, keys: [&[u8]; 3]) -> Self {
        let [enc, mac, dek] = keys.map(|key| KeyBytes(key.to_vec()));
        Self { version, protocol, option, enc, mac, dek }
    }

    /// A set of these keys.
    #[must_use]
    pub fn new(version: u8, protocol: Protocol, keys: &KeySet) -> Self {
        Self::from_parts(version, protocol.id(), protocol.i(), keys.in_order().map(Key::bytes))
    }

    /// A set of three customary test keys, 16 bytes each.
    #[must_use]
    pub fn test_keys(version: u8, protocol: Protocol) -> Self {
        Self::from_parts(version, protocol.id(), protocol.i(), [&TEST_KEY; 3])
    }

    /// A set of three test keys of this kind: 40 41 42 and so on, as long as they have to be.
    #[must_use]
    pub fn test_keys_of(version: u8, protocol: Protocol, algorithm: KeyAlgorithm) -> Self {
        let key = LONG_TEST_KEY.get(..algorithm.key_length()).unwrap_or(&TEST_KEY);
        Self::from_parts(version, protocol.id(), protocol.i(), [key; 3])
    }

    /// The keys with their protocol.
    ///
    /// # Errors
    /// `UnsupportedProtocol`, or `KeysUnfit` when a key has the wrong length or the version is 00 or 80 to FE.
    pub fn key_set(&self) -> Result<(Protocol, KeySet), ProfileError> {
        let (id, i) = (self.protocol, self.option);
        let protocol =
            Protocol::new(id, i).map_err(|_| ProfileError::UnsupportedProtocol { id, i })?;
        if !matches!(self.version, 0x01..=0x7F | 0xFF) {
            return Err(ProfileError::KeysUnfit(self.version));
        }
        let key = |bytes: &[u8]| {
            match id {
                3 => Key::aes(bytes),
                _ => Key::new(KeyAlgorithm::Des3, bytes),
            }
            .map_err(|_| ProfileError::KeysUnfit(self.version))
        };
        let set = KeySet::new(key(&self.enc.0)?, key(&self.mac.0)?, key(&self.dek.0)?);
        set.algorithm().ok_or(ProfileError::KeysUnfit(self.version))?;
        Ok((protocol, set))
    }
}

impl fmt::Debug for InitialKeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, protocol, option, .. } = self;
        write!(f, "InitialKeySet(version {version:02X}, SCP{protocol:02X} i={option:02X})")
    }
}

/// Key sets of one domain: each good, no version twice.
pub(super) fn check(sets: &[InitialKeySet]) -> Result<(), ProfileError> {
    if sets.len() > KEY_SETS_MAX {
        return Err(ProfileError::KeySetCount(sets.len()));
    }
    for (index, set) in sets.iter().enumerate() {
        set.key_set()?;
        if sets.iter().skip(index + 1).any(|other| other.version == set.version) {
            return Err(ProfileError::KeyVersionTwice(set.version));
        }
    }
    Ok(())
}

/// What key sets that PUT KEY adds speak, by their version: customary is SCP01 for 10 to 1F, SCP02 for 20 to 2F, SCP03 for 30 to 3F.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutKeyRule {
    /// First version.
    pub first: u8,
    /// Last version.
    pub last: u8,
    /// Secure channel protocol: 1, 2 or 3.
    pub protocol: u8,
    /// Option `i` of the protocol.
    pub option: u8,
}

impl PutKeyRule {
    /// The protocol.
    ///
    /// # Errors
    /// `UnsupportedProtocol`.
    pub fn speaks(self) -> Result<Protocol, ProfileError> {
        let Self { protocol: id, option: i, .. } = self;
        Protocol::new(id, i).map_err(|_| ProfileError::UnsupportedProtocol { id, i })
    }

    /// Whether it is about sets of this version and kind.
    pub(super) fn fits(self, version: u8, aes: bool) -> bool {
        (self.first..=self.last).contains(&version) && aes == (self.protocol == 3)
    }
}
