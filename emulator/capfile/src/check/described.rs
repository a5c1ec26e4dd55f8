//! What the Descriptor describes exists [JCVM 3.0.5 §6.14].

use std::collections::BTreeSet;

use super::{Checker, Outcome};
use crate::{
    component::{ClassDescriptor, ClassRef, Descriptor, tag},
    error::CapErrorKind,
};

/// Bit of a field type that is primitive.
const PRIMITIVE: u16 = 0x8000;
/// Type of a constant that names a class.
const NO_TYPE: u16 = 0xFFFF;

impl Checker<'_> {
    pub(super) fn described(&self) -> Outcome {
        let Some(descriptor) = &self.file.descriptor else { return Ok(()) };
        let constants = self.file.constant_pool.entries.len();
        if descriptor.constant_types.len() != constants {
            return Err(CapErrorKind::Count(constants).at(tag::DESCRIPTOR, 0));
        }
        let packages = self.file.header.packages.len();
        if descriptor.package_class_counts.len() < packages {
            return Err(CapErrorKind::Count(packages).at(tag::DESCRIPTOR, 0));
        }
        let types = type_starts(descriptor);
        for offset in descriptor.constant_types.iter().filter(|offset| **offset != NO_TYPE) {
            check_type(&types, *offset)?;
        }
        let described: BTreeSet<_> = descriptor.classes.iter().map(|class| class.class).collect();
        let classes = self.file.class.interfaces.len() + self.file.class.classes.len();
        if described.len() != classes || descriptor.classes.len() != classes {
            return Err(CapErrorKind::Count(descriptor.classes.len()).at(tag::DESCRIPTOR, 0));
        }
        descriptor.classes.iter().try_for_each(|class| self.described_class(&types, class))
    }

    fn described_class(&self, types: &BTreeSet<u16>, class: &ClassDescriptor) -> Outcome {
        if class.is_interface() {
            self.interface(tag::DESCRIPTOR, class.class)?;
        } else {
            self.class(tag::DESCRIPTOR, class.class)?;
        }
        if let ClassRef::External { package, .. } = class.class {
            return Err(CapErrorKind::NoImport(package).at(tag::DESCRIPTOR, 0));
        }
        for interface in &class.interfaces {
            self.interface(tag::DESCRIPTOR, *interface)?;
        }
        for field in &class.fields {
            if field.is_static() {
                self.static_field(tag::DESCRIPTOR, field.position)?;
            }
            match field.field_type {
                primitive if primitive & PRIMITIVE != 0 => {}
                offset => check_type(types, offset)?,
            }
        }
        class.methods.iter().try_for_each(|method| check_type(types, method.type_offset))
    }
}

/// The offsets at which types begin.
fn type_starts(descriptor: &Descriptor) -> BTreeSet<u16> {
    let mut starts = BTreeSet::new();
    let mut offset = descriptor.first_type();
    while let (Ok(start), Some(count)) = (u16::try_from(offset), descriptor.type_table.get(offset))
    {
        starts.insert(start);
        offset += 1 + usize::from(*count).div_ceil(2);
    }
    starts
}

fn check_type(types: &BTreeSet<u16>, offset: u16) -> Outcome {
    if types.contains(&offset) {
        return Ok(());
    }
    Err(CapErrorKind::NoType(offset).at(tag::DESCRIPTOR, usize::from(offset)))
}
