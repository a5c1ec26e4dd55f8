//! Class component [JCVM 3.0.5 §6.9].

use super::MethodLocation;

/// A class or interface, here or elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClassRef {
    /// Offset in the Class component's `info`.
    Internal(u16),
    /// Of an imported package.
    External {
        /// Package token (bit 8 cleared).
        package: u8,
        /// Class token.
        class: u8,
    },
}

/// Classes and interfaces.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClassComponent {
    /// The signature pool of remote methods (format 2.2 and later), unparsed.
    pub signature_pool: Vec<u8>,
    /// Interfaces, ascending by offset.
    pub interfaces: Vec<InterfaceInfo>,
    /// Classes, ascending by offset.
    pub classes: Vec<ClassInfo>,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// Where it is in `info`.
    pub offset: u16,
    /// Whether it is `Shareable` or extends it.
    pub shareable: bool,
    /// Whether it is remote.
    pub remote: bool,
    /// All superinterfaces, direct or not.
    pub superinterfaces: Vec<ClassRef>,
    /// Name of a remote interface, as it stands in the file.
    pub name: Vec<u8>,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassInfo {
    /// Where it is in `info`.
    pub offset: u16,
    /// Whether it implements a shareable interface.
    pub shareable: bool,
    /// Whether it is remote.
    pub remote: bool,
    /// The superclass; none for `java.lang.Object`.
    pub superclass: Option<ClassRef>,
    /// Cells of 16 bits that the class itself declares.
    pub declared_instance_size: u8,
    /// Token of the first declared field that is a reference.
    pub first_reference_token: Option<u8>,
    /// Number of reference fields, which follow each other.
    pub reference_count: u8,
    /// First token of the public table.
    pub public_base: u8,
    /// Public and protected virtual methods; `None` is one inherited from another package.
    pub public_table: Vec<Option<MethodLocation>>,
    /// First token of the package-visible table.
    pub package_base: u8,
    /// Package-visible virtual methods.
    pub package_table: Vec<Option<MethodLocation>>,
    /// Interfaces that the class implements.
    pub interfaces: Vec<ImplementedInterface>,
    /// Remote information of a remote class, unparsed.
    pub remote_info: Vec<u8>,
    /// Format 2.3: mapping of public virtual method tokens; empty before.
    pub token_mapping: Vec<u8>,
    /// Format 2.3: `CAP22_inheritable_public_method_token_count`.
    pub cap22_inheritable_count: Option<u8>,
}

/// How a class implements an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImplementedInterface {
    /// The interface.
    pub interface: ClassRef,
    /// Virtual method tokens of the class, by interface method token.
    pub tokens: Vec<u8>,
}
