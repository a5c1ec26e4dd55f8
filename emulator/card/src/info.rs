//! What a card tells about itself to the program that runs it: everything but the values of keys.

use iso7816::Aid;
use serde::Serialize;

use crate::{
    card::Card,
    domain::{DOMAIN_LOAD_FILE, DOMAIN_LOAD_FILE_VERSION, DOMAIN_MODULE},
    encoding,
    nvm::Owner,
    state::{Domain, KeySetRecord, key_sets},
};

/// A card, as its owner may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardInfo {
    /// Answer to reset.
    #[serde(serialize_with = "encoding::bytes::serialize")]
    pub atr: Vec<u8>,
    /// Unique identifier: fabricator, type, batch, serial.
    #[serde(serialize_with = "encoding::bytes::serialize")]
    pub cuid: Vec<u8>,
    /// AID of the issuer security domain.
    #[serde(serialize_with = "encoding::aid::serialize")]
    pub issuer_domain: Aid,
    /// Life cycle state of the card [GPCS 2.3.1 §11.1.1].
    pub life_cycle: u8,
    /// Installed applications.
    pub applications: Vec<ApplicationInfo>,
    /// Packages.
    pub load_files: Vec<LoadFileInfo>,
    /// Keys of the issuer security domain.
    pub keys: Vec<KeyInfo>,
    /// Persistent memory.
    pub memory: MemoryInfo,
    /// Writes to persistent memory since the card was opened.
    pub writes: u64,
}

/// An installed application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApplicationInfo {
    /// AID of the instance.
    #[serde(serialize_with = "encoding::aid::serialize")]
    pub aid: Aid,
    /// AID of its package.
    #[serde(serialize_with = "encoding::aid::serialize")]
    pub load_file: Aid,
    /// AID of its module.
    #[serde(serialize_with = "encoding::aid::serialize")]
    pub module: Aid,
    /// Life cycle state.
    pub life_cycle: u8,
    /// Privileges [GPCS 2.3.1 §11.1.2].
    pub privileges: [u8; 3],
    /// Whether it is selected on a logical channel now.
    pub selected: bool,
}

/// A package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoadFileInfo {
    /// AID of the package.
    #[serde(serialize_with = "encoding::aid::serialize")]
    pub aid: Aid,
    /// Version, major then minor.
    pub version: [u8; 2],
    /// AIDs of its modules.
    #[serde(serialize_with = "encoding::aids::serialize")]
    pub modules: Vec<Aid>,
    /// Whether it was loaded, rather than being in ROM only.
    pub loaded: bool,
    /// What runs it.
    pub engine: Engine,
}

/// What runs a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Engine {
    /// Code in the card's ROM, whatever the bytes of a load file of the same AID.
    Rom,
    /// The virtual machine.
    VirtualMachine,
}

/// A key: where it is and how to recognise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// Key version number.
    pub version: u8,
    /// Key identifier.
    pub id: u8,
    /// Type of the first component: 80 DES, 88 AES, A1 RSA, B0 EC [GPCS 2.3.1 §11.1.8].
    pub kind: u8,
    /// Length of the first component, in bytes.
    pub length: usize,
    /// Check value of a symmetric key.
    pub check_value: Option<[u8; 3]>,
    /// Sequence counter of the key set.
    pub counter: u32,
}

/// Persistent memory, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryInfo {
    /// All of it.
    pub capacity: usize,
    /// What records occupy.
    pub used: usize,
    /// What the records of each owner occupy.
    pub by_owner: Vec<(String, usize)>,
}

impl Card {
    /// Everything at once.
    #[must_use]
    pub fn info(&self) -> CardInfo {
        CardInfo {
            atr: self.atr().to_vec(),
            cuid: self.personality.kdd().to_vec(),
            issuer_domain: self.registry.isd.aid,
            life_cycle: self.registry.isd.life_cycle,
            applications: self.applications(),
            load_files: self.load_files(),
            keys: self.keys(),
            memory: self.memory(),
            writes: self.writes(),
        }
    }

    /// Installed applications, ascending by AID.
    #[must_use]
    pub fn applications(&self) -> Vec<ApplicationInfo> {
        self.registry
            .applications()
            .map(|entry| ApplicationInfo {
                aid: entry.aid,
                load_file: entry.load_file,
                module: entry.module,
                life_cycle: entry.life_cycle,
                privileges: entry.privileges,
                selected: self.is_selected(entry.aid),
            })
            .collect()
    }

    /// Packages: those of the virtual machine, then those in ROM in the order of the modules that the card was made with, last
    /// the one that makes security domains.
    #[must_use]
    pub fn load_files(&self) -> Vec<LoadFileInfo> {
        let in_machine = self.java.packages().map(|(aid, version, modules)| LoadFileInfo {
            aid,
            version,
            modules,
            loaded: true,
            engine: Engine::VirtualMachine,
        });
        let mut files: Vec<LoadFileInfo> = in_machine.collect();
        let in_rom = self.modules.iter();
        for module in in_rom.filter(|module| self.java.package(module.load_file()).is_none()) {
            let aid = module.load_file();
            match files.iter_mut().find(|file| file.aid == aid) {
                Some(file) => file.modules.push(module.module()),
                None => files.push(LoadFileInfo {
                    aid,
                    version: module.version(),
                    modules: vec![module.module()],
                    loaded: self.is_loaded(aid),
                    engine: Engine::Rom,
                }),
            }
        }
        files.push(LoadFileInfo {
            aid: DOMAIN_LOAD_FILE,
            version: DOMAIN_LOAD_FILE_VERSION,
            modules: vec![DOMAIN_MODULE],
            loaded: false,
            engine: Engine::Rom,
        });
        files
    }

    /// Keys of the issuer security domain, by version and identifier.
    #[must_use]
    pub fn keys(&self) -> Vec<KeyInfo> {
        key_sets(&self.log, Domain::Issuer)
            .flat_map(|set| {
                let counter = KeySetRecord::counter(&self.log, Domain::Issuer, set.version);
                let info = |key: &crate::state::StoredKey| {
                    let (kind, length) = key.shape().first().copied().unwrap_or_default();
                    KeyInfo {
                        version: set.version,
                        id: key.id,
                        kind,
                        length,
                        check_value: key.key().map(|key| key.check_value()),
                        counter,
                    }
                };
                set.keys().iter().map(info).collect::<Vec<_>>()
            })
            .collect()
    }

    /// How the persistent memory is used.
    #[must_use]
    pub fn memory(&self) -> MemoryInfo {
        let by_owner =
            self.log.owners().map(|owner: Owner| (owner.to_string(), self.log.used_by(owner)));
        MemoryInfo {
            capacity: self.log.capacity(),
            used: self.log.used(),
            by_owner: by_owner.collect(),
        }
    }

    /// Writes to persistent memory since the card was opened: puts, deletes and commit marks.
    #[must_use]
    pub const fn writes(&self) -> u64 {
        self.log.writes()
    }

    /// What the card is made of, as its image holds it.
    #[must_use]
    pub const fn personality(&self) -> &crate::profile::Personality {
        &self.personality
    }
}
