//! Why code is refused.

use core::fmt;

use capfile::{
    component::MethodLocation,
    instruction::{DecodeError, Opcode},
};
use thiserror::Error;

use super::type_system::{Cell, Type};

/// Where code is refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct VerifyError {
    /// The method.
    pub method: MethodLocation,
    /// Offset of the instruction in the method block's `info`; of the method's header when it is about the method as a whole.
    pub offset: usize,
    /// The bytecode at this offset, where it is one that is refused.
    pub opcode: Option<Opcode>,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MethodLocation { block, offset } = self.method;
        write!(formatter, "method {block}:{offset:04X}, offset {:04X}", self.offset)?;
        if let Some(opcode) = self.opcode {
            write!(formatter, " ({})", opcode.mnemonic())?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

/// What is wrong with code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    // --- control flow ---
    /// There is no instruction.
    #[error("no instruction: {0}")]
    Undecodable(DecodeError),
    /// The code, or a branch, leads out of the method.
    #[error("leads to {0:04X}, outside of the method")]
    OutsideOfMethod(i64),
    /// Two ways through the same bytes.
    #[error("overlaps the instruction at {0:04X}")]
    Overlap(usize),
    /// The range of an exception handler does not consist of whole instructions of the method.
    #[error(
        "the handler of {start:04X} to {end:04X} covers more or less than instructions of the method"
    )]
    HandlerRange {
        /// First byte that is covered.
        start: usize,
        /// Byte after the last.
        end: usize,
    },
    /// What a handler catches cannot be thrown.
    #[error("a handler for what is no Throwable")]
    Catch,
    /// A subroutine that calls itself, or too many within each other.
    #[error("subroutines nest too deeply")]
    SubroutineDepth,
    /// The return address is not that of a caller of this subroutine.
    #[error("returns to what did not call this subroutine")]
    ReturnAddress,
    /// The analysis would take too long: no compiler writes such code.
    #[error("the method is too complex")]
    TooComplex,

    // --- frames ---
    /// The operand stack is empty.
    #[error("the operand stack is empty")]
    StackUnderflow,
    /// More cells than the header allows.
    #[error("more than {0} cells on the operand stack")]
    StackOverflow(u8),
    /// Two paths meet with operand stacks of different heights.
    #[error("paths meet with {0} and {1} cells on the operand stack")]
    StackHeight(usize, usize),
    /// Two paths meet with operands that have nothing in common.
    #[error("paths meet with {0} and {1} on the operand stack")]
    StackMerge(Cell, Cell),
    /// No such local variable.
    #[error("no local variable {0}")]
    NoLocal(u8),
    /// Half of an int is moved.
    #[error("tears an int apart")]
    TornInt,
    /// Counts that the instruction cannot have.
    #[error("malformed operands")]
    Operands,

    // --- types ---
    /// Another type is wanted.
    #[error("wants {wanted}, finds {found}")]
    Mismatch {
        /// What the instruction needs.
        wanted: Cell,
        /// What is there.
        found: Cell,
    },
    /// An array is wanted.
    #[error("wants an array for this instruction, finds {0}")]
    NoArray(Type),
    /// The result does not match the signature, or other returns of the method.
    #[error("the method does not return this")]
    Return,
    /// A constructor returns before it has called another constructor.
    #[error("the constructor has not called another one")]
    ThisUninitialised,
    /// Interfaces and abstract classes have no instances.
    #[error("an abstract class or interface has no instances")]
    AbstractClass,
    /// Not an interface.
    #[error("no interface")]
    NoInterface,

    // --- tokens and tables ---
    /// The constant is of another kind, or refers to nothing.
    #[error("constant {0} does not name what the instruction needs")]
    Constant(u16),
    /// A field of another type.
    #[error("the field is of another type")]
    FieldType,
    /// A static field that is not in the image, or lies across its references and its other values.
    #[error("the static field is not in its part of the image")]
    StaticField,
    /// A static method where an instance is needed, or a constructor where none may be.
    #[error("a method of another kind")]
    MethodKind,
    /// A method without code is called.
    #[error("an abstract method is called")]
    AbstractMethod,
    /// The counts of argument cells differ.
    #[error("{wanted} cells of arguments, not {found}")]
    ArgumentCells {
        /// What the method has.
        wanted: usize,
        /// What is said here.
        found: usize,
    },
    /// A method in the place of one with another signature.
    #[error("the method has another signature than the one it stands for")]
    Override,
    /// The Descriptor has no signature, several, or a malformed one, for a method.
    #[error("the Descriptor has not one signature for the method")]
    Descriptor,
}
