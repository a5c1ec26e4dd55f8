//! A class or interface of a loaded package.

use crate::ident::{ClassId, MethodId};

/// A class or interface of a loaded package.
#[derive(Clone, Debug)]
pub struct LoadedClass {
    /// Where it is in the Class component.
    pub offset: u16,
    /// Whether it is an interface.
    pub is_interface: bool,
    /// Whether it is a shareable interface.
    pub shareable: bool,
    /// Its superclass; none for interfaces.
    pub superclass: Option<ClassId>,
    /// Interfaces: of a class those that it implements itself, of an interface all that it extends.
    pub interfaces: Vec<Implementation>,
    /// All superclasses and interfaces, ascending, without the class itself.
    pub supertypes: Vec<ClassId>,
    /// Superclasses and interfaces that the longest search for the implementation of an interface looks at.
    pub search: u16,
    /// The first of its own cells in an instance.
    pub first_cell: usize,
    /// Cells of an instance.
    pub cells: usize,
    /// Virtual methods by token, inherited ones included; `None` for abstract ones.
    pub virtual_methods: Vec<VirtualMethod>,
    /// Package-visible virtual methods by token.
    pub package_methods: Vec<VirtualMethod>,
}

/// A virtual method of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualMethod {
    /// The method; none where it is abstract.
    pub method: Option<MethodId>,
    /// Cells of its arguments.
    pub nargs: u8,
}

/// How a class implements an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Implementation {
    /// The interface.
    pub interface: ClassId,
    /// Virtual method tokens of the class by interface method token.
    pub tokens: Vec<u8>,
}
