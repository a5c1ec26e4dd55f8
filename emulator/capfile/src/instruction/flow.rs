//! What an instruction leads to and refers to.

use super::{Instruction, Opcode, OperandForm, Operands};

/// A constant pool index that is an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConstantOperand {
    /// Offset of the index in the method block's `info`.
    pub offset: usize,
    /// The index.
    pub index: u16,
    /// Whether it stands in two bytes, not one.
    pub wide: bool,
}

impl Instruction {
    /// Offset of the instruction after this one.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.offset.saturating_add(self.length)
    }

    /// Where branches lead: offsets in the method block's `info`, which may lie outside of it.
    #[must_use]
    pub fn targets(&self) -> Vec<i64> {
        match &self.operands {
            Operands::Branch(target) => vec![*target],
            Operands::Table { default, targets, .. } => {
                core::iter::once(*default).chain(targets.iter().copied()).collect()
            }
            Operands::Lookup { default, pairs } => {
                core::iter::once(*default).chain(pairs.iter().map(|(_, target)| *target)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether execution can go on with the next instruction. It can after `jsr`: that is where `ret` leads.
    #[must_use]
    pub const fn falls_through(&self) -> bool {
        !matches!(
            self.opcode,
            Opcode::Return
                | Opcode::Areturn
                | Opcode::Sreturn
                | Opcode::Ireturn
                | Opcode::Athrow
                | Opcode::Goto
                | Opcode::GotoW
                | Opcode::Ret
                | Opcode::Stableswitch
                | Opcode::Itableswitch
                | Opcode::Slookupswitch
                | Opcode::Ilookupswitch
        )
    }

    /// The constant pool index among the operands. `checkcast` and `instanceof` have one for classes only, not for arrays of
    /// primitive types [JCVM 3.0.5 §7.5.12].
    #[must_use]
    pub const fn constant(&self) -> Option<ConstantOperand> {
        let (index, distance) = match self.operands {
            Operands::Constant(index) => (index, 1),
            Operands::Interface { constant, .. }
            | Operands::TypeCheck { array_type: 0 | 14, constant } => (constant, 2),
            _ => return None,
        };
        let wide = !matches!(self.opcode.form(), OperandForm::Constant8);
        Some(ConstantOperand { offset: self.offset.saturating_add(distance), index, wide })
    }
}
