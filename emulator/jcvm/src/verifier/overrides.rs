//! Methods that stand for others: overriding, interfaces, `install` [JCVM 3.0.5 §6.9.3, §6.6].
//!
//! A call is checked against the signature of the method that it names. Which method runs depends on the receiver: so each method in
//! a table has to take and return what the one does whose place it takes.

use capfile::component::MethodLocation;

use super::{
    error::Reason,
    hierarchy::Hierarchy,
    signatures::{Kind, Returns, Signature, Signatures},
    tables::{AbstractMethod, Space, VirtualSignature},
    tokens,
    type_system::{Element, Type, Value},
};
use crate::{
    api::{ApiMethod, MethodKind},
    code::LoadedClass,
    ident::{ClassId, PackageId},
};

/// A reason, and the method that it is about.
type Of<T> = Result<T, (MethodLocation, Reason)>;

/// The place of a method that this package does not have.
const NOWHERE: MethodLocation = MethodLocation { block: 0, offset: 0 };

impl Signatures<'_> {
    /// Checks the tables of all classes, and the install methods.
    pub(super) fn check_tables(&self) -> Of<()> {
        let package = self.hierarchy.package;
        for (class, index) in package.classes.iter().zip(0..) {
            let id = ClassId::new(package.id, index);
            let Some((_, info)) = self.class_info(id) else { continue };
            let public = (Space::Virtual, info.public_base, &info.public_table);
            let visible = (Space::PackageVisible, info.package_base, &info.package_table);
            for (space, base, table) in [public, visible] {
                for (location, token) in table.iter().zip(u16::from(base)..) {
                    let failed = (location.unwrap_or(NOWHERE), Reason::Override);
                    let token = u8::try_from(token).map_err(|_| failed)?;
                    self.check_entry(class, AbstractMethod { class: id, space, token }, *location)?;
                }
            }
            for implementation in &class.interfaces {
                self.check_interface(id, implementation.interface, &implementation.tokens)?;
            }
        }
        let applets = package.cap.applet.iter().flat_map(|all| &all.applets);
        applets.map(|applet| applet.install).try_for_each(|install| self.check_install(install))
    }

    /// A method in the table of a class, against that of the superclass.
    fn check_entry(
        &self,
        class: &LoadedClass,
        method: AbstractMethod,
        location: Option<MethodLocation>,
    ) -> Of<()> {
        let Some(location) = location else { return Ok(()) };
        let failed = (location, Reason::Override);
        let found = tokens::loaded(self.hierarchy.package, location).ok_or(failed.clone())?;
        if let Some(declared) = self.declared(found)
            && (declared.kind != Kind::Instance
                || !self.hierarchy.is_subclass(method.class, declared.class))
        {
            return Err(failed);
        }
        let Some(superclass) = class.superclass else { return Ok(()) };
        if method.space == Space::PackageVisible && superclass.package() != method.class.package() {
            return Ok(());
        }
        let above = AbstractMethod { class: superclass, ..method };
        let above = match self.virtual_signature(above) {
            Some(VirtualSignature::Loaded(known)) => self.loaded(known, true),
            Some(VirtualSignature::Known(known)) if self.is_known_natively(above) => known,
            _ => return Ok(()),
        };
        let own = self.loaded(found, true);
        if stands_for(&own, &above, &self.hierarchy) { Ok(()) } else { Err(failed) }
    }

    /// Whether the native method existed in the version that the package was converted against. In a newer one, a token may have come
    /// to mean something else than in a subclass that knows nothing of it.
    fn is_known_natively(&self, method: AbstractMethod) -> bool {
        let mut lineage = self.hierarchy.lineage(method.class);
        let native = lineage.find_map(|class| Some((class, self.hierarchy.native(class)?)));
        native.is_some_and(|(class, native)| {
            let row = native.method(MethodKind::Virtual, method.token);
            row.is_some_and(|row| self.was_there(class.package(), row))
        })
    }

    fn was_there(&self, native: PackageId, row: &ApiMethod) -> bool {
        let package = self.hierarchy.package;
        let mut imports = package.imports.iter().zip(&package.cap.import.packages);
        let imported = imports.find(|(id, _)| **id == native).map(|(_, import)| import.version);
        imported.is_none_or(|version| row.since <= (version.major, version.minor))
    }

    /// Methods of a class against those of an interface that it implements.
    fn check_interface(&self, class: ClassId, interface: ClassId, tokens: &[u8]) -> Of<()> {
        let native = self.hierarchy.native(interface);
        for (own, token) in tokens.iter().zip(0..) {
            let row = native.and_then(|native| native.method(MethodKind::Interface, token));
            if row.is_some_and(|row| !self.was_there(interface.package(), row)) {
                continue;
            }
            let wanted = AbstractMethod { class: interface, space: Space::Interface, token };
            let Ok(Some(wanted)) = self.interface_signature(wanted) else { continue };
            let own = AbstractMethod { class, space: Space::Virtual, token: *own };
            let (location, own) = match self.virtual_signature(own) {
                Some(VirtualSignature::Loaded(own)) => (own.location, self.loaded(own, true)),
                Some(VirtualSignature::Known(own)) => (NOWHERE, own),
                None => return Err((NOWHERE, Reason::Override)),
            };
            if !stands_for(&own, &wanted, &self.hierarchy) {
                return Err((location, Reason::Override));
            }
        }
        Ok(())
    }

    /// `static void install(byte[], short, byte)`.
    fn check_install(&self, location: MethodLocation) -> Of<()> {
        let failed = (location, Reason::Override);
        let found = tokens::loaded(self.hierarchy.package, location).ok_or(failed.clone())?;
        let bytes = Value::Reference(Type::Array(Element::Byte));
        let arguments = [bytes, Value::Short, Value::Byte].into();
        let wanted = Signature { arguments, returns: Returns::Nothing };
        let own = self.loaded(found, false);
        let kind = self.declared(found).map_or(Kind::Static, |declared| declared.kind);
        let package = self.hierarchy.package;
        let index = package.method_at(location).map(usize::from);
        let method = index.and_then(|index| package.methods.get(index));
        if method.is_none_or(|method| method.is_abstract) {
            return Err((location, Reason::AbstractMethod));
        }
        let right = kind == Kind::Static && stands_for(&own, &wanted, &self.hierarchy);
        if right { Ok(()) } else { Err(failed) }
    }
}

/// Whether a method takes whatever the other takes, and returns what the other returns.
fn stands_for(own: &Signature, other: &Signature, hierarchy: &Hierarchy<'_>) -> bool {
    let returns = match (own.returns, other.returns) {
        (Returns::Never | Returns::Unknown, _)
        | (_, Returns::Never | Returns::Unknown)
        | (Returns::Nothing, Returns::Nothing) => true,
        (Returns::Value(own), Returns::Value(other)) => passes(own, other, hierarchy),
        _ => false,
    };
    returns && takes(&own.arguments, &other.arguments, hierarchy)
}

/// Whether arguments of one list can be taken for those of the other. Of two unknown cells an int may be made.
fn takes(own: &[Value], given: &[Value], hierarchy: &Hierarchy<'_>) -> bool {
    match (own, given) {
        ([], []) => true,
        ([Value::Any, Value::Any, own @ ..], [Value::Int, given @ ..])
        | ([Value::Int, own @ ..], [Value::Any, Value::Any, given @ ..]) => {
            takes(own, given, hierarchy)
        }
        ([first, own @ ..], [other, given @ ..]) => {
            passes(*other, *first, hierarchy) && takes(own, given, hierarchy)
        }
        _ => false,
    }
}

/// Whether a value of one type can be used as one of the other.
fn passes(value: Value, wanted: Value, hierarchy: &Hierarchy<'_>) -> bool {
    match (value, wanted) {
        (Value::Any, other) | (other, Value::Any) => other != Value::Int,
        (Value::Reference(value), Value::Reference(wanted)) => value.fits(wanted, hierarchy),
        (Value::Byte | Value::Short, Value::Byte | Value::Short) | (Value::Int, Value::Int) => true,
        _ => false,
    }
}
