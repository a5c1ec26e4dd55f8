//! Calls [JCVM 3.0.5 §7.5, invokevirtual and its kin].

use faults::Fault as Planted;

use super::{
    Flow,
    access::receiver,
    missing,
    registers::{Cells, Registers, Stack, get, set},
};
use crate::{
    api::ReturnKind,
    code::Code,
    ident::{AppletId, ClassId, ContextId, MethodId},
    limits::NATIVE_FUEL,
    machine::State,
    native::{Arguments, Native},
    reference::Reference,
    trap::{Fault, Standard, Trap},
    vm::Vm,
};

/// Most argument cells of a native method.
const NATIVE_ARGUMENTS_MAX: usize = 32;
/// Steps of a search for an interface that one unit of fuel pays.
const SEARCH_STEPS_PER_FUEL: u64 = 8;
const NO_METHOD: Fault = Fault::IllFormed("a call of a method that is not there");

impl<'c> Registers<'c> {
    /// The receiver of a call with so many argument cells.
    #[inline]
    fn receiver(&self, cells: &Cells, nargs: u8) -> Reference {
        Reference::from_cell(get(cells, self.sp.wrapping_sub(usize::from(nargs))))
    }

    /// Calls the virtual method with this token of the receiver's class.
    #[inline]
    pub(super) fn invoke_virtual(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        (nargs, token): (u8, u8),
    ) -> Result<(), Flow> {
        if faults::active(Planted::FirewallMethodsOpen) {
            return self.invoke_foreign(code, state, cells, (nargs, token));
        }
        let object = receiver(&state.heap, self.receiver(cells, nargs), self.context)?;
        let method = code.virtual_method(object.class, token).ok_or(NO_METHOD)?;
        self.enter_method(code, state, cells, nargs, method)
    }

    /// Calls a virtual method as if it were one of a shareable interface: what a fault does.
    #[cold]
    fn invoke_foreign(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        (nargs, token): (u8, u8),
    ) -> Result<(), Flow> {
        let reference = self.receiver(cells, nargs);
        let object = state.heap.get(reference).ok_or(missing(reference))?;
        let (context, applet) = (object.context, object.owner);
        let method = code.virtual_method(object.class, token).ok_or(NO_METHOD)?;
        let foreign = context != self.context && context != ContextId::JCRE;
        if foreign && method.as_native().is_none() {
            self.switch(state, context, applet);
        }
        self.enter_method(code, state, cells, nargs, method)
    }

    /// Calls the package-visible method with this token of the receiver's class.
    pub(super) fn invoke_package_visible(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        (nargs, token): (u8, u8),
    ) -> Result<(), Flow> {
        let object = receiver(&state.heap, self.receiver(cells, nargs), self.context)?;
        let own = self.method.parts().0;
        // An instance of a subclass in another package has the method in a superclass of this one.
        let class = object.class;
        let search = code.loaded_class(class).map_or(1, |class| class.search);
        let class = code.hierarchy(class).find(|class| class.package() == own);
        let class = class.and_then(|class| code.loaded_class(class)).ok_or(NO_METHOD)?;
        self.burn(u64::from(search) / SEARCH_STEPS_PER_FUEL)?;
        let found = class.package_methods.get(usize::from(token)).ok_or(NO_METHOD)?;
        let method = found.method.ok_or(NO_METHOD)?;
        self.call_loaded(code, state, cells, nargs, method)
    }

    /// Calls the method that the receiver's class has for a method of an interface, in the context of the receiver's owner if the
    /// interface is shareable [JCRE 3.0.5 §6.2.4].
    pub(super) fn invoke_interface(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        (nargs, token, interface): (u8, u8, ClassId),
    ) -> Result<(), Flow> {
        let reference = self.receiver(cells, nargs);
        let object = state.heap.get(reference).ok_or(missing(reference))?;
        let (class, owner) = (object.class, (object.context, object.owner));
        let method = code.interface_method(class, interface, token);
        let allowed = receiver(&state.heap, reference, self.context).is_ok();
        let shared = code.is_shareable(interface) && method.is_some();
        if !allowed && !shared && !faults::active(Planted::ShareableNotNeeded) {
            return Err(Standard::Security.into());
        }
        let method = method.ok_or(NO_METHOD)?;
        // A class without implementations of its own costs one; the longest search some thousands.
        let search = code.loaded_class(class).map_or(1, |class| class.search);
        self.burn(u64::from(search) / SEARCH_STEPS_PER_FUEL)?;
        if owner.0 == self.context {
            return self.enter_method(code, state, cells, nargs, method);
        }
        if let Some(number) = method.as_native() {
            // What an object inherits from a native class runs as the object's owner; entry points look at their caller.
            let owner = (owner.0 != ContextId::JCRE).then_some(owner);
            return Err(Flow::Native { nargs, number, owner });
        }
        let (context, applet) = (self.context, self.applet);
        if !faults::active(Planted::ContextNotSwitched) {
            self.switch(state, owner.0, owner.1);
        }
        let called = self.call_loaded(code, state, cells, nargs, method);
        if called.is_err() {
            self.switch(state, context, applet);
        }
        called
    }

    /// Calls a method, wherever it is.
    pub(super) fn enter_method(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        nargs: u8,
        method: MethodId,
    ) -> Result<(), Flow> {
        match method.as_native() {
            Some(number) => Err(Flow::Native { nargs, number, owner: None }),
            None => self.call_loaded(code, state, cells, nargs, method),
        }
    }

    /// Calls a loaded method. What the instruction says of its arguments is not believed.
    #[inline]
    fn call_loaded(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        nargs: u8,
        method: MethodId,
    ) -> Result<(), Flow> {
        let found = code.method(method).ok_or(NO_METHOD)?;
        if found.1.nargs != nargs {
            return Err(Fault::IllFormed("a call with other arguments").into());
        }
        Ok(self.enter_found(state, cells, method, found)?)
    }
}

impl Registers<'_> {
    /// Calls a native method: its arguments go, what it returns comes.
    pub(super) fn call_native(
        &mut self,
        vm: &mut Vm<'_>,
        native: &mut dyn Native,
        stack: &mut Option<Stack>,
        (nargs, number): (u8, u16),
        owner: Option<(ContextId, AppletId)>,
    ) -> Result<(), Trap> {
        self.burn(NATIVE_FUEL)?;
        let count = usize::from(nargs);
        let first = self.sp.wrapping_sub(count);
        if count > NATIVE_ARGUMENTS_MAX || first < self.floor || first > self.sp {
            return Err(Fault::IllFormed("arguments that are not there").into());
        }
        let mut arguments = [0; NATIVE_ARGUMENTS_MAX];
        if let Some(stack) = stack.as_mut() {
            let cells = stack.cells();
            for (index, argument) in arguments.iter_mut().take(count).enumerate() {
                *argument = get(cells, first + index);
            }
        }
        (vm.state.top, vm.state.fuel) = (self.sp, self.fuel);
        // A native may run programs, and null what an aborted transaction made: the stack is there for both.
        vm.state.stack = stack.take();
        let arguments = arguments.get(..count).unwrap_or_default();
        if let Some(owner) = owner {
            (vm.state.context, vm.state.applet) = owner;
        }
        let outcome = native.invoke(vm, number, Arguments(arguments));
        (vm.state.context, vm.state.applet) = (self.context, self.applet);
        *stack = Some(vm.state.stack.take().unwrap_or_else(Stack::new));
        self.fuel = vm.state.fuel;
        self.sp = first;
        let value = outcome?;
        let returns = vm.code.api().returns.get(usize::from(number)).copied();
        if let Some(stack) = stack.as_mut() {
            self.push_returned(stack.cells(), returns.unwrap_or(ReturnKind::Void), value);
        }
        Ok(self.check_returned(self.sp)?)
    }

    /// Reads a static reference field of a native class.
    pub(super) fn read_native_static(
        &mut self,
        vm: &mut Vm<'_>,
        native: &mut dyn Native,
        stack: &mut Option<Stack>,
        (class, token): (ClassId, u8),
    ) -> Result<(), Trap> {
        self.burn(NATIVE_FUEL)?;
        let value = native.static_field(vm, class, token)?;
        if let Some(stack) = stack.as_mut() {
            self.push_returned(stack.cells(), ReturnKind::Reference, value.to_cell());
        }
        Ok(self.check_returned(self.sp)?)
    }

    fn push_returned(&mut self, cells: &mut Cells, kind: ReturnKind, value: i32) {
        let count = match kind {
            ReturnKind::Void => 0,
            ReturnKind::Short | ReturnKind::Reference => 1,
            ReturnKind::Int => 2,
        };
        if count > 0 {
            set(cells, self.sp, value);
        }
        self.sp += count;
    }
}
