//! Types of cells, what may stand for what, and what two paths have in common.
//!
//! The lattice is that of class files [JVMS 2 §4.9.2] with the cells of a card: booleans, bytes and shorts are one type of one cell, an
//! int has a first and a second cell. Interfaces are treated like `Object`, for two classes that implement one meet in `Object`. Beside
//! them stand types of which nothing is known: a card does not always get the Descriptor component, and without it nobody tells what
//! arguments and fields are. They may be used as anything of their size.

use core::fmt;

use super::hierarchy::Hierarchy;
use crate::ident::ClassId;

/// The type of a cell of the operand stack or of a local variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing that could be used.
    Unusable,
    /// Something of which nothing is known.
    Any,
    /// A boolean, byte or short.
    Short,
    /// The first cell of an int.
    IntFirst,
    /// The second cell of an int.
    IntSecond,
    /// Where a subroutine returns to: the instruction at this offset.
    Address(u16),
    /// A reference.
    Reference(Type),
    /// An object that the `new` at this offset made, before its constructor has run.
    Uninitialised(u16),
    /// The object of a constructor, before it has called another one.
    UninitialisedThis,
}

/// The type of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Null, which is of every type.
    Null,
    /// A reference of which nothing is known.
    Unknown,
    /// An instance of a class or interface.
    Class(ClassId),
    /// An array.
    Array(Element),
}

/// The type of the elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `boolean`.
    Boolean,
    /// `byte`.
    Byte,
    /// `short`.
    Short,
    /// `int`.
    Int,
    /// References.
    Class(ClassId),
}

/// The type of a value: an argument, a field, a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// One cell of which nothing is known.
    Any,
    /// A boolean or byte.
    Byte,
    /// A short.
    Short,
    /// An int, which takes two cells.
    Int,
    /// A reference.
    Reference(Type),
}

impl Value {
    /// Cells of the value.
    pub(super) const fn cells(self) -> usize {
        if matches!(self, Self::Int) { 2 } else { 1 }
    }

    /// The cell of a value that takes one.
    pub(super) const fn cell(self) -> Cell {
        match self {
            Self::Any => Cell::Any,
            Self::Byte | Self::Short => Cell::Short,
            Self::Int => Cell::IntFirst,
            Self::Reference(reference) => Cell::Reference(reference),
        }
    }
}

impl Cell {
    /// What a cell is after two paths met.
    pub(super) fn merge(self, other: Self, hierarchy: &Hierarchy<'_>) -> Self {
        if self == other {
            return self;
        }
        match (self, other) {
            (Self::Reference(one), Self::Reference(two)) => {
                Self::Reference(one.merge(two, hierarchy))
            }
            // What nobody knows stays unknown, unless the other is no value of a program at all.
            (Self::Any, known) | (known, Self::Any) if known.is_value() => Self::Any,
            _ => Self::Unusable,
        }
    }

    const fn is_value(self) -> bool {
        matches!(
            self,
            Self::Any | Self::Short | Self::IntFirst | Self::IntSecond | Self::Reference(_)
        )
    }
}

impl Type {
    /// `java.lang.Object`.
    pub(super) const OBJECT: Self = Self::Class(ClassId::OBJECT);

    /// The nearest type of which both are.
    fn merge(self, other: Self, hierarchy: &Hierarchy<'_>) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Null, known) | (known, Self::Null) => known,
            (Self::Class(one), Self::Class(two)) => Self::Class(hierarchy.common(one, two)),
            (Self::Array(Element::Class(one)), Self::Array(Element::Class(two))) => {
                Self::Array(Element::Class(hierarchy.common(one, two)))
            }
            _ => Self::OBJECT,
        }
    }

    /// Whether a reference of this type may stand where one of `wanted` is wanted.
    pub(super) fn fits(self, wanted: Self, hierarchy: &Hierarchy<'_>) -> bool {
        match (self, wanted) {
            _ if self == wanted => true,
            (Self::Null | Self::Unknown, _) | (_, Self::Unknown) => true,
            (_, Self::Class(wanted)) if hierarchy.is_object_or_interface(wanted) => true,
            (Self::Class(class), Self::Class(wanted)) => hierarchy.is_subclass(class, wanted),
            (Self::Array(Element::Class(one)), Self::Array(Element::Class(two))) => {
                Self::Class(one).fits(Self::Class(two), hierarchy)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable => formatter.write_str("nothing usable"),
            Self::Any => formatter.write_str("an unknown value"),
            Self::Short => formatter.write_str("a short"),
            Self::IntFirst => formatter.write_str("an int"),
            Self::IntSecond => formatter.write_str("the second half of an int"),
            Self::Address(_) => formatter.write_str("a return address"),
            Self::Reference(reference) => reference.fmt(formatter),
            Self::Uninitialised(_) => formatter.write_str("an object that is not initialised"),
            Self::UninitialisedThis => formatter.write_str("this, not initialised"),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Unknown => formatter.write_str("an unknown reference"),
            Self::Class(class) => write_class(formatter, *class),
            Self::Array(element) => {
                match element {
                    Element::Boolean => formatter.write_str("boolean"),
                    Element::Byte => formatter.write_str("byte"),
                    Element::Short => formatter.write_str("short"),
                    Element::Int => formatter.write_str("int"),
                    Element::Class(class) => write_class(formatter, *class),
                }?;
                formatter.write_str("[]")
            }
        }
    }
}

/// A class by its place; `Object` by its name, for everybody knows it.
fn write_class(formatter: &mut fmt::Formatter<'_>, class: ClassId) -> fmt::Result {
    if class == ClassId::OBJECT {
        return formatter.write_str("Object");
    }
    write!(formatter, "class {}.{}", class.package().0, class.index())
}
