//! The registers of a run, and frames.

use crate::{
    code::{Code, LoadedPackage, Method, op::Op},
    ident::{AppletId, ContextId, MethodId},
    limits::{FRAMES_MAX, STACK_CELLS},
    machine::State,
    trap::{Fault, Trap},
    vm::Vm,
};

const MASK: usize = STACK_CELLS - 1;
const _: () = assert!(STACK_CELLS.is_power_of_two(), "indices are masked");

/// The operand and variable stack. An index beyond its end wraps: verified code has none, and code that is not verified is checked
/// before it gets here.
#[derive(Debug)]
pub(crate) struct Stack(Box<[i32; STACK_CELLS]>);

impl Stack {
    pub(crate) fn new() -> Self {
        Self(Box::new([0; STACK_CELLS]))
    }

    /// The cells themselves, for the loop that runs instructions.
    pub(crate) fn cells(&mut self) -> &mut Cells {
        &mut self.0
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut i32> {
        self.0.iter_mut()
    }
}

/// The cells of a stack.
pub(crate) type Cells = [i32; STACK_CELLS];

/// A cell of the stack.
#[inline(always)]
pub(crate) fn get(cells: &Cells, index: usize) -> i32 {
    // The mask keeps the index inside: there is no other branch in the machine code.
    cells.get(index & MASK).copied().unwrap_or(0)
}

/// Changes a cell of the stack.
#[inline(always)]
pub(crate) fn set(cells: &mut Cells, index: usize, value: i32) {
    if let Some(place) = cells.get_mut(index & MASK) {
        *place = value;
    }
}

/// A method that is being run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) method: MethodId,
    /// The next instruction, while a method that it called runs.
    pub(crate) pc: u32,
    /// First local variable.
    pub(crate) locals: usize,
    /// First cell of its operand stack, and the first after it.
    pub(crate) operands: (usize, usize),
    /// Whose code runs.
    pub(crate) context: ContextId,
    pub(crate) applet: AppletId,
}

/// What the interpreter has in its hands.
pub(crate) struct Registers<'c> {
    /// Instructions of the current package.
    pub(crate) ops: &'c [Op],
    pub(crate) pc: u32,
    /// First free cell.
    pub(crate) sp: usize,
    /// First local variable of the current method.
    pub(crate) locals: usize,
    /// First cell of its operand stack.
    pub(crate) floor: usize,
    /// First cell after its operand stack.
    pub(crate) ceiling: usize,
    pub(crate) method: MethodId,
    pub(crate) context: ContextId,
    pub(crate) applet: AppletId,
    /// Whether transient objects that are cleared on deselection may be used.
    pub(crate) deselect: bool,
    pub(crate) fuel: u64,
    /// Frames below the run.
    pub(crate) base: usize,
}

impl<'c> Registers<'c> {
    /// Takes the stack and enters a method.
    pub(crate) fn enter(
        vm: &mut Vm<'c>,
        cells: &mut Cells,
        method: MethodId,
        arguments: &[i32],
    ) -> Result<Self, Trap> {
        let mut registers = Self {
            ops: &[],
            pc: 0,
            sp: vm.state.top,
            locals: 0,
            floor: vm.state.top,
            ceiling: STACK_CELLS,
            method,
            context: vm.state.context,
            applet: vm.state.applet,
            deselect: vm.state.may_use_deselect_transient(vm.state.context),
            fuel: vm.state.fuel,
            base: vm.state.frames.len(),
        };
        registers.begin(vm, cells, arguments)?;
        Ok(registers)
    }

    fn begin(
        &mut self,
        vm: &mut Vm<'c>,
        cells: &mut Cells,
        arguments: &[i32],
    ) -> Result<(), Fault> {
        if self.sp + arguments.len() > STACK_CELLS {
            return Err(Fault::StackOverflow);
        }
        for argument in arguments {
            set(cells, self.sp, *argument);
            self.sp += 1;
        }
        let (_, entered) = vm.code.method(self.method).ok_or(Fault::IllFormed("no method"))?;
        if usize::from(entered.nargs) != arguments.len() {
            return Err(Fault::IllFormed("a call with other arguments"));
        }
        self.call(vm.code, vm.state, cells, self.method)
    }

    /// Enters a loaded method, whose arguments are on the stack.
    #[inline]
    pub(crate) fn call(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        id: MethodId,
    ) -> Result<(), Fault> {
        let found = code.method(id).ok_or(Fault::IllFormed("no method"))?;
        self.enter_found(state, cells, id, found)
    }

    /// Enters a loaded method that has been looked up.
    #[inline]
    pub(crate) fn enter_found(
        &mut self,
        state: &mut State,
        cells: &mut Cells,
        id: MethodId,
        (package, method): (&'c LoadedPackage, &'c Method),
    ) -> Result<(), Fault> {
        if method.is_abstract {
            return Err(Fault::IllFormed("a call of an abstract method"));
        }
        let first = self.sp.wrapping_sub(usize::from(method.nargs));
        let floor = first.wrapping_add(usize::from(method.locals));
        let ceiling = floor + usize::from(method.max_stack);
        if first < self.floor || first > self.sp {
            return Err(Fault::IllFormed("arguments that are not there"));
        }
        if ceiling > STACK_CELLS || state.frames.len() >= FRAMES_MAX {
            return Err(Fault::StackOverflow);
        }
        self.burn(u64::from(method.end - method.entry))?;
        if let Some(caller) = state.frames.last_mut() {
            caller.pc = self.pc;
        }
        let (context, applet) = (self.context, self.applet);
        let operands = (floor, ceiling);
        state.frames.push(Frame { method: id, pc: 0, locals: first, operands, context, applet });
        // Few, mostly none: a loop is faster than filling a range.
        for index in self.sp..floor {
            set(cells, index, 0);
        }
        self.method = id;
        self.ops = &package.ops;
        self.pc = method.entry;
        self.locals = first;
        self.floor = floor;
        self.ceiling = ceiling;
        self.sp = floor;
        Ok(())
    }

    /// Leaves the current method: its arguments and locals are gone. `false`: it was the last of this run.
    #[inline]
    pub(crate) fn pop_frame(&mut self, code: &'c Code, state: &mut State) -> bool {
        self.sp = self.locals;
        state.frames.pop();
        if state.frames.len() <= self.base {
            return false;
        }
        self.resume(code, state)
    }

    /// Goes on with the method on top of the frames, after its last instruction.
    pub(crate) fn resume(&mut self, code: &'c Code, state: &mut State) -> bool {
        let Some(frame) = state.frames.last().copied() else { return false };
        let package = frame.method.parts().0;
        if package != self.method.parts().0 {
            let Some(package) = code.package(package) else { return false };
            self.ops = &package.ops;
        }
        self.method = frame.method;
        self.pc = frame.pc;
        self.locals = frame.locals;
        (self.floor, self.ceiling) = frame.operands;
        if self.context != frame.context || self.applet != frame.applet {
            self.switch(state, frame.context, frame.applet);
        }
        true
    }

    /// Switches the context.
    pub(crate) fn switch(&mut self, state: &mut State, context: ContextId, applet: AppletId) {
        (self.context, self.applet) = (context, applet);
        (state.context, state.applet) = (context, applet);
        self.deselect = state.may_use_deselect_transient(context);
    }

    /// Uses fuel.
    #[inline]
    pub(crate) const fn burn(&mut self, instructions: u64) -> Result<(), Fault> {
        if self.fuel < instructions {
            return Err(Fault::OutOfFuel);
        }
        self.fuel -= instructions;
        Ok(())
    }

    /// Whether the stack has so many cells to take, and room for so many, and a local is one.
    #[inline]
    pub(crate) const fn check(&self, takes: usize, puts: usize) -> Result<(), Fault> {
        if self.sp < self.floor + takes || self.sp - takes + puts > self.ceiling {
            return Err(Fault::IllFormed("operand stack"));
        }
        Ok(())
    }

    #[inline]
    pub(crate) const fn check_local(&self, local: u8, cells: usize) -> Result<(), Fault> {
        if self.locals + local as usize + cells > self.floor {
            return Err(Fault::IllFormed("local variable"));
        }
        Ok(())
    }
}
