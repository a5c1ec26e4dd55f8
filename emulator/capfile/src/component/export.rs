//! Export component [JCVM 3.0.5 §6.13].

use super::MethodLocation;

/// What other packages may use; the index is the class token.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Export {
    /// In the order of the file.
    pub classes: Vec<ExportedClass>,
    /// Extended format: how many of `classes` belong to each public package, in the order of the header; tokens count anew in each.
    /// Empty in the compact format.
    pub package_class_counts: Vec<u8>,
}

/// An exported class or interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedClass {
    /// Offset in the Class component.
    pub class: u16,
    /// Offsets in the static image, by static field token.
    pub static_fields: Vec<u16>,
    /// Methods, by static method token.
    pub static_methods: Vec<MethodLocation>,
}
