//! Constant pool component [JCVM 3.0.5 §6.8].

use super::{ClassRef, MethodLocation};

/// References of the code, by index.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ConstantPool {
    /// In the order of the file.
    pub entries: Vec<Constant>,
}

/// An entry of the constant pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `CONSTANT_Classref`.
    Class(ClassRef),
    /// `CONSTANT_InstanceFieldref`.
    InstanceField {
        /// The class that declares it.
        class: ClassRef,
        /// Cell within the class's own cells.
        token: u8,
    },
    /// `CONSTANT_VirtualMethodref`.
    VirtualMethod {
        /// The class through which it is called.
        class: ClassRef,
        /// Token, bits 0 to 6.
        token: u8,
        /// Whether the token is one of the package-visible table.
        package_visible: bool,
    },
    /// `CONSTANT_SuperMethodref`: the lookup begins at the superclass of `class`.
    SuperMethod {
        /// The class of the caller.
        class: ClassRef,
        /// Token, bits 0 to 6.
        token: u8,
        /// Whether the token is one of the package-visible table.
        package_visible: bool,
    },
    /// `CONSTANT_StaticFieldref`.
    StaticField(StaticFieldRef),
    /// `CONSTANT_StaticMethodref`.
    StaticMethod(StaticMethodRef),
}

/// A static field, here or elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticFieldRef {
    /// Offset in the static image, in bytes.
    Internal {
        /// Offset.
        offset: u16,
    },
    /// Of an imported package.
    External {
        /// Package token.
        package: u8,
        /// Class token.
        class: u8,
        /// Static field token.
        token: u8,
    },
}

/// A static method or a constructor, here or elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticMethodRef {
    /// Of this package.
    Internal(MethodLocation),
    /// Of an imported package.
    External {
        /// Package token.
        package: u8,
        /// Class token.
        class: u8,
        /// Static method token.
        token: u8,
    },
}
