//! The frame of a method at one instruction: types of local variables and operands.

use super::{
    budget::Budget,
    error::Reason,
    hierarchy::Hierarchy,
    signatures::Signatures,
    type_system::{Cell, Type, Value},
};

/// Local variables and operand stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) locals: Vec<Cell>,
    pub(super) stack: Vec<Cell>,
    pub(super) max_stack: u8,
    /// In a constructor: whether another one has been called. `true` elsewhere.
    pub(super) this_ready: bool,
}

impl Frame {
    /// Pushes a cell.
    pub(super) fn push(&mut self, cell: Cell) -> Result<(), Reason> {
        if self.stack.len() >= usize::from(self.max_stack) {
            return Err(Reason::StackOverflow(self.max_stack));
        }
        self.stack.push(cell);
        Ok(())
    }

    /// Pushes a value, an int in two cells.
    pub(super) fn push_value(&mut self, value: Value) -> Result<(), Reason> {
        self.push(value.cell())?;
        if value == Value::Int { self.push(Cell::IntSecond) } else { Ok(()) }
    }

    /// Pops a cell, whatever it is.
    pub(super) fn pop(&mut self) -> Result<Cell, Reason> {
        self.stack.pop().ok_or(Reason::StackUnderflow)
    }

    /// Pops a short.
    pub(super) fn pop_short(&mut self) -> Result<(), Reason> {
        match self.pop()? {
            Cell::Short | Cell::Any => Ok(()),
            found => Err(Reason::Mismatch { wanted: Cell::Short, found }),
        }
    }

    /// Pops both cells of an int.
    pub(super) fn pop_int(&mut self) -> Result<(), Reason> {
        let second = self.pop()?;
        let first = self.pop()?;
        is_int(first, second)
    }

    /// Pops a reference to an initialised object.
    pub(super) fn pop_reference(&mut self) -> Result<Type, Reason> {
        match self.pop()? {
            Cell::Reference(reference) => Ok(reference),
            Cell::Any => Ok(Type::Unknown),
            found => Err(Reason::Mismatch { wanted: Cell::Reference(Type::OBJECT), found }),
        }
    }

    /// Pops a reference that can stand for this type.
    pub(super) fn pop_type(
        &mut self,
        wanted: Type,
        hierarchy: &Hierarchy<'_>,
    ) -> Result<(), Reason> {
        let found = self.pop_reference()?;
        fits(found, wanted, hierarchy)
    }

    /// Pops a value of this type.
    pub(super) fn pop_value(
        &mut self,
        wanted: Value,
        hierarchy: &Hierarchy<'_>,
    ) -> Result<(), Reason> {
        match wanted {
            Value::Byte | Value::Short => self.pop_short(),
            Value::Int => self.pop_int(),
            Value::Reference(wanted) => self.pop_type(wanted, hierarchy),
            Value::Any => match self.pop()? {
                found @ (Cell::Unusable
                | Cell::Address(_)
                | Cell::Uninitialised(_)
                | Cell::UninitialisedThis) => Err(Reason::Mismatch { wanted: Cell::Any, found }),
                _ => Ok(()),
            },
        }
    }

    /// A local variable.
    pub(super) fn local(&self, local: u8) -> Result<Cell, Reason> {
        self.locals.get(usize::from(local)).copied().ok_or(Reason::NoLocal(local))
    }

    /// Changes a local variable; half an int that is left over is of no use.
    pub(super) fn set_local(&mut self, local: u8, cell: Cell) -> Result<(), Reason> {
        let index = usize::from(local);
        let place = self.locals.get_mut(index).ok_or(Reason::NoLocal(local))?;
        let before = core::mem::replace(place, cell);
        if before == Cell::IntFirst
            && let Some(second) = self.locals.get_mut(index + 1)
        {
            *second = Cell::Unusable;
        }
        if before == Cell::IntSecond
            && let Some(first) = index.checked_sub(1).and_then(|index| self.locals.get_mut(index))
        {
            *first = Cell::Unusable;
        }
        Ok(())
    }

    /// An object has been initialised: whatever refers to it.
    pub(super) fn initialise(&mut self, object: Cell, reference: Type) {
        let all = self.locals.iter_mut().chain(&mut self.stack);
        all.filter(|cell| **cell == object).for_each(|cell| *cell = Cell::Reference(reference));
    }

    /// Another object takes the place of one that was not initialised: what still refers to the old one is of no use.
    pub(super) fn forget(&mut self, object: Cell) {
        let all = self.locals.iter_mut().chain(&mut self.stack);
        all.filter(|cell| **cell == object).for_each(|cell| *cell = Cell::Unusable);
    }

    /// Takes in what another path brings; whether anything changed.
    pub(super) fn merge(
        &mut self,
        other: &Self,
        signatures: &Signatures<'_>,
    ) -> Result<bool, Reason> {
        if self.stack.len() != other.stack.len() {
            return Err(Reason::StackHeight(self.stack.len(), other.stack.len()));
        }
        let mut changed = self.this_ready && !other.this_ready;
        self.this_ready &= other.this_ready;
        changed |= merge_all(&mut self.locals, &other.locals, signatures)?;
        let before = self.stack.clone();
        changed |= merge_all(&mut self.stack, &other.stack, signatures)?;
        let cells = self.stack.iter().zip(before).zip(&other.stack);
        for ((merged, one), two) in cells {
            if *merged == Cell::Unusable && one != Cell::Unusable && *two != Cell::Unusable {
                return Err(Reason::StackMerge(one, *two));
            }
        }
        Ok(changed)
    }
}

/// Merges cells one by one; whether anything changed.
fn merge_all(
    cells: &mut [Cell],
    others: &[Cell],
    signatures: &Signatures<'_>,
) -> Result<bool, Reason> {
    let mut changed = false;
    signatures.budget.spend(u64::try_from(cells.len()).unwrap_or(u64::MAX))?;
    for (cell, other) in cells.iter_mut().zip(others).filter(|(cell, other)| cell != other) {
        signatures.budget.spend(Budget::MERGE)?;
        let merged = cell.merge(*other, &signatures.hierarchy);
        changed |= merged != *cell;
        *cell = merged;
    }
    Ok(changed)
}

/// Whether two cells are an int.
pub(super) const fn is_int(first: Cell, second: Cell) -> Result<(), Reason> {
    let found = match (first, second) {
        (Cell::IntFirst, Cell::IntSecond) | (Cell::Any, Cell::Any) => return Ok(()),
        (Cell::IntFirst | Cell::IntSecond | Cell::Any, found) if !is_second(found) => found,
        (found, _) => found,
    };
    Err(Reason::Mismatch { wanted: Cell::IntFirst, found })
}

const fn is_second(cell: Cell) -> bool {
    matches!(cell, Cell::IntSecond | Cell::Any)
}

/// Whether a reference may stand for one of another type.
pub(super) fn fits(found: Type, wanted: Type, hierarchy: &Hierarchy<'_>) -> Result<(), Reason> {
    if found.fits(wanted, hierarchy) {
        return Ok(());
    }
    let (wanted, found) = (Cell::Reference(wanted), Cell::Reference(found));
    Err(Reason::Mismatch { wanted, found })
}
