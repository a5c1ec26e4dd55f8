//! Classes and interfaces [JCVM 3.0.5 §6.9].

use super::{Checker, Outcome};
use crate::{
    component::{ClassInfo, ClassRef, tag},
    error::CapErrorKind,
};

impl Checker<'_> {
    pub(super) fn classes(&self) -> Outcome {
        for interface in &self.file.class.interfaces {
            for superinterface in &interface.superinterfaces {
                self.interface(tag::CLASS, *superinterface)?;
            }
        }
        self.file.class.classes.iter().try_for_each(|class| self.class_info(class))
    }

    fn class_info(&self, class: &ClassInfo) -> Outcome {
        let at = |kind: CapErrorKind| kind.at(tag::CLASS, usize::from(class.offset));
        if let Some(superclass) = class.superclass {
            self.class(tag::CLASS, superclass)?;
        }
        if !self.superclasses_end(class) {
            return Err(at(CapErrorKind::Superclass));
        }
        let first = class.first_reference_token.map_or(0, usize::from);
        let references = first + usize::from(class.reference_count);
        let unplaced = class.first_reference_token.is_none() && class.reference_count != 0;
        if references > usize::from(class.declared_instance_size) || unplaced {
            return Err(at(CapErrorKind::ReferenceFields));
        }
        for location in class.public_table.iter().chain(&class.package_table).flatten() {
            self.method(tag::CLASS, *location)?;
        }
        for interface in &class.interfaces {
            self.interface(tag::CLASS, interface.interface)?;
            let missing = interface.tokens.iter().find(|token| !has_public(class, **token));
            if let Some(token) = missing {
                return Err(at(CapErrorKind::NoVirtualMethod(*token)));
            }
        }
        Ok(())
    }

    /// Whether the superclasses lead to another package or to `Object`, and not in a circle.
    fn superclasses_end(&self, class: &ClassInfo) -> bool {
        let classes = &self.file.class;
        let mut class = class;
        for _ in 0..=classes.classes.len() {
            match class.superclass {
                Some(ClassRef::Internal(offset)) => match classes.class_at(offset) {
                    Some(superclass) => class = superclass,
                    None => return false,
                },
                _ => return true,
            }
        }
        false
    }
}

/// Whether a class has a public or protected virtual method token, be it inherited: its table ends with the last one.
pub(super) fn has_public(class: &ClassInfo, token: u8) -> bool {
    usize::from(token) < usize::from(class.public_base) + class.public_table.len()
}

/// Whether a class has a package-visible virtual method token, be it inherited.
pub(super) fn has_package(class: &ClassInfo, token: u8) -> bool {
    usize::from(token) < usize::from(class.package_base) + class.package_table.len()
}
