//! From constants to the fields that they name [JCVM 3.0.5 §6.8.2, §6.8.4].

use capfile::component::{ClassRef, Constant, FieldDescriptor};

use super::{error::Reason, signatures::Signatures, type_system::Value};
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
        let declared = described(package, info.offset, |field| {
            !field.is_static() && field.position == u16::from(token)
        });
        let first = info.first_reference_token.unwrap_or(u8::MAX);
        Ok(FieldFacts {
            class: Some(class),
            declared: declared.and_then(|field| self.field(package, field.field_type)),
            is_native: false,
            is_reference: token.checked_sub(first).is_some_and(|nth| nth < info.reference_count),
        })
    }

    /// The static field that a constant names, when its place in the image is right for a value of so many bytes.
    pub(super) fn static_field(&self, index: u16, bytes: usize) -> Result<FieldFacts, Reason> {
        let found = self.resolver().static_field(index).map_err(|_| Reason::Constant(index))?;
        let StaticPlace::Image(found) = found else {
            // Static fields of native packages are references.
            return Ok(FieldFacts {
                class: None,
                declared: None,
                is_reference: true,
                is_native: true,
            });
        };
        let package = self.hierarchy.package(found.package).ok_or(Reason::StaticField)?;
        let offset = usize::from(found.offset);
        let is_reference = offset < found.reference_bytes;
        let end = offset + if is_reference { 2 } else { bytes };
        let torn = is_reference && offset % 2 != 0;
        if torn || end > usize::from(package.cap.static_field.image_size) {
            return Err(Reason::StaticField);
        }
        let descriptor = package.cap.descriptor.as_ref();
        let mut fields = descriptor.into_iter().flat_map(|known| &known.classes);
        let declared = fields.find_map(|class| {
            class.fields.iter().find(|field| field.is_static() && field.position == found.offset)
        });
        let declared = declared.and_then(|field| self.field(package, field.field_type));
        Ok(FieldFacts { class: None, declared, is_reference, is_native: false })
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
