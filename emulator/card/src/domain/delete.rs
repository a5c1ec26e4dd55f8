//! DELETE: applications, load files, keys [GPCS 2.3.1 §9.5, §11.2].

use iso7816::{Aid, Command, Response, StatusWord, tlv};

use super::fields::{find, malformed};
use crate::{
    card::Card,
    nvm::Owner,
    state::{KeySetRecord, default_key_set, key_set_versions},
};

const OBJECT: u8 = 0x00;
const OBJECT_AND_RELATED: u8 = 0x80;
const TAG_NAME: u32 = 0x4F;
const TAG_TOKEN: u32 = 0x9E;
const TAG_KEY_ID: u32 = 0xD0;
const TAG_KEY_VERSION: u32 = 0xD2;
/// The response: no confirmation follows.
pub(super) const NO_CONFIRMATION: u8 = 0x00;

impl Card {
    pub(super) fn delete(&mut self, _: usize, command: &Command) -> Result<Response, StatusWord> {
        let related = match (command.header.p1, command.header.p2) {
            (0, OBJECT) => false,
            (0, OBJECT_AND_RELATED) => true,
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let data = &command.data;
        let mut names = Vec::new();
        for object in tlv::parse(data) {
            let object = object.map_err(malformed)?;
            if object.tag.0 == TAG_NAME {
                names.push(Aid::new(object.value).map_err(malformed)?);
            }
        }
        if find(data, TAG_TOKEN)?.is_some_and(|token| !token.is_empty()) {
            // The domain manages content itself: a token is an error [GPCS 2.3.1 §9.5].
            return Err(StatusWord::WRONG_DATA);
        }
        if names.is_empty() {
            self.delete_keys(key_number(data, TAG_KEY_ID)?, key_number(data, TAG_KEY_VERSION)?)?;
        }
        names.into_iter().try_for_each(|name| self.delete_named(name, related))?;
        Ok(Response::ok(vec![NO_CONFIRMATION]))
    }

    fn delete_named(&mut self, name: Aid, related: bool) -> Result<(), StatusWord> {
        if name == self.registry.isd.aid {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if self.registry.application(name).is_some() {
            return self.delete_application(name);
        }
        if !self.modules.iter().any(|module| module.load_file() == name) {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        let instances = self.registry.instances_of(name);
        // What is in ROM stays; only a loaded image can be deleted.
        if !self.is_loaded(name) || !related && !instances.is_empty() {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        instances.into_iter().try_for_each(|instance| self.delete_application(instance))?;
        Ok(self.log.delete_owner(Owner::LoadFile(name))?)
    }

    fn delete_application(&mut self, name: Aid) -> Result<(), StatusWord> {
        if self.is_selected(name) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.with_applet(None, name, |applet, host| applet.uninstall(host));
        // The registry first: when anything fails from here on it is loaded again, and with it the instance.
        self.registry.remove(&mut self.log, name)?;
        self.instances.remove(&name);
        Ok(self.log.delete_owner(Owner::Instance(name))?)
    }

    /// Deletes the keys of a version, those with an identifier, or the one with both.
    fn delete_keys(&mut self, id: Option<u8>, version: Option<u8>) -> Result<(), StatusWord> {
        if id.is_none() && version.is_none() {
            return Err(StatusWord::WRONG_DATA);
        }
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
        // Nobody could open a secure channel any more.
        default_key_set(&self.log).map(|_| ()).ok_or(StatusWord::CONDITIONS_OF_USE)
    }
}

fn key_number(data: &[u8], tag: u32) -> Result<Option<u8>, StatusWord> {
    match find(data, tag)? {
        None => Ok(None),
        Some([number]) => Ok(Some(*number)),
        Some(_) => Err(StatusWord::WRONG_DATA),
    }
}
