//! How modules and instances are called: each with a host that has what it may use.

use iso7816::{Aid, StatusWord};

use super::Card;
use crate::{
    applet::{Applet, ExecutableModule},
    domain::{DOMAIN_LOAD_FILE, DOMAIN_MODULE},
    host::Host,
    nvm::{Nvm, Owner},
    secure_channel::Session,
    trace::{self, EntryPoint},
    vm,
};

impl Card {
    /// The load file that has the module with this AID: this one, if one is named. What was loaded comes before what is in ROM.
    pub(crate) fn load_file_of(
        &self,
        load_file: Option<Aid>,
        module: Aid,
    ) -> Result<Aid, StatusWord> {
        let in_rom = || {
            let mut modules = self.modules.iter();
            let found = modules.find(|candidate| {
                candidate.module() == module
                    && load_file.is_none_or(|load_file| candidate.load_file() == load_file)
            });
            found.map(|found| found.load_file())
        };
        if module == DOMAIN_MODULE && load_file.is_none_or(|aid| aid == DOMAIN_LOAD_FILE) {
            return Ok(DOMAIN_LOAD_FILE);
        }
        let loaded = self.java.package_of(load_file, module);
        loaded.or_else(in_rom).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)
    }

    /// Calls a module with a host that has no secure channel.
    pub(crate) fn with_module(
        &mut self,
        index: usize,
        instance: Aid,
        call: impl FnOnce(&dyn ExecutableModule, &mut Host<'_>) -> Result<Box<dyn Applet>, StatusWord>,
    ) -> Result<Box<dyn Applet>, StatusWord> {
        self.with_detached_host(instance, |modules, host| {
            let module = modules.get(index).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
            call(module.as_ref(), host)
        })
    }

    /// Calls with the ROM's modules and a host that has no secure channel.
    fn with_detached_host<R>(
        &mut self,
        instance: Aid,
        call: impl FnOnce(&[Box<dyn ExecutableModule>], &mut Host<'_>) -> R,
    ) -> R {
        let mut host = Host {
            nvm: Nvm::new(&mut self.log, Owner::Instance(instance), true),
            instance,
            random: self.random.as_mut(),
            session: &mut Session::None,
            registry: &mut self.registry,
            personality: &self.personality,
            java: &mut self.java,
            channel: None,
        };
        call(&self.modules, &mut host)
    }

    /// Makes an instance of a loaded applet, with a host that has no secure channel.
    pub(crate) fn install_loaded(
        &mut self,
        (load_file, module): (Aid, Aid),
        instance: Aid,
        privileges: [u8; 3],
        parameters: &[u8],
    ) -> Result<Box<dyn Applet>, StatusWord> {
        self.with_detached_host(instance, |_, host| {
            trace::watched(host, EntryPoint::Install, |host| {
                vm::install(host, load_file, module, privileges, parameters)
            })
        })
    }

    /// Calls an instance, with the secure channel of a logical channel or none. `None`: there is no such instance.
    pub(crate) fn with_applet<R>(
        &mut self,
        channel: Option<usize>,
        instance: Aid,
        call: impl FnOnce(&mut dyn Applet, &mut Host<'_>) -> R,
    ) -> Option<R> {
        let applet = self.instances.get_mut(&instance)?;
        let mut detached = Session::None;
        let number = channel.and_then(|index| u8::try_from(index).ok());
        let channel = channel.and_then(|index| self.channels.get_mut(index)?.as_mut());
        let mut host = Host {
            nvm: Nvm::new(&mut self.log, Owner::Instance(instance), channel.is_none()),
            instance,
            random: self.random.as_mut(),
            session: channel.map_or(&mut detached, |channel| &mut channel.session),
            registry: &mut self.registry,
            personality: &self.personality,
            java: &mut self.java,
            channel: number,
        };
        Some(call(&mut trace::Watched(applet.as_mut()), &mut host))
    }
}
