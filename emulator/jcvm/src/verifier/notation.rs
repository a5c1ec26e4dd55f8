//! How types are written: descriptors in the tables of the API, nibbles in the Descriptor component.

use capfile::component::{ClassRef, TypeNibbles};

use super::{
    signatures::{Returns, Signature, Signatures},
    type_system::{Element, Type, Value},
};
use crate::code::{LoadedPackage, link::Resolver};

/// Bit of a field type that is a primitive one.
const PRIMITIVE: u16 = 0x8000;

impl Signatures<'_> {
    /// The signature in a descriptor of a native method.
    pub(super) fn in_descriptor(&self, descriptor: &str) -> Option<Signature> {
        let (arguments, returns) = descriptor.strip_prefix('(')?.split_once(')')?;
        let mut values = Vec::new();
        let mut rest = arguments;
        while !rest.is_empty() {
            let (value, after) = self.next_type(rest)?;
            values.push(value);
            rest = after;
        }
        let returns = match returns {
            "V" => Returns::Nothing,
            other => Returns::Value(self.next_type(other)?.0),
        };
        Some(Signature { arguments: values.into(), returns })
    }

    /// The first type of a descriptor, and what follows it.
    fn next_type<'t>(&self, text: &'t str) -> Option<(Value, &'t str)> {
        if let Some(rest) = text.strip_prefix('[') {
            let (element, rest) = self.next_type(rest)?;
            let is_boolean = text.starts_with("[Z");
            let array = match element {
                Value::Byte if is_boolean => Type::Array(Element::Boolean),
                Value::Byte => Type::Array(Element::Byte),
                Value::Short => Type::Array(Element::Short),
                Value::Int => Type::Array(Element::Int),
                Value::Reference(Type::Class(class)) => Type::Array(Element::Class(class)),
                Value::Any | Value::Reference(_) => Type::Unknown,
            };
            return Some((Value::Reference(array), rest));
        }
        if let Some(rest) = text.strip_prefix('L') {
            let (name, rest) = rest.split_once(';')?;
            let class = self.names.get(name).map_or(Type::Unknown, |class| Type::Class(*class));
            return Some((Value::Reference(class), rest));
        }
        let value = match text.chars().next()? {
            'B' | 'Z' => Value::Byte,
            'S' => Value::Short,
            'I' => Value::Int,
            _ => return None,
        };
        Some((value, text.get(1..)?))
    }

    /// The signature in a Descriptor component.
    pub(super) fn in_nibbles(
        &self,
        package: &LoadedPackage,
        nibbles: &TypeNibbles,
    ) -> Option<Signature> {
        let mut values = Vec::new();
        let mut rest = nibbles.0.as_slice();
        while !rest.is_empty() {
            let (value, after) = self.next_nibbles(package, rest)?;
            values.push(value);
            rest = after;
        }
        let returns = values.pop()?.map_or(Returns::Nothing, Returns::Value);
        // Only the result can be void.
        let arguments = values.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Signature { arguments: arguments.into(), returns })
    }

    /// The type of a field in a Descriptor component: `80` and a primitive type, or a place in the type table.
    pub(super) fn field(&self, package: &LoadedPackage, field_type: u16) -> Option<Value> {
        if field_type & PRIMITIVE != 0 {
            return match field_type & !PRIMITIVE {
                2 | 3 => Some(Value::Byte),
                4 => Some(Value::Short),
                5 => Some(Value::Int),
                _ => None,
            };
        }
        let nibbles = package.cap.descriptor.as_ref()?.type_at(field_type)?;
        self.next_nibbles(package, &nibbles.0)?.0
    }

    /// The type that the Descriptor gives for a constant that is a field.
    pub(super) fn constant_value(&self, package: &LoadedPackage, index: u16) -> Option<Value> {
        let nibbles = package.cap.descriptor.as_ref()?.constant_type(index)?;
        self.next_nibbles(package, &nibbles.0)?.0
    }

    /// The first type (`None` for void), and what follows it [JCVM 3.0.5 §6.14.4].
    fn next_nibbles<'n>(
        &self,
        package: &LoadedPackage,
        nibbles: &'n [u8],
    ) -> Option<(Option<Value>, &'n [u8])> {
        let (first, rest) = nibbles.split_first()?;
        let reference = |found| Some((Some(Value::Reference(found)), rest));
        match first {
            1 => Some((None, rest)),
            2 | 3 => Some((Some(Value::Byte), rest)),
            4 => Some((Some(Value::Short), rest)),
            5 => Some((Some(Value::Int), rest)),
            10 => reference(Type::Array(Element::Boolean)),
            11 => reference(Type::Array(Element::Byte)),
            12 => reference(Type::Array(Element::Short)),
            13 => reference(Type::Array(Element::Int)),
            6 | 14 => {
                let (digits, rest) = rest.split_first_chunk::<4>()?;
                let number = digits.iter().fold(0, |sum, digit| sum << 4 | u16::from(*digit));
                let resolver = Resolver { code: self.hierarchy.code, package };
                let found = match resolver.class(ClassRef::from_u2(number)) {
                    Ok(class) if *first == 14 => Type::Array(Element::Class(class)),
                    Ok(class) => Type::Class(class),
                    Err(_) => Type::Unknown,
                };
                Some((Some(Value::Reference(found)), rest))
            }
            _ => None,
        }
    }
}
