//! A loaded package, linked.

use std::sync::Arc;

use capfile::{CapFile, component::MethodLocation};
use iso7816::Aid;

use super::{
    class::LoadedClass,
    op::{Op, Switch},
};
use crate::{
    ident::{ClassId, PackageId},
    reference::Reference,
};

/// A loaded package.
#[derive(Debug)]
pub struct LoadedPackage {
    /// Its identifier.
    pub id: PackageId,
    /// AID.
    pub aid: Aid,
    /// Version, major then minor.
    pub version: (u8, u8),
    /// Whether the verifier accepted it.
    pub verified: bool,
    /// The file that it was loaded from.
    pub cap: Arc<CapFile>,
    /// Packages that it imports, by package token.
    pub imports: Vec<PackageId>,
    /// Where classes and interfaces are in the Class component, ascending.
    pub(crate) class_offsets: Vec<u16>,
    /// Classes and interfaces, in the order of their offsets.
    pub classes: Vec<LoadedClass>,
    /// Methods, ascending by location.
    pub methods: Vec<Method>,
    /// The object that holds the static fields.
    pub statics: Reference,
    /// Bytes of the static image that are references.
    pub static_reference_bytes: usize,
    pub(crate) ops: Vec<Op>,
    /// Offset of each instruction in its method block.
    pub(crate) offsets: Vec<u16>,
    pub(crate) switches: Vec<Switch>,
    pub(crate) handlers: Vec<HandlerRange>,
}

/// A method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Where it is in the file.
    pub location: MethodLocation,
    /// Cells of its arguments, `this` included.
    pub nargs: u8,
    /// Cells of arguments and local variables.
    pub locals: u16,
    /// Cells of the operand stack.
    pub max_stack: u8,
    /// Whether it has no code.
    pub is_abstract: bool,
    /// Index of its first instruction.
    pub(crate) entry: u32,
    /// Index after its last instruction.
    pub(crate) end: u32,
    /// Its exception handlers.
    pub(crate) handlers: (u32, u32),
}

/// Instructions that an exception handler covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerRange {
    /// First instruction.
    pub start: u32,
    /// Instruction after the last.
    pub end: u32,
    /// First instruction of the handler.
    pub target: u32,
    /// What it catches; none: everything.
    pub catches: Option<ClassId>,
}

impl LoadedPackage {
    /// The class at an offset of the Class component.
    #[must_use]
    pub fn class_at(&self, offset: u16) -> Option<(u16, &LoadedClass)> {
        let index = self.class_offsets.binary_search(&offset).ok()?;
        Some((u16::try_from(index).ok()?, self.classes.get(index)?))
    }

    /// The method at a location.
    #[must_use]
    pub fn method_at(&self, location: MethodLocation) -> Option<u16> {
        let index = self.methods.binary_search_by_key(&location, |method| method.location).ok()?;
        u16::try_from(index).ok()
    }

    /// Bytes of internal code and tables, for figures.
    #[must_use]
    pub fn code_size(&self) -> usize {
        self.ops.len() * size_of::<Op>()
    }
}
