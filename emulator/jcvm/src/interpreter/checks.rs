//! Checks of instructions that no verifier has seen, and of what even verified code tells only at run time.

use super::{
    Flow,
    access::receiver,
    registers::{Cells, Registers},
};
use crate::{
    code::{
        Code,
        op::{Op, Width},
    },
    ident::MethodId,
    machine::State,
    reference::Reference,
    trap::Fault,
};

const fn cells_of(width: Width) -> usize {
    if matches!(width, Width::Int) { 2 } else { 1 }
}

/// Cells that an instruction takes from the stack and puts on it, apart from what a callee returns.
#[allow(clippy::match_same_arms)] // grouped by what the instructions are
const fn effect(op: Op) -> (usize, usize) {
    match op {
        Op::Nop
        | Op::Goto(_)
        | Op::SubroutineReturn(_)
        | Op::Increment { .. }
        | Op::IncrementInt { .. }
        | Op::ReturnVoid
        | Op::IllFormed => (0, 0),
        Op::Push(_)
        | Op::Load(_)
        | Op::Subroutine(_)
        | Op::GetStaticReference { .. }
        | Op::GetNativeStatic { .. }
        | Op::GetFieldThis(_)
        | Op::New(_) => (0, 1),
        Op::PushInt(_) | Op::LoadInt(_) | Op::GetFieldThisInt(_) => (0, 2),
        Op::GetStatic { width, .. } => (0, cells_of(width)),
        Op::Store(_)
        | Op::Pop
        | Op::IfZero { .. }
        | Op::SwitchShort(_)
        | Op::PutStaticReference { .. }
        | Op::Throw => (1, 0),
        Op::StoreInt(_) | Op::Pop2 | Op::IfCompare { .. } | Op::SwitchInt(_) => (2, 0),
        Op::Return(width) | Op::PutStatic { width, .. } | Op::PutFieldThis { width, .. } => {
            (cells_of(width), 0)
        }
        Op::PutField { width, .. } => (1 + cells_of(width), 0),
        Op::ArrayStoreByte | Op::ArrayStoreShort | Op::ArrayStoreReference => (3, 0),
        Op::ArrayStoreInt => (4, 0),
        Op::Dup => (1, 2),
        Op::Dup2 => (2, 4),
        Op::DupX { count, depth } => {
            let below = if depth > count { depth } else { count } as usize;
            (below, below + count as usize)
        }
        Op::SwapX { upper, lower } => {
            let all = (upper + lower) as usize;
            (all, all)
        }
        Op::Negate
        | Op::ShortToByte
        | Op::GetField(_)
        | Op::NewArray(_)
        | Op::NewReferenceArray(_)
        | Op::ArrayLength
        | Op::CheckCast(_)
        | Op::CheckCastArray(_)
        | Op::InstanceOf(_)
        | Op::InstanceOfArray(_) => (1, 1),
        Op::ShortToInt | Op::GetFieldInt(_) => (1, 2),
        Op::NegateInt => (2, 2),
        Op::IntToByte | Op::IntToShort => (2, 1),
        Op::CompareInt => (4, 1),
        Op::ArrayLoadInt => (2, 2),
        Op::ArrayLoadByte
        | Op::ArrayLoadShort
        | Op::ArrayLoadReference
        | Op::Add
        | Op::Subtract
        | Op::Multiply
        | Op::Divide
        | Op::Remainder
        | Op::ShiftLeft
        | Op::ShiftRight
        | Op::UnsignedShiftRight
        | Op::And
        | Op::Or
        | Op::Xor => (2, 1),
        Op::AddInt
        | Op::SubtractInt
        | Op::MultiplyInt
        | Op::DivideInt
        | Op::RemainderInt
        | Op::ShiftLeftInt
        | Op::ShiftRightInt
        | Op::UnsignedShiftRightInt
        | Op::AndInt
        | Op::OrInt
        | Op::XorInt => (4, 2),
        Op::InvokeVirtual { nargs, .. }
        | Op::InvokePackageVisible { nargs, .. }
        | Op::InvokeInterface { nargs, .. }
        | Op::InvokeNative { nargs, .. } => (nargs as usize, 0),
        // Its arguments are checked when it is entered.
        Op::Invoke { .. } => (0, 0),
    }
}

/// The local variable of an instruction, and its cells.
const fn local(op: Op) -> Option<(u8, usize)> {
    match op {
        Op::Load(local)
        | Op::Store(local)
        | Op::Increment { local, .. }
        | Op::SubroutineReturn(local) => Some((local, 1)),
        Op::LoadInt(local) | Op::StoreInt(local) | Op::IncrementInt { local, .. } => {
            Some((local, 2))
        }
        Op::GetFieldThis(_) | Op::GetFieldThisInt(_) | Op::PutFieldThis { .. } => Some((0, 1)),
        _ => None,
    }
}

impl<'c> Registers<'c> {
    /// Checks that the operands of an instruction are there, and its results have room.
    pub(super) fn check_op(&self, op: Op) -> Result<(), Fault> {
        let (takes, puts) = effect(op);
        self.check(takes, puts)?;
        match local(op) {
            Some((local, cells)) => self.check_local(local, cells),
            None => Ok(()),
        }
    }

    /// Checks the room for what a callee returned: only an unverified caller has too little.
    pub(super) const fn check_returned(&self, sp: usize) -> Result<(), Fault> {
        if sp > self.ceiling { Err(Fault::IllFormed("operand stack")) } else { Ok(()) }
    }

    /// A return address must be that of an instruction of this method: it can be forged.
    pub(super) fn check_return_address(&self, code: &Code, target: u32) -> Result<(), Fault> {
        let inside = code
            .method(self.method)
            .is_some_and(|(_, method)| (method.entry..method.end).contains(&target));
        if inside { Ok(()) } else { Err(Fault::IllFormed("return address")) }
    }

    /// Where a switch leads.
    pub(super) fn switch_target(&self, code: &Code, number: u32, value: i32) -> Result<u32, Fault> {
        let table = code
            .method(self.method)
            .and_then(|(package, _)| package.switches.get(number as usize))
            .ok_or(Fault::IllFormed("no such switch"))?;
        Ok(table.target(value))
    }

    /// Checks the receiver of a native constructor or private method.
    pub(super) fn check_this(&self, state: &State, cell: i32) -> Result<(), Flow> {
        receiver(&state.heap, Reference::from_cell(cell), self.context)?;
        Ok(())
    }

    /// Calls a method that is known before the receiver is.
    pub(super) fn invoke_known(
        &mut self,
        code: &'c Code,
        state: &mut State,
        cells: &mut Cells,
        this: bool,
        method: MethodId,
    ) -> Result<(), Flow> {
        let found = code.method(method).ok_or(Fault::IllFormed("no method"))?;
        if this {
            let nargs = usize::from(found.1.nargs);
            let cell = super::registers::get(cells, self.sp.wrapping_sub(nargs));
            receiver(&state.heap, Reference::from_cell(cell), self.context)?;
        }
        Ok(self.enter_found(state, cells, method, found)?)
    }
}
