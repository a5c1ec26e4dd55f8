//! Entries of the constant pool [JCVM 3.0.5 §6.8].

use super::{
    Checker, Outcome,
    classes::{has_package, has_public},
};
use crate::{
    component::{ClassRef, Constant, StaticFieldRef, StaticMethodRef, tag},
    error::CapErrorKind,
};

impl Checker<'_> {
    pub(super) fn constants(&self) -> Outcome {
        self.file.constant_pool.entries.iter().try_for_each(|constant| self.constant(*constant))
    }

    fn constant(&self, constant: Constant) -> Outcome {
        match constant {
            Constant::Class(class) => self.class_or_interface(tag::CONSTANT_POOL, class),
            Constant::InstanceField { class, token } => self.instance_field(class, token),
            Constant::VirtualMethod { class, token, package_visible }
            | Constant::SuperMethod { class, token, package_visible } => {
                self.virtual_method(class, token, package_visible)
            }
            Constant::StaticField(StaticFieldRef::Internal { offset }) => {
                self.static_field(tag::CONSTANT_POOL, offset)
            }
            Constant::StaticMethod(StaticMethodRef::Internal(location)) => {
                self.method(tag::CONSTANT_POOL, location)
            }
            Constant::StaticField(StaticFieldRef::External { package, .. })
            | Constant::StaticMethod(StaticMethodRef::External { package, .. }) => {
                self.import(tag::CONSTANT_POOL, package)
            }
        }
    }

    fn instance_field(&self, class: ClassRef, token: u8) -> Outcome {
        self.class(tag::CONSTANT_POOL, class)?;
        let ClassRef::Internal(offset) = class else { return Ok(()) };
        let declared = self.file.class.class_at(offset);
        if declared.is_some_and(|class| token < class.declared_instance_size) {
            return Ok(());
        }
        Err(CapErrorKind::NoInstanceField(token).at(tag::CONSTANT_POOL, usize::from(offset)))
    }

    fn virtual_method(&self, class: ClassRef, token: u8, package_visible: bool) -> Outcome {
        self.class(tag::CONSTANT_POOL, class)?;
        let ClassRef::Internal(offset) = class else {
            return if package_visible {
                Err(CapErrorKind::ForeignPackageMember.at(tag::CONSTANT_POOL, 0))
            } else {
                Ok(())
            };
        };
        let found = self.file.class.class_at(offset).is_some_and(|class| {
            if package_visible { has_package(class, token) } else { has_public(class, token) }
        });
        if found {
            return Ok(());
        }
        Err(CapErrorKind::NoVirtualMethod(token).at(tag::CONSTANT_POOL, usize::from(offset)))
    }
}
