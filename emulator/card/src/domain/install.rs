//! INSTALL [GPCS 2.3.1 §9.3, §11.5].

use iso7816::{Aid, Command, Response, StatusWord, tlv};

use super::{
    delete::NO_CONFIRMATION,
    fields::{Fields, find, malformed, number},
};
use crate::{
    card::Card,
    channel::Load,
    state::{Application, CARD_RESET},
};

/// Purposes in P1 [GPCS 2.3.1 §11.5.2.1].
const FOR_LOAD: u8 = 0x02;
const FOR_INSTALL: u8 = 0x04;
const FOR_MAKE_SELECTABLE: u8 = 0x08;
const FOR_INSTALL_AND_MAKE_SELECTABLE: u8 = 0x0C;
const COMBINED: u8 = 0x0E;
const FOR_PERSONALIZATION: u8 = 0x20;
/// P2 of the combined process: its beginning and its end.
const COMBINED_BEGIN: u8 = 0x01;
const COMBINED_END: u8 = 0x03;
/// Life cycle states of an application.
const INSTALLED: u8 = 0x03;
const SELECTABLE: u8 = 0x07;
/// System and application specific parameters; sizes in the former.
const TAG_SYSTEM: u32 = 0xEF;
const TAG_APPLICATION: u32 = 0xC9;
const TAG_CODE_SIZE: u32 = 0xC6;
const TAG_DATA_SIZE: u32 = 0xC8;
/// Privileges an application may get: Card Lock, Terminate, Reset; Trusted Path, Global Delete, Lock, Registry, Service.
const ASSIGNABLE: [u8; 3] = [0x1C, 0x9D, 0x00];
/// Most application instances.
const APPLICATIONS_MAX: usize = 64;

/// INSTALL [for install], taken apart.
struct Installation<'a> {
    load_file: Option<Aid>,
    module: Aid,
    instance: Aid,
    privileges: [u8; 3],
    parameters: &'a [u8],
}

impl Card {
    pub(super) fn obey_install(
        &mut self,
        channel: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        // A load that was going on ends, complete or not [GPCS 2.3.1 §9.3.5].
        self.channel(channel)?.load = None;
        let data = &command.data;
        match (command.header.p1, command.header.p2) {
            (FOR_LOAD, 0) | (COMBINED, COMBINED_BEGIN) => self.install_for_load(channel, data),
            (FOR_INSTALL, 0) => self.install_for_install(&Installation::parse(data)?, false),
            (FOR_INSTALL_AND_MAKE_SELECTABLE, 0) | (COMBINED, COMBINED_END) => {
                self.install_for_install(&Installation::parse(data)?, true)
            }
            (FOR_MAKE_SELECTABLE, 0) => self.make_selectable(data),
            (FOR_PERSONALIZATION, 0) => self.personalize(data),
            _ => Err(StatusWord::WRONG_P1P2),
        }?;
        Ok(Response::ok(vec![NO_CONFIRMATION]))
    }

    fn install_for_load(&mut self, channel: usize, data: &[u8]) -> Result<(), StatusWord> {
        let mut fields = Fields::new(data);
        let load_file = fields.aid()?.ok_or(StatusWord::WRONG_DATA)?;
        let domain = fields.aid()?;
        let _hash = fields.short()?;
        let parameters = fields.long()?;
        refuse_token(fields)?;
        let isd = self.registry.isd.aid;
        if domain.is_some_and(|domain| !domain.starts_with(isd.as_bytes())) {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        let in_use = self.registry.application(load_file).is_some()
            || load_file == isd
            || self.is_loaded(load_file)
            || !self.registry.instances_of(load_file).is_empty();
        if in_use {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.check_memory(parameters, &[TAG_CODE_SIZE, TAG_DATA_SIZE])?;
        self.channel(channel)?.load =
            Some(Load { aid: load_file, next_block: 0, bytes: Vec::new() });
        Ok(())
    }

    /// Refuses when the sizes that the parameters announce exceed what is free.
    fn check_memory(&self, parameters: &[u8], tags: &[u32]) -> Result<(), StatusWord> {
        tlv::parse(parameters).try_for_each(|object| object.map(|_| ())).map_err(malformed)?;
        let system = find(parameters, TAG_SYSTEM)?.unwrap_or_default();
        let mut wanted = 0_usize;
        for tag in tags {
            wanted = wanted.saturating_add(find(system, *tag)?.map_or(0, number));
        }
        if wanted > self.log.free() { Err(StatusWord::NO_MEMORY) } else { Ok(()) }
    }

    fn install_for_install(
        &mut self,
        wanted: &Installation<'_>,
        make_selectable: bool,
    ) -> Result<(), StatusWord> {
        let module = self.module(wanted.load_file, wanted.module)?;
        let load_file = module.load_file();
        self.check_memory(wanted.parameters, &[TAG_DATA_SIZE])?;
        self.check_privileges(wanted.privileges, make_selectable)?;
        let parameters = find(wanted.parameters, TAG_APPLICATION)?.unwrap_or_default();
        let Installation { module, instance, privileges, .. } = *wanted;
        self.install_instance(load_file, module, instance, privileges, parameters)?;
        if make_selectable {
            self.registry.set_life_cycle(&mut self.log, instance, SELECTABLE)?;
        }
        Ok(())
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
            || self.modules.iter().any(|module| module.load_file() == instance);
        if in_use {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if self.registry.applications().count() >= APPLICATIONS_MAX {
            return Err(StatusWord::NO_MEMORY);
        }
        let index = self
            .modules
            .iter()
            .position(|known| known.module() == module && known.load_file() == load_file)
            .ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let entry =
            Application { aid: instance, load_file, module, life_cycle: INSTALLED, privileges };
        self.registry.put(&mut self.log, entry)?;
        let applet =
            self.with_module(index, instance, |module, host| module.install(host, parameters))?;
        self.instances.insert(instance, applet);
        Ok(())
    }

    fn check_privileges(
        &self,
        privileges: [u8; 3],
        make_selectable: bool,
    ) -> Result<(), StatusWord> {
        if privileges.iter().zip(ASSIGNABLE).any(|(wanted, assignable)| wanted & !assignable != 0) {
            return Err(StatusWord::WRONG_DATA);
        }
        if privileges[0] & CARD_RESET == 0 {
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

    fn make_selectable(&mut self, data: &[u8]) -> Result<(), StatusWord> {
        let mut fields = Fields::new(data);
        let (_, _) = (fields.short()?, fields.short()?);
        let instance = fields.aid()?.ok_or(StatusWord::WRONG_DATA)?;
        let [first, ..] = privileges(fields.short()?)?;
        let _parameters = fields.long()?;
        refuse_token(fields)?;
        let entry = self.registry.application(instance);
        let mut entry = entry.ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?.clone();
        if entry.life_cycle != INSTALLED {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if first & CARD_RESET != 0 {
            self.check_card_reset_is_free()?;
            entry.privileges[0] |= CARD_RESET;
        }
        entry.life_cycle = SELECTABLE;
        self.registry.put(&mut self.log, entry)
    }

    /// No application of this card takes STORE DATA from its domain [GPCS 2.3.1 §7.3.2].
    fn personalize(&self, data: &[u8]) -> Result<(), StatusWord> {
        let mut fields = Fields::new(data);
        let (_, _) = (fields.short()?, fields.short()?);
        let instance = fields.aid()?.ok_or(StatusWord::WRONG_DATA)?;
        match self.registry.application(instance) {
            Some(_) => Err(StatusWord::CONDITIONS_OF_USE),
            None => Err(StatusWord::REFERENCED_DATA_NOT_FOUND),
        }
    }
}

impl<'a> Installation<'a> {
    fn parse(data: &'a [u8]) -> Result<Self, StatusWord> {
        let mut fields = Fields::new(data);
        let load_file = fields.aid()?;
        let module = fields.aid()?.ok_or(StatusWord::WRONG_DATA)?;
        let instance = fields.aid()?.unwrap_or(module);
        let privileges = privileges(fields.short()?)?;
        let parameters = fields.long()?;
        refuse_token(fields)?;
        Ok(Self { load_file, module, instance, privileges, parameters })
    }
}

/// Privileges of one byte (older hosts) or three.
const fn privileges(bytes: &[u8]) -> Result<[u8; 3], StatusWord> {
    match bytes {
        [] => Ok([0; 3]),
        [first] => Ok([*first, 0, 0]),
        [first, second, third] => Ok([*first, *second, *third]),
        _ => Err(StatusWord::WRONG_DATA),
    }
}

/// The domain manages content itself: a token is an error, its length byte may be missing [GPCS 2.3.1 §9.3].
fn refuse_token(mut fields: Fields<'_>) -> Result<(), StatusWord> {
    if !fields.is_empty() && !fields.long()?.is_empty() {
        return Err(StatusWord::WRONG_DATA);
    }
    fields.finish()
}
