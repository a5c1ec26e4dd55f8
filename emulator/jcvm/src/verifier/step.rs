//! What one instruction does to the frame: which family checks it.

use capfile::{
    component::MethodBlock,
    instruction::{Instruction, Opcode},
};

use super::{
    error::Reason,
    frame::Frame,
    guesses::Guesses,
    hierarchy::Hierarchy,
    signatures::{Returns, Signatures},
    type_system::{Cell, Type},
};
use crate::ident::ClassId;

/// What is known of the method that is being verified.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// The block of methods that it is in.
    pub(super) block: &'a MethodBlock,
    /// Its class, where the Descriptor tells.
    pub(super) class: Option<ClassId>,
    /// Whether it is a constructor, by the Descriptor.
    pub(super) is_constructor: bool,
    /// Whether it is static, by the Descriptor.
    pub(super) is_static: bool,
    /// What it returns.
    pub(super) returns: Returns,
}

/// An instruction that is applied to a frame.
pub(super) struct Step<'s, 'a> {
    pub(super) signatures: &'s Signatures<'a>,
    pub(super) facts: &'s Facts<'a>,
    pub(super) guesses: &'s mut Guesses,
    pub(super) frame: &'s mut Frame,
    pub(super) instruction: &'s Instruction,
}

/// Whether what follows an instruction can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Reached,
    /// It called what never returns.
    NotReached,
}

impl<'a> Step<'_, 'a> {
    pub(super) const fn hierarchy(&self) -> &Hierarchy<'a> {
        &self.signatures.hierarchy
    }

    /// Applies the instruction to the frame.
    pub(super) fn apply(&mut self) -> Result<After, Reason> {
        use Opcode as O;
        let opcode = self.instruction.opcode;
        match opcode {
            O::Invokevirtual | O::Invokespecial | O::Invokestatic | O::Invokeinterface => {
                return self.invoke();
            }
            O::AconstNull => self.frame.push(Cell::Reference(Type::Null)),
            O::Aload | O::Aload0 | O::Aload1 | O::Aload2 | O::Aload3 => self.load_reference(),
            O::Sload | O::Sload0 | O::Sload1 | O::Sload2 | O::Sload3 => self.load_short(),
            O::Iload | O::Iload0 | O::Iload1 | O::Iload2 | O::Iload3 => self.load_int(),
            O::Astore | O::Astore0 | O::Astore1 | O::Astore2 | O::Astore3 => self.store_reference(),
            O::Sstore | O::Sstore0 | O::Sstore1 | O::Sstore2 | O::Sstore3 => self.store_short(),
            O::Istore | O::Istore0 | O::Istore1 | O::Istore2 | O::Istore3 => self.store_int(),
            O::Sinc | O::SincW => self.increment_short(),
            O::Iinc | O::IincW => self.increment_int(),
            O::Pop | O::Pop2 | O::Dup | O::Dup2 | O::DupX | O::SwapX => self.shuffle(),
            O::Aaload => self.load_reference_element(),
            O::Baload | O::Saload | O::Iaload => self.load_element(),
            O::Bastore | O::Sastore | O::Iastore => self.store_element(),
            O::Aastore => self.store_reference_element(),
            O::Newarray | O::Anewarray => self.new_array(),
            O::Arraylength => self.array_length(),
            O::New => self.new_object(),
            O::Checkcast | O::Instanceof => self.type_check(),
            O::Areturn | O::Sreturn | O::Ireturn | O::Return => self.return_from(),
            O::Athrow => self.throw(),
            O::GetstaticA | O::GetstaticB | O::GetstaticS | O::GetstaticI => self.get_static(),
            O::PutstaticA | O::PutstaticB | O::PutstaticS | O::PutstaticI => self.put_static(),
            _ => self.apply_rest(),
        }?;
        Ok(After::Reached)
    }

    fn apply_rest(&mut self) -> Result<(), Reason> {
        use Opcode as O;
        match self.instruction.opcode {
            O::GetfieldA
            | O::GetfieldB
            | O::GetfieldS
            | O::GetfieldI
            | O::GetfieldAW
            | O::GetfieldBW
            | O::GetfieldSW
            | O::GetfieldIW => self.get_field(),
            O::GetfieldAThis | O::GetfieldBThis | O::GetfieldSThis | O::GetfieldIThis => {
                self.get_field_of_this()
            }
            O::PutfieldA
            | O::PutfieldB
            | O::PutfieldS
            | O::PutfieldI
            | O::PutfieldAW
            | O::PutfieldBW
            | O::PutfieldSW
            | O::PutfieldIW => self.put_field(),
            O::PutfieldAThis | O::PutfieldBThis | O::PutfieldSThis | O::PutfieldIThis => {
                self.put_field_of_this()
            }
            // Where these lead is for the control flow.
            O::Jsr | O::Ret => Ok(()),
            _ => self.by_table(),
        }
    }
}
