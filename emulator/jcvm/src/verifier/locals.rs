//! Local variables: load, store, increment [JCVM 3.0.5 §7.5, aload and its kin].

use capfile::instruction::{Opcode, Operands};

use super::{
    error::Reason,
    frame::is_int,
    step::Step,
    type_system::{Cell, Type, Value},
};

impl Step<'_, '_> {
    /// The local variable of the instruction.
    const fn variable(&self) -> u8 {
        use Opcode as O;
        match self.instruction.operands {
            Operands::Local(local) | Operands::Increment(local, _) => local,
            _ => match self.instruction.opcode {
                O::Aload1 | O::Sload1 | O::Iload1 | O::Astore1 | O::Sstore1 | O::Istore1 => 1,
                O::Aload2 | O::Sload2 | O::Iload2 | O::Astore2 | O::Sstore2 | O::Istore2 => 2,
                O::Aload3 | O::Sload3 | O::Iload3 | O::Astore3 | O::Sstore3 | O::Istore3 => 3,
                _ => 0,
            },
        }
    }

    /// The cell after that of the local variable.
    fn second(&self) -> Result<u8, Reason> {
        let local = self.variable();
        local.checked_add(1).ok_or(Reason::NoLocal(local))
    }

    pub(super) fn load_reference(&mut self) -> Result<(), Reason> {
        match self.frame.local(self.variable())? {
            found @ (Cell::Reference(_) | Cell::Uninitialised(_) | Cell::UninitialisedThis) => {
                self.frame.push(found)
            }
            Cell::Any => self.frame.push(Cell::Reference(Type::Unknown)),
            found => Err(Reason::Mismatch { wanted: Cell::Reference(Type::OBJECT), found }),
        }
    }

    pub(super) fn load_short(&mut self) -> Result<(), Reason> {
        self.short_variable()?;
        self.frame.push(Cell::Short)
    }

    fn short_variable(&self) -> Result<(), Reason> {
        match self.frame.local(self.variable())? {
            Cell::Short | Cell::Any => Ok(()),
            found => Err(Reason::Mismatch { wanted: Cell::Short, found }),
        }
    }

    pub(super) fn load_int(&mut self) -> Result<(), Reason> {
        self.int_variable()?;
        self.frame.push_value(Value::Int)
    }

    fn int_variable(&self) -> Result<(), Reason> {
        is_int(self.frame.local(self.variable())?, self.frame.local(self.second()?)?)
    }

    /// Return addresses are stored like references.
    pub(super) fn store_reference(&mut self) -> Result<(), Reason> {
        let cell = match self.frame.pop()? {
            found @ (Cell::Reference(_)
            | Cell::Address(_)
            | Cell::Uninitialised(_)
            | Cell::UninitialisedThis) => found,
            Cell::Any => Cell::Reference(Type::Unknown),
            found => return Err(Reason::Mismatch { wanted: Cell::Reference(Type::OBJECT), found }),
        };
        self.frame.set_local(self.variable(), cell)
    }

    pub(super) fn store_short(&mut self) -> Result<(), Reason> {
        self.frame.pop_short()?;
        self.frame.set_local(self.variable(), Cell::Short)
    }

    pub(super) fn store_int(&mut self) -> Result<(), Reason> {
        self.frame.pop_int()?;
        self.frame.set_local(self.second()?, Cell::Unusable)?;
        self.frame.set_local(self.variable(), Cell::IntFirst)?;
        self.frame.set_local(self.second()?, Cell::IntSecond)
    }

    pub(super) fn increment_short(&mut self) -> Result<(), Reason> {
        self.short_variable()
    }

    pub(super) fn increment_int(&mut self) -> Result<(), Reason> {
        self.int_variable()
    }
}
