//! The components of a CAP file, typed [JCVM 3.0.5 §6.2].

pub mod applet;
pub mod class;
pub mod constant_pool;
pub mod descriptor;
pub mod directory;
pub mod export;
pub mod header;
pub mod import;
pub mod method;
pub mod reference_location;
pub mod static_field;
pub mod static_resources;
pub mod tag;

pub use self::{
    applet::{Applet, AppletComponent},
    class::{ClassComponent, ClassInfo, ClassRef, ImplementedInterface, InterfaceInfo},
    constant_pool::{Constant, ConstantPool, StaticFieldRef, StaticMethodRef},
    descriptor::{ClassDescriptor, Descriptor, FieldDescriptor, MethodDescriptor, TypeNibbles},
    directory::{CustomComponent, Directory},
    export::{Export, ExportedClass},
    header::{Header, PackageVersion, PublicPackage},
    import::{Import, ImportedPackage},
    method::{Handler, MethodBlock, MethodComponent, MethodHeader, MethodLocation},
    reference_location::{ReferenceBlock, ReferenceLocation},
    static_field::{ArrayInit, StaticField},
    static_resources::{StaticResource, StaticResources},
};

/// A whole CAP file. Debug components are dropped, as on a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapFile {
    /// Names and versions.
    pub header: Header,
    /// Sizes of all components.
    pub directory: Directory,
    /// The applets, where there are any.
    pub applet: Option<AppletComponent>,
    /// What is imported.
    pub import: Import,
    /// References of the code.
    pub constant_pool: ConstantPool,
    /// Classes and interfaces.
    pub class: ClassComponent,
    /// Code.
    pub method: MethodComponent,
    /// The static image.
    pub static_field: StaticField,
    /// Where the code refers to the constant pool.
    pub reference_location: ReferenceLocation,
    /// What other packages may use.
    pub export: Option<Export>,
    /// Types of everything.
    pub descriptor: Option<Descriptor>,
    /// Resources of format 2.3.
    pub static_resources: Option<StaticResources>,
}
