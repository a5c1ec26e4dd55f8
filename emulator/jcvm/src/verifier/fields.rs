//! Fields [JCVM 3.0.5 §7.5, getfield, putfield, getstatic, putstatic].

use capfile::instruction::{Opcode, Operands};

use super::{
    declared_fields::FieldFacts,
    error::Reason,
    frame::fits,
    step::Step,
    type_system::{Cell, Type, Value},
};

/// Types of values, as far as these instructions tell them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Reference,
    Byte,
    Short,
    Int,
}

const fn width(opcode: Opcode) -> Width {
    use Opcode as O;
    match opcode {
        O::GetfieldB
        | O::GetfieldBW
        | O::GetfieldBThis
        | O::GetstaticB
        | O::PutfieldB
        | O::PutfieldBW
        | O::PutfieldBThis
        | O::PutstaticB => Width::Byte,
        O::GetfieldS
        | O::GetfieldSW
        | O::GetfieldSThis
        | O::GetstaticS
        | O::PutfieldS
        | O::PutfieldSW
        | O::PutfieldSThis
        | O::PutstaticS => Width::Short,
        O::GetfieldI
        | O::GetfieldIW
        | O::GetfieldIThis
        | O::GetstaticI
        | O::PutfieldI
        | O::PutfieldIW
        | O::PutfieldIThis
        | O::PutstaticI => Width::Int,
        _ => Width::Reference,
    }
}

/// The type of a field, which must be that of the instruction.
fn field_type(field: FieldFacts, width: Width) -> Result<Value, Reason> {
    if field.is_reference != (width == Width::Reference) {
        return Err(Reason::FieldType);
    }
    let unknown = match width {
        Width::Reference => Value::Reference(Type::Unknown),
        Width::Byte => Value::Byte,
        Width::Short => Value::Short,
        Width::Int => Value::Int,
    };
    let Some(declared) = field.declared else { return Ok(unknown) };
    let same = match declared {
        Value::Reference(_) => width == Width::Reference,
        other => other == unknown,
    };
    if same { Ok(declared) } else { Err(Reason::FieldType) }
}

impl Step<'_, '_> {
    const fn constant_operand(&self) -> Result<u16, Reason> {
        match self.instruction.operands {
            Operands::Constant(index) => Ok(index),
            _ => Err(Reason::Operands),
        }
    }

    /// The field of the instruction.
    fn field(
        &self,
        look_up: impl FnOnce(u16) -> Result<FieldFacts, Reason>,
    ) -> Result<FieldFacts, Reason> {
        let index = self.constant_operand()?;
        let known = self.signatures.known_fields.borrow().get(&index).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = look_up(index)?;
        self.signatures.known_fields.borrow_mut().insert(index, found);
        Ok(found)
    }

    /// The instance field of the instruction: its class and type.
    fn instance_field(&self) -> Result<(Type, Value), Reason> {
        let field = self.field(|index| self.signatures.instance_field(index))?;
        let class = field.class.ok_or(Reason::FieldType)?;
        Ok((Type::Class(class), field_type(field, width(self.instruction.opcode))?))
    }

    fn static_field(&self) -> Result<Value, Reason> {
        let field = self.field(|index| self.signatures.static_field(index))?;
        if field.class.is_some() {
            return Err(Reason::FieldType);
        }
        let width = width(self.instruction.opcode);
        let value = field_type(field, width)?;
        let bytes = match width {
            Width::Byte => 1,
            Width::Short | Width::Reference => 2,
            Width::Int => 4,
        };
        let stores_natively = field.is_native && self.instruction.opcode == Opcode::PutstaticA;
        if bytes > field.room || stores_natively {
            return Err(Reason::StaticField);
        }
        Ok(value)
    }

    pub(super) fn get_static(&mut self) -> Result<(), Reason> {
        let value = self.static_field()?;
        self.frame.push_value(value)
    }

    pub(super) fn put_static(&mut self) -> Result<(), Reason> {
        let value = self.static_field()?;
        self.frame.pop_value(value, &self.signatures.hierarchy)
    }

    pub(super) fn get_field(&mut self) -> Result<(), Reason> {
        let (class, value) = self.instance_field()?;
        self.frame.pop_type(class, &self.signatures.hierarchy)?;
        self.frame.push_value(value)
    }

    pub(super) fn put_field(&mut self) -> Result<(), Reason> {
        let (class, value) = self.instance_field()?;
        self.frame.pop_value(value, &self.signatures.hierarchy)?;
        if self.is_own(self.frame.stack.last().copied(), class) {
            return self.frame.pop().map(|_| ());
        }
        self.frame.pop_type(class, &self.signatures.hierarchy)
    }

    pub(super) fn get_field_of_this(&mut self) -> Result<(), Reason> {
        let (class, value) = self.instance_field()?;
        self.check_this(class)?;
        self.frame.push_value(value)
    }

    pub(super) fn put_field_of_this(&mut self) -> Result<(), Reason> {
        let (class, value) = self.instance_field()?;
        self.frame.pop_value(value, &self.signatures.hierarchy)?;
        if self.is_own(self.frame.locals.first().copied(), class) {
            return Ok(());
        }
        self.check_this(class)
    }

    /// Whether this is the object of a constructor that sets a field of its own class before it calls another one, as constructors
    /// of inner classes do.
    fn is_own(&self, cell: Option<Cell>, class: Type) -> bool {
        cell == Some(Cell::UninitialisedThis) && self.facts.class.map(Type::Class) == Some(class)
    }

    /// `this`, which is in the first local variable.
    fn check_this(&self, class: Type) -> Result<(), Reason> {
        if self.facts.is_static {
            return Err(Reason::MethodKind);
        }
        match self.frame.local(0)? {
            Cell::Reference(found) => fits(found, class, self.hierarchy()),
            Cell::Any => Ok(()),
            found => Err(Reason::Mismatch { wanted: Cell::Reference(class), found }),
        }
    }
}
