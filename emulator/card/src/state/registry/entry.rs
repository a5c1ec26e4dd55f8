//! Entries of the registry: what the card keeps of a domain, an application, a load file.

use globalplatform::data::{APPLICATION_LOCKED, ApplicationState, Privileges};
use iso7816::{Aid, StatusWord};
use serde::{Deserialize, Serialize};

use super::{Domain, ISSUER_DOMAIN, load, save};
use crate::{
    encoding,
    nvm::{Allotment, Owner, WriteLog},
    profile::Personality,
};

/// Bit of an application's life cycle that locks it [GPCS 2.3.1 §11.1.1].
pub(crate) const LOCKED: u8 = APPLICATION_LOCKED;

/// The issuer security domain; its life cycle is the card's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssuerDomain {
    #[serde(with = "encoding::aid")]
    pub(crate) aid: Aid,
    pub(crate) life_cycle: u8,
    pub(crate) privileges: [u8; 3],
    /// What the card does not do any more, whoever asks: bits of tag D9 [GPCS 2.3.1 §11.5.2.3.7].
    pub(crate) restrictions: u8,
}

/// The issuer security domain as images kept it before there were restrictions.
#[derive(Deserialize)]
struct IssuerDomainBefore {
    #[serde(with = "encoding::aid")]
    aid: Aid,
    life_cycle: u8,
    privileges: [u8; 3],
}

impl IssuerDomain {
    /// Card Reset and Final Application are the domain's; it manages content without tokens [GPCS 2.3.1 §6.6.2].
    pub(crate) const fn born(personality: &Personality) -> Self {
        Self {
            aid: personality.isd_aid,
            life_cycle: personality.life_cycle,
            privileges: [0x9E, 0xFE, 0x80],
            restrictions: 0,
        }
    }

    pub(super) fn load(log: &WriteLog) -> Option<Self> {
        load(log, ISSUER_DOMAIN).or_else(|| {
            let IssuerDomainBefore { aid, life_cycle, privileges } = load(log, ISSUER_DOMAIN)?;
            Some(Self { aid, life_cycle, privileges, restrictions: 0 })
        })
    }

    pub(crate) fn save(&self, log: &mut WriteLog) -> Result<(), StatusWord> {
        save(log, ISSUER_DOMAIN, self)
    }
}

/// Memory that an application may use, and that is kept for it, in bytes [GPCS 2.3.1 §11.5.2.3.7, tags C7, C8, D7, D8].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quotas {
    /// C7: most volatile memory.
    pub(crate) volatile: Option<u32>,
    /// C8: most persistent memory.
    pub(crate) persistent: Option<u32>,
    /// D7: volatile memory that nobody else gets.
    pub(crate) reserved_volatile: Option<u32>,
    /// D8: persistent memory that nobody else gets.
    pub(crate) reserved_persistent: Option<u32>,
}

impl Quotas {
    /// What they say of persistent memory.
    pub(crate) fn allotment(&self) -> Allotment {
        let bytes = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
        Allotment {
            quota: self.persistent.map(bytes),
            reserved: self.reserved_persistent.map_or(0, bytes),
        }
    }
}

/// What a supplementary security domain was told when it was made [UICC Configuration 1.0.1 §7].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DomainTraits {
    /// 81: the secure channel protocols it speaks, with their options; empty: those of the card.
    pub(crate) protocols: Vec<(u8, u8)>,
    /// 82: whether it takes what is extradited to it.
    pub(crate) refuses_extradition_here: bool,
    /// 87: whether it lets go what is associated with it.
    pub(crate) refuses_extradition_away: bool,
    /// 83: whether what is associated with it may be deleted by another.
    pub(crate) refuses_deletion: bool,
}

/// An application instance or a supplementary security domain.
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
    /// The domain it is associated with; a domain extradited to itself is its own [GPCS 2.3.1 §7.2].
    pub(crate) domain: Domain,
    /// CF: interfaces and channels on which it is selected by itself.
    pub(crate) implicit_selection: Vec<u8>,
    pub(crate) quotas: Quotas,
    /// D9: what it may not do any more.
    pub(crate) restrictions: u8,
    /// A0: contactless registry data, kept as they came [AmdC].
    pub(crate) contactless: Vec<u8>,
    /// Only of a security domain.
    pub(crate) traits: DomainTraits,
}

/// An application as images kept it while there was one security domain.
#[derive(Deserialize)]
struct ApplicationBefore {
    #[serde(with = "encoding::aid")]
    aid: Aid,
    #[serde(with = "encoding::aid")]
    load_file: Aid,
    #[serde(with = "encoding::aid")]
    module: Aid,
    life_cycle: u8,
    privileges: [u8; 3],
}

impl Application {
    /// An application in state INSTALLED.
    pub(crate) fn installed(aid: Aid, load_file: Aid, module: Aid, domain: Domain) -> Self {
        Self {
            aid,
            load_file,
            module,
            life_cycle: ApplicationState::INSTALLED.0,
            privileges: [0; 3],
            domain,
            implicit_selection: Vec::new(),
            quotas: Quotas::default(),
            restrictions: 0,
            contactless: Vec::new(),
            traits: DomainTraits::default(),
        }
    }

    pub(super) fn load(log: &WriteLog, key: &[u8]) -> Option<Self> {
        load(log, key).or_else(|| {
            let ApplicationBefore { aid, load_file, module, life_cycle, privileges } =
                load(log, key)?;
            let entry = Self::installed(aid, load_file, module, Domain::Issuer);
            Some(Self { life_cycle, privileges, ..entry })
        })
    }

    /// Whose its records are.
    pub(crate) fn owner(&self) -> Owner {
        if self.is_domain() { Owner::Domain(self.aid) } else { Owner::Instance(self.aid) }
    }

    pub(crate) const fn is_locked(&self) -> bool {
        self.life_cycle & LOCKED != 0
    }

    /// Installed, made selectable, not locked [GPCS 2.3.1 §6.4.2.1].
    pub(crate) const fn is_selectable(&self) -> bool {
        self.life_cycle & 0x07 == 0x07 && !self.is_locked()
    }

    pub(crate) fn privileges(&self) -> Privileges {
        Privileges::parse(&self.privileges).unwrap_or(Privileges::empty())
    }

    pub(crate) fn has(&self, privilege: Privileges) -> bool {
        self.privileges().contains(privilege)
    }

    /// Whether it is a security domain.
    pub(crate) fn is_domain(&self) -> bool {
        self.has(Privileges::SECURITY_DOMAIN)
    }
}

/// What the registry keeps of a load file, beside its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoadFileEntry {
    #[serde(with = "encoding::aid")]
    pub(crate) aid: Aid,
    /// The domain it is associated with.
    pub(crate) domain: Domain,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::MemoryImage;

    const AID: [u8; 5] = [0xA0, 0, 0, 0, 1];

    /// A sequence of values is what a record was, too.
    fn log_with(key: &[u8], record: &impl Serialize) -> WriteLog {
        let mut log = WriteLog::open(Box::new(MemoryImage::default())).unwrap();
        save(&mut log, key, record).unwrap();
        log
    }

    #[test]
    fn entries_of_images_with_one_domain_are_read() {
        let aid = AID.to_vec();
        let log = log_with(b"e", &(aid.clone(), aid.clone(), aid, 0x07_u8, [4_u8, 0, 0]));
        let entry = Application::load(&log, b"e").unwrap();
        let expected = Aid::new(&AID).unwrap();
        let installed = Application::installed(expected, expected, expected, Domain::Issuer);
        assert_eq!(entry, Application { life_cycle: 0x07, privileges: [4, 0, 0], ..installed });
        let log = log_with(ISSUER_DOMAIN, &(AID.to_vec(), 0x0F_u8, [0x9E_u8, 0xFE, 0x80]));
        let domain = IssuerDomain::load(&log).unwrap();
        assert_eq!((domain.aid, domain.life_cycle, domain.restrictions), (expected, 0x0F, 0));
    }

    #[test]
    fn entries_of_today_are_read_as_they_were_written() {
        let aid = Aid::new(&AID).unwrap();
        let mut entry = Application::installed(aid, aid, aid, Domain::Supplementary(aid));
        entry.quotas.persistent = Some(100);
        entry.traits.protocols = vec![(3, 0x70)];
        let log = log_with(b"e", &entry);
        assert_eq!(Application::load(&log, b"e"), Some(entry));
    }
}
