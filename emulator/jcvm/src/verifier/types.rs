//! Objects and their classes: new, checkcast, instanceof [JCVM 3.0.5 §7.5].

use capfile::{
    component::ClassRef,
    instruction::{Opcode, Operands},
};

use super::{
    error::Reason,
    step::Step,
    type_system::{Cell, Element, Type},
};
use crate::ident::ClassId;

/// Flag of a class descriptor: an abstract class.
const ACC_ABSTRACT: u8 = 0x80;

impl Step<'_, '_> {
    pub(super) fn new_object(&mut self) -> Result<(), Reason> {
        let Operands::Constant(index) = self.instruction.operands else {
            return Err(Reason::Operands);
        };
        if self.is_abstract(self.signatures.class(index)?) {
            return Err(Reason::AbstractClass);
        }
        let cell = Cell::Uninitialised(self.place());
        // The object that an earlier turn of a loop made is another one.
        self.frame.forget(cell);
        self.frame.push(cell)
    }

    /// Offset of the instruction; blocks of methods are shorter than 64 KiB.
    fn place(&self) -> u16 {
        u16::try_from(self.instruction.offset).unwrap_or(u16::MAX)
    }

    fn is_abstract(&self, class: ClassId) -> bool {
        if let Some(native) = self.hierarchy().native(class) {
            return native.is_abstract || native.is_interface;
        }
        let Some((package, class)) = self.hierarchy().loaded(class) else { return true };
        let offset = ClassRef::Internal(class.offset);
        let descriptor = package.cap.descriptor.as_ref();
        let mut described = descriptor.into_iter().flat_map(|known| &known.classes);
        let said = described.find(|known| known.class == offset);
        let mut methods = class.virtual_methods.iter().chain(&class.package_methods);
        class.is_interface
            || said.is_some_and(|known| known.flags & ACC_ABSTRACT != 0)
            || methods.any(|method| method.method.is_none())
    }

    pub(super) fn type_check(&mut self) -> Result<(), Reason> {
        let Operands::TypeCheck { array_type, constant } = self.instruction.operands else {
            return Err(Reason::Operands);
        };
        let wanted = match array_type {
            0 => Type::Class(self.signatures.class(constant)?),
            10 => Type::Array(Element::Boolean),
            11 => Type::Array(Element::Byte),
            12 => Type::Array(Element::Short),
            13 => Type::Array(Element::Int),
            14 => Type::Array(Element::Class(self.signatures.class(constant)?)),
            _ => return Err(Reason::Operands),
        };
        self.frame.pop_reference()?;
        if self.instruction.opcode == Opcode::Instanceof {
            return self.frame.push(Cell::Short);
        }
        self.frame.push(Cell::Reference(wanted))
    }
}
