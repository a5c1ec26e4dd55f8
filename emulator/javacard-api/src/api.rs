//! The native side while something runs, and what it keeps between runs.

use std::{any::Any, collections::BTreeMap};

use jcvm::{Arguments, Fault, Native, Reclaimed, Reference, Trap, Vm};

use crate::{Call, Platform, registry};

/// The native side of one run: what the card gives, and the running state.
pub struct Api<'p> {
    platform: &'p mut dyn Platform,
    state: &'p mut ApiState,
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
        match registry::native(method) {
            Some(native) => native(&mut Call {
                platform: &mut *self.platform,
                state: &mut *self.state,
                vm,
                arguments,
                method,
            }),
            // A constructor that has nothing to do.
            None if registry::implemented(method) => Ok(0),
            None => Err(Trap::Fault(Fault::IllFormed("a native that is not there"))),
        }
    }

    fn reclaimed(&mut self, objects: &Reclaimed) {
        self.state.forget(&objects.0);
    }
}

/// What the native side keeps in RAM.
#[derive(Default)]
pub struct ApiState {
    volatile: Volatile,
}

impl ApiState {
    /// Running state of objects.
    pub(crate) const fn volatile(&mut self) -> &mut Volatile {
        &mut self.volatile
    }

    /// The card was reset: everything that was under way is gone.
    pub fn reset(&mut self) {
        self.volatile = Volatile::default();
    }

    /// Objects are gone.
    pub(crate) fn forget(&mut self, handles: &[u32]) {
        for handle in handles {
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

    /// Takes the state of an object, if it is of this type; of any other type it is dropped.
    pub(crate) fn take<T: Any + Send>(&mut self, object: Reference) -> Option<T> {
        self.0.remove(&object.handle())?.downcast().ok().map(|state| *state)
    }

    /// Forgets the state of an object.
    pub(crate) fn remove(&mut self, object: Reference) {
        self.0.remove(&object.handle());
    }
}
