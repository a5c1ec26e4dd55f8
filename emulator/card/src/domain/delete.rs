//! DELETE: applications, load files, keys [GPCS 2.3.1 §9.5, §11.2].

use globalplatform::command::{Delete, DeleteTarget};
use iso7816::{Aid, Command, Response, StatusWord};

use super::{NO_CONFIRMATION, refused};
use crate::{
    card::Card,
    nvm::Owner,
    state::{KeySetRecord, delete_services_of, key_set_versions},
};

impl Card {
    pub(super) fn delete(&mut self, _: usize, command: &Command) -> Result<Response, StatusWord> {
        if command.header.p1 != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let delete = Delete::parse(command).map_err(refused)?;
        if !delete.token.is_empty() {
            // The domain manages content itself: a token is an error [GPCS 2.3.1 §9.5].
            return Err(StatusWord::WRONG_DATA);
        }
        for target in delete.targets {
            match target {
                DeleteTarget::Object(name) => self.delete_named(name, delete.related)?,
                DeleteTarget::Key { key_index, key_version } => {
                    self.delete_keys(key_index, key_version)?;
                }
            }
        }
        Ok(Response::ok(vec![NO_CONFIRMATION]))
    }

    fn delete_named(&mut self, name: Aid, related: bool) -> Result<(), StatusWord> {
        if name == self.registry.isd.aid {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if self.registry.application(name).is_some() {
            return self.delete_application(name);
        }
        let in_rom = self.modules.iter().any(|module| module.load_file() == name);
        if !in_rom && self.java.package(name).is_none() {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        let instances = self.registry.instances_of(name);
        // What is in ROM stays; only a loaded image can be deleted.
        if !self.is_loaded(name) || !related && !instances.is_empty() {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if !self.java.may_unload(name) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        instances.into_iter().try_for_each(|instance| self.remove_application(instance))?;
        self.java.unload(name);
        Ok(self.log.delete_owner(Owner::LoadFile(name))?)
    }

    fn delete_application(&mut self, name: Aid) -> Result<(), StatusWord> {
        if !self.java.may_remove(name) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.remove_application(name)
    }

    fn remove_application(&mut self, name: Aid) -> Result<(), StatusWord> {
        if self.is_selected(name) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.with_applet(None, name, |applet, host| applet.uninstall(host));
        self.java.remove(name);
        // The registry first: when anything fails from here on it is loaded again, and with it the instance.
        self.registry.remove(&mut self.log, name)?;
        self.instances.remove(&name);
        delete_services_of(&mut self.log, name.as_bytes())?;
        Ok(self.log.delete_owner(Owner::Instance(name))?)
    }

    /// Deletes the keys of a version, those with an identifier, or the one with both.
    fn delete_keys(&mut self, id: Option<u8>, version: Option<u8>) -> Result<(), StatusWord> {
        let mut found = false;
        for candidate in key_set_versions(&self.log) {
            let Some(mut set) = KeySetRecord::load(&self.log, candidate) else { continue };
            if version.is_some_and(|version| version != candidate) {
                continue;
            }
            let ids: Vec<u8> = set.keys().iter().map(|key| key.id).collect();
            let named = ids.into_iter().filter(|key| id.is_none_or(|id| id == *key));
            for key in named.collect::<Vec<_>>() {
                set.remove(key);
                found = true;
            }
            set.save(&mut self.log)?;
        }
        if !found {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        self.forget_handshakes();
        self.check_a_channel_can_be_opened()
    }
}
