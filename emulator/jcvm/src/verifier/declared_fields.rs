//! From constants to the fields that they name [JCVM 3.0.5 §6.8.2, §6.8.4].

use capfile::component::{ClassRef, Constant, FieldDescriptor, StaticFieldRef};

use super::{
    error::Reason,
    signatures::Signatures,
    type_system::{Element, Type, Value},
};
use crate::{
    code::{LoadedPackage, link::StaticPlace},
    ident::ClassId,
};

/// A field.
#[derive(Clone, Copy)]
pub(super) struct FieldFacts {
    /// The class that declares it; none for static fields.
    pub(super) class: Option<ClassId>,
    /// Its type; `None` when nobody tells.
    pub(super) declared: Option<Value>,
    /// Whether it is a reference, which the layout of the class or of the image tells in any case.
    pub(super) is_reference: bool,
    /// Whether it is of a native class, where nothing can be stored.
    pub(super) is_native: bool,
    /// Bytes from its place to the end of the static image.
    pub(super) room: usize,
}

impl Signatures<'_> {
    /// The instance field that a constant names.
    pub(super) fn instance_field(&self, index: u16) -> Result<FieldFacts, Reason> {
        let missing = Reason::Constant(index);
        let Constant::InstanceField { class, token } = self.constant(index)? else {
            return Err(missing);
        };
        let class = self.class_of(index, class)?;
        let (package, info) = self.class_info(class).ok_or(missing.clone())?;
        if token >= info.declared_instance_size {
            return Err(missing);
        }
        let first = info.first_reference_token.unwrap_or(u8::MAX);
        let is_reference = token.checked_sub(first).is_some_and(|nth| nth < info.reference_count);
        let described = described(package, info.offset, |field| {
            !field.is_static() && field.position == u16::from(token)
        });
        let constant = Constant::InstanceField { class: ClassRef::Internal(info.offset), token };
        Ok(FieldFacts {
            class: Some(class),
            declared: self.declared_field(package, described, constant),
            is_reference,
            is_native: false,
            room: usize::MAX,
        })
    }

    /// The static field that a constant names.
    pub(super) fn static_field(&self, index: u16) -> Result<FieldFacts, Reason> {
        let found = self.resolver().static_field(index).map_err(|_| Reason::Constant(index))?;
        let StaticPlace::Image(found) = found else {
            return Ok(FieldFacts {
                class: None,
                declared: None,
                is_reference: true,
                is_native: true,
                room: usize::MAX,
            });
        };
        let package = self.hierarchy.package(found.package).ok_or(Reason::StaticField)?;
        let offset = usize::from(found.offset);
        let is_reference = offset < found.reference_bytes;
        if is_reference && offset % 2 != 0 {
            return Err(Reason::StaticField);
        }
        let descriptor = package.cap.descriptor.as_ref();
        let classes = descriptor.into_iter().flat_map(|known| &known.classes);
        let mut fields = classes.flat_map(|class| &class.fields);
        let described = fields.find(|field| field.is_static() && field.position == found.offset);
        let constant = Constant::StaticField(StaticFieldRef::Internal { offset: found.offset });
        Ok(FieldFacts {
            class: None,
            declared: self.declared_field(package, described, constant),
            is_reference,
            is_native: false,
            room: usize::from(package.cap.static_field.image_size).saturating_sub(offset),
        })
    }

    /// The type of a field. The converter of the 2.1.1 kit describes arrays of references as single ones, but has the right types for
    /// the constants that name them; whichever constant of the package it is, the answer is the same.
    fn declared_field(
        &self,
        package: &LoadedPackage,
        described: Option<&FieldDescriptor>,
        constant: Constant,
    ) -> Option<Value> {
        let declared = self.field(package, described?.field_type)?;
        let Value::Reference(Type::Class(class)) = declared else { return Some(declared) };
        let array = Value::Reference(Type::Array(Element::Class(class)));
        let entries = package.cap.constant_pool.entries.iter().zip(0..);
        let mut naming = entries.filter(|(known, _)| **known == constant);
        let is_array = naming.any(|(_, index)| self.constant_value(package, index) == Some(array));
        Some(if is_array { array } else { declared })
    }
}

/// The descriptor of a field of the class at an offset.
fn described(
    package: &LoadedPackage,
    class: u16,
    is_it: impl Fn(&FieldDescriptor) -> bool,
) -> Option<&FieldDescriptor> {
    let descriptor = package.cap.descriptor.as_ref()?;
    let mut classes = descriptor.classes.iter();
    let class = classes.find(|known| known.class == ClassRef::Internal(class))?;
    class.fields.iter().find(|field| is_it(field))
}
