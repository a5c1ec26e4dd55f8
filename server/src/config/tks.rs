//! Key sets of cards, as the configuration file names them.

use std::collections::BTreeMap;

use globalplatform::Diversification;
use keys::{KeyKind, RsaPadding};
use serde::{Deserialize, Serialize};
use tks::{CardData, DeveloperKeys, DrmTransport, KeySetConfig, MasterKey, TksConfig};
use token_management::subsystem::tks::TransportAlgorithm;

use crate::error::ServerError;

/// The token key service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TksSettings {
    /// Key sets, by the name that TPS uses.
    pub key_sets: BTreeMap<String, KeySetSettings>,
}

impl Default for TksSettings {
    fn default() -> Self {
        Self { key_sets: BTreeMap::from([("defKeySet".to_owned(), KeySetSettings::default())]) }
    }
}

/// The cards of one supplier.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeySetSettings {
    /// Whether the well-known developer keys (40 to 4F) are accepted for key versions 01 and FF.
    pub developer_keys: bool,
    /// How developer keys are diversified for SCP01 and SCP02.
    pub developer_scheme: String,
    /// How developer keys are diversified for SCP03.
    pub developer_scheme_scp03: String,
    /// Whether keys are derived from the CUID instead of the key diversification data.
    pub use_cuid: bool,
    /// Master keys; those that are not there are made at the next start.
    pub masters: Vec<MasterKeySettings>,
}

impl Default for KeySetSettings {
    fn default() -> Self {
        Self {
            developer_keys: true,
            developer_scheme: "none".to_owned(),
            developer_scheme_scp03: "none".to_owned(),
            use_cuid: false,
            masters: vec![
                MasterKeySettings::new(2, "tks-master-02", MasterKind::Des3, "nist"),
                MasterKeySettings::new(3, "tks-master-03", MasterKind::Aes128, "kdf3"),
            ],
        }
    }
}

/// A master key and what is done with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MasterKeySettings {
    /// Key version number of the cards' key sets that are derived from it.
    pub version: u8,
    /// Its name among the server's keys.
    pub name: String,
    /// What kind of key it is.
    pub kind: MasterKind,
    /// The diversification scheme: `emv`, `visa2`, `kdf3`, `nist` or `gpkmc`.
    pub scheme: String,
}

/// Kinds of master keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MasterKind {
    /// Two-key triple DES.
    Des3,
    /// AES with 128 bits.
    Aes128,
    /// AES with 256 bits.
    Aes256,
}

impl From<MasterKind> for KeyKind {
    fn from(kind: MasterKind) -> Self {
        match kind {
            MasterKind::Des3 => Self::MasterDes3,
            MasterKind::Aes128 => Self::MasterAes128,
            MasterKind::Aes256 => Self::MasterAes256,
        }
    }
}

impl MasterKeySettings {
    fn new(version: u8, name: &str, kind: MasterKind, scheme: &str) -> Self {
        Self { version, name: name.to_owned(), kind, scheme: scheme.to_owned() }
    }
}

fn scheme(path: &str, name: &str) -> Result<Diversification, ServerError> {
    tks::scheme_from_name(name).ok_or_else(|| {
        ServerError::Config(format!(
            "{path}: '{name}' is none of none, emv, visa2, kdf3, nist, gpkmc"
        ))
    })
}

impl TksSettings {
    /// The master keys, for [`keys::KeyProvider::ensure_keys`].
    #[must_use]
    pub fn wanted_keys(&self) -> Vec<(&str, KeyKind)> {
        let masters = self.key_sets.values().flat_map(|key_set| &key_set.masters);
        let mut wanted: Vec<_> =
            masters.map(|master| (master.name.as_str(), KeyKind::from(master.kind))).collect();
        wanted.sort_unstable_by_key(|(name, _)| *name);
        wanted.dedup_by_key(|(name, _)| *name);
        wanted
    }

    pub(super) fn validate(&self) -> Result<(), ServerError> {
        self.key_sets.iter().try_for_each(|(name, key_set)| key_set.domain(name).map(drop))
    }

    /// What TKS is opened with; `drm` is the public key of DRM and the padding for it.
    ///
    /// # Errors
    /// [`ServerError::Config`] for an unknown scheme, or a key version that is there twice.
    pub fn domain(&self, drm: (Vec<u8>, RsaPadding)) -> Result<TksConfig, ServerError> {
        let key_sets = self
            .key_sets
            .iter()
            .map(|(name, key_set)| Ok((name.clone(), key_set.domain(name)?)))
            .collect::<Result<_, ServerError>>()?;
        let (public_key, padding) = drm;
        Ok(TksConfig {
            key_sets,
            drm: Some(DrmTransport { public_key, padding }),
            scp03_transport: TransportAlgorithm::AesKeyWrapPadded,
        })
    }
}

impl KeySetSettings {
    fn domain(&self, name: &str) -> Result<KeySetConfig, ServerError> {
        let path = format!("tks.key_sets.{name}");
        let des_scheme = scheme(&format!("{path}.developer_scheme"), &self.developer_scheme)?;
        let scp03_path = format!("{path}.developer_scheme_scp03");
        let scp03_scheme = scheme(&scp03_path, &self.developer_scheme_scp03)?;
        let developer = self.developer_keys.then(|| DeveloperKeys {
            des_scheme,
            scp03_scheme,
            ..DeveloperKeys::default()
        });
        let card_data = if self.use_cuid { CardData::Cuid } else { CardData::Kdd };
        Ok(KeySetConfig { developer, masters: self.masters(&path)?, card_data })
    }

    fn masters(&self, path: &str) -> Result<BTreeMap<u8, MasterKey>, ServerError> {
        let path = format!("{path}.masters");
        let mut masters = BTreeMap::new();
        for master in &self.masters {
            let scheme = scheme(&path, &master.scheme)?;
            if scheme == Diversification::None {
                let text = format!("{path}: '{}' needs a diversification scheme", master.name);
                return Err(ServerError::Config(text));
            }
            let key = MasterKey { name: master.name.clone(), scheme };
            if masters.insert(master.version, key).is_some() {
                let text = format!("{path}: key version {} is there twice", master.version);
                return Err(ServerError::Config(text));
            }
        }
        Ok(masters)
    }
}
