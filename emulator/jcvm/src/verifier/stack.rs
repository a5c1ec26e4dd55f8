//! The operand stack: pop, dup, swap [JCVM 3.0.5 §7.5, dup_x, swap_x].

use capfile::instruction::{Opcode, Operands};

use super::{error::Reason, frame::Frame, step::Step, type_system::Cell};

impl Step<'_, '_> {
    pub(super) fn shuffle(&mut self) -> Result<(), Reason> {
        let counts = match self.instruction.operands {
            Operands::Counts(high, low) => (usize::from(high), usize::from(low)),
            _ => (0, 0),
        };
        match self.instruction.opcode {
            Opcode::Pop => self.frame.take(1).map(|_| ()),
            Opcode::Pop2 => self.frame.take(2).map(|_| ()),
            Opcode::Dup => self.frame.copy(1, 1),
            Opcode::Dup2 => self.frame.copy(2, 2),
            Opcode::DupX => match counts {
                (count @ 1..=4, 0) => self.frame.copy(count, count),
                (count @ 1..=4, depth) if (count..=count + 4).contains(&depth) => {
                    self.frame.copy(count, depth)
                }
                _ => Err(Reason::Operands),
            },
            _ => match counts {
                (upper @ 1..=2, lower @ 1..=2) => self.frame.swap(upper, lower),
                _ => Err(Reason::Operands),
            },
        }
    }
}

impl Frame {
    /// Takes the topmost cells, without parting an int.
    fn take(&mut self, count: usize) -> Result<Vec<Cell>, Reason> {
        let start = self.stack.len().checked_sub(count).ok_or(Reason::StackUnderflow)?;
        if self.stack.get(start) == Some(&Cell::IntSecond) {
            return Err(Reason::TornInt);
        }
        Ok(self.stack.split_off(start))
    }

    fn put(&mut self, cells: &[Cell]) -> Result<(), Reason> {
        cells.iter().try_for_each(|cell| self.push(*cell))
    }

    /// Copies the topmost `count` cells to below the topmost `depth` ones.
    fn copy(&mut self, count: usize, depth: usize) -> Result<(), Reason> {
        let top = self.take(count)?;
        let between = self.take(depth.saturating_sub(count))?;
        self.put(&top)?;
        self.put(&between)?;
        self.put(&top)
    }

    /// Exchanges the topmost cells with those below.
    fn swap(&mut self, upper: usize, lower: usize) -> Result<(), Reason> {
        let upper = self.take(upper)?;
        let lower = self.take(lower)?;
        self.put(&upper)?;
        self.put(&lower)
    }
}
