//! Which keys a card has: key sets, key versions, master keys, schemes.

use std::collections::{BTreeMap, BTreeSet};

use globalplatform::{Diversification, Key, KeySet};
use keys::{KeyKind, KeyProvider, KeyUse, KeysError, RsaPadding};
use token_management::subsystem::tks::TransportAlgorithm;

/// The well-known developer key, 40 to 4F, which cards have from the factory.
const DEVELOPER_KEY: [u8; 16] = [
    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F,
];
/// Key versions that Dogtag takes for developer keys.
const DEVELOPER_VERSIONS: [u8; 2] = [0x01, 0xFF];

/// Configuration of TKS.
#[derive(Clone, Debug)]
pub struct TksConfig {
    /// Key sets by name, e.g. `defKeySet`.
    pub key_sets: BTreeMap<String, KeySetConfig>,
    /// DRM's public key, where there is a DRM.
    pub drm: Option<DrmTransport>,
    /// How private keys travel to a card that speaks SCP03; the others always get triple DES.
    pub scp03_transport: TransportAlgorithm,
}

impl Default for TksConfig {
    fn default() -> Self {
        Self {
            key_sets: BTreeMap::from([("defKeySet".to_owned(), KeySetConfig::default())]),
            drm: None,
            scp03_transport: TransportAlgorithm::AesKeyWrapPadded,
        }
    }
}

/// DRM's end of the transport keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrmTransport {
    /// DER of the SubjectPublicKeyInfo of DRM's transport certificate: RSA.
    pub public_key: Vec<u8>,
    /// How keys are padded for it.
    pub padding: RsaPadding,
}

/// One key set configuration: the cards of one supplier.
#[derive(Clone, Debug)]
pub struct KeySetConfig {
    /// Keys that cards have from the factory.
    pub developer: Option<DeveloperKeys>,
    /// Master keys by key version.
    pub masters: BTreeMap<u8, MasterKey>,
    /// What master keys are diversified by.
    pub card_data: CardData,
}

impl Default for KeySetConfig {
    /// Developer keys, and no master key yet.
    fn default() -> Self {
        Self {
            developer: Some(DeveloperKeys::default()),
            masters: BTreeMap::new(),
            card_data: CardData::default(),
        }
    }
}

/// Well-known keys.
#[derive(Clone, Debug)]
pub struct DeveloperKeys {
    /// The keys, triple DES; under SCP03 their bytes are AES-128 keys.
    pub keys: KeySet,
    /// The key versions that stand for them. A master key of the same version goes before.
    pub versions: BTreeSet<u8>,
    /// How they are diversified for SCP01 and SCP02; Dogtag: not at all.
    pub des_scheme: Diversification,
    /// How they are diversified for SCP03; Dogtag as shipped: EMV, factory cards of others: not at all.
    pub scp03_scheme: Diversification,
}

impl Default for DeveloperKeys {
    fn default() -> Self {
        Self {
            keys: KeySet::same(&Key::des3(DEVELOPER_KEY)),
            versions: BTreeSet::from(DEVELOPER_VERSIONS),
            des_scheme: Diversification::None,
            scp03_scheme: Diversification::None,
        }
    }
}

/// A master key and what is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKey {
    /// Its name in the key provider.
    pub name: String,
    /// The diversification scheme; never [`Diversification::None`].
    pub scheme: Diversification,
}

/// What a card's keys are derived from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CardData {
    /// The key diversification data of INITIALIZE UPDATE's answer.
    #[default]
    Kdd,
    /// The CUID (Dogtag's `nistSP800-108KdfUseCuidAsKdd`).
    Cuid,
}

/// The scheme of this name: `none`, `emv`, `visa2`, `kdf3`, `nist` or `gpkmc`.
#[must_use]
pub fn scheme_from_name(name: &str) -> Option<Diversification> {
    Diversification::named(name)
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The provider does not have the master key.
    #[error("key set {key_set}, version {version:02X}: {source}")]
    MasterKey {
        /// The key set.
        key_set: String,
        /// The key version.
        version: u8,
        /// What the provider says.
        source: KeysError,
    },
    /// The scheme does not work with the kind of key.
    #[error("key set {key_set}, version {version:02X}: {kind} does not go with the scheme")]
    Scheme {
        /// The key set.
        key_set: String,
        /// The key version.
        version: u8,
        /// The kind of key.
        kind: KeyKind,
    },
}

impl TksConfig {
    /// Makes sure that every master key is there and fits its scheme.
    ///
    /// # Errors
    /// [`ConfigError`] for the first that does not.
    pub fn check(&self, provider: &impl KeyProvider) -> Result<(), ConfigError> {
        for (key_set, config) in &self.key_sets {
            for (version, master) in &config.masters {
                let (key_set, version) = (key_set.clone(), *version);
                let description = match provider.description(&master.name) {
                    Ok(description) => description,
                    Err(source) => return Err(ConfigError::MasterKey { key_set, version, source }),
                };
                if !fits(master.scheme, description.kind) {
                    let kind = description.kind;
                    return Err(ConfigError::Scheme { key_set, version, kind });
                }
            }
        }
        Ok(())
    }
}

fn fits(scheme: Diversification, kind: KeyKind) -> bool {
    let aes = matches!(kind, KeyKind::MasterAes128 | KeyKind::MasterAes256);
    kind.purpose() == KeyUse::Diversify
        && match scheme {
            Diversification::None => false,
            Diversification::Emv | Diversification::Visa2 => kind == KeyKind::MasterDes3,
            Diversification::Kdf3 | Diversification::DogtagCmac => aes,
            Diversification::DogtagNist => true,
        }
}
