//! How a command ends: what it wrote stays or is taken back, and registry, machine and instances follow the records.

use iso7816::{Aid, Response};

use super::{Card, CardError};
use crate::{nvm::NvmError, state::Registry, vm::JavaCard};

impl Card {
    /// Ends a command: what it wrote is committed if it succeeded (9000, 61xx, 62xx, 63xx), undone otherwise.
    pub(crate) fn settle(&mut self, response: Response) -> Response {
        let status = response.status;
        let succeeded = status.is_ok() || status.is_warning() || status.bytes_available().is_some();
        if !succeeded {
            self.undo();
            return response;
        }
        match self.commit() {
            Ok(()) => response,
            Err(error) => {
                self.undo();
                Response::status(error.into())
            }
        }
    }

    /// What the command wrote survives, in the virtual machine and out of it.
    pub(crate) fn commit(&mut self) -> Result<(), NvmError> {
        if self.log.power_lost() {
            return Err(NvmError::PowerLost);
        }
        self.java.mirror(&mut self.log)?;
        let committed = self.log.commit();
        if self.log.has_uncommitted() {
            // The machine is ahead of records that could not be written.
            self.java.outdate();
        } else {
            // Also when the power failed after the mark that ends the commit.
            self.java.settle();
        }
        committed
    }

    pub(crate) fn undo(&mut self) {
        let system_changed = self.log.roll_back();
        self.java.take_back(&self.log);
        if system_changed {
            self.reload();
        }
        if self.java.is_stale()
            && let Err(error) = self.restore_machine()
        {
            tracing::error!(%error, "virtual machine not restored");
        }
    }

    /// Makes the virtual machine anew from its records.
    pub(super) fn restore_machine(&mut self) -> Result<(), CardError> {
        let mut java = JavaCard::new(&self.personality.java_card);
        java.restore(&self.log, &self.registry)?;
        self.java = java;
        Ok(())
    }

    /// The records of the system were taken back: registry and instances follow them.
    pub(super) fn reload(&mut self) {
        match Registry::load(&mut self.log) {
            Ok(registry) => self.registry = registry,
            Err(error) => tracing::error!(%error, "registry not reloaded"),
        }
        if let Err(error) = self.restore_instances() {
            tracing::error!(%error, "instance not restored");
        }
    }

    /// Makes the instances those of the registry.
    pub(super) fn restore_instances(&mut self) -> Result<(), CardError> {
        let registry = &self.registry;
        self.instances.retain(|aid, _| registry.application(*aid).is_some());
        let missing: Vec<(Aid, Aid)> = registry
            .applications()
            .filter(|entry| !entry.is_domain() && !self.instances.contains_key(&entry.aid))
            .map(|entry| (entry.aid, entry.module))
            .collect();
        for (instance, module) in missing {
            if let Some(applet) = self.java.instance(instance) {
                self.instances.insert(instance, applet);
                continue;
            }
            let index = self
                .modules
                .iter()
                .position(|candidate| candidate.module() == module)
                .ok_or(CardError::ModuleMissing { instance, module })?;
            let applet = self
                .with_module(index, instance, |module, host| module.restore(host))
                .map_err(|status| CardError::RestoreFailed { instance, status })?;
            self.instances.insert(instance, applet);
        }
        Ok(())
    }
}
