//! The native side while something runs, and what it keeps between runs.

use std::{any::Any, collections::BTreeMap};

use jcvm::{Arguments, ClassId, Fault, Native, Reclaimed, Reference, Trap, Vm};

use crate::{
    Call, Platform, Protocol, javacard::framework::apdu::exchange::Exchange,
    javacardx::framework::byte_order, javacardx::security::sensitive_result::is_sensitive,
    registry, tables::classes,
};

/// The native side of one run: what the card gives, and the running state.
pub struct Api<'p> {
    pub(crate) platform: &'p mut dyn Platform,
    pub(crate) state: &'p mut ApiState,
}

impl<'p> Api<'p> {
    /// The native side for a run.
    pub fn new(platform: &'p mut dyn Platform, state: &'p mut ApiState) -> Self {
        Self { platform, state }
    }
}

impl Native for Api<'_> {
    fn invoke(
        &mut self,
        vm: &mut Vm<'_>,
        method: u16,
        arguments: Arguments<'_>,
    ) -> Result<i32, Trap> {
        let outcome = match registry::native(method) {
            Some(native) => native(&mut Call {
                platform: &mut *self.platform,
                state: &mut *self.state,
                vm,
                arguments,
                method,
            }),
            None if registry::is_constructor(method) => Ok(0),
            None => Err(Trap::Fault(Fault::IllFormed("a native that is not there"))),
        };
        if is_sensitive(method) {
            self.state.sensitive_result = outcome.ok();
        }
        outcome
    }

    fn static_field(
        &mut self,
        vm: &mut Vm<'_>,
        class: ClassId,
        token: u8,
    ) -> Result<Reference, Trap> {
        match (class, token) {
            (classes::BYTE_ORDER, 0 | 1) => byte_order(vm, token),
            _ => Err(Trap::Fault(Fault::IllFormed("a static field that is not there"))),
        }
    }

    fn reclaimed(&mut self, objects: &Reclaimed) {
        self.state.forget(objects);
    }
}

/// What the native side keeps in RAM.
#[derive(Default)]
pub struct ApiState {
    volatile: Volatile,
    /// Objects of the runtime environment.
    pub(crate) entry_points: EntryPoints,
    /// AID objects of the runtime environment, by value. An entry may be stale: who takes one looks whether it still is what it was.
    pub(crate) aids: BTreeMap<Vec<u8>, Reference>,
    /// The command in progress, while an applet processes it.
    pub(crate) exchange: Option<Exchange>,
    /// The interface of the command in progress.
    pub(crate) protocol: Protocol,
    /// The logical channel of the command in progress.
    pub(crate) channel: u8,
    /// The command in progress is the SELECT that selected the applet.
    pub(crate) selecting: bool,
    /// The applet that is being selected, or deselected, is the same before and after.
    pub(crate) reselecting: bool,
    /// Objects that go with the command.
    pub(crate) temporary: Temporary,
    pub(crate) deletion_requested: bool,
    /// What the last sensitive method returned, if it did.
    pub(crate) sensitive_result: Option<i32>,
}

/// Objects of the runtime environment that live as long as the machine; null until [`ApiState::start`] made them.
#[derive(Clone, Copy, Default)]
pub(crate) struct EntryPoints {
    /// The APDU object, a temporary entry point.
    pub(crate) apdu: Reference,
    /// The APDU buffer, a global array.
    pub(crate) buffer: Reference,
}

/// Global arrays, views and the like that were made during a command.
#[derive(Default)]
pub(crate) struct Temporary {
    pub(crate) arrays: Vec<Reference>,
    /// Memory that they take, in bytes.
    pub(crate) used: usize,
}

impl ApiState {
    /// Running state of objects.
    pub(crate) const fn volatile(&mut self) -> &mut Volatile {
        &mut self.volatile
    }

    /// The card was reset: everything that was under way is gone.
    pub fn reset(&mut self) {
        let entry_points = core::mem::take(&mut self.entry_points);
        *self = Self { entry_points, ..Self::default() };
    }

    /// Objects are gone.
    pub(crate) fn forget(&mut self, objects: &Reclaimed) {
        for handle in &objects.0 {
            self.volatile.0.remove(handle);
        }
    }
}

/// Running state by object: a digest in the middle of its data, a cipher that has been initialised.
///
/// It goes at reset and with its object. A module keeps values of its own types here, one an object.
#[derive(Default)]
pub(crate) struct Volatile(BTreeMap<u32, Box<dyn Any + Send>>);

impl Volatile {
    /// The state of an object, if there is one and it is of this type.
    pub(crate) fn get<T: Any + Send>(&mut self, object: Reference) -> Option<&mut T> {
        self.0.get_mut(&object.handle())?.downcast_mut()
    }

    /// Sets the state of an object.
    pub(crate) fn set<T: Any + Send>(&mut self, object: Reference, state: T) {
        self.0.insert(object.handle(), Box::new(state));
    }

    /// Forgets the state of an object.
    pub(crate) fn remove(&mut self, object: Reference) {
        self.0.remove(&object.handle());
    }
}
