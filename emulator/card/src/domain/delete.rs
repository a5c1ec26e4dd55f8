//! DELETE: applications, security domains, load files, keys [GPCS 2.3.1 §9.5, §11.2].

use faults::Fault;
use globalplatform::{
    command::{Delete, DeleteTarget},
    data::{Privileges, Restrictions},
};
use iso7816::{Aid, Command, Response, StatusWord};

use super::{
    Receiver,
    authorization::{Combined, Done, Request},
    install::restricts,
    refused,
};
use crate::{
    card::Card,
    nvm::Owner,
    state::{Domain, delete_services_of, key_sets},
};

/// Deepest hierarchy that goes with its root.
const DEPTH_MAX: usize = 16;

impl Card {
    pub(super) fn delete(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        if command.header.p1 != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let delete = Delete::parse(command).map_err(refused)?;
        let request = Request {
            operation: Restrictions::DELETE,
            command,
            token: &delete.token,
            reference: &delete.reference,
            combined: Combined::No,
        };
        let keys_only =
            delete.targets.iter().all(|target| matches!(target, DeleteTarget::Key { .. }));
        if keys_only {
            // The keys of a domain are its own affair [GPCS 2.3.1 §9.5.3].
            for target in delete.targets {
                self.delete_target(receiver, target, false)?;
            }
            return Ok(Response::ok(vec![super::NO_CONFIRMATION]));
        }
        let authority = self.authorize(receiver, request)?;
        let mut done = Done::Unconfirmed;
        for target in delete.targets {
            done = self.delete_target(receiver, target, delete.related)?;
        }
        self.confirm(authority, done, &[])
    }

    fn delete_target(
        &mut self,
        receiver: Receiver,
        target: DeleteTarget,
        related: bool,
    ) -> Result<Done, StatusWord> {
        match target {
            DeleteTarget::Object(object) => {
                self.delete_named(receiver, object, related)?;
                Ok(Done::Deleted { object })
            }
            DeleteTarget::Key { key_index, key_version } => {
                self.delete_keys(receiver, key_index, key_version)?;
                Ok(Done::Unconfirmed)
            }
        }
    }

    fn delete_named(
        &mut self,
        receiver: Receiver,
        name: Aid,
        related: bool,
    ) -> Result<(), StatusWord> {
        if name == self.registry.isd.aid {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let application = self.registry.application(name).cloned();
        if application.is_none() && !self.is_in_rom(name) && !self.is_loaded(name) {
            if faults::active(Fault::UnknownObjectDeleted) {
                return Ok(());
            }
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        self.check_may_delete(receiver, name)?;
        match application {
            Some(entry) if entry.is_domain() => self.delete_domain(name, related, DEPTH_MAX),
            Some(_) => self.delete_application(name),
            None => {
                // What goes with it is asked for as if it were named.
                let instances = self.registry.instances_of(name);
                let mut related_instances = instances.into_iter().filter(|_| related);
                related_instances
                    .try_for_each(|instance| self.check_may_delete(receiver, instance))?;
                self.delete_load_file(name, related)
            }
        }
    }

    /// A domain deletes what stands under it, or anything with Global Delete, unless a domain in between or the object itself was told
    /// otherwise.
    fn check_may_delete(&self, receiver: Receiver, name: Aid) -> Result<(), StatusWord> {
        let associated = self.registry.associated(name);
        let privileges = self.registry.privileges_of(receiver.domain);
        if !privileges.contains(Privileges::GLOBAL_DELETE)
            && !faults::active(Fault::GlobalDeleteNotNeeded)
        {
            self.check_governs(receiver, associated)?;
        }
        let kept = match associated {
            Domain::Supplementary(aid) if associated != receiver.domain => {
                self.registry.application(aid).is_some_and(|entry| entry.traits.refuses_deletion)
            }
            _ => false,
        };
        let entry = self.registry.application(name);
        if kept || entry.is_some_and(|entry| restricts(entry, Restrictions::DELETE)) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        Ok(())
    }

    /// What is in ROM stays; only a loaded image can be deleted.
    fn delete_load_file(&mut self, name: Aid, related: bool) -> Result<(), StatusWord> {
        let instances = self.registry.instances_of(name);
        let related = related || faults::active(Fault::DeleteCascadesUnasked);
        if !self.is_loaded(name) || !related && !instances.is_empty() {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if !self.java.may_unload(name) && !faults::active(Fault::ImportedLoadFileDeleted) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if faults::active(Fault::DeleteTorn) {
            self.registry.remove_load_file(&mut self.log, name)?;
            self.log.delete_owner(Owner::LoadFile(name))?;
            self.log.commit()?;
        }
        instances.into_iter().try_for_each(|instance| self.remove_application(instance))?;
        self.unload(name)
    }

    fn unload(&mut self, load_file: Aid) -> Result<(), StatusWord> {
        self.java.unload(load_file);
        self.registry.remove_load_file(&mut self.log, load_file)?;
        Ok(self.log.delete_owner(Owner::LoadFile(load_file))?)
    }

    fn delete_application(&mut self, name: Aid) -> Result<(), StatusWord> {
        if !self.java.may_remove(name) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.remove_application(name)
    }

    /// A domain goes when nothing is associated with it; `related`: with everything that is [GPCS 2.3.1 §9.5.2].
    fn delete_domain(&mut self, name: Aid, related: bool, depth: usize) -> Result<(), StatusWord> {
        let domain = Domain::Supplementary(name);
        let content = self.registry.content_of(domain);
        let unasked = !content.is_empty() && !related && !faults::active(Fault::UsedDomainDeleted);
        if unasked || depth == 0 {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        // Applications before the load files that they come from.
        for object in content {
            match self.registry.application(object) {
                Some(entry) if entry.is_domain() => self.delete_domain(object, true, depth - 1)?,
                Some(_) => self.delete_application(object)?,
                None => self.delete_load_file(object, false)?,
            }
        }
        self.check_is_not_selected(name)?;
        self.registry.remove(&mut self.log, name)?;
        delete_services_of(&mut self.log, name.as_bytes())?;
        Ok(self.log.delete_owner(Owner::Domain(name))?)
    }

    fn check_is_not_selected(&self, name: Aid) -> Result<(), StatusWord> {
        let selected = self.is_selected(name) && !faults::active(Fault::SelectedApplicationDeleted);
        if selected { Err(StatusWord::CONDITIONS_OF_USE) } else { Ok(()) }
    }

    fn remove_application(&mut self, name: Aid) -> Result<(), StatusWord> {
        self.check_is_not_selected(name)?;
        self.with_applet(None, name, |applet, host| applet.uninstall(host));
        self.java.remove(name);
        // The registry first: when anything fails from here on it is loaded again, and with it the instance.
        self.registry.remove(&mut self.log, name)?;
        self.instances.remove(&name);
        delete_services_of(&mut self.log, name.as_bytes())?;
        if faults::active(Fault::DeletedInstanceKeepsMemory) {
            return Ok(());
        }
        Ok(self.log.delete_owner(Owner::Instance(name))?)
    }

    /// Deletes the keys of a version, those with an identifier, or the one with both.
    fn delete_keys(
        &mut self,
        receiver: Receiver,
        id: Option<u8>,
        version: Option<u8>,
    ) -> Result<(), StatusWord> {
        let mut found = false;
        let sets: Vec<_> = key_sets(&self.log, receiver.domain).collect();
        for mut set in sets {
            if version.is_some_and(|version| version != set.version) {
                continue;
            }
            let ids: Vec<u8> = set.keys().iter().map(|key| key.id).collect();
            let named = ids.into_iter().filter(|key| id.is_none_or(|id| id == *key));
            for key in named.collect::<Vec<_>>() {
                found = true;
                if !faults::active(Fault::KeyDeletedInName) {
                    set.remove(key);
                }
            }
            set.save(&mut self.log, receiver.domain)?;
        }
        if !found {
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        self.forget_handshakes();
        self.check_a_channel_can_be_opened()
    }
}
