//! Running methods [JCVM 3.0.5 §7].

// What runs for each instruction must become part of the one loop, in debug builds too.
#![allow(clippy::inline_always)]

mod access;
mod arrays;
mod checks;
mod dispatch;
mod fields;
mod invoke;
mod registers;
mod shuffle;
mod types;
mod unwind;

use self::registers::Registers;
pub(crate) use self::registers::{Frame, Stack};
use crate::{
    heap::Reclaimed,
    ident::{AppletId, ClassId, ContextId, MethodId},
    limits::NESTING_MAX,
    native::{Arguments, Native},
    reference::Reference,
    trap::{Fault, Standard, Trap},
    vm::Vm,
};

/// How the instruction that was just run goes on.
pub(crate) enum Flow {
    /// The run has ended with this value.
    Returned(i32),
    /// A native method is called, with so many cells of arguments.
    Native {
        /// Cells.
        nargs: u8,
        /// Number of the method.
        number: u16,
        /// To whom the context is switched for the call.
        owner: Option<(ContextId, AppletId)>,
    },
    /// A static reference field of a native class is read.
    NativeStatic {
        /// Class.
        class: ClassId,
        /// Token of the field.
        token: u8,
    },
    /// A standard exception.
    Throw(Standard),
    /// An exception object or a fault.
    Trap(Trap),
}

impl From<Standard> for Flow {
    fn from(exception: Standard) -> Self {
        Self::Throw(exception)
    }
}

impl From<Fault> for Flow {
    fn from(fault: Fault) -> Self {
        Self::Trap(Trap::Fault(fault))
    }
}

impl From<Trap> for Flow {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

/// Runs a method to its end, in a context and for an applet.
///
/// # Errors
/// The exception that nothing caught, or a fault.
pub(crate) fn call(
    vm: &mut Vm<'_>,
    native: &mut dyn Native,
    method: MethodId,
    (context, applet): (ContextId, AppletId),
    arguments: &[i32],
) -> Result<i32, Trap> {
    if vm.state.nesting >= NESTING_MAX {
        return Err(Fault::NestedTooDeeply.into());
    }
    let unreported = vm.state.heap.take_unreported();
    if !unreported.is_empty() {
        native.reclaimed(&Reclaimed(unreported));
    }
    let before = (vm.state.context, vm.state.applet, vm.state.top, vm.state.frames.len());
    (vm.state.context, vm.state.applet) = (context, applet);
    vm.state.nesting += 1;
    let outcome = match method.as_native() {
        Some(number) => native.invoke(vm, number, Arguments(arguments)),
        None => run(vm, native, method, arguments),
    };
    vm.state.nesting -= 1;
    (vm.state.context, vm.state.applet, vm.state.top) = (before.0, before.1, before.2);
    vm.state.frames.truncate(before.3);
    outcome
}

fn run(
    vm: &mut Vm<'_>,
    native: &mut dyn Native,
    method: MethodId,
    arguments: &[i32],
) -> Result<i32, Trap> {
    let mut stack = vm.state.stack.take().unwrap_or_else(Stack::new);
    let entered = Registers::enter(vm, stack.cells(), method, arguments);
    let mut stack = Some(stack);
    let outcome = match entered {
        Ok(mut registers) => {
            let outcome = go_on(vm, native, &mut registers, &mut stack);
            vm.state.fuel = registers.fuel;
            outcome
        }
        Err(trap) => Err(trap),
    };
    vm.state.stack = stack;
    outcome
}

/// Runs instructions; between them natives, and ways to handlers.
fn go_on<'c>(
    vm: &mut Vm<'c>,
    native: &mut dyn Native,
    registers: &mut Registers<'c>,
    stack: &mut Option<Stack>,
) -> Result<i32, Trap> {
    loop {
        let cells = stack.as_mut().ok_or(Fault::StackOverflow)?.cells();
        let flow = if vm.state.checked {
            dispatch::run::<true>(vm.code, vm.state, registers, cells)
        } else {
            dispatch::run::<false>(vm.code, vm.state, registers, cells)
        };
        let flow = match flow {
            Flow::Returned(value) => return Ok(value),
            Flow::Native { nargs, number, owner } => {
                match registers.call_native(vm, native, stack, (nargs, number), owner) {
                    Ok(()) => continue,
                    Err(trap) => Flow::Trap(trap),
                }
            }
            Flow::NativeStatic { class, token } => {
                match registers.read_native_static(vm, native, stack, (class, token)) {
                    Ok(()) => continue,
                    Err(trap) => Flow::Trap(trap),
                }
            }
            other => other,
        };
        let cells = stack.as_mut().ok_or(Fault::StackOverflow)?.cells();
        registers.handle(vm.code, vm.state, cells, flow)?;
    }
}

/// The object that a cell refers to must be there.
#[inline]
pub(crate) const fn missing(reference: Reference) -> Standard {
    // What is neither null nor an object is the work of code that no verifier saw.
    if reference.is_null() { Standard::NullPointer } else { Standard::Security }
}
