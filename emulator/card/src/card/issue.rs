//! What a manufacturer does to a card that no command does.

use globalplatform::{KeySet, data::Privileges};
use iso7816::{Aid, StatusWord};

use super::Card;
use crate::{
    profile::InitialKeySet,
    state::{Application, Domain, KeySetRecord, LoadFileEntry},
};

impl Card {
    /// Installs and makes selectable an instance without any command, as a card manufacturer does.
    ///
    /// # Errors
    /// The status word that INSTALL would have answered.
    pub fn install(
        &mut self,
        module: Aid,
        instance: Aid,
        parameters: &[u8],
    ) -> Result<(), StatusWord> {
        self.install_with(module, instance, Privileges::empty(), parameters)
    }

    /// As [`Card::install`], with privileges. With [`Privileges::SECURITY_DOMAIN`] and [`DOMAIN_MODULE`](crate::DOMAIN_MODULE) it is
    /// a supplementary security domain, of which `parameters` are the traits (the value of C9).
    ///
    /// # Errors
    /// The status word that INSTALL would have answered.
    pub fn install_with(
        &mut self,
        module: Aid,
        instance: Aid,
        privileges: Privileges,
        parameters: &[u8],
    ) -> Result<(), StatusWord> {
        self.java.begin_command();
        let load_file = self.load_file_of(None, module)?;
        self.check_privileges(instance, module, privileges)?;
        let mut entry = Application::installed(instance, load_file, module, Domain::Issuer);
        entry.privileges = privileges.to_bytes();
        let installed = self.install_instance(entry, parameters).and_then(|()| {
            self.registry.set_life_cycle(&mut self.log, instance, 0x07)?;
            Ok(self.commit()?)
        });
        if installed.is_err() {
            self.undo();
        }
        installed
    }

    /// Loads a package without any command, as a card manufacturer does: the content of a load file data block.
    ///
    /// # Errors
    /// The status word that the last LOAD would have answered; [`Card::failure`] knows more.
    pub fn load(&mut self, file: &[u8]) -> Result<Aid, StatusWord> {
        self.java.begin_command();
        let aid = self.java.package_aid(file)?;
        let loaded = self.check_load_file(aid).and_then(|()| {
            self.java.load(&mut self.log, aid, file)?;
            let entry = LoadFileEntry { aid, domain: Domain::Issuer };
            self.registry.put_load_file(&mut self.log, entry)?;
            Ok(self.commit()?)
        });
        if loaded.is_err() {
            self.undo();
        }
        loaded.map(|()| aid)
    }

    /// Gives a security domain a key set in the place of the one of its version, if there is one. A supplementary domain is personalised by
    /// its first.
    ///
    /// # Errors
    /// 6A88 when there is no such domain, 6A80 when the keys are none of a secure channel, 6A84 when there is no room.
    pub fn put_key_set(&mut self, domain: Aid, set: &InitialKeySet) -> Result<(), StatusWord> {
        let found = self.registry.domain(domain).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let (protocol, keys): (_, KeySet) = set.key_set().map_err(|_| StatusWord::WRONG_DATA)?;
        let put = KeySetRecord::of(set.version, protocol, &keys)
            .save(&mut self.log, found)
            .and_then(|()| KeySetRecord::reset_counter(&mut self.log, found, set.version))
            .and_then(|()| self.become_personalized(found))
            .and_then(|()| Ok(self.commit()?));
        if put.is_err() {
            self.undo();
        }
        put
    }
}
