//! The registry: the issuer security domain and the applications below it [GPCS 2.3.1 §6.4].

use std::collections::BTreeMap;

use iso7816::{Aid, StatusWord};
use serde::{Deserialize, Serialize};

use super::{load, save};
use crate::{
    encoding,
    image::ImageError,
    nvm::{Owner, WriteLog},
    profile::Personality,
};

const ISSUER_DOMAIN: &[u8] = b"isd";
const APPLICATION: u8 = b'e';

/// Bit of an application's life cycle that locks it [GPCS 2.3.1 §11.1.1].
pub(crate) const LOCKED: u8 = 0x80;
/// Card Reset privilege, in the first byte [GPCS 2.3.1 §6.6.1].
pub(crate) const CARD_RESET: u8 = 0x04;

/// The issuer security domain; its life cycle is the card's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssuerDomain {
    #[serde(with = "encoding::aid")]
    pub(crate) aid: Aid,
    pub(crate) life_cycle: u8,
    pub(crate) privileges: [u8; 3],
}

impl IssuerDomain {
    /// Card Reset and Final Application are the domain's; it manages content without tokens [GPCS 2.3.1 §6.6.2].
    pub(crate) const fn born(personality: &Personality) -> Self {
        Self {
            aid: personality.isd_aid,
            life_cycle: personality.life_cycle,
            privileges: [0x9E, 0xFE, 0x80],
        }
    }

    pub(crate) fn save(&self, log: &mut WriteLog) -> Result<(), StatusWord> {
        save(log, ISSUER_DOMAIN, self)
    }
}

/// An application instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Application {
    #[serde(with = "encoding::aid")]
    pub(crate) aid: Aid,
    #[serde(with = "encoding::aid")]
    pub(crate) load_file: Aid,
    #[serde(with = "encoding::aid")]
    pub(crate) module: Aid,
    pub(crate) life_cycle: u8,
    pub(crate) privileges: [u8; 3],
}

impl Application {
    pub(crate) const fn is_locked(&self) -> bool {
        self.life_cycle & LOCKED != 0
    }

    /// Installed, made selectable, not locked [GPCS 2.3.1 §6.4.2.1].
    pub(crate) const fn is_selectable(&self) -> bool {
        self.life_cycle & 0x07 == 0x07 && !self.is_locked()
    }

    pub(crate) const fn has_card_reset(&self) -> bool {
        self.privileges[0] & CARD_RESET != 0
    }
}

/// The registry as it stands in the records. Every change writes the record first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registry {
    pub(crate) isd: IssuerDomain,
    applications: BTreeMap<Aid, Application>,
}

impl Registry {
    pub(crate) fn load(log: &WriteLog) -> Result<Self, ImageError> {
        let isd = load(log, ISSUER_DOMAIN).ok_or(ImageError::Corrupt("no security domain"))?;
        let applications = log
            .keys_with_prefix(Owner::System, &[APPLICATION])
            .iter()
            .filter_map(|key| load::<Application>(log, key))
            .map(|application| (application.aid, application))
            .collect();
        Ok(Self { isd, applications })
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

    pub(crate) fn application(&self, aid: Aid) -> Option<&Application> {
        self.applications.get(&aid)
    }

    /// All applications, ascending by AID.
    pub(crate) fn applications(&self) -> impl Iterator<Item = &Application> {
        self.applications.values()
    }

    pub(crate) fn instances_of(&self, load_file: Aid) -> Vec<Aid> {
        let of_file = self.applications().filter(|entry| entry.load_file == load_file);
        of_file.map(|entry| entry.aid).collect()
    }

    /// The application that is selected by default, when it is not the issuer security domain [GPCS 2.3.1 §6.4.1].
    pub(crate) fn default_selected(&self) -> Option<Aid> {
        let default = |entry: &&Application| entry.has_card_reset() && entry.is_selectable();
        self.applications().find(default).map(|entry| entry.aid)
    }

    /// Writes an application, new or changed.
    pub(crate) fn put(
        &mut self,
        log: &mut WriteLog,
        application: Application,
    ) -> Result<(), StatusWord> {
        save(log, &application_key(application.aid), &application)?;
        self.applications.insert(application.aid, application);
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
        log.delete(Owner::System, &application_key(aid))?;
        self.applications.remove(&aid);
        Ok(())
    }
}

fn application_key(aid: Aid) -> Vec<u8> {
    let mut key = vec![APPLICATION];
    key.extend_from_slice(aid.as_bytes());
    key
}
