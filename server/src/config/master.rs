//! Key sets and master keys, as the file has them.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use keys::KeyKind;
use serde::{Deserialize, Serialize};
use tks::{CardData, DeveloperKeys, KeySetConfig, MasterKey, scheme_from_name};
use token_management::subsystem::tks::TransportAlgorithm;

/// The table `[tks]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TksFile {
    /// How private keys travel to cards that speak SCP03: `aes_key_wrap` or `aes_cbc`.
    pub scp03_transport: String,
    /// Key sets by name.
    pub key_sets: BTreeMap<String, KeySetFile>,
}

impl Default for TksFile {
    fn default() -> Self {
        Self {
            scp03_transport: "aes_key_wrap".to_owned(),
            key_sets: BTreeMap::from([("defKeySet".to_owned(), KeySetFile::default())]),
        }
    }
}

/// One key set: the cards of one supplier.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeySetFile {
    /// Whether cards with the well-known developer keys (40 to 4F, versions 01 and FF) are accepted.
    pub developer_keys: bool,
    /// How developer keys are diversified under SCP03: `none`, or `emv` as Dogtag is shipped.
    pub developer_scp03_scheme: String,
    /// What master keys are diversified by: `kdd` or `cuid`.
    pub card_data: String,
    /// Master keys, made when they are not there.
    pub masters: Vec<MasterKeyFile>,
}

impl Default for KeySetFile {
    fn default() -> Self {
        Self {
            developer_keys: true,
            developer_scp03_scheme: "none".to_owned(),
            card_data: "kdd".to_owned(),
            masters: vec![
                MasterKeyFile {
                    version: 0x02,
                    name: "tks-master-02".to_owned(),
                    kind: "des3".to_owned(),
                    scheme: "nist".to_owned(),
                },
                MasterKeyFile {
                    version: 0x03,
                    name: "tks-master-03".to_owned(),
                    kind: "aes128".to_owned(),
                    scheme: "kdf3".to_owned(),
                },
            ],
        }
    }
}

/// One master key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MasterKeyFile {
    /// Key version number of the card keys that are derived from it.
    pub version: u8,
    /// Its name among the server's keys.
    pub name: String,
    /// `des3`, `aes128` or `aes256`.
    pub kind: String,
    /// `emv`, `visa2`, `kdf3`, `nist` or `gpkmc`.
    pub scheme: String,
}

impl MasterKeyFile {
    fn kind(&self) -> anyhow::Result<KeyKind> {
        Ok(match self.kind.as_str() {
            "des3" => KeyKind::MasterDes3,
            "aes128" => KeyKind::MasterAes128,
            "aes256" => KeyKind::MasterAes256,
            other => bail!("master key {}: no kind {other:?}", self.name),
        })
    }

    fn master(&self) -> anyhow::Result<MasterKey> {
        let scheme = scheme_from_name(&self.scheme)
            .with_context(|| format!("master key {}: no scheme {:?}", self.name, self.scheme))?;
        Ok(MasterKey { name: self.name.clone(), scheme })
    }
}

impl KeySetFile {
    fn key_set(&self) -> anyhow::Result<KeySetConfig> {
        let developer = if self.developer_keys {
            let scp03_scheme = scheme_from_name(&self.developer_scp03_scheme)
                .with_context(|| format!("no scheme {:?}", self.developer_scp03_scheme))?;
            Some(DeveloperKeys { scp03_scheme, ..DeveloperKeys::default() })
        } else {
            None
        };
        let card_data = match self.card_data.as_str() {
            "kdd" => CardData::Kdd,
            "cuid" => CardData::Cuid,
            other => bail!("card_data: {other:?} is neither kdd nor cuid"),
        };
        let mut masters = BTreeMap::new();
        for file in &self.masters {
            file.kind()?;
            let taken = masters.insert(file.version, file.master()?);
            ensure!(taken.is_none(), "key version {:02X} has two master keys", file.version);
        }
        Ok(KeySetConfig { developer, masters, card_data })
    }
}

impl TksFile {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        self.key_sets()?;
        self.transport()?;
        Ok(())
    }

    /// The key sets as TKS takes them.
    ///
    /// # Errors
    /// The first that is not understood.
    pub fn key_sets(&self) -> anyhow::Result<BTreeMap<String, KeySetConfig>> {
        self.key_sets
            .iter()
            .map(|(name, file)| {
                let key_set = file.key_set().with_context(|| format!("key_sets.{name}"))?;
                Ok((name.clone(), key_set))
            })
            .collect()
    }

    /// How private keys travel under SCP03.
    ///
    /// # Errors
    /// An unknown name.
    pub fn transport(&self) -> anyhow::Result<TransportAlgorithm> {
        Ok(match self.scp03_transport.as_str() {
            "aes_key_wrap" => TransportAlgorithm::AesKeyWrapPadded,
            "aes_cbc" => TransportAlgorithm::AesCbc,
            "des3_cbc" => TransportAlgorithm::Des3Cbc,
            other => bail!("scp03_transport: {other:?} is not aes_key_wrap, aes_cbc or des3_cbc"),
        })
    }

    /// The master keys that are made at the first start, by name and kind.
    ///
    /// # Errors
    /// A kind that is not understood.
    pub fn wanted_keys(&self) -> anyhow::Result<Vec<(&str, KeyKind)>> {
        let masters = self.key_sets.values().flat_map(|key_set| &key_set.masters);
        masters.map(|file| Ok((file.name.as_str(), file.kind()?))).collect()
    }
}
