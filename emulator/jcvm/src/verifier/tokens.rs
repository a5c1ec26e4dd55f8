//! From constants to the methods and fields that they name [JCVM 3.0.5 §6.8].

use std::rc::Rc;

use capfile::component::{
    ClassInfo, ClassRef, Constant, ConstantPool, FieldDescriptor, MethodLocation, StaticMethodRef,
};

use super::{
    error::Reason,
    signatures::{Kind, Loaded, Returns, Signature, Signatures},
    type_system::{Type, Value},
};
use crate::{
    api::MethodKind,
    code::{LoadedPackage, link::{Resolver, StaticPlace}},
    ident::ClassId,
};

/// What a call needs and gives.
pub(super) struct Callee {
    pub(super) receiver: Receiver,
    pub(super) signature: Rc<Signature>,
    /// The abstract method, when nobody knows what it returns.
    pub(super) unknown: Option<AbstractMethod>,
}

/// The first argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiver {
    /// There is none.
    Nobody,
    /// An initialised object of this type.
    Instance(Type),
    /// An object that a constructor of this class initialises.
    Uninitialised(ClassId),
    /// Any of these two: without Descriptor, constructors and private methods look the same.
    Either,
}

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

/// A field.
pub(super) struct FieldFacts {
    /// The class that declares it; none for static fields.
    pub(super) class: Option<ClassId>,
    /// Its type; `None` when nobody tells.
    pub(super) declared: Option<Value>,
    /// Whether it is a reference, which the layout of the class or of the image tells in any case.
    pub(super) is_reference: bool,
}

impl<'a> Signatures<'a> {
    const fn resolver(&self) -> Resolver<'a> {
        Resolver { code: self.hierarchy.code, package: self.hierarchy.package }
    }

    fn pool(&self) -> &'a ConstantPool {
        &self.hierarchy.package.cap.constant_pool
    }

    pub(super) fn constant(&self, index: u16) -> Result<Constant, Reason> {
        let found = self.pool().entries.get(usize::from(index)).copied();
        found.ok_or(Reason::Constant(index))
    }

    /// The class or interface that a constant names.
    pub(super) fn class(&self, index: u16) -> Result<ClassId, Reason> {
        self.resolver().class_constant(index).map_err(|_| Reason::Constant(index))
    }

    fn class_of(&self, index: u16, class: ClassRef) -> Result<ClassId, Reason> {
        self.resolver().class(class).map_err(|_| Reason::Constant(index))
    }

    // --- methods ---

    /// What `invokestatic` calls.
    pub(super) fn static_method(&self, index: u16) -> Result<Callee, Reason> {
        let (signature, kind) = match self.exact(index)? {
            Exact::Native { signature, kind, .. } => (signature, Some(kind)),
            Exact::Loaded { method, .. } => (
                self.loaded_or_said(method, index, false),
                self.declared(method).map(|found| found.kind),
            ),
        };
        if kind.is_some_and(|kind| kind != Kind::Static) {
            return Err(Reason::MethodKind);
        }
        Ok(Callee { receiver: Receiver::Nobody, signature, unknown: None })
    }

    /// What `invokespecial` calls: a constructor, a private method, or a method of the superclass.
    pub(super) fn special_method(&self, index: u16) -> Result<Callee, Reason> {
        if let Constant::SuperMethod { class, token, package_visible } = self.constant(index)? {
            return self.super_method(index, class, token, package_visible);
        }
        let exact = self.exact(index)?;
        let (signature, kind, class) = match exact {
            Exact::Native { signature, kind, class } => (signature, Some(kind), Some(class)),
            Exact::Loaded { method, class } => {
                let declared = self.declared(method);
                let class = declared.as_ref().map(|found| found.class).or(class);
                let kind = declared.map(|found| found.kind);
                (self.loaded_or_said(method, index, true), kind, class)
            }
        };
        let receiver = match (kind, class) {
            (Some(Kind::Static), _) => return Err(Reason::MethodKind),
            (Some(Kind::Constructor), Some(class)) => Receiver::Uninitialised(class),
            (Some(Kind::Instance), Some(class)) => Receiver::Instance(Type::Class(class)),
            _ => Receiver::Either,
        };
        Ok(Callee { receiver, signature, unknown: None })
    }

    fn super_method(
        &self,
        index: u16,
        class: ClassRef,
        token: u8,
        visible: bool,
    ) -> Result<Callee, Reason> {
        let class = self.class_of(index, class)?;
        let superclass = self.hierarchy.superclass(class).ok_or(Reason::Constant(index))?;
        let (signature, unknown) = self.in_table(index, superclass, token, visible)?;
        Ok(Callee { receiver: Receiver::Instance(Type::Class(class)), signature, unknown })
    }

    /// What `invokevirtual` calls.
    pub(super) fn virtual_method(&self, index: u16) -> Result<Callee, Reason> {
        let Constant::VirtualMethod { class, token, package_visible } = self.constant(index)?
        else {
            return Err(Reason::Constant(index));
        };
        let class = self.class_of(index, class)?;
        let (signature, unknown) = self.in_table(index, class, token, package_visible)?;
        Ok(Callee { receiver: Receiver::Instance(Type::Class(class)), signature, unknown })
    }

    /// What `invokeinterface` calls, with so many cells of arguments.
    pub(super) fn interface_method(
        &self,
        index: u16,
        token: u8,
        nargs: u8,
    ) -> Result<Callee, Reason> {
        let class = self.class(index)?;
        if !self.hierarchy.is_interface(class) {
            return Err(Reason::NoInterface);
        }
        let method = AbstractMethod { class, space: Space::Interface, token };
        let known = self.interface_signature(method).map_err(|()| Reason::Constant(index))?;
        let cells = usize::from(nargs).saturating_sub(1);
        let signature = match known {
            Some(known) => known,
            None => Rc::new(Signature::unknown(cells, self.returns_of_others(method))),
        };
        if nargs == 0 || signature.cells() != cells {
            let wanted = signature.cells() + 1;
            return Err(Reason::ArgumentCells { wanted, found: usize::from(nargs) });
        }
        let unknown = (signature.returns == Returns::Unknown).then_some(method);
        Ok(Callee { receiver: Receiver::Instance(Type::Class(class)), signature, unknown })
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
            self.from_nibbles(package, &descriptor.type_at(found.type_offset)?)
        });
        Ok(described.map(Rc::new).or_else(|| self.of_implementer(method)))
    }

    /// The signature that a class of a package with a Descriptor has for an interface method.
    fn of_implementer(&self, method: AbstractMethod) -> Option<Rc<Signature>> {
        self.implementers(method).find_map(|(class, token)| {
            let found = self.declared(self.table_entry(class, token, false)?)?;
            Some(found.signature.clone())
        })
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
            (0..).zip(&package.classes).map(|(index, _)| ClassId::new(package.id, index))
        })
    }

    /// What those return that stand for an abstract method, when the Descriptor does not tell.
    fn returns_of_others(&self, method: AbstractMethod) -> Returns {
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

    /// The signature of a virtual method.
    fn in_table(
        &self,
        index: u16,
        class: ClassId,
        token: u8,
        visible: bool,
    ) -> Result<(Rc<Signature>, Option<AbstractMethod>), Reason> {
        let space = if visible { Space::PackageVisible } else { Space::Virtual };
        let method = AbstractMethod { class, space, token };
        let missing = Reason::Constant(index);
        let mut signature = match self.virtual_signature(method).ok_or(missing)? {
            VirtualSignature::Known(signature) => signature,
            VirtualSignature::Loaded(method) => self.loaded_or_said(method, index, true),
        };
        if signature.returns == Returns::Unknown {
            let returns = self.returns_of_others(method);
            signature = Rc::new(Signature { arguments: signature.arguments.clone(), returns });
        }
        let unknown = (signature.returns == Returns::Unknown).then_some(method);
        Ok((signature, unknown))
    }

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
        let all = (0..).zip(&package.classes).map(|(index, _)| ClassId::new(package.id, index));
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

    /// The method that a constant names without regard to the receiver.
    fn exact(&self, index: u16) -> Result<Exact<'a>, Reason> {
        let missing = Reason::Constant(index);
        let Constant::StaticMethod(reference) = self.constant(index)? else { return Err(missing) };
        match reference {
            StaticMethodRef::Internal(location) => {
                let method = loaded(self.hierarchy.package, location).ok_or(missing)?;
                Ok(Exact::Loaded { method, class: None })
            }
            StaticMethodRef::External { package, class, token } => {
                let id = self.class_of(index, ClassRef::External { package, class })?;
                if let Some(native) = self.hierarchy.native(id) {
                    let row = native.method(MethodKind::Static, token).ok_or(missing)?;
                    let kind = match row.kind {
                        MethodKind::Constructor => Kind::Constructor,
                        _ => Kind::Static,
                    };
                    return Ok(Exact::Native { signature: self.native(row), kind, class: id });
                }
                let callee = self.resolver().callee(index, false).map_err(|_| missing.clone())?;
                let (package, method) = callee.method.parts();
                let package = self.hierarchy.package(package).ok_or(missing.clone())?;
                let found = package.methods.get(usize::from(method)).ok_or(missing.clone())?;
                let method = loaded(package, found.location).ok_or(missing)?;
                Ok(Exact::Loaded { method, class: Some(id) })
            }
        }
    }

    /// The signature of a loaded method; where its package has no Descriptor, what this package says of it.
    fn loaded_or_said(&self, method: Loaded<'a>, index: u16, this: bool) -> Rc<Signature> {
        let known = self.loaded(method, this);
        let foreign = method.package.id != self.hierarchy.package.id;
        if !foreign || method.package.cap.descriptor.is_some() {
            return known;
        }
        let own = self.hierarchy.package;
        let said = own.cap.descriptor.as_ref().and_then(|descriptor| {
            let said = self.from_nibbles(own, &descriptor.constant_type(index)?)?;
            (said.cells() == known.cells()).then_some(said.arguments)
        });
        match said {
            Some(arguments) => Rc::new(Signature { arguments, returns: known.returns }),
            None => known,
        }
    }

    // --- fields ---

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
            is_reference: token.checked_sub(first).is_some_and(|nth| nth < info.reference_count),
        })
    }

    /// The static field that a constant names, when its place in the image is right for a value of so many bytes.
    pub(super) fn static_field(&self, index: u16, bytes: usize) -> Result<FieldFacts, Reason> {
        let found = self.resolver().static_field(index).map_err(|_| Reason::Constant(index))?;
        let StaticPlace::Image(found) = found else {
            // Static fields of native packages are references.
            return Ok(FieldFacts { class: None, declared: None, is_reference: true });
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
        Ok(FieldFacts { class: None, declared, is_reference })
    }
}

/// A method that is known before the receiver is.
enum Exact<'a> {
    Native { signature: Rc<Signature>, kind: Kind, class: ClassId },
    Loaded { method: Loaded<'a>, class: Option<ClassId> },
}

/// What is known of a virtual method.
pub(super) enum VirtualSignature<'a> {
    Known(Rc<Signature>),
    Loaded(Loaded<'a>),
}

/// The method at a location.
pub(super) fn loaded(package: &LoadedPackage, location: MethodLocation) -> Option<Loaded<'_>> {
    let found = package.methods.get(usize::from(package.method_at(location)?))?;
    Some(Loaded { package, location, nargs: found.nargs })
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
