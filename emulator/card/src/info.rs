//! What a card tells about itself to the program that runs it: everything but the values of keys.

use globalplatform::{
    Key,
    data::{ApplicationState, CardState},
    describe::{key_type_name, protocol_name},
};
use iso7816::Aid;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    card::Card,
    domain::{DOMAIN_LOAD_FILE, DOMAIN_LOAD_FILE_VERSION, DOMAIN_MODULE},
    encoding,
    nvm::Owner,
    profile::is_test_key,
    state::{Application, Domain, KeySetRecord, StoredKey, key_sets},
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
    /// The same by name.
    pub life_cycle_name: String,
    /// Privileges of the issuer security domain that are in force.
    pub privileges: [u8; 3],
    /// The same by name.
    pub privilege_names: Vec<&'static str>,
    /// Installed applications and supplementary security domains.
    pub applications: Vec<ApplicationInfo>,
    /// Packages.
    pub load_files: Vec<LoadFileInfo>,
    /// Keys of all security domains.
    pub keys: Vec<KeyInfo>,
    /// Persistent memory.
    pub memory: MemoryInfo,
    /// Writes to persistent memory since the card was opened.
    pub writes: u64,
}

/// An installed application, or a supplementary security domain.
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
    /// AID of the security domain that it is associated with; a domain that is its own is the root of a hierarchy.
    #[serde(serialize_with = "encoding::aid::serialize")]
    pub domain: Aid,
    /// Life cycle state.
    pub life_cycle: u8,
    /// The same by name.
    pub life_cycle_name: String,
    /// Privileges [GPCS 2.3.1 §11.1.2].
    pub privileges: [u8; 3],
    /// The same by name.
    pub privilege_names: Vec<&'static str>,
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
    /// AID of the security domain that it is associated with.
    #[serde(serialize_with = "encoding::aid::serialize")]
    pub domain: Aid,
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
    /// AID of its security domain.
    #[serde(serialize_with = "encoding::aid::serialize")]
    pub domain: Aid,
    /// The secure channel protocol of its key set, e.g. `SCP02 i=15`.
    pub protocol: Option<String>,
    /// Key version number.
    pub version: u8,
    /// Key identifier.
    pub id: u8,
    /// Type of the first component: 80 DES, 88 AES, A1 RSA, B0 EC [GPCS 2.3.1 §11.1.8].
    pub kind: u8,
    /// The same by name.
    pub kind_name: String,
    /// Length of the first component, in bytes.
    pub length: usize,
    /// Check value of a symmetric key.
    pub check_value: Option<[u8; 3]>,
    /// Whether it is the customary test key, 40 41 42 and so on, which everybody knows.
    pub test_key: bool,
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
        let life_cycle = self.registry.isd.life_cycle;
        let privileges = self.registry.privileges_of(Domain::Issuer);
        CardInfo {
            atr: self.atr().to_vec(),
            cuid: self.personality.kdd().to_vec(),
            issuer_domain: self.registry.isd.aid,
            life_cycle,
            life_cycle_name: CardState::from_byte(life_cycle)
                .map_or("unknown", CardState::name)
                .to_owned(),
            privileges: privileges.to_bytes(),
            privilege_names: privileges.names(),
            applications: self.applications(),
            load_files: self.load_files(),
            keys: self.keys(),
            memory: self.memory(),
            writes: self.writes(),
        }
    }

    /// Installed applications and supplementary security domains, ascending by AID.
    #[must_use]
    pub fn applications(&self) -> Vec<ApplicationInfo> {
        self.registry
            .applications()
            .map(|entry| ApplicationInfo {
                aid: entry.aid,
                load_file: entry.load_file,
                module: entry.module,
                domain: self.registry.aid_of(entry.domain),
                life_cycle: entry.life_cycle,
                life_cycle_name: state_name(entry),
                privileges: entry.privileges,
                privilege_names: entry.privileges().names(),
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
            domain: self.domain_of(aid),
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
                    domain: self.domain_of(aid),
                    modules: vec![module.module()],
                    loaded: self.is_loaded(aid),
                    engine: Engine::Rom,
                }),
            }
        }
        files.push(LoadFileInfo {
            aid: DOMAIN_LOAD_FILE,
            version: DOMAIN_LOAD_FILE_VERSION,
            domain: self.domain_of(DOMAIN_LOAD_FILE),
            modules: vec![DOMAIN_MODULE],
            loaded: false,
            engine: Engine::Rom,
        });
        files
    }

    fn domain_of(&self, aid: Aid) -> Aid {
        self.registry.aid_of(self.registry.associated(aid))
    }

    /// Keys of the security domains, the issuer's first, by version and identifier.
    #[must_use]
    pub fn keys(&self) -> Vec<KeyInfo> {
        let supplementary = self.registry.applications().filter(|entry| entry.is_domain());
        let others = supplementary.map(|entry| Domain::Supplementary(entry.aid));
        let domains = core::iter::once(Domain::Issuer).chain(others);
        domains.flat_map(|domain| self.keys_of(domain)).collect()
    }

    fn keys_of(&self, domain: Domain) -> impl Iterator<Item = KeyInfo> {
        let aid = self.registry.aid_of(domain);
        key_sets(&self.log, domain).flat_map(move |set| {
            let counter = KeySetRecord::counter(&self.log, domain, set.version);
            let protocol =
                set.protocol().map(|protocol| protocol_name(protocol.id(), protocol.i()));
            let info = |key: &StoredKey| {
                let (kind, length) = key.shape().first().copied().unwrap_or_default();
                let value = key.key();
                KeyInfo {
                    domain: aid,
                    protocol: protocol.clone(),
                    version: set.version,
                    id: key.id,
                    kind,
                    kind_name: key_type_name(kind),
                    length,
                    check_value: value.as_ref().map(Key::check_value),
                    test_key: value.is_some_and(|key| is_test_key(&key)),
                    counter,
                }
            };
            set.keys().iter().map(info).collect::<Vec<_>>()
        })
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

    /// SHA-256 over everything that the card keeps: two cards with the same modules and the same fingerprint answer the same.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (owner, key, value) in self.log.records() {
            for part in [&owner.to_bytes(), key, value] {
                hash.update(part.len().to_be_bytes());
                hash.update(part);
            }
        }
        hash.finalize().into()
    }

    /// What the card is made of, as its image holds it.
    #[must_use]
    pub const fn personality(&self) -> &crate::profile::Personality {
        &self.personality
    }
}

/// The name of a life cycle state; only security domains are PERSONALIZED.
fn state_name(entry: &Application) -> String {
    let state = ApplicationState(entry.life_cycle);
    if entry.is_domain() || state.unlocked() != ApplicationState::PERSONALIZED {
        return state.to_string();
    }
    let locked = if state.is_locked() { ", LOCKED" } else { "" };
    format!("application state 0F{locked}")
}
