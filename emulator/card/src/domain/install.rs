//! INSTALL [GPCS 2.3.1 §9.3, §11.5].

use globalplatform::{
    command::{Install, InstallParameters, InstallPurpose},
    data::Privileges,
};
use iso7816::{Aid, Command, Response, StatusWord};

use super::{NO_CONFIRMATION, refused};
use crate::{
    card::Card,
    channel::Load,
    state::{Application, CARD_RESET},
};

/// Life cycle states of an application.
const INSTALLED: u8 = 0x03;
const SELECTABLE: u8 = 0x07;
/// What applications of this card may be.
const ASSIGNABLE: Privileges = Privileges::CARD_LOCK
    .union(Privileges::CVM_MANAGEMENT)
    .union(Privileges::CARD_TERMINATE)
    .union(Privileges::CARD_RESET)
    .union(Privileges::TRUSTED_PATH)
    .union(Privileges::GLOBAL_DELETE)
    .union(Privileges::GLOBAL_LOCK)
    .union(Privileges::GLOBAL_REGISTRY)
    .union(Privileges::GLOBAL_SERVICE);
/// Most application instances.
const APPLICATIONS_MAX: usize = 64;

impl Card {
    pub(super) fn obey_install(
        &mut self,
        channel: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        // A load that was going on ends, complete or not [GPCS 2.3.1 §9.3.5].
        let open = self.channel(channel)?;
        (open.load, open.personalizing) = (None, None);
        let install = Install::parse(command).map_err(refused)?;
        if !install.token.is_empty() {
            // The domain manages content itself: a token is an error [GPCS 2.3.1 §9.3].
            return Err(StatusWord::WRONG_DATA);
        }
        let parameters =
            InstallParameters::parse(&install.parameters).map_err(|_| StatusWord::WRONG_DATA)?;
        match install.purpose {
            InstallPurpose::Load { load_file, security_domain, .. } => {
                self.install_for_load(channel, load_file, security_domain, &parameters)
            }
            InstallPurpose::Install {
                load_file,
                module,
                instance,
                privileges,
                make_selectable,
            } => {
                let module = module.ok_or(StatusWord::WRONG_DATA)?;
                let load_file = self.load_file_of(load_file, module)?;
                let instance = instance.unwrap_or(module);
                self.check_memory(&parameters)?;
                self.check_privileges(privileges, make_selectable)?;
                let application = parameters.application.unwrap_or_default();
                let privileges = privileges.to_bytes();
                self.install_instance(load_file, module, instance, privileges, &application)?;
                if make_selectable {
                    self.registry.set_life_cycle(&mut self.log, instance, SELECTABLE)?;
                }
                Ok(())
            }
            InstallPurpose::MakeSelectable { instance, privileges } => {
                self.make_selectable(instance, privileges)
            }
            InstallPurpose::Personalization { application } => {
                self.personalize(channel, application)
            }
            // There is one security domain: nothing to extradite to, and nothing to change in it.
            InstallPurpose::Extradition { .. } | InstallPurpose::RegistryUpdate { .. } => {
                Err(StatusWord::WRONG_P1P2)
            }
        }?;
        Ok(Response::ok(vec![NO_CONFIRMATION]))
    }

    fn install_for_load(
        &mut self,
        channel: usize,
        load_file: Aid,
        domain: Option<Aid>,
        parameters: &InstallParameters,
    ) -> Result<(), StatusWord> {
        let isd = self.registry.isd.aid;
        if domain.is_some_and(|domain| !domain.starts_with(isd.as_bytes())) {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        self.check_load_file(load_file)?;
        self.check_memory(parameters)?;
        self.channel(channel)?.load =
            Some(Load { aid: load_file, next_block: 0, bytes: Vec::new() });
        Ok(())
    }

    /// Refuses a load file whose AID something else has.
    pub(crate) fn check_load_file(&self, aid: Aid) -> Result<(), StatusWord> {
        let in_use = self.registry.application(aid).is_some()
            || aid == self.registry.isd.aid
            || self.is_loaded(aid)
            || !self.registry.instances_of(aid).is_empty();
        if in_use { Err(StatusWord::CONDITIONS_OF_USE) } else { Ok(()) }
    }

    /// Refuses when the persistent memory that the parameters announce exceeds what is free.
    fn check_memory(&self, parameters: &InstallParameters) -> Result<(), StatusWord> {
        let system = parameters.system.as_ref();
        let sizes = system.map_or([None; 2], |system| [system.code, system.non_volatile]);
        let wanted = sizes.into_iter().flatten().fold(0_u32, u32::saturating_add);
        match usize::try_from(wanted) {
            Ok(wanted) if wanted <= self.log.free() => Ok(()),
            _ => Err(StatusWord::NO_MEMORY),
        }
    }

    /// Makes an instance of a module, in state INSTALLED [GPCS 2.3.1 §9.3.6].
    pub(crate) fn install_instance(
        &mut self,
        load_file: Aid,
        module: Aid,
        instance: Aid,
        privileges: [u8; 3],
        parameters: &[u8],
    ) -> Result<(), StatusWord> {
        let in_use = instance == self.registry.isd.aid
            || self.registry.application(instance).is_some()
            || self.modules.iter().any(|module| module.load_file() == instance)
            || self.java.package(instance).is_some();
        if in_use {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if self.registry.applications().count() >= APPLICATIONS_MAX {
            return Err(StatusWord::NO_MEMORY);
        }
        let entry =
            Application { aid: instance, load_file, module, life_cycle: INSTALLED, privileges };
        self.registry.put(&mut self.log, entry)?;
        let applet = if self.java.package(load_file).is_some() {
            self.install_loaded((load_file, module), instance, privileges, parameters)?
        } else {
            let index = self
                .modules
                .iter()
                .position(|known| known.module() == module && known.load_file() == load_file)
                .ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
            self.with_module(index, instance, |module, host| module.install(host, parameters))?
        };
        self.instances.insert(instance, applet);
        Ok(())
    }

    fn check_privileges(
        &self,
        privileges: Privileges,
        make_selectable: bool,
    ) -> Result<(), StatusWord> {
        if !ASSIGNABLE.contains(privileges) {
            return Err(StatusWord::WRONG_DATA);
        }
        if !privileges.contains(Privileges::CARD_RESET) {
            return Ok(());
        }
        if !make_selectable {
            return Err(StatusWord::WRONG_DATA);
        }
        self.check_card_reset_is_free()
    }

    /// One application at most has the Card Reset privilege [GPCS 2.3.1 §6.6.2].
    fn check_card_reset_is_free(&self) -> Result<(), StatusWord> {
        if self.registry.applications().any(Application::has_card_reset) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        Ok(())
    }

    fn make_selectable(&mut self, instance: Aid, privileges: Privileges) -> Result<(), StatusWord> {
        let entry = self.registry.application(instance);
        let mut entry = entry.ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?.clone();
        if entry.life_cycle != INSTALLED {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if privileges.contains(Privileges::CARD_RESET) {
            self.check_card_reset_is_free()?;
            entry.privileges[0] |= CARD_RESET;
        }
        entry.life_cycle = SELECTABLE;
        self.registry.put(&mut self.log, entry)
    }

    /// STORE DATA goes to an application from now on, if it takes any [GPCS 2.3.1 §7.3.3].
    fn personalize(&mut self, channel: usize, instance: Aid) -> Result<(), StatusWord> {
        let takes_data = self
            .with_applet(Some(channel), instance, |applet, host| applet.is_personalizable(host));
        if !takes_data.ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)? {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.channel(channel)?.personalizing = Some(instance);
        Ok(())
    }
}
