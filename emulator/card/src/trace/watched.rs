//! An applet with somebody who notes its calls.

use iso7816::{Command, Response, StatusWord};

use super::{Call, EntryPoint, Event};
use crate::{applet::Applet, host::Host, vm::Failure};

/// The applet of a call. While nobody watches it is the applet itself, one step further away.
pub(crate) struct Watched<'a>(pub(crate) &'a mut dyn Applet);

/// What a method returns.
pub(crate) trait Answer {
    /// The status word in it, if there is one.
    fn status(&self) -> Option<StatusWord>;
}

impl Answer for () {
    fn status(&self) -> Option<StatusWord> {
        None
    }
}

impl Answer for Result<Response, StatusWord> {
    fn status(&self) -> Option<StatusWord> {
        Some(self.as_ref().map_or_else(|status| *status, |response| response.status))
    }
}

impl Answer for Result<Vec<u8>, StatusWord> {
    fn status(&self) -> Option<StatusWord> {
        Some(self.as_ref().err().copied().unwrap_or(StatusWord::OK))
    }
}

impl Answer for Result<Box<dyn Applet>, StatusWord> {
    fn status(&self) -> Option<StatusWord> {
        Some(self.as_ref().err().copied().unwrap_or(StatusWord::OK))
    }
}

/// Calls and notes what came of it.
pub(crate) fn watched<R: Answer>(
    host: &mut Host<'_>,
    entry: EntryPoint,
    call: impl FnOnce(&mut Host<'_>) -> R,
) -> R {
    if !host.nvm.log.trace.is_on() {
        return call(host);
    }
    let failed_before = host.java.failure().cloned();
    host.java.take_run();
    let result = call(host);
    let failure = host.java.failure().filter(|failure| failed_before.as_ref() != Some(failure));
    let call = Call {
        instance: host.instance,
        entry,
        status: result.status(),
        failure: failure.map(Failure::to_string),
        machine: host.java.take_run(),
    };
    host.nvm.log.trace.note(|| Event::Called(call));
    result
}

impl Applet for Watched<'_> {
    fn reset(&mut self) {
        self.0.reset();
    }

    fn select(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Vec<u8>, StatusWord> {
        watched(host, EntryPoint::Select, |host| self.0.select(host, command))
    }

    fn deselect(&mut self, host: &mut Host<'_>) {
        watched(host, EntryPoint::Deselect, |host| self.0.deselect(host));
    }

    fn process(&mut self, host: &mut Host<'_>, command: &Command) -> Result<Response, StatusWord> {
        watched(host, EntryPoint::Process, |host| self.0.process(host, command))
    }

    fn uninstall(&mut self, host: &mut Host<'_>) {
        watched(host, EntryPoint::Uninstall, |host| self.0.uninstall(host));
    }

    fn enter(
        &mut self,
        host: &mut Host<'_>,
        command: Option<&Command>,
        again: bool,
    ) -> Result<Response, StatusWord> {
        watched(host, EntryPoint::Select, |host| self.0.enter(host, command, again))
    }

    fn leave(&mut self, host: &mut Host<'_>, again: bool) {
        watched(host, EntryPoint::Deselect, |host| self.0.leave(host, again));
    }

    fn is_personalizable(&self, host: &mut Host<'_>) -> bool {
        self.0.is_personalizable(host)
    }

    fn store_data(
        &mut self,
        host: &mut Host<'_>,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        let call = |host: &mut Host<'_>| self.0.store_data(host, command);
        watched(host, EntryPoint::ProcessData, call)
    }

    fn takes_select(&self) -> bool {
        self.0.takes_select()
    }
}
