//! Constants, arithmetic, conversions, comparisons: what the table of instructions tells completely [JCVM 3.0.5 §7.5].

use super::{error::Reason, step::Step, type_system::Value};

impl Step<'_, '_> {
    /// Pops and pushes what the table says.
    pub(super) fn by_table(&mut self) -> Result<(), Reason> {
        let opcode = self.instruction.opcode;
        for kind in opcode.pops().bytes().rev() {
            match kind {
                b's' => self.frame.pop_short()?,
                b'i' => self.frame.pop_int()?,
                _ => self.frame.pop_reference().map(|_| ())?,
            }
        }
        for kind in opcode.pushes().bytes() {
            self.frame.push_value(match kind {
                b's' => Value::Short,
                b'i' => Value::Int,
                // No instruction whose reference has no type gets here.
                _ => return Err(Reason::Operands),
            })?;
        }
        Ok(())
    }
}
