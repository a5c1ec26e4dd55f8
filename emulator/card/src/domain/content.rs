//! What is on the card, as content management asks for it: who has an AID, which domain a load file belongs to, how much memory is
//! left.

use faults::Fault;
use globalplatform::{command::InstallParameters, data::ApplicationState};
use iso7816::{Aid, StatusWord};

use crate::{
    card::Card,
    nvm::Owner,
    state::{Application, Domain},
};

/// The load file in ROM whose module makes supplementary security domains [GPCS 2.3.1 §H.1.3].
pub const DOMAIN_LOAD_FILE: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50]);
/// The module of [`DOMAIN_LOAD_FILE`] that makes supplementary security domains.
pub const DOMAIN_MODULE: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41]);
/// Its version, major then minor.
pub(crate) const DOMAIN_LOAD_FILE_VERSION: [u8; 2] = [1, 0];

/// Life cycle states of applications and supplementary security domains [GPCS 2.3.1 §5.3].
pub(super) const INSTALLED: u8 = ApplicationState::INSTALLED.0;
pub(super) const SELECTABLE: u8 = ApplicationState::SELECTABLE.0;
pub(super) const PERSONALIZED: u8 = ApplicationState::PERSONALIZED.0;

impl Card {
    /// Whether a load file is in ROM: nobody loaded it, and nobody deletes it.
    pub(super) fn is_in_rom(&self, load_file: Aid) -> bool {
        load_file == DOMAIN_LOAD_FILE
            || self.modules.iter().any(|module| module.load_file() == load_file)
    }

    /// Whether the bytes of a load file are in persistent memory, not only in ROM.
    pub(crate) fn is_loaded(&self, load_file: Aid) -> bool {
        self.log.used_by(Owner::LoadFile(load_file)) > 0
    }

    /// Whether anything on the card has this AID: a domain, an application, a load file.
    pub(super) fn is_in_use(&self, aid: Aid) -> bool {
        aid == self.registry.isd.aid
            || self.registry.application(aid).is_some()
            || self.is_in_rom(aid)
            || self.is_loaded(aid)
            || self.java.package(aid).is_some()
    }

    /// Refuses a load file whose AID something else has; one that is in ROM may be loaded while it has no instance.
    pub(crate) fn check_load_file(&self, aid: Aid) -> Result<(), StatusWord> {
        let has_application = self.registry.application(aid).is_some()
            && !faults::active(Fault::LoadFileTakesApplicationName);
        let is_loaded = self.is_loaded(aid) && !faults::active(Fault::DuplicateLoadFileAccepted);
        let in_use = has_application
            || aid == self.registry.isd.aid
            || aid == DOMAIN_LOAD_FILE
            || is_loaded
            || !self.registry.instances_of(aid).is_empty();
        if in_use { Err(StatusWord::CONDITIONS_OF_USE) } else { Ok(()) }
    }

    /// The domain that a command names, in a state in which it may be given content.
    pub(super) fn domain_for_content(&self, aid: Aid) -> Result<Domain, StatusWord> {
        let domain = self.registry.domain(aid).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        self.ready_for_content(domain)
    }

    /// The domain, if nothing but its state may keep content from it: the issuer's, or a personalised one, whether it is named or
    /// acts for itself [GPCS 2.3.1 §5.3.2].
    pub(super) fn ready_for_content(&self, domain: Domain) -> Result<Domain, StatusWord> {
        let ready = domain == Domain::Issuer || self.registry.life_cycle_of(domain) == PERSONALIZED;
        if ready { Ok(domain) } else { Err(StatusWord::CONDITIONS_OF_USE) }
    }

    /// Refuses when the persistent memory that the parameters announce exceeds what is free, or the volatile memory what the card has, or
    /// when what shall be kept for an application is not there.
    pub(super) fn check_memory(
        &mut self,
        parameters: &InstallParameters,
    ) -> Result<(), StatusWord> {
        let Some(system) = &parameters.system else { return Ok(()) };
        self.java.allot(&self.registry);
        let sizes = [system.code, system.non_volatile];
        let wanted = sizes.into_iter().flatten().fold(0_u32, u32::saturating_add);
        let volatile = &self.personality.java_card;
        let volatile = volatile.transient_reset.saturating_add(volatile.transient_deselect);
        let fits = |wanted: Option<u32>, free: usize| {
            usize::try_from(wanted.unwrap_or(0)).is_ok_and(|wanted| wanted <= free)
        };
        let all_fit = fits(Some(wanted), self.log.free())
            && system.volatile.unwrap_or(0) <= volatile
            && fits(system.reserved_non_volatile, self.log.unreserved())
            && fits(system.reserved_volatile, self.java.volatile_unreserved());
        if all_fit || faults::active(Fault::AnnouncedMemoryNotChecked) {
            Ok(())
        } else {
            Err(StatusWord::NO_MEMORY)
        }
    }

    /// The entry with the AID, to change it.
    pub(super) fn entry(&self, aid: Aid) -> Result<Application, StatusWord> {
        self.registry.application(aid).cloned().ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)
    }
}
