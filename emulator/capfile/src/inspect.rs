//! A look into a CAP file: header, imports, applets, sizes, constant pool, classes and disassembled methods, with names where they
//! are known.
//!
//! A CAP file has no names. Those of other packages come from who implements [`Names`]; what the file itself declares is called after
//! its place: `class@48`, `class@48.virtual3(S)V`, `static@6`.

mod classes;
mod instruction;
mod methods;
mod names;
mod render;
mod signature;

use crate::component::{CapFile, PackageVersion, tag};

pub use self::{
    classes::InspectedClass,
    instruction::InspectedInstruction,
    methods::{InspectedHandler, InspectedMethod},
    names::Resolver,
    signature::signature,
};

/// Kinds of members: the same token means another member of each kind [JCVM 3.0.5 §4.3.7].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MemberKind {
    /// A virtual method of a class.
    Virtual,
    /// A static method or a constructor.
    Static,
    /// A static field.
    StaticField,
    /// An instance field.
    InstanceField,
    /// A method of an interface.
    Interface,
}

/// Names of packages that CAP files import.
pub trait Names {
    /// Name of a package: `javacard/framework`.
    fn package(&self, aid: &[u8]) -> Option<String>;
    /// Name of a class: `javacard/framework/Applet`.
    fn class(&self, aid: &[u8], class: u8) -> Option<String>;
    /// Name of a member with its descriptor, without its class: `process(Ljavacard/framework/APDU;)V`; of a field `counter S`.
    /// Inherited members count as the class's own.
    fn member(&self, aid: &[u8], class: u8, kind: MemberKind, token: u8) -> Option<String>;
}

/// No names at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Names for NoNames {
    fn package(&self, _aid: &[u8]) -> Option<String> {
        None
    }

    fn class(&self, _aid: &[u8], _class: u8) -> Option<String> {
        None
    }

    fn member(&self, _aid: &[u8], _class: u8, _kind: MemberKind, _token: u8) -> Option<String> {
        None
    }
}

/// What there is to see in a CAP file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Version of the format.
    pub format: PackageVersion,
    /// Names of the flags that are set.
    pub flags: Vec<&'static str>,
    /// The package: of the extended format the CAP file, before its public packages.
    pub packages: Vec<InspectedPackage>,
    /// Imported packages; the index is the package token.
    pub imports: Vec<InspectedPackage>,
    /// Applets: AID, and where the install method is.
    pub applets: Vec<(String, String)>,
    /// Components by name with the sizes of their `info`, in bytes and in load order.
    pub components: Vec<(&'static str, usize)>,
    /// Size of the static image in bytes, number of references in it and of arrays with initial values.
    pub static_image: (u16, u16, usize),
    /// Identifiers and sizes of static resources.
    pub resources: Vec<(u16, usize)>,
    /// Constants as text, by index.
    pub constants: Vec<String>,
    /// Exported classes by token.
    pub exports: Vec<String>,
    /// Interfaces and classes.
    pub classes: Vec<InspectedClass>,
    /// Methods.
    pub methods: Vec<InspectedMethod>,
    /// Why the methods are not all there: code that cannot be followed.
    pub failure: Option<String>,
}

/// A package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectedPackage {
    /// AID, in hexadecimal.
    pub aid: String,
    /// Version.
    pub version: PackageVersion,
    /// Name; empty when unknown.
    pub name: String,
}

impl Inspection {
    /// Looks into a file.
    #[must_use]
    pub fn new(file: &CapFile, names: &dyn Names) -> Self {
        let resolver = Resolver::new(file, names);
        let (methods, failure) = methods::all(&resolver);
        let statics = &file.static_field;
        let resources = file.static_resources.iter().flat_map(|all| &all.resources);
        let applets = file.applet.iter().flat_map(|applet| &applet.applets);
        let exports = file.export.iter().flat_map(|export| &export.classes);
        Self {
            format: file.header.format,
            flags: flags(file.header.flags),
            packages: packages(file),
            imports: imports(file, names),
            applets: applets
                .map(|applet| (applet.aid.to_string(), resolver.method(applet.install)))
                .collect(),
            components: file
                .components()
                .iter()
                .map(|(tag, info)| (tag::name(*tag).unwrap_or_default(), info.len()))
                .collect(),
            static_image: (statics.image_size, statics.reference_count, statics.arrays.len()),
            resources: resources.map(|resource| (resource.id, resource.bytes.len())).collect(),
            constants: (0..file.constant_pool.entries.len())
                .filter_map(|index| resolver.constant(u16::try_from(index).ok()?))
                .collect(),
            exports: exports.map(|class| classes::export(&resolver, class)).collect(),
            classes: classes::all(&resolver),
            methods,
            failure,
        }
    }
}

/// A file as text.
#[must_use]
pub fn render(file: &CapFile, names: &dyn Names) -> String {
    Inspection::new(file, names).to_string()
}

fn flags(flags: u8) -> Vec<&'static str> {
    let known = [(1, "ACC_INT"), (2, "ACC_EXPORT"), (4, "ACC_APPLET"), (8, "ACC_EXTENDED")];
    known.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect()
}

fn packages(file: &CapFile) -> Vec<InspectedPackage> {
    let header = &file.header;
    let whole = InspectedPackage {
        aid: header.aid.to_string(),
        version: header.version,
        name: header.name.clone().unwrap_or_default(),
    };
    let public = header.packages.iter().map(|package| InspectedPackage {
        aid: package.aid.to_string(),
        version: package.version,
        name: package.name.clone(),
    });
    core::iter::once(whole).chain(public).collect()
}

fn imports(file: &CapFile, names: &dyn Names) -> Vec<InspectedPackage> {
    let imports = file.import.packages.iter().map(|package| InspectedPackage {
        aid: package.aid.to_string(),
        version: package.version,
        name: names.package(package.aid.as_bytes()).unwrap_or_default(),
    });
    imports.collect()
}
