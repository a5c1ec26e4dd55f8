//! Descriptor component [JCVM 3.0.5 §6.14].

use super::{ClassRef, MethodLocation};

/// Types of classes, fields, methods and constants.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Descriptor {
    /// Classes and interfaces.
    pub classes: Vec<ClassDescriptor>,
    /// Extended format: how many of `classes` belong to each package, the public ones first. Empty in the compact format.
    pub package_class_counts: Vec<u8>,
    /// For each entry of the constant pool the offset of its type in `type_table`, or `FFFF` for a class.
    pub constant_types: Vec<u16>,
    /// The type descriptors, as they stand in the file from the beginning of the `type_descriptor_info` (`constant_pool_count` is at
    /// offset 0, so that offsets of types can be used as they are).
    pub type_table: Vec<u8>,
}

/// A class or interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassDescriptor {
    /// Class token; FF when not exported.
    pub token: u8,
    /// 01 public, 10 final, 40 interface, 80 abstract.
    pub flags: u8,
    /// The class described: always internal.
    pub class: ClassRef,
    /// Interfaces.
    pub interfaces: Vec<ClassRef>,
    /// Fields.
    pub fields: Vec<FieldDescriptor>,
    /// Methods.
    pub methods: Vec<MethodDescriptor>,
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldDescriptor {
    /// Token.
    pub token: u8,
    /// 01 public, 02 private, 04 protected, 08 static, 10 final.
    pub flags: u8,
    /// Offset in the static image of a static field, or cell of an instance field.
    pub position: u16,
    /// 8002 boolean, 8003 byte, 8004 short, 8005 int, or the offset of a reference type in the type table.
    pub field_type: u16,
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodDescriptor {
    /// Token.
    pub token: u8,
    /// 01 public, 02 private, 04 protected, 08 static, 10 final, 40 abstract, 80 init.
    pub flags: u8,
    /// Where it is.
    pub location: MethodLocation,
    /// Offset of its signature in the type table.
    pub type_offset: u16,
    /// Number of bytes of code.
    pub bytecode_count: u16,
    /// Number of exception handlers.
    pub handler_count: u16,
    /// Index of the first of them.
    pub first_handler: u16,
}

/// A type or signature: its nibbles [JCVM 3.0.5 §6.14.4].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeNibbles(pub Vec<u8>);
