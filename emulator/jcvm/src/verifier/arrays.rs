//! Arrays [JCVM 3.0.5 §7.5, aaload, bastore, newarray and their kin].

use capfile::instruction::{Opcode, Operands};

use super::{
    error::Reason,
    step::Step,
    type_system::{Cell, Element, Type, Value},
};

impl Step<'_, '_> {
    /// The elements that an instruction loads or stores. Byte and boolean arrays share theirs.
    const fn primitive(&self) -> (Value, &'static [Element]) {
        match self.instruction.opcode {
            Opcode::Baload | Opcode::Bastore => (Value::Byte, &[Element::Byte, Element::Boolean]),
            Opcode::Saload | Opcode::Sastore => (Value::Short, &[Element::Short]),
            _ => (Value::Int, &[Element::Int]),
        }
    }

    fn pop_array(&mut self, elements: &[Element]) -> Result<(), Reason> {
        match self.frame.pop_reference()? {
            Type::Null | Type::Unknown => Ok(()),
            Type::Array(element) if elements.contains(&element) => Ok(()),
            found => Err(Reason::NoArray(found)),
        }
    }

    pub(super) fn load_element(&mut self) -> Result<(), Reason> {
        let (value, elements) = self.primitive();
        self.frame.pop_short()?;
        self.pop_array(elements)?;
        self.frame.push_value(value)
    }

    pub(super) fn store_element(&mut self) -> Result<(), Reason> {
        let (value, elements) = self.primitive();
        if value == Value::Int { self.frame.pop_int() } else { self.frame.pop_short() }?;
        self.frame.pop_short()?;
        self.pop_array(elements)
    }

    pub(super) fn load_reference_element(&mut self) -> Result<(), Reason> {
        self.frame.pop_short()?;
        let loaded = self.pop_reference_array()?;
        self.frame.push(Cell::Reference(loaded))
    }

    /// Whether the element fits is checked when it is stored.
    pub(super) fn store_reference_element(&mut self) -> Result<(), Reason> {
        self.frame.pop_reference()?;
        self.frame.pop_short()?;
        self.pop_reference_array().map(|_| ())
    }

    /// Pops an array of references; the type of its elements.
    fn pop_reference_array(&mut self) -> Result<Type, Reason> {
        match self.frame.pop_reference()? {
            Type::Array(Element::Class(class)) => Ok(Type::Class(class)),
            known @ (Type::Null | Type::Unknown) => Ok(known),
            found => Err(Reason::NoArray(found)),
        }
    }

    pub(super) fn new_array(&mut self) -> Result<(), Reason> {
        let element = match self.instruction.operands {
            Operands::ArrayType(10) => Element::Boolean,
            Operands::ArrayType(11) => Element::Byte,
            Operands::ArrayType(12) => Element::Short,
            Operands::ArrayType(13) => Element::Int,
            Operands::Constant(index) => Element::Class(self.signatures.class(index)?),
            _ => return Err(Reason::Operands),
        };
        self.frame.pop_short()?;
        self.frame.push(Cell::Reference(Type::Array(element)))
    }

    pub(super) fn array_length(&mut self) -> Result<(), Reason> {
        match self.frame.pop_reference()? {
            Type::Array(_) | Type::Null | Type::Unknown => self.frame.push(Cell::Short),
            found @ Type::Class(_) => Err(Reason::NoArray(found)),
        }
    }
}
