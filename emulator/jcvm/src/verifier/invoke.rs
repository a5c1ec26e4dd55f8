//! Calls [JCVM 3.0.5 §7.5, invokevirtual and its kin].

use std::rc::Rc;

use capfile::instruction::{Instruction, Opcode, Operands};

use super::{
    error::Reason,
    frame::fits,
    signatures::Returns,
    step::{After, Step},
    tokens::{Callee, Receiver},
    type_system::{Cell, Type},
};
use crate::ident::ClassId;

impl Step<'_, '_> {
    pub(super) fn invoke(&mut self) -> Result<After, Reason> {
        let callee = self.callee()?;
        for argument in callee.signature.arguments.iter().rev() {
            self.frame.pop_value(*argument, &self.signatures.hierarchy)?;
        }
        self.pop_receiver(callee.receiver)?;
        let returns = match (callee.signature.returns, callee.unknown) {
            (Returns::Unknown, Some(method)) => self.guesses.of(method),
            (known, _) => known,
        };
        match returns {
            Returns::Nothing => {}
            Returns::Value(value) => self.frame.push_value(value)?,
            Returns::Never | Returns::Unknown => return Ok(After::NotReached),
        }
        Ok(After::Reached)
    }

    fn callee(&self) -> Result<Rc<Callee>, Reason> {
        let opcode = self.instruction.opcode;
        let index = match self.instruction.operands {
            Operands::Constant(index) => index,
            Operands::Interface { nargs, constant, token } => {
                return self.signatures.interface_method(constant, token, nargs).map(Rc::new);
            }
            _ => return Err(Reason::Operands),
        };
        if let Some(known) = self.signatures.known_callees.borrow().get(&(opcode, index)) {
            return Ok(known.clone());
        }
        let callee = Rc::new(match opcode {
            Opcode::Invokevirtual => self.signatures.virtual_method(index),
            Opcode::Invokespecial => self.signatures.special_method(index),
            _ => self.signatures.static_method(index),
        }?);
        self.signatures.known_callees.borrow_mut().insert((opcode, index), callee.clone());
        Ok(callee)
    }

    fn pop_receiver(&mut self, receiver: Receiver) -> Result<(), Reason> {
        match receiver {
            Receiver::Nobody => Ok(()),
            Receiver::Instance(wanted) => self.frame.pop_type(wanted, &self.signatures.hierarchy),
            Receiver::Uninitialised(class) => self.pop_uninitialised(Some(class)),
            Receiver::Either => self.pop_uninitialised(None),
        }
    }

    /// Pops the object that a constructor, of this class if it is known, initialises.
    fn pop_uninitialised(&mut self, constructor: Option<ClassId>) -> Result<(), Reason> {
        let object = self.frame.pop()?;
        let class = match object {
            Cell::Uninitialised(offset) => self.class_of_new(offset)?,
            Cell::UninitialisedThis => self.class_of_this(constructor)?,
            // Without Descriptor, `this` in a constructor is an object like any other.
            Cell::Any | Cell::Reference(Type::Unknown) => return Ok(()),
            Cell::Reference(found) if constructor.is_none() || !self.described() => {
                let wanted = constructor.map_or(Type::OBJECT, Type::Class);
                return fits(found, wanted, self.hierarchy());
            }
            found => return Err(Reason::Mismatch { wanted: Cell::UninitialisedThis, found }),
        };
        if object == Cell::UninitialisedThis {
            self.frame.this_ready = true;
        } else if constructor.is_some_and(|constructor| constructor != class) {
            let (wanted, found) = (constructor.unwrap_or(class), class);
            let (wanted, found) = (Type::Class(wanted), Type::Class(found));
            return Err(Reason::Mismatch {
                wanted: Cell::Reference(wanted),
                found: Cell::Reference(found),
            });
        }
        self.frame.initialise(object, Type::Class(class));
        Ok(())
    }

    /// Whether the Descriptor tells constructors from other methods.
    fn described(&self) -> bool {
        self.signatures.hierarchy.package.cap.descriptor.is_some()
    }

    /// The class that the `new` at this offset names.
    fn class_of_new(&self, offset: u16) -> Result<ClassId, Reason> {
        match Instruction::decode(&self.facts.block.info, usize::from(offset)) {
            Ok(Instruction { operands: Operands::Constant(index), .. }) => {
                self.signatures.class(index)
            }
            _ => Err(Reason::Operands),
        }
    }

    /// The class of `this`, whose constructor calls one of its own class or of its superclass.
    fn class_of_this(&self, constructor: Option<ClassId>) -> Result<ClassId, Reason> {
        let class = self.facts.class.ok_or(Reason::MethodKind)?;
        let superclass = self.hierarchy().superclass(class);
        match constructor {
            Some(called) if called != class && Some(called) != superclass => {
                Err(Reason::MethodKind)
            }
            _ => Ok(class),
        }
    }
}
