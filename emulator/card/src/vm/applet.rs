//! An instance in the virtual machine, as the card knows every applet.

use iso7816::{Command, Response, StatusWord};
use javacard_api::{Ended, Selection, is_personalizable};
use jcvm::AppletId;

use super::run::{answer, keep, run};
use crate::{applet::Applet, host::Host};

/// An applet in the virtual machine.
pub(crate) struct VmApplet(pub(super) AppletId);

impl VmApplet {
    /// Calls `process`. The status word may be an error, and what the applet stored stays all the same.
    fn answer_to(&self, host: &mut Host<'_>, command: &Command, selecting: bool) -> Response {
        let (applet, origin) = (self.0, host.java.origin(host.channel));
        let outcome =
            run(host, |api, machine| api.process(machine, applet, origin, command, selecting));
        let response = answer(host, outcome);
        match keep(host) {
            Ok(()) => response,
            Err(status) => Response::status(status),
        }
    }
}

impl Applet for VmApplet {
    /// The machine is reset as a whole.
    fn reset(&mut self) {}

    fn select(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Vec<u8>, StatusWord> {
        let response = self.enter(host, Some(command), false)?;
        if response.status.is_ok() { Ok(response.data) } else { Err(response.status) }
    }

    fn enter(
        &mut self,
        host: &mut Host<'_>,
        command: Option<&Command>,
        again: bool,
    ) -> Result<Response, StatusWord> {
        let (applet, origin) = (self.0, host.java.origin(host.channel));
        let selection = run(host, |api, machine| api.select(machine, applet, origin, again));
        keep(host)?;
        match selection {
            Ok(Selection::Selected) => {}
            Ok(Selection::Busy) => return Err(StatusWord::CONDITIONS_OF_USE),
            Ok(Selection::Refused(None)) => return Err(StatusWord::APPLET_SELECT_FAILED),
            Ok(Selection::Refused(Some(ended))) | Err(ended) => {
                host.java.ended(ended);
                return Err(StatusWord::APPLET_SELECT_FAILED);
            }
        }
        host.java.activate(host.channel, applet);
        Ok(command.map_or(Response::ok(Vec::new()), |command| self.answer_to(host, command, true)))
    }

    fn deselect(&mut self, host: &mut Host<'_>) {
        self.leave(host, false);
    }

    fn leave(&mut self, host: &mut Host<'_>, again: bool) {
        let (applet, origin) = (self.0, host.java.origin(host.channel));
        let outcome = run(host, |api, machine| api.deselect(machine, applet, origin, again));
        if let Err(ended) = outcome {
            host.java.ended(ended);
        }
        // Power that failed is seen by the card; records that could not be written are seen by the command that follows.
        let _ = keep(host);
        host.java.deactivate(host.channel);
    }

    fn process(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Response, StatusWord> {
        Ok(self.answer_to(host, command, false))
    }

    fn is_personalizable(&self, host: &mut Host<'_>) -> bool {
        is_personalizable(&mut host.java.machine, self.0)
    }

    fn store_data(
        &mut self,
        host: &mut Host<'_>,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let (applet, origin) = (self.0, host.java.origin(host.channel));
        let outcome = run(host, |api, machine| api.process_data(machine, applet, origin, command));
        let response = answer(host, outcome.map(Response::ok));
        keep(host)?;
        Ok(response)
    }

    fn takes_select(&self) -> bool {
        true
    }

    fn uninstall(&mut self, host: &mut Host<'_>) {
        let applet = self.0;
        let outcome = run(host, |api, machine| api.uninstall(machine, applet));
        if let Err(ended @ Ended::Fault(_)) = outcome {
            host.java.ended(ended);
        }
    }
}
