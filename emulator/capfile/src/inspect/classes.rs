//! Interfaces and classes, as they are to be seen.

use super::Resolver;
use crate::component::{ClassInfo, ClassRef, ExportedClass, InterfaceInfo};

/// An interface or class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedClass {
    /// Its place.
    pub name: String,
    /// `interface` or `class`, after `shareable` and `remote`.
    pub kind: String,
    /// The superclass.
    pub superclass: Option<String>,
    /// Interfaces: with the tokens that implement them for a class, all superinterfaces for an interface.
    pub interfaces: Vec<String>,
    /// Cells of instance fields, and those of them that are references: the first and their number.
    pub fields: (u8, Option<u8>, u8),
    /// Virtual methods by token; `inherited` where another package has it.
    pub methods: Vec<String>,
}

/// All interfaces, then all classes.
pub(super) fn all(resolver: &Resolver<'_>) -> Vec<InspectedClass> {
    let component = &resolver.file.class;
    let interfaces = component.interfaces.iter().map(|info| interface(resolver, info));
    interfaces.chain(component.classes.iter().map(|info| class(resolver, info))).collect()
}

fn kind(shareable: bool, remote: bool, kind: &str) -> String {
    let shareable = if shareable { "shareable " } else { "" };
    let remote = if remote { "remote " } else { "" };
    format!("{shareable}{remote}{kind}")
}

fn interface(resolver: &Resolver<'_>, info: &InterfaceInfo) -> InspectedClass {
    InspectedClass {
        name: resolver.class(ClassRef::Internal(info.offset)),
        kind: kind(info.shareable, info.remote, "interface"),
        superclass: None,
        interfaces: info.superinterfaces.iter().map(|class| resolver.class(*class)).collect(),
        fields: (0, None, 0),
        methods: Vec::new(),
    }
}

fn class(resolver: &Resolver<'_>, info: &ClassInfo) -> InspectedClass {
    let interfaces = info.interfaces.iter().map(|implemented| {
        format!("{} {:?}", resolver.class(implemented.interface), implemented.tokens)
    });
    let public = (usize::from(info.public_base)..).zip(&info.public_table);
    let package = (usize::from(info.package_base)..).zip(&info.package_table);
    let entry = |kind: &str, token, location: &Option<_>| {
        let method = location.map(|location| resolver.method(location));
        format!("{kind} {token} {}", method.as_deref().unwrap_or("inherited"))
    };
    let methods = public
        .map(|(token, location)| entry("public", token, location))
        .chain(package.map(|(token, location)| entry("package", token, location)));
    InspectedClass {
        name: resolver.class(ClassRef::Internal(info.offset)),
        kind: kind(info.shareable, info.remote, "class"),
        superclass: info.superclass.map(|class| resolver.class(class)),
        interfaces: interfaces.collect(),
        fields: (info.declared_instance_size, info.first_reference_token, info.reference_count),
        methods: methods.collect(),
    }
}

/// An exported class with its static members.
pub(super) fn export(resolver: &Resolver<'_>, class: &ExportedClass) -> String {
    let methods = class.static_methods.iter().map(|location| resolver.method(*location));
    let fields = class.static_fields.iter().map(|offset| format!("static@{offset}"));
    let members: Vec<String> = fields.chain(methods).collect();
    format!("{} {}", resolver.class(ClassRef::Internal(class.class)), members.join(", "))
        .trim_end()
        .to_owned()
}
