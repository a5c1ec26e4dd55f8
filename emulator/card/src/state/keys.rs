//! Key sets of security domains, and their sequence counters.
//!
//! A set is one record, so that no set is ever half changed. Its counter is another, written each time a channel is opened.

use globalplatform::{
    data::{self, KeyAccess, KeyAttributes, KeyInformation, KeyUsage},
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
/// Key versions for other purposes: tokens, receipts, load file signatures, load file encryption. A set of one of them is the default
/// one only where there is no other.
const OTHER_PURPOSES: core::ops::RangeInclusive<u8> = 0x70..=0x7F;
/// Types of components: public point, reference of a curve [GPCS 2.3.1 §11.1.8].
const POINT: u8 = 0xB0;
const REFERENCE: u8 = 0xF0;
/// First byte of an uncompressed point, which key information does not count [GPCS 2.3.1 §11.3.3.1.1].
const UNCOMPRESSED: u8 = 0x04;

/// Usage and access of a key in the record of its set: identifier, usage, access.
type RecordedAttributes = (u8, u16, Option<u8>);

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
    /// Usage and access, where they were told. The record of the set has them at its end: sets that were written before have none.
    #[serde(skip)]
    pub(crate) attributes: Option<KeyAttributes>,
}

impl StoredKey {
    /// A symmetric key.
    pub(crate) fn symmetric(id: u8, key: &Key) -> Self {
        let kind = key.algorithm().key_type();
        Self::of(id, vec![Component { kind, value: key.bytes().to_vec() }])
    }

    /// A key of these components.
    pub(crate) const fn of(id: u8, components: Vec<Component>) -> Self {
        Self { id, components, attributes: None }
    }

    /// The same key, with what was told of its usage and access.
    pub(crate) fn with_attributes(self, attributes: Option<KeyAttributes>) -> Self {
        Self { attributes, ..self }
    }

    /// The value of the component of a type.
    pub(crate) fn component(&self, kind: u8) -> Option<&[u8]> {
        self.components.iter().find(|part| part.kind == kind).map(|part| part.value.as_slice())
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

    /// Whether it may take the place of another one: the same components of the same lengths, on the same curve
    /// [GPCS 2.3.1 §11.8.2.3.3].
    pub(crate) fn may_replace(&self, other: &Self) -> bool {
        self.shape() == other.shape() && self.component(REFERENCE) == other.component(REFERENCE)
    }

    /// What the domain tells of it: the parameters of its curve are left out, the curve that it refers to is there instead of a length
    /// [GPCS 2.3.1 §11.3.3.1.1].
    fn information(&self, version: u8) -> KeyInformation {
        let told = self.components.iter().filter(|part| !matches!(part.kind, 0xB2..=0xB7));
        let part = |part: &Component| data::KeyPart {
            key_type: part.kind,
            length: match (part.kind, part.value.as_slice()) {
                (REFERENCE, [reference]) => (*reference).into(),
                (POINT, [UNCOMPRESSED, coordinates @ ..]) => length_of(coordinates),
                (_, value) => length_of(value),
            },
        };
        let (parts, attributes) = (told.map(part).collect(), self.attributes);
        KeyInformation { key_index: self.id, key_version: version, parts, attributes }
    }

    /// Type and length of each component.
    pub(crate) fn shape(&self) -> Vec<(u8, usize)> {
        self.components.iter().map(|part| (part.kind, part.value.len())).collect()
    }
}

fn length_of(value: &[u8]) -> u16 {
    u16::try_from(value.len()).unwrap_or(u16::MAX)
}

/// All keys of one version.
#[derive(Clone)]
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
        let (owner, key) = (domain.owner(), [KEY_SET, version]);
        let before = || {
            load_of(log, owner, &key)
                .map(|(version, protocol, keys)| (version, protocol, keys, Vec::new()))
        };
        let recorded: Option<(_, _, Vec<StoredKey>, Vec<RecordedAttributes>)> =
            load_of(log, owner, &key).or_else(before);
        let (version, protocol, mut keys, attributes) = recorded?;
        for (id, usage, access) in attributes {
            let usage = KeyUsage::from_bits_retain(usage);
            let attributes = KeyAttributes { usage, access: access.map(KeyAccess) };
            for key in keys.iter_mut().filter(|key| key.id == id) {
                key.attributes = Some(attributes);
            }
        }
        Some(Self { version, protocol, keys })
    }

    pub(crate) fn save(&self, log: &mut WriteLog, domain: Domain) -> Result<(), StatusWord> {
        let owner = domain.owner();
        if self.keys.is_empty() {
            log.delete(owner, &[COUNTER, self.version])?;
            return Ok(log.delete(owner, &[KEY_SET, self.version])?);
        }
        let attributes = self.keys.iter().filter_map(|key| {
            let KeyAttributes { usage, access } = key.attributes?;
            Some((key.id, usage.bits(), access.map(|access| access.0)))
        });
        let attributes: Vec<RecordedAttributes> = attributes.collect();
        let record = (self.version, self.protocol, &self.keys, attributes);
        save_of(log, owner, &[KEY_SET, self.version], &record)
    }

    /// What the domain tells of its keys.
    pub(crate) fn information(&self) -> impl Iterator<Item = KeyInformation> {
        self.keys.iter().map(|key| key.information(self.version))
    }

    /// Whether the keys of a secure channel are for the domain itself, or for its applications [GPCS 2.3.1 §7.5.2].
    pub(crate) fn admits(&self, applications: bool) -> bool {
        let channel = self.keys.iter().filter(|key| CHANNEL_KEYS.contains(&key.id));
        let mut told = channel.filter_map(|key| key.attributes?.access);
        if applications {
            told.all(KeyAccess::admits_applications)
        } else {
            told.all(KeyAccess::admits_security_domain)
        }
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

/// The set that key version 00 stands for: the first complete one, and one of a version for other purposes only if it has to be.
pub(crate) fn default_key_set(log: &WriteLog, domain: Domain) -> Option<KeySetRecord> {
    let complete = |set: &KeySetRecord| set.channel_keys().is_some();
    let for_channels = |set: &KeySetRecord| !OTHER_PURPOSES.contains(&set.version);
    let mut first = key_sets(log, domain).filter(for_channels);
    first.find(complete).or_else(|| key_sets(log, domain).find(complete))
}
