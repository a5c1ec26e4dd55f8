//! INSTALL [for extradition] and [for registry update] [GPCS 2.3.1 §9.4.1, §9.4.2].

use faults::Fault;
use globalplatform::{
    command::InstallParameters,
    data::{Privileges, Restrictions},
};
use iso7816::{Aid, StatusWord};

use super::{Receiver, authorization::Done, install::restricts};
use crate::{
    card::Card,
    state::{Application, Domain, IssuerDomain, LoadFileEntry},
};

/// Most bytes of implicit selection parameters of one application.
const IMPLICIT_SELECTION_MAX: usize = 32;

impl Card {
    /// Associates an application, a domain or a load file with another domain; a domain with itself becomes the root of a hierarchy.
    pub(super) fn extradite(
        &mut self,
        receiver: Receiver,
        object: Aid,
        to: Aid,
    ) -> Result<Done, StatusWord> {
        let known = self.registry.application(object).cloned();
        if known.is_none() && !self.is_loaded(object) {
            let fixed = object == self.registry.isd.aid || self.is_in_rom(object);
            let absent = StatusWord::REFERENCED_DATA_NOT_FOUND;
            return Err(if fixed { StatusWord::CONDITIONS_OF_USE } else { absent });
        }
        let from = self.registry.associated(object);
        let to = self.domain_for_content(to)?;
        if !faults::active(Fault::ExtraditionWithoutAuthority) {
            self.check_governs(receiver, from)?;
        }
        self.check_extradition(object, known.as_ref(), from, to)?;
        if faults::active(Fault::ExtraditionWithoutEffect) {
            return Ok(Done::Extradited { from, object, to });
        }
        if let Some(entry) = known {
            self.registry.put(&mut self.log, Application { domain: to, ..entry })?;
        } else {
            let entry = LoadFileEntry { aid: object, domain: to };
            self.registry.put_load_file(&mut self.log, entry)?;
        }
        Ok(Done::Extradited { from, object, to })
    }

    fn check_extradition(
        &self,
        object: Aid,
        known: Option<&Application>,
        from: Domain,
        to: Domain,
    ) -> Result<(), StatusWord> {
        let traits = |domain| match domain {
            Domain::Issuer => None,
            Domain::Supplementary(aid) => {
                self.registry.application(aid).map(|entry| entry.traits.clone())
            }
        };
        let restricted = known.is_some_and(|entry| restricts(entry, Restrictions::EXTRADITION));
        let unwelcome = traits(to).is_some_and(|traits| traits.refuses_extradition_here);
        let held_back = traits(from).is_some_and(|traits| traits.refuses_extradition_away);
        let itself = Domain::Supplementary(object);
        let makes_a_circle = to != itself && self.registry.governs(itself, to);
        let needs_signature =
            self.registry.privileges_of(to).contains(Privileges::DAP_VERIFICATION);
        if restricted
            || unwelcome && to != itself && !faults::active(Fault::ExtraditionRefusalIgnored)
            || held_back
            || makes_a_circle
            || known.is_none()
                && needs_signature
                && !faults::active(Fault::LoadFileExtraditedToVerifier)
        {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        Ok(())
    }

    /// Changes an entry of the registry, or forbids the card some operations for good.
    pub(super) fn update_registry(
        &mut self,
        receiver: Receiver,
        domain: Option<Aid>,
        application: Option<Aid>,
        privileges: Option<Privileges>,
        parameters: &InstallParameters,
    ) -> Result<Done, StatusWord> {
        let Some(aid) = application.filter(|aid| *aid != self.registry.isd.aid) else {
            return self.restrict_card(receiver, parameters);
        };
        let from = self.registry.associated(aid);
        self.check_governs(receiver, from)?;
        if restricts(&self.entry(aid)?, Restrictions::REGISTRY_UPDATE) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if let Some(domain) = domain {
            self.extradite(receiver, aid, domain)?;
        }
        let mut entry = self.entry(aid)?;
        if let Some(privileges) = privileges
            && !faults::active(Fault::RegistryUpdateWithoutEffect)
        {
            self.change_privileges(&mut entry, privileges)?;
        }
        if let Some(system) = &parameters.system {
            // What is there stays: selections are added only [GPCS 2.3.1 §11.5.2.3.7].
            for selection in &system.implicit_selection {
                if !entry.implicit_selection.contains(&selection.0) {
                    entry.implicit_selection.push(selection.0);
                }
            }
            if let Some(restrictions) = system.restrictions {
                entry.restrictions = restrictions.bits();
            }
            if let Some(contactless) = &system.contactless {
                entry.contactless.clone_from(contactless);
            }
        }
        if entry.implicit_selection.len() > IMPLICIT_SELECTION_MAX {
            return Err(StatusWord::NO_MEMORY);
        }
        let moved = domain.map(|_| (from, entry.domain));
        self.registry.put(&mut self.log, entry)?;
        Ok(Done::Updated { object: aid, moved, privileges })
    }

    /// What the card does not do any more; there is no way back.
    fn restrict_card(
        &mut self,
        receiver: Receiver,
        parameters: &InstallParameters,
    ) -> Result<Done, StatusWord> {
        let restrictions = parameters.system.as_ref().and_then(|system| system.restrictions);
        let restrictions = restrictions.ok_or(StatusWord::WRONG_DATA)?;
        if receiver.domain != Domain::Issuer {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let isd = self.registry.isd.clone();
        let restrictions = isd.restrictions | restrictions.bits();
        self.registry.put_domain(&mut self.log, IssuerDomain { restrictions, ..isd })?;
        Ok(Done::Unconfirmed)
    }
}
