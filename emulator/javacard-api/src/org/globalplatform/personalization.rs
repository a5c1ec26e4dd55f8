//! `Application` and `Personalization`: data that a security domain passes on to an application [GPCS 2.3.1 §7.3.3].

use iso7816::Command;
use jcvm::{AppletId, ClassId, Machine, Reference};

use super::secure_channel::bytes_of;
use crate::{Api, Ended, Origin, tables::classes};

/// `Application.processData` and `Personalization.processData`.
const APPLICATION: (ClassId, u8) = (classes::APPLICATION, 0);
const PERSONALIZATION: (ClassId, u8) = (classes::PERSONALIZATION, 0);

fn instance(machine: &Machine, applet: AppletId) -> Option<Reference> {
    machine.applets().find(|(id, _)| *id == applet).map(|(_, record)| record.instance)
}

/// Whether an applet takes data of its security domain.
#[must_use]
pub fn is_personalizable(machine: &mut Machine, applet: AppletId) -> bool {
    let Some(instance) = instance(machine, applet) else { return false };
    let vm = machine.vm();
    vm.is_instance(instance, classes::APPLICATION)
        || vm.is_instance(instance, classes::PERSONALIZATION)
}

impl Api<'_> {
    /// Passes STORE DATA, taken out of the secure channel, on to an applet, in the APDU buffer. What it answers is returned.
    ///
    /// # Errors
    /// The exception that it throws; a fault.
    pub fn process_data(
        &mut self,
        machine: &mut Machine,
        applet: AppletId,
        origin: Origin,
        command: &Command,
    ) -> Result<Vec<u8>, Ended> {
        let instance = instance(machine, applet).ok_or(Ended::NoSuchApplet)?;
        let context = machine.vm().object(instance).map_or(jcvm::ContextId::JCRE, |it| it.context);
        self.set_origin(origin);
        let bytes = bytes_of(command);
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.run(machine, Some(context), |vm, api| {
            let buffer = api.state.entry_points.buffer;
            vm.write_bytes(buffer, 0, &bytes, jcvm::Write::Immediate)?;
            let source = [buffer.to_cell(), 0, length];
            if !vm.is_instance(instance, classes::PERSONALIZATION) {
                vm.call_interface(api, instance, APPLICATION, &source)?;
                return Ok(Vec::new());
            }
            let [array, offset, length] = source;
            let both = [array, offset, length, array, offset];
            let answered = vm.call_interface(api, instance, PERSONALIZATION, &both)?;
            let answered = i16::try_from(answered).unwrap_or(0);
            vm.bytes(buffer, 0, answered).map(<[u8]>::to_vec)
        })
    }
}
