//! The registry: security domains, applications and load files, and which domain each is associated with [GPCS 2.3.1 §6.4].

mod entry;
mod hierarchy;

use std::collections::BTreeMap;

use globalplatform::data::Privileges;
use iso7816::{Aid, StatusWord};

pub(crate) use self::entry::{
    Application, DomainTraits, IssuerDomain, LOCKED, LoadFileEntry, Quotas,
};
use super::{Domain, load, save};
use crate::{
    image::ImageError,
    nvm::{Allotment, Owner, WriteLog},
};

const ISSUER_DOMAIN: &[u8] = b"isd";
const APPLICATION: u8 = b'e';
const LOAD_FILE: u8 = b'f';
/// Most application instances and supplementary security domains.
pub(crate) const APPLICATIONS_MAX: usize = 128;

/// The registry as it stands in the records. Every change writes the record first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registry {
    pub(crate) isd: IssuerDomain,
    applications: BTreeMap<Aid, Application>,
    load_files: BTreeMap<Aid, LoadFileEntry>,
}

impl Registry {
    pub(crate) fn load(log: &mut WriteLog) -> Result<Self, ImageError> {
        let isd = IssuerDomain::load(log).ok_or(ImageError::Corrupt("no security domain"))?;
        let keys = log.keys_with_prefix(Owner::System, &[APPLICATION]);
        let applications = keys.iter().filter_map(|key| Application::load(log, key));
        let keys = log.keys_with_prefix(Owner::System, &[LOAD_FILE]);
        let load_files = keys.iter().filter_map(|key| load::<LoadFileEntry>(log, key));
        let registry = Self {
            isd,
            applications: applications.map(|entry| (entry.aid, entry)).collect(),
            load_files: load_files.map(|entry| (entry.aid, entry)).collect(),
        };
        log.forget_allotments();
        for entry in registry.applications() {
            log.allot(entry.owner(), entry.quotas.allotment());
        }
        Ok(registry)
    }

    /// Changes the issuer security domain.
    pub(crate) fn put_domain(
        &mut self,
        log: &mut WriteLog,
        domain: IssuerDomain,
    ) -> Result<(), StatusWord> {
        domain.save(log)?;
        self.isd = domain;
        Ok(())
    }

    /// An application or a supplementary security domain.
    pub(crate) fn application(&self, aid: Aid) -> Option<&Application> {
        self.applications.get(&aid)
    }

    /// All applications and supplementary security domains, ascending by AID.
    pub(crate) fn applications(&self) -> impl Iterator<Item = &Application> {
        self.applications.values()
    }

    pub(crate) fn instances_of(&self, load_file: Aid) -> Vec<Aid> {
        let of_file = self.applications().filter(|entry| entry.load_file == load_file);
        of_file.map(|entry| entry.aid).collect()
    }

    /// What is recorded of a load file; of one in ROM that nobody moved there is nothing.
    pub(crate) fn load_file(&self, aid: Aid) -> Option<&LoadFileEntry> {
        self.load_files.get(&aid)
    }

    /// The application that is selected by default, when it is not the issuer security domain [GPCS 2.3.1 §6.4.1].
    pub(crate) fn default_selected(&self) -> Option<Aid> {
        let holds = |entry: &&Application| entry.has(Privileges::CARD_RESET);
        self.applications().find(holds).filter(|entry| entry.is_selectable()).map(|entry| entry.aid)
    }

    /// Writes an application, new or changed.
    pub(crate) fn put(
        &mut self,
        log: &mut WriteLog,
        application: Application,
    ) -> Result<(), StatusWord> {
        save(log, &entry_key(APPLICATION, application.aid), &application)?;
        log.allot(application.owner(), application.quotas.allotment());
        self.applications.insert(application.aid, application);
        Ok(())
    }

    /// Writes what is known of a load file.
    pub(crate) fn put_load_file(
        &mut self,
        log: &mut WriteLog,
        entry: LoadFileEntry,
    ) -> Result<(), StatusWord> {
        save(log, &entry_key(LOAD_FILE, entry.aid), &entry)?;
        self.load_files.insert(entry.aid, entry);
        Ok(())
    }

    /// Changes the life cycle state of an application.
    pub(crate) fn set_life_cycle(
        &mut self,
        log: &mut WriteLog,
        aid: Aid,
        life_cycle: u8,
    ) -> Result<(), StatusWord> {
        let entry = self.application(aid).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let changed = Application { life_cycle, ..entry.clone() };
        self.put(log, changed)
    }

    pub(crate) fn remove(&mut self, log: &mut WriteLog, aid: Aid) -> Result<(), StatusWord> {
        log.delete(Owner::System, &entry_key(APPLICATION, aid))?;
        if let Some(entry) = self.applications.remove(&aid) {
            log.allot(entry.owner(), Allotment::default());
        }
        Ok(())
    }

    pub(crate) fn remove_load_file(
        &mut self,
        log: &mut WriteLog,
        aid: Aid,
    ) -> Result<(), StatusWord> {
        log.delete(Owner::System, &entry_key(LOAD_FILE, aid))?;
        self.load_files.remove(&aid);
        Ok(())
    }
}

fn entry_key(kind: u8, aid: Aid) -> Vec<u8> {
    let mut key = vec![kind];
    key.extend_from_slice(aid.as_bytes());
    key
}
