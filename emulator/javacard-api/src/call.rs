//! One call of a native method: everything that it may use.

use jcvm::{Arguments, ClassId, Reference, Standard, Trap, Vm};

use crate::{Api, ApiState, Platform, tables::OWNERS};

/// A call of a native method.
pub(crate) struct Call<'c, 'v> {
    /// What the card gives.
    pub(crate) platform: &'c mut dyn Platform,
    /// Running state of the API.
    pub(crate) state: &'c mut ApiState,
    /// The machine.
    pub(crate) vm: &'c mut Vm<'v>,
    /// Arguments in cells, `this` first.
    pub(crate) arguments: Arguments<'c>,
    /// Number of the method.
    pub(crate) method: u16,
}

impl<'v> Call<'_, 'v> {
    /// `this`, or the first argument of a static method.
    pub(crate) fn this(&self) -> Result<Reference, Trap> {
        self.arguments.reference(0)
    }

    /// The class in whose row of the tables the method stands: for an inherited native, the class it was called on.
    pub(crate) fn class(&self) -> ClassId {
        OWNERS.get(usize::from(self.method)).copied().unwrap_or(ClassId::OBJECT)
    }

    /// A standard exception.
    pub(crate) fn throw<T>(&mut self, exception: Standard) -> Result<T, Trap> {
        Err(self.vm.throw(exception))
    }

    /// An exception of a native class, with a reason.
    pub(crate) fn throw_class<T>(&mut self, class: ClassId, reason: i16) -> Result<T, Trap> {
        Err(self.vm.throw_class(class, reason))
    }

    /// The machine, and the native side that it needs to call a program:
    /// `let (vm, mut api) = call.split(); vm.call_virtual(&mut api, ..)`.
    pub(crate) fn split(&mut self) -> (&mut Vm<'v>, Api<'_>) {
        (&mut *self.vm, Api::new(&mut *self.platform, &mut *self.state))
    }
}
