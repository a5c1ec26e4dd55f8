//! Key sets of security domains, and their sequence counters.
//!
//! A set is one record, so that no set is ever half changed. Its counter is another, written each time a channel is opened.

use globalplatform::{
    key::{Key, KeyAlgorithm, KeySet},
    scp::Protocol,
};
use iso7816::StatusWord;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Domain, load_of, save_of};
use crate::{authority::KeyPart, nvm::WriteLog};

const KEY_SET: u8 = b'k';
const COUNTER: u8 = b'n';

/// Key identifiers of a secure channel set: encryption, MAC, data encryption.
const CHANNEL_KEYS: [u8; 3] = [1, 2, 3];

/// One part of a key: a type byte and its value [GPCS 2.3.1 §11.1.8].
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Component {
    pub(crate) kind: u8,
    pub(crate) value: Vec<u8>,
}

/// A key with its identifier: one secret component, or the components of a public key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredKey {
    pub(crate) id: u8,
    pub(crate) components: Vec<Component>,
}

impl StoredKey {
    /// A symmetric key.
    pub(crate) fn symmetric(id: u8, key: &Key) -> Self {
        let kind = key.algorithm().key_type();
        Self { id, components: vec![Component { kind, value: key.bytes().to_vec() }] }
    }

    /// A public key of clear components.
    pub(crate) fn public(id: u8, components: Vec<(u8, Vec<u8>)>) -> Self {
        let component = |(kind, value)| Component { kind, value };
        Self { id, components: components.into_iter().map(component).collect() }
    }

    /// The symmetric key, when it is one.
    pub(crate) fn key(&self) -> Option<Key> {
        let [Component { kind, value }] = self.components.as_slice() else { return None };
        match kind {
            0x80 => Key::new(KeyAlgorithm::Des3, value).ok(),
            0x88 => Key::aes(value).ok(),
            _ => None,
        }
    }

    /// Its components, as types and values.
    pub(crate) fn parts(&self) -> Vec<KeyPart<'_>> {
        self.components.iter().map(|part| (part.kind, part.value.as_slice())).collect()
    }

    /// Type and length of each component, as in the key information template [GPCS 2.3.1 §11.3.3.1.1].
    pub(crate) fn shape(&self) -> Vec<(u8, usize)> {
        self.components.iter().map(|part| (part.kind, part.value.len())).collect()
    }
}

/// All keys of one version.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeySetRecord {
    pub(crate) version: u8,
    protocol: (u8, u8),
    keys: Vec<StoredKey>,
}

impl KeySetRecord {
    pub(crate) const fn new(version: u8, protocol: Protocol) -> Self {
        Self { version, protocol: (protocol.id(), protocol.i()), keys: Vec::new() }
    }

    pub(crate) fn of(version: u8, protocol: Protocol, set: &KeySet) -> Self {
        let mut record = Self::new(version, protocol);
        let keyed = CHANNEL_KEYS.into_iter().zip(set.in_order());
        record.keys = keyed.map(|(id, key)| StoredKey::symmetric(id, key)).collect();
        record
    }

    pub(crate) fn load(log: &WriteLog, domain: Domain, version: u8) -> Option<Self> {
        load_of(log, domain.owner(), &[KEY_SET, version])
    }

    pub(crate) fn save(&self, log: &mut WriteLog, domain: Domain) -> Result<(), StatusWord> {
        let owner = domain.owner();
        if self.keys.is_empty() {
            log.delete(owner, &[COUNTER, self.version])?;
            return Ok(log.delete(owner, &[KEY_SET, self.version])?);
        }
        save_of(log, owner, &[KEY_SET, self.version], self)
    }

    pub(crate) fn keys(&self) -> &[StoredKey] {
        &self.keys
    }

    pub(crate) fn key(&self, id: u8) -> Option<&StoredKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Adds a key, or puts it in the place of the one with its identifier.
    pub(crate) fn put(&mut self, key: StoredKey) {
        self.remove(key.id);
        self.keys.push(key);
        self.keys.sort_by_key(|key| key.id);
    }

    pub(crate) fn clear(&mut self) {
        self.keys.clear();
    }

    pub(crate) fn remove(&mut self, id: u8) {
        self.keys.retain(|key| key.id != id);
    }

    pub(crate) fn protocol(&self) -> Option<Protocol> {
        Protocol::new(self.protocol.0, self.protocol.1).ok()
    }

    /// The keys of a secure channel, when the set is complete and fits its protocol.
    pub(crate) fn channel_keys(&self) -> Option<(Protocol, KeySet)> {
        let protocol = self.protocol()?;
        let [enc, mac, dek] = if protocol.base_key() { [1; 3] } else { CHANNEL_KEYS };
        let key = |id| self.key(id)?.key();
        let set = KeySet::new(key(enc)?, key(mac)?, key(dek)?);
        protocol.accepts(set.algorithm()?).then_some((protocol, set))
    }

    /// The sequence counter; 0 before the first session and after a change of the keys.
    pub(crate) fn counter(log: &WriteLog, domain: Domain, version: u8) -> u32 {
        load_of(log, domain.owner(), &[COUNTER, version]).unwrap_or(0)
    }

    /// Stores the counter and commits it: no power failure takes it back.
    pub(crate) fn advance_counter(
        log: &mut WriteLog,
        domain: Domain,
        version: u8,
        counter: u32,
    ) -> Result<(), StatusWord> {
        save_of(log, domain.owner(), &[COUNTER, version], &counter)?;
        Ok(log.commit()?)
    }

    pub(crate) fn reset_counter(
        log: &mut WriteLog,
        domain: Domain,
        version: u8,
    ) -> Result<(), StatusWord> {
        Ok(log.delete(domain.owner(), &[COUNTER, version])?)
    }
}

/// The versions of all key sets of a domain, ascending.
pub(crate) fn key_set_versions(log: &WriteLog, domain: Domain) -> Vec<u8> {
    let keys = log.keys_with_prefix(domain.owner(), &[KEY_SET]);
    keys.iter().filter_map(|key| key.get(1).copied()).collect()
}

/// All key sets of a domain, ascending by version.
pub(crate) fn key_sets(log: &WriteLog, domain: Domain) -> impl Iterator<Item = KeySetRecord> {
    let versions = key_set_versions(log, domain).into_iter();
    versions.filter_map(move |version| KeySetRecord::load(log, domain, version))
}

/// The set that key version 00 stands for: the first complete one.
pub(crate) fn default_key_set(log: &WriteLog, domain: Domain) -> Option<KeySetRecord> {
    key_sets(log, domain).find(|set| set.channel_keys().is_some())
}
