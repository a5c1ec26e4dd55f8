//! From references of the constant pool to what they refer to [JCVM 3.0.5 §6.8].

use capfile::component::{ClassRef, Constant, StaticFieldRef, StaticMethodRef};

use super::{LinkError, own_class};
use crate::{
    api::{ApiClass, ApiMethod, MethodKind},
    code::{Code, LoadedPackage, class::VirtualMethod},
    ident::{ClassId, MethodId, PackageId},
};

/// The first token of native classes that no package can name.
const HIDDEN_TOKEN: u8 = 128;

/// Resolves references of a package that is being linked.
#[derive(Clone, Copy)]
pub(crate) struct Resolver<'a> {
    pub(crate) code: &'a Code,
    pub(crate) package: &'a LoadedPackage,
}

/// A static field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StaticPlace {
    /// In the static image of a loaded package.
    Image(ImagePlace),
    /// A reference of a native class.
    Native { class: ClassId, token: u8 },
}

/// A place in the static image of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImagePlace {
    pub(crate) package: PackageId,
    /// Offset in the static image, in bytes.
    pub(crate) offset: u16,
    /// Bytes of that image that are references.
    pub(crate) reference_bytes: usize,
}

/// A method that is called without looking at the receiver, and its argument cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Callee {
    pub(crate) method: MethodId,
    pub(crate) nargs: u8,
    /// Whether it has a receiver, which the instruction does not tell: a native constructor.
    pub(crate) constructor: bool,
}

const MALFORMED_METHOD: LinkError = LinkError::Malformed("a method that is not there");

impl Resolver<'_> {
    /// A class or interface.
    pub(crate) fn class(&self, class: ClassRef) -> Result<ClassId, LinkError> {
        match class {
            ClassRef::Internal(offset) => own_class(self.package, offset),
            ClassRef::External { package, class } => {
                let imported = self.import(package)?;
                let missing = || {
                    let (package, version) = self.named(imported);
                    LinkError::ClassMissing { package, version, class }
                };
                if imported.is_native() {
                    let id = ClassId::new(imported, u16::from(class));
                    // Classes that only natives make instances of have no name in a file.
                    let named = self.code.api_class(id).filter(|_| class < HIDDEN_TOKEN);
                    return named.map(|_| id).ok_or_else(missing);
                }
                let other = self.code.package(imported).ok_or_else(missing)?;
                let export = other.cap.export.as_ref().ok_or_else(missing)?;
                let exported = export.classes.get(usize::from(class)).ok_or_else(missing)?;
                let (index, _) = other.class_at(exported.class).ok_or_else(missing)?;
                Ok(ClassId::new(imported, index))
            }
        }
    }

    /// A constant that is a class.
    pub(crate) fn class_constant(&self, index: u16) -> Result<ClassId, LinkError> {
        match self.constant(index)? {
            Constant::Class(class) => self.class(class),
            _ => Err(LinkError::ConstantKind { index, wanted: "class" }),
        }
    }

    /// The cell of an instance field.
    pub(crate) fn field(&self, index: u16) -> Result<u16, LinkError> {
        let Constant::InstanceField { class, token } = self.constant(index)? else {
            return Err(LinkError::ConstantKind { index, wanted: "instance field" });
        };
        let class = self.class(class)?;
        if let Some(native) = self.code.api_class(class) {
            return Err(self.member_missing(class, native, "instance field", token));
        }
        let cells = self.loaded_cells(class).ok_or(LinkError::Malformed("a field of no class"))?;
        let cell = cells.0 + usize::from(token);
        if cell >= cells.1 {
            return Err(LinkError::Malformed("a field outside of its class"));
        }
        u16::try_from(cell).map_err(|_| LinkError::Malformed("too many fields"))
    }

    /// First own cell and all cells of a loaded class, this package's included.
    fn loaded_cells(&self, class: ClassId) -> Option<(usize, usize)> {
        let found = self.loaded_class(class)?;
        Some((found.first_cell, found.cells))
    }

    fn loaded_class(&self, class: ClassId) -> Option<&crate::code::LoadedClass> {
        if class.package() == self.package.id {
            return self.package.classes.get(usize::from(class.index()));
        }
        self.code.loaded_class(class)
    }

    /// Argument cells of a virtual method, with its token and whether it is package-visible.
    pub(crate) fn virtual_method(&self, index: u16) -> Result<(u8, u8, bool), LinkError> {
        let Constant::VirtualMethod { class, token, package_visible } = self.constant(index)?
        else {
            return Err(LinkError::ConstantKind { index, wanted: "virtual method" });
        };
        let class = self.class(class)?;
        let found = self.virtual_of(class, token, package_visible)?;
        Ok((found.nargs, token, package_visible))
    }

    /// The method of the superclass that a `CONSTANT_SuperMethodref` names.
    fn super_method(&self, class: ClassRef, token: u8, visible: bool) -> Result<Callee, LinkError> {
        let class = self.class(class)?;
        let superclass = match self.loaded_class(class) {
            Some(loaded) => loaded.superclass,
            None => self.code.superclass(class),
        };
        let superclass = superclass.ok_or(LinkError::Malformed("super of no superclass"))?;
        let found = self.virtual_of(superclass, token, visible)?;
        let method = found.method.ok_or(LinkError::Malformed("a call of an abstract method"))?;
        Ok(Callee { method, nargs: found.nargs, constructor: false })
    }

    fn virtual_of(
        &self,
        class: ClassId,
        token: u8,
        visible: bool,
    ) -> Result<VirtualMethod, LinkError> {
        if let Some(loaded) = self.loaded_class(class) {
            let table = if visible { &loaded.package_methods } else { &loaded.virtual_methods };
            return table.get(usize::from(token)).copied().ok_or(MALFORMED_METHOD);
        }
        let native = self.code.api_class(class).ok_or(MALFORMED_METHOD)?;
        let row = native
            .method(MethodKind::Virtual, token)
            .ok_or_else(|| self.member_missing(class, native, "virtual method", token))?;
        self.check_support(class, native, row)?;
        let method = (!row.is_abstract).then(|| MethodId::native(row.native));
        Ok(VirtualMethod { method, nargs: row.nargs })
    }

    /// What `invokestatic` and `invokespecial` call.
    pub(crate) fn callee(&self, index: u16, special: bool) -> Result<Callee, LinkError> {
        match self.constant(index)? {
            Constant::StaticMethod(StaticMethodRef::Internal(location)) => {
                let method = self.package.method_at(location).ok_or(MALFORMED_METHOD)?;
                let nargs =
                    self.package.methods.get(usize::from(method)).ok_or(MALFORMED_METHOD)?.nargs;
                let method = MethodId::loaded(self.package.id, method);
                Ok(Callee { method, nargs, constructor: false })
            }
            Constant::StaticMethod(StaticMethodRef::External { package, class, token }) => {
                self.external_static(package, class, token)
            }
            Constant::SuperMethod { class, token, package_visible } if special => {
                self.super_method(class, token, package_visible)
            }
            _ => Err(LinkError::ConstantKind { index, wanted: "static method" }),
        }
    }

    fn external_static(&self, package: u8, class: u8, token: u8) -> Result<Callee, LinkError> {
        let id = self.class(ClassRef::External { package, class })?;
        if let Some(native) = self.code.api_class(id) {
            let row = native
                .method(MethodKind::Static, token)
                .ok_or_else(|| self.member_missing(id, native, "static method", token))?;
            self.check_support(id, native, row)?;
            let constructor = row.kind == MethodKind::Constructor;
            let method = MethodId::native(row.native);
            return Ok(Callee { method, nargs: row.nargs, constructor });
        }
        let other = self.code.package(id.package()).ok_or(MALFORMED_METHOD)?;
        let export = other.cap.export.as_ref().ok_or(MALFORMED_METHOD)?;
        let exported = export.classes.get(usize::from(class)).ok_or(MALFORMED_METHOD)?;
        let location = exported.static_methods.get(usize::from(token)).ok_or_else(|| {
            let (package, version) = self.named(id.package());
            let class = class.to_string();
            LinkError::MemberMissing { package, version, class, kind: "static method", token }
        })?;
        let method = other.method_at(*location).ok_or(MALFORMED_METHOD)?;
        let nargs = other.methods.get(usize::from(method)).ok_or(MALFORMED_METHOD)?.nargs;
        Ok(Callee { method: MethodId::loaded(id.package(), method), nargs, constructor: false })
    }

    /// A static field.
    pub(crate) fn static_field(&self, index: u16) -> Result<StaticPlace, LinkError> {
        match self.constant(index)? {
            Constant::StaticField(StaticFieldRef::Internal { offset }) => {
                Ok(StaticPlace::Image(ImagePlace {
                    package: self.package.id,
                    offset,
                    reference_bytes: self.package.static_reference_bytes,
                }))
            }
            Constant::StaticField(StaticFieldRef::External { package, class, token }) => {
                self.external_field(package, class, token)
            }
            _ => Err(LinkError::ConstantKind { index, wanted: "static field" }),
        }
    }

    fn external_field(&self, package: u8, class: u8, token: u8) -> Result<StaticPlace, LinkError> {
        let id = self.class(ClassRef::External { package, class })?;
        let missing = || {
            let (package, version) = self.named(id.package());
            let class = class.to_string();
            LinkError::MemberMissing { package, version, class, kind: "static field", token }
        };
        if id.package().is_native() {
            let known = self.code.api.static_fields.contains(&(id, token));
            return if known {
                Ok(StaticPlace::Native { class: id, token })
            } else {
                Err(missing())
            };
        }
        let other = self.code.package(id.package()).ok_or_else(missing)?;
        let export = other.cap.export.as_ref().ok_or_else(missing)?;
        let exported = export.classes.get(usize::from(class)).ok_or_else(missing)?;
        let offset = *exported.static_fields.get(usize::from(token)).ok_or_else(missing)?;
        Ok(StaticPlace::Image(ImagePlace {
            package: id.package(),
            offset,
            reference_bytes: other.static_reference_bytes,
        }))
    }

    pub(crate) fn constant(&self, index: u16) -> Result<Constant, LinkError> {
        let entries = &self.package.cap.constant_pool.entries;
        entries
            .get(usize::from(index))
            .copied()
            .ok_or(LinkError::Malformed("a constant that is not there"))
    }

    fn import(&self, token: u8) -> Result<PackageId, LinkError> {
        let imports = &self.package.imports;
        imports
            .get(usize::from(token))
            .copied()
            .ok_or(LinkError::Malformed("a package that is not imported"))
    }

    fn named(&self, package: PackageId) -> (String, (u8, u8)) {
        if let Some(native) = self.code.api.packages.get(usize::from(package.0)) {
            return (native.name.to_owned(), native.version);
        }
        match self.code.package(package) {
            Some(loaded) => (loaded.aid.to_string(), loaded.version),
            None => (String::new(), (0, 0)),
        }
    }

    fn member_missing(
        &self,
        class: ClassId,
        native: &ApiClass,
        kind: &'static str,
        token: u8,
    ) -> LinkError {
        let (package, version) = self.named(class.package());
        LinkError::MemberMissing { package, version, class: native.name.to_owned(), kind, token }
    }

    fn check_support(
        &self,
        class: ClassId,
        native: &'static ApiClass,
        row: &ApiMethod,
    ) -> Result<(), LinkError> {
        if row.is_abstract || (self.code.api.implemented)(row.native) {
            return Ok(());
        }
        let (package, version) = self.named(class.package());
        let method = format!("{}{}", row.name, row.descriptor);
        Err(LinkError::NotSupported { package, version, class: native.name, method })
    }
}
