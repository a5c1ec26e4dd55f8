//! From constants to the methods and fields that they name [JCVM 3.0.5 §6.8].

use std::rc::Rc;

use capfile::component::{ClassRef, Constant, ConstantPool, MethodLocation, StaticMethodRef};

use super::{
    error::Reason,
    signatures::{Kind, Loaded, Returns, Signature, Signatures},
    tables::{AbstractMethod, Space, VirtualSignature},
    type_system::Type,
};
use crate::{
    api::MethodKind,
    code::{LoadedPackage, link::Resolver},
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

impl<'a> Signatures<'a> {
    pub(super) const fn resolver(&self) -> Resolver<'a> {
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

    pub(super) fn class_of(&self, index: u16, class: ClassRef) -> Result<ClassId, Reason> {
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
            Exact::Loaded { method: Loaded { nargs: 0, .. }, .. } => {
                return Err(Reason::MethodKind);
            }
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
        // The linker has seen that the method has code.
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
            VirtualSignature::Loaded(Loaded { nargs: 0, .. }) => return Err(Reason::MethodKind),
            VirtualSignature::Loaded(method) => self.loaded_or_said(method, index, true),
        };
        if signature.returns == Returns::Unknown {
            let returns = self.returns_of_others(method);
            signature = Rc::new(Signature { arguments: signature.arguments.clone(), returns });
        }
        let unknown = (signature.returns == Returns::Unknown).then_some(method);
        Ok((signature, unknown))
    }

    /// The method that a constant names without regard to the receiver.
    fn exact(&self, index: u16) -> Result<Exact<'a>, Reason> {
        let missing = Reason::Constant(index);
        let Constant::StaticMethod(reference) = self.constant(index)? else { return Err(missing) };
        match reference {
            StaticMethodRef::Internal(location) => {
                let method = loaded(self.hierarchy.package, location).ok_or(missing)?;
                concrete(method)?;
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
                concrete(method)?;
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
            let said = self.in_nibbles(own, &descriptor.constant_type(index)?)?;
            (said.cells() == known.cells()).then_some(said.arguments)
        });
        match said {
            Some(arguments) => Rc::new(Signature { arguments, returns: known.returns }),
            None => known,
        }
    }
}

/// A method that is known before the receiver is.
enum Exact<'a> {
    Native { signature: Rc<Signature>, kind: Kind, class: ClassId },
    Loaded { method: Loaded<'a>, class: Option<ClassId> },
}

/// The method at a location.
pub(super) fn loaded(package: &LoadedPackage, location: MethodLocation) -> Option<Loaded<'_>> {
    let found = package.methods.get(usize::from(package.method_at(location)?))?;
    Some(Loaded { package, location, nargs: found.nargs })
}

/// A method that is called without regard to the receiver has code.
fn concrete(method: Loaded<'_>) -> Result<(), Reason> {
    let found = method.package.method_at(method.location);
    let found = found.and_then(|index| method.package.methods.get(usize::from(index)));
    if found.is_some_and(|found| !found.is_abstract) { Ok(()) } else { Err(Reason::AbstractMethod) }
}
