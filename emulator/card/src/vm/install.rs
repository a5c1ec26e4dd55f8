//! Installing and deleting instances [GPCS 2.3.1 §9.3.6, JCRE 3.0.5 §3.1, §11.3.4.1].

use iso7816::{Aid, StatusWord};
use javacard_api::{Ended, Installation};
use jcvm::{AppletId, AppletRecord, Reference};

use super::{Failure, JavaCard, Pending, VmApplet, records::put_instance, run::run};
use crate::{applet::Applet, host::Host};

/// What allocation throws when there is no room [JCRE 3.0.5 §9.1].
const SYSTEM_EXCEPTION: &str = "javacard.framework.SystemException";
/// Its reasons then: volatile and persistent memory.
const NO_TRANSIENT_SPACE: u16 = 2;
const NO_RESOURCE: u16 = 5;

/// Makes an instance of an applet of a loaded package.
///
/// # Errors
/// 6A88 when there is no such package; what `install` throws; 6A84. What was done goes with [`JavaCard::take_back`].
pub(crate) fn install(
    host: &mut Host<'_>,
    load_file: Aid,
    module: Aid,
    privileges: [u8; 3],
    parameters: &[u8],
) -> Result<Box<dyn Applet>, StatusWord> {
    let aid = host.instance;
    let package = host.java.package(load_file).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
    let record = AppletRecord { aid, package, instance: Reference::NULL };
    let applet = host.java.machine.add_applet(record).ok_or(StatusWord::NO_MEMORY)?;
    host.java.pending.push(Pending::Installed(applet));
    // One byte, unless the others say something: what applets of all times expect.
    let privileges = match &privileges {
        [first, 0, 0] => core::slice::from_ref(first),
        all => all,
    };
    let installation = Installation { module, privileges, parameters };
    let outcome = run(host, |api, machine| api.install(machine, applet, &installation));
    outcome.map_err(|ended| host.java.not_installed(ended))?;
    host.java.finish_install(host.nvm.log, applet, aid)?;
    Ok(Box::new(VmApplet(applet)))
}

impl JavaCard {
    /// What the host is told: that memory or a quota is at its end, where the applet's own exception says so, else what it threw.
    fn not_installed(&mut self, ended: Ended) -> StatusWord {
        let status = self.ended(ended);
        match &self.failure {
            Some(Failure::Exception { class, reason: NO_RESOURCE | NO_TRANSIENT_SPACE })
                if class == SYSTEM_EXCEPTION =>
            {
                StatusWord::NO_MEMORY
            }
            _ => status,
        }
    }

    fn finish_install(
        &mut self,
        log: &mut crate::nvm::WriteLog,
        applet: AppletId,
        aid: Aid,
    ) -> Result<(), StatusWord> {
        let found = self.machine.applets().find(|(id, _)| *id == applet);
        let record = found.map(|(_, record)| record.clone()).ok_or(StatusWord::UNKNOWN)?;
        if record.aid != aid {
            return Err(self.refuse(Failure::OtherInstance(record.aid)));
        }
        // The objects are not in the log yet: what they left of memory or quota is known to the heap only.
        put_instance(log, self.machine.heap().persistent_free(), applet, &record)
    }

    /// The instance that the registry knows, as an applet of the card.
    pub(crate) fn instance(&self, aid: Aid) -> Option<Box<dyn Applet>> {
        self.applet(aid).map(|applet| Box::new(VmApplet(applet)) as Box<dyn Applet>)
    }

    /// Whether an instance may be deleted: apart from itself nothing refers to its objects [JCRE 3.0.5 §11.3.4.1].
    pub(crate) fn may_remove(&self, aid: Aid) -> bool {
        let found = self.machine.applets().find(|(_, record)| record.aid == aid);
        found.is_none_or(|(id, record)| !self.machine.is_referenced(record.package, Some(id)))
    }

    /// The instance goes when the command has succeeded.
    pub(crate) fn remove(&mut self, aid: Aid) {
        if let Some(applet) = self.applet(aid) {
            self.pending.push(Pending::Remove(applet));
        }
    }

    /// An applet is selected on a channel from now on.
    pub(super) fn activate(&mut self, channel: Option<u8>, applet: AppletId) {
        self.set_active(channel, Some(applet));
    }

    /// None is.
    pub(super) fn deactivate(&mut self, channel: Option<u8>) {
        self.set_active(channel, None);
    }

    fn set_active(&mut self, channel: Option<u8>, applet: Option<AppletId>) {
        let place = channel.and_then(|channel| self.active.get_mut(usize::from(channel)));
        if let Some(place) = place {
            *place = applet;
        }
    }
}
