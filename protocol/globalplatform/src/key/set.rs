//! The three keys that open a secure channel.

use super::{Key, KeyAlgorithm};

/// Static keys of one key version of a security domain [GPCS 2.3.1 §E.1.3, AmdD 1.1.1 §6.1].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// Secure channel encryption key, key identifier 1. The base key where SCP02 has one key only.
    pub enc: Key,
    /// Secure channel message authentication key, key identifier 2.
    pub mac: Key,
    /// Data encryption key (key encryption key), key identifier 3.
    pub dek: Key,
}

impl KeySet {
    /// A key set from its three keys.
    #[must_use]
    pub const fn new(enc: Key, mac: Key, dek: Key) -> Self {
        Self { enc, mac, dek }
    }

    /// A set of three equal keys: what cards come with from the factory, or a single base key.
    #[must_use]
    pub fn same(key: &Key) -> Self {
        Self::new(key.clone(), key.clone(), key.clone())
    }

    /// The algorithm, where all three keys have the same.
    #[must_use]
    pub fn algorithm(&self) -> Option<KeyAlgorithm> {
        let algorithm = self.enc.algorithm();
        (self.mac.algorithm() == algorithm && self.dek.algorithm() == algorithm)
            .then_some(algorithm)
    }

    /// The keys in the order of their identifiers 1 to 3.
    #[must_use]
    pub const fn in_order(&self) -> [&Key; 3] {
        [&self.enc, &self.mac, &self.dek]
    }

    /// The set with odd parity in all DES keys; see [`Key::with_odd_parity`].
    #[must_use]
    pub fn with_odd_parity(self) -> Self {
        self.map(Key::with_odd_parity)
    }

    /// The set with DES keys taken as AES-128 keys; see [`Key::into_aes`].
    #[must_use]
    pub fn into_aes(self) -> Self {
        self.map(Key::into_aes)
    }

    fn map(self, each: impl Fn(Key) -> Key) -> Self {
        Self::new(each(self.enc), each(self.mac), each(self.dek))
    }
}
