//! What the card calls: the life of an applet, from `install` to `uninstall` [JCRE 3.0.5 §3, §4].
//!
//! Each call is one run: fuel is full at its beginning; at its end a transaction that is still open is aborted, and what was made for
//! its duration is gone. What a program stored outside of a transaction stays, however the run ended [JCRE 3.0.5 §7.1]; only after an
//! `install` that failed does the card take everything back.

use faults::Fault as Planted;
use iso7816::{Aid, Command, Response, StatusWord};
use jcvm::{
    AppletId, Body, ClassId, ContextId, Fault, Lifetime, Machine, Native, ObjectFlags, Reclaimed,
    Reference, Trap, Vm,
};

use crate::{
    Api, ApiState, Ended, Protocol,
    api::EntryPoints,
    javacard::framework::{
        apdu::exchange::{BUFFER_LENGTH, Exchange},
        applet::token,
    },
    tables::classes,
};

/// Tokens of the interfaces that the card calls.
const MULTI_SELECT: (ClassId, u8) = (classes::MULTI_SELECTABLE, 0);
const MULTI_DESELECT: (ClassId, u8) = (classes::MULTI_SELECTABLE, 1);
const UNINSTALL: (ClassId, u8) = (classes::APPLET_EVENT, 0);
/// The runtime environment as an owner.
const JCRE: (ContextId, AppletId) = (ContextId::JCRE, AppletId::NONE);
/// The machine is not the one that the applet is in.
const NO_APPLET: Fault = Fault::IllFormed("no such applet");

/// Where a command came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The interface.
    pub protocol: Protocol,
    /// The logical channel.
    pub channel: u8,
}

/// What INSTALL [for install] asks for [GPCS 2.3.1 §11.5.2.3.7].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installation<'i> {
    /// AID of the applet class.
    pub module: Aid,
    /// Privileges, as they are coded.
    pub privileges: &'i [u8],
    /// Applet specific parameters: the value of tag C9.
    pub parameters: &'i [u8],
}

impl Installation<'_> {
    /// What `install` gets: each part with its length before it.
    fn parts(&self, instance: Aid) -> Vec<u8> {
        let parts = [instance.as_bytes(), self.privileges, self.parameters];
        let each = parts.into_iter().map(|part| part.get(..0xFF).unwrap_or(part));
        each.flat_map(|part| {
            let length = u8::try_from(part.len()).unwrap_or(0);
            core::iter::once(length).chain(part.iter().copied())
        })
        .collect()
    }
}

/// What came of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The applet is selected.
    Selected,
    /// It refused, or threw what is told: 6999.
    Refused(Option<Ended>),
    /// Its package is active on another channel, and it is not made for that: 6985 [JCRE 3.0.5 §4.2].
    Busy,
}

impl ApiState {
    /// Makes the runtime environment's own objects, once a machine is there and its image has been read.
    ///
    /// # Errors
    /// When the machine has no room for them.
    pub fn start(&mut self, machine: &mut Machine) -> Result<(), Ended> {
        let mut vm = machine.vm();
        self.entry_points = entry_points(&mut vm).map_err(|trap| Ended::new(&vm, trap))?;
        Ok(())
    }

    /// Whether an applet has asked since the last call that unreachable objects be deleted.
    pub fn take_deletion_request(&mut self) -> bool {
        core::mem::replace(&mut self.deletion_requested, false)
            && !faults::active(Planted::ObjectDeletionIgnored)
    }
}

fn entry_points(vm: &mut Vm<'_>) -> Result<EntryPoints, Trap> {
    let fields = Body::Fields(Box::default());
    let apdu = vm.allocate_for(JCRE, classes::APDU, Lifetime::Runtime, fields)?;
    vm.set_flags(apdu, ObjectFlags::TEMPORARY_ENTRY_POINT);
    let bytes = Body::Bytes(vec![0; BUFFER_LENGTH].into());
    let buffer = vm.allocate_for(JCRE, ClassId::BYTE_ARRAY, Lifetime::Runtime, bytes)?;
    vm.set_flags(buffer, ObjectFlags::GLOBAL_ARRAY);
    Ok(EntryPoints { apdu, buffer })
}

impl Api<'_> {
    /// One run: calls of programs on behalf of the card, with `selected` as the context of the selected applet.
    ///
    /// # Errors
    /// The exception that nothing caught, or the fault.
    pub fn run<T>(
        &mut self,
        machine: &mut Machine,
        selected: Option<ContextId>,
        calls: impl FnOnce(&mut Vm<'_>, &mut Self) -> Result<T, Trap>,
    ) -> Result<T, Ended> {
        machine.begin(selected);
        self.state.sensitive_result = None;
        let mut vm = machine.vm();
        let outcome = calls(&mut vm, self).map_err(|trap| Ended::new(&vm, trap));
        if vm.heap().in_transaction() && faults::active(Planted::OpenTransactionCommitted) {
            // In a transaction this cannot fail.
            let _ = vm.commit_transaction();
        }
        if vm.heap().in_transaction()
            && let Ok(aborted) = vm.abort_transaction()
        {
            self.reclaimed(&Reclaimed(aborted.0));
        }
        for temporary in core::mem::take(&mut self.state.temporary).arrays {
            self.state.volatile().remove(temporary);
            vm.release(temporary);
        }
        self.state.exchange = None;
        (self.state.selecting, self.state.reselecting) = (false, false);
        outcome
    }

    fn instance(machine: &Machine, applet: AppletId) -> Result<(Reference, ContextId), Ended> {
        let found = machine.applets().find(|(id, _)| *id == applet);
        let (_, record) = found.ok_or(Ended::Fault(NO_APPLET))?;
        Ok((record.instance, record.package.context()))
    }

    /// Installs an instance: `applet` has been added to the machine with the AID that it is to have. The AID with which it registered
    /// is in its record afterwards.
    ///
    /// # Errors
    /// What `install` threw; [`Ended::NotRegistered`]. The card takes everything back then, and forgets the applet.
    pub fn install(
        &mut self,
        machine: &mut Machine,
        applet: AppletId,
        installation: &Installation<'_>,
    ) -> Result<(), Ended> {
        let record = machine.applets().find(|(id, _)| *id == applet).map(|(_, record)| record);
        let (aid, package) =
            record.map(|record| (record.aid, record.package)).ok_or(Ended::NoSuchApplet)?;
        let loaded = machine.code().package(package).ok_or(Ended::NoSuchApplet)?;
        let mut applets = loaded.cap.applet.iter().flat_map(|component| &component.applets);
        let module = applets.find(|module| module.aid == installation.module);
        let location = module.map(|module| module.install).ok_or(Ended::NoSuchApplet)?;
        let mut array = installation.parts(aid);
        // The length is a byte, which an applet takes as signed.
        let [length, ..] = array.len().to_le_bytes();
        // On a chip the array is the APDU buffer: applets read lengths that are not there as zeros.
        array.resize(array.len().max(BUFFER_LENGTH), 0);
        self.run(machine, Some(package.context()), |vm, api| {
            let array = vm.allocate_for(
                JCRE,
                ClassId::BYTE_ARRAY,
                Lifetime::Runtime,
                Body::Bytes(array.into()),
            )?;
            vm.set_flags(array, ObjectFlags::GLOBAL_ARRAY);
            api.state.temporary.arrays.push(array);
            let arguments = [array.to_cell(), 0, i32::from(length.cast_signed())];
            vm.call_static(api, package, location, applet, &arguments).map(|_| ())
        })?;
        match Self::instance(machine, applet) {
            Ok((instance, _)) if !instance.is_null() => Ok(()),
            _ => Err(Ended::NotRegistered),
        }
    }

    /// Whether applets of the package are selected on other channels, and whether this very applet is.
    fn elsewhere(&self, machine: &Machine, applet: AppletId, channel: u8) -> (bool, bool) {
        let package = |id: AppletId| {
            machine.applets().find(|(other, _)| *other == id).map(|(_, record)| record.package)
        };
        let others = (0..self.platform.channels()).filter(|other| *other != channel);
        let active: Vec<AppletId> =
            others.filter_map(|other| self.platform.active_applet(other)).collect();
        let own = package(applet);
        let shared = active.iter().any(|other| own.is_some() && package(*other) == own);
        (shared, active.contains(&applet))
    }

    /// Asks an applet whether it wants to be selected [JCRE 3.0.5 §4.5]. `reselecting`: it is the one that was selected before.
    ///
    /// # Errors
    /// A fault; what the applet throws is a refusal.
    pub fn select(
        &mut self,
        machine: &mut Machine,
        applet: AppletId,
        origin: Origin,
        reselecting: bool,
    ) -> Result<Selection, Ended> {
        let (instance, context) = Self::instance(machine, applet)?;
        let (shared, same) = self.elsewhere(machine, applet, origin.channel);
        let multiselectable = machine.vm().is_instance(instance, classes::MULTI_SELECTABLE);
        if shared && !multiselectable {
            return Ok(Selection::Busy);
        }
        self.set_origin(origin);
        self.state.reselecting = reselecting;
        let outcome = self.run(machine, Some(context), |vm, api| {
            if shared {
                vm.call_interface(api, instance, MULTI_SELECT, &[i32::from(same)])
            } else {
                vm.call_virtual(api, instance, token::SELECT, &[])
            }
        });
        match outcome {
            Ok(accepted) if accepted & 1 != 0 => Ok(Selection::Selected),
            Ok(_) if faults::active(Planted::RefusedSelectionSelects) => Ok(Selection::Selected),
            Ok(_) => Ok(Selection::Refused(None)),
            Err(thrown @ Ended::Exception { .. }) => Ok(Selection::Refused(Some(thrown))),
            Err(fault) => Err(fault),
        }
    }

    /// Tells an applet that it is no longer selected on a channel, and clears its transient memory if its package is not selected
    /// anywhere else [JCRE 3.0.5 §4.5, §5.1]. `reselecting`: it is going to be selected again.
    ///
    /// # Errors
    /// A fault; what the applet throws is of no consequence.
    pub fn deselect(
        &mut self,
        machine: &mut Machine,
        applet: AppletId,
        origin: Origin,
        reselecting: bool,
    ) -> Result<(), Ended> {
        let (instance, context) = Self::instance(machine, applet)?;
        let (shared, same) = self.elsewhere(machine, applet, origin.channel);
        self.set_origin(origin);
        self.state.reselecting = reselecting;
        let outcome = self.run(machine, Some(context), |vm, api| {
            if faults::active(Planted::DeselectNotCalled) {
                Ok(0)
            } else if shared && vm.is_instance(instance, classes::MULTI_SELECTABLE) {
                vm.call_interface(api, instance, MULTI_DESELECT, &[i32::from(same)])
            } else {
                vm.call_virtual(api, instance, token::DESELECT, &[])
            }
        });
        if !shared {
            machine.heap_mut().clear_transient(Some(context));
        }
        match outcome {
            Ok(_) | Err(Ended::Exception { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Lets an applet process a command [JCRE 3.0.5 §4.6]. `selecting`: the command is the SELECT that selected it.
    ///
    /// An `ISOException` is a response, with the data that the applet had sent; so is 6700 to an extended command for an applet that
    /// does not implement `ExtendedLength`.
    ///
    /// # Errors
    /// Any other exception; a fault. The card answers with [`Ended::status`], unless the power failed.
    pub fn process(
        &mut self,
        machine: &mut Machine,
        applet: AppletId,
        origin: Origin,
        command: &Command,
        selecting: bool,
    ) -> Result<Response, Ended> {
        let (instance, context) = Self::instance(machine, applet)?;
        let extended = machine.vm().is_instance(instance, classes::EXTENDED_LENGTH);
        let exchange = Exchange::new(command.clone(), origin.protocol, extended);
        if exchange.is_too_long() {
            return Ok(Response::status(StatusWord::WRONG_LENGTH));
        }
        self.set_origin(origin);
        self.state.selecting = selecting;
        let buffer = exchange.buffer();
        self.state.exchange = Some(exchange);
        let mut sent = Vec::new();
        let outcome = self.run(machine, Some(context), |vm, api| {
            let EntryPoints { apdu, buffer: array } = api.state.entry_points;
            vm.write_bytes(array, 0, &buffer, jcvm::Write::Transactional)?;
            let outcome = vm.call_virtual(api, instance, token::PROCESS, &[apdu.to_cell()]);
            sent = api.state.exchange.take().map(Exchange::into_response).unwrap_or_default();
            outcome
        });
        match outcome {
            Ok(_) => Ok(Response::ok(sent)),
            Err(ended @ Ended::Exception { iso: true, .. }) => {
                Ok(Response::new(sent, ended.status()))
            }
            Err(Ended::Exception { .. }) if faults::active(Planted::UncaughtExceptionHidden) => {
                Ok(Response::ok(sent))
            }
            Err(ended) => Err(ended),
        }
    }

    /// Tells an applet that it is going to be deleted, if it wants to know [JCRE 3.0.5 §11.3.4.1].
    ///
    /// # Errors
    /// A fault; what the applet throws is of no consequence.
    pub fn uninstall(&mut self, machine: &mut Machine, applet: AppletId) -> Result<(), Ended> {
        let (instance, context) = Self::instance(machine, applet)?;
        let outcome = self.run(machine, Some(context), |vm, api| {
            if vm.is_instance(instance, classes::APPLET_EVENT) {
                vm.call_interface(api, instance, UNINSTALL, &[])?;
            }
            Ok(())
        });
        match outcome {
            Ok(()) | Err(Ended::Exception { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    pub(crate) const fn set_origin(&mut self, origin: Origin) {
        self.state.protocol = origin.protocol;
        self.state.channel = origin.channel;
    }
}
