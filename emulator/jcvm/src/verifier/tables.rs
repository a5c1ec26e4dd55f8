//! Methods that are found by the class of the receiver: in the tables of classes and interfaces [JCVM 3.0.5 §6.9].

use std::rc::Rc;

use capfile::component::{ClassInfo, ClassRef, MethodLocation};

use super::signatures::{Loaded, Returns, Signature, Signatures};
use crate::{api::MethodKind, code::LoadedPackage, ident::ClassId};

/// Token spaces of methods that are looked for in the class of the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Virtual,
    PackageVisible,
    Interface,
}

/// A method by its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AbstractMethod {
    pub(super) class: ClassId,
    pub(super) space: Space,
    pub(super) token: u8,
}

/// What is known of a virtual method.
pub(super) enum VirtualSignature<'a> {
    Known(Rc<Signature>),
    Loaded(Loaded<'a>),
}

impl<'a> Signatures<'a> {
    pub(super) fn virtual_signature(&self, method: AbstractMethod) -> Option<VirtualSignature<'a>> {
        let visible = method.space == Space::PackageVisible;
        if let Some(found) = self.table_entry(method.class, method.token, visible) {
            return Some(VirtualSignature::Loaded(found));
        }
        let mut lineage = self.hierarchy.lineage(method.class);
        let native = lineage.find_map(|class| self.hierarchy.native(class)).filter(|_| !visible)?;
        let row = native.method(MethodKind::Virtual, method.token)?;
        Some(VirtualSignature::Known(self.native(row)))
    }

    /// The loaded method, abstract or not, that a class has for a virtual method token.
    pub(super) fn table_entry(
        &self,
        class: ClassId,
        token: u8,
        visible: bool,
    ) -> Option<Loaded<'a>> {
        // Package-visible methods are not inherited across packages.
        let from = class.package();
        let location = self.hierarchy.lineage(class).find_map(|class| {
            let (package, info) = self.class_info(class)?;
            let found = match visible {
                true if package.id == from => info.package_method(token),
                true => None,
                false => info.public_method(token),
            };
            Some((package, found?))
        });
        let (package, location) = location?;
        let found = package.methods.get(usize::from(package.method_at(location)?))?;
        Some(Loaded { package, location, nargs: found.nargs })
    }

    /// The class whose virtual method this is, by the tables of classes; the nearest one that all have in common which have it.
    pub(super) fn class_of_virtual(&self, location: MethodLocation) -> Option<ClassId> {
        let package = self.hierarchy.package;
        let all = package.classes.iter().zip(0..).map(|(_, index)| ClassId::new(package.id, index));
        let having = all.filter(|class| {
            self.class_info(*class).is_some_and(|(_, info)| {
                let mut table = info.public_table.iter().chain(&info.package_table);
                table.any(|entry| *entry == Some(location))
            })
        });
        having.reduce(|one, two| self.hierarchy.common(one, two))
    }

    pub(super) fn class_info(&self, class: ClassId) -> Option<(&'a LoadedPackage, &'a ClassInfo)> {
        let (package, class) = self.hierarchy.loaded(class)?;
        Some((package, package.cap.class.class_at(class.offset)?))
    }

    /// The signature of a method of an interface; `None` where nobody tells it, an error when there is no such method.
    pub(super) fn interface_signature(
        &self,
        method: AbstractMethod,
    ) -> Result<Option<Rc<Signature>>, ()> {
        if let Some(native) = self.hierarchy.native(method.class) {
            let row = native.method(MethodKind::Interface, method.token).ok_or(())?;
            return Ok(Some(self.native(row)));
        }
        let Some((package, class)) = self.hierarchy.loaded(method.class) else { return Err(()) };
        let descriptor = package.cap.descriptor.as_ref();
        let described = descriptor.and_then(|descriptor| {
            let offset = ClassRef::Internal(class.offset);
            let described = descriptor.classes.iter().find(|known| known.class == offset)?;
            let mut methods = described.methods.iter();
            let found = methods.find(|known| known.token == method.token)?;
            self.in_nibbles(package, &descriptor.type_at(found.type_offset)?)
        });
        Ok(described.map(Rc::new).or_else(|| self.of_implementer(method)))
    }

    /// The signature that a class has for an interface method.
    fn of_implementer(&self, method: AbstractMethod) -> Option<Rc<Signature>> {
        let entry = |(class, token)| self.table_entry(class, token, false);
        let described = self.implementers(method).find_map(|found| self.declared(entry(found)?));
        if let Some(described) = described {
            return Some(described.signature.clone());
        }
        let found = self.implementers(method).find_map(entry)?;
        let cells = usize::from(found.nargs).saturating_sub(1);
        Some(Rc::new(Signature::unknown(cells, self.returns_of_others(method))))
    }

    /// Classes that implement the interface themselves, with the virtual method token that they have for the method.
    fn implementers(&self, method: AbstractMethod) -> impl Iterator<Item = (ClassId, u8)> {
        self.classes_around(method.class).filter_map(move |class| {
            let (_, loaded) = self.hierarchy.loaded(class)?;
            let mut all = loaded.interfaces.iter();
            let known = all.find(|known| known.interface == method.class)?;
            Some((class, *known.tokens.get(usize::from(method.token))?))
        })
    }

    /// Classes of this package, and of the package of a class.
    fn classes_around(&self, class: ClassId) -> impl Iterator<Item = ClassId> {
        let own = self.hierarchy.package;
        let other = self.hierarchy.package(class.package()).filter(|other| other.id != own.id);
        core::iter::once(own).chain(other).flat_map(|package| {
            package.classes.iter().zip(0..).map(|(_, index)| ClassId::new(package.id, index))
        })
    }

    /// What those return that stand for an abstract method, when the Descriptor does not tell.
    pub(super) fn returns_of_others(&self, method: AbstractMethod) -> Returns {
        let by_class = |class, token| {
            let (_, loaded) = self.hierarchy.loaded(class)?;
            let table = match method.space {
                Space::PackageVisible => &loaded.package_methods,
                Space::Virtual | Space::Interface => &loaded.virtual_methods,
            };
            let found = table.get(usize::from(token))?.method?;
            match self.returns_of(found) {
                Returns::Unknown | Returns::Never => None,
                known => Some(known),
            }
        };
        let found = match method.space {
            Space::Interface => {
                self.implementers(method).find_map(|(class, token)| by_class(class, token))
            }
            Space::Virtual | Space::PackageVisible => self
                .classes_around(method.class)
                .filter(|class| self.hierarchy.is_subclass(*class, method.class))
                .find_map(|class| by_class(class, method.token)),
        };
        found.unwrap_or(Returns::Unknown)
    }
}
