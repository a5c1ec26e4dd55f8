//! Which domain stands over what [GPCS 2.3.1 §7.2].

use globalplatform::data::Privileges;
use iso7816::Aid;

use super::{APPLICATIONS_MAX, Application, Domain, Registry};
use crate::{nvm::WriteLog, state::default_key_set};

impl Registry {
    /// The security domain with this AID.
    pub(crate) fn domain(&self, aid: Aid) -> Option<Domain> {
        if aid == self.isd.aid {
            return Some(Domain::Issuer);
        }
        let entry = self.application(aid).filter(|entry| entry.is_domain());
        entry.map(|entry| Domain::Supplementary(entry.aid))
    }

    /// The AID of a domain.
    pub(crate) const fn aid_of(&self, domain: Domain) -> Aid {
        match domain {
            Domain::Issuer => self.isd.aid,
            Domain::Supplementary(aid) => aid,
        }
    }

    /// Life cycle state of a domain; of one that is gone, 0.
    pub(crate) fn life_cycle_of(&self, domain: Domain) -> u8 {
        match domain {
            Domain::Issuer => self.isd.life_cycle,
            Domain::Supplementary(aid) => self.application(aid).map_or(0, |entry| entry.life_cycle),
        }
    }

    /// The privileges of a domain as they are in force: the issuer's has Card Reset and Final Application while nobody else holds
    /// them [GPCS 2.3.1 §6.6.2].
    pub(crate) fn privileges_of(&self, domain: Domain) -> Privileges {
        let Domain::Supplementary(aid) = domain else {
            let own = Privileges::parse(&self.isd.privileges).unwrap_or(Privileges::empty());
            let unique = [Privileges::CARD_RESET, Privileges::FINAL_APPLICATION];
            let given = unique.into_iter().filter(|privilege| self.holder(*privilege).is_some());
            return given.fold(own, Privileges::difference);
        };
        self.application(aid).map_or(Privileges::empty(), Application::privileges)
    }

    /// The application that holds a privilege which only one may have.
    pub(crate) fn holder(&self, privilege: Privileges) -> Option<Aid> {
        self.applications().find(|entry| entry.has(privilege)).map(|entry| entry.aid)
    }

    /// The domain with which an application, a domain or a load file is associated. The issuer's is associated with itself, and so is
    /// what nobody recorded: load files in ROM.
    pub(crate) fn associated(&self, aid: Aid) -> Domain {
        let application = self.application(aid).map(|entry| entry.domain);
        let domain = application.or_else(|| self.load_file(aid).map(|entry| entry.domain));
        domain.unwrap_or_default()
    }

    /// The domain and those above it, up to the root of its hierarchy.
    pub(crate) fn line(&self, domain: Domain) -> Vec<Domain> {
        let mut line = vec![domain];
        let mut last = domain;
        // A circle would be a damaged image: the bound ends it.
        while let Domain::Supplementary(aid) = last
            && line.len() <= APPLICATIONS_MAX
        {
            let above = self.associated(aid);
            if above == last {
                break;
            }
            line.push(above);
            last = above;
        }
        line
    }

    /// What is associated with a domain, applications and domains first, then load files; the domain itself is not among them.
    pub(crate) fn content_of(&self, domain: Domain) -> Vec<Aid> {
        let applications = self.applications().map(|entry| (entry.aid, entry.domain));
        let load_files = self.load_files.values().map(|entry| (entry.aid, entry.domain));
        let all = applications.chain(load_files);
        let own = all.filter(|(aid, of)| *of == domain && Domain::Supplementary(*aid) != domain);
        own.map(|(aid, _)| aid).collect()
    }

    /// Whether `domain` stands over what is associated with `other`: it is that domain or one above it.
    pub(crate) fn governs(&self, domain: Domain, other: Domain) -> bool {
        self.line(other).contains(&domain)
    }

    /// The domain whose keys serve a domain's secure channels: a domain without a complete key set uses those of the next above that
    /// has one [GPCS 2.3.1 §7.5].
    pub(crate) fn key_domain(&self, log: &WriteLog, domain: Domain) -> Domain {
        let mut line = self.line(domain).into_iter();
        line.find(|domain| default_key_set(log, *domain).is_some()).unwrap_or(domain)
    }
}
