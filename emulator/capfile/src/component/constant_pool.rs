//! Constant pool component [JCVM 3.0.5 §6.8].

use super::{ClassRef, MethodLocation};
use crate::{
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

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

/// Bit 7 of a method token in a reference: the method is package-visible [JCVM 3.0.5 §6.8.3].
const PACKAGE_VISIBLE: u8 = 0x80;
/// Bit 7 of the first byte of a reference: what is referred to is in another package [JCVM 3.0.5 §6.8.1].
const EXTERNAL: u8 = 0x80;

impl ConstantPool {
    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        let count = usize::from(reader.u2()?);
        let entries = reader.list(count, |reader| {
            let start = reader.position();
            let entry = [reader.u1()?, reader.u1()?, reader.u1()?, reader.u1()?];
            Constant::from_bytes(entry)
                .ok_or(reader.error_at(start, CapErrorKind::ConstantTag(entry[0])))
        })?;
        reader.finish()?;
        Ok(Self { entries })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.count2(self.entries.len());
        self.entries.iter().for_each(|entry| writer.bytes(&entry.to_bytes()));
    }

    /// The entry of this index.
    #[must_use]
    pub fn get(&self, index: u16) -> Option<Constant> {
        self.entries.get(usize::from(index)).copied()
    }
}

impl Constant {
    /// The constant of the four bytes of an entry; `None` for an undefined tag.
    #[must_use]
    pub const fn from_bytes(entry: [u8; 4]) -> Option<Self> {
        let [tag, a, b, c] = entry;
        let class = ClassRef::from_u2(u16::from_be_bytes([a, b]));
        let token = c & !PACKAGE_VISIBLE;
        let package_visible = c & PACKAGE_VISIBLE != 0;
        let external = a & EXTERNAL != 0;
        let package = a & !EXTERNAL;
        let offset = u16::from_be_bytes([b, c]);
        Some(match tag {
            1 => Self::Class(class),
            2 => Self::InstanceField { class, token: c },
            3 => Self::VirtualMethod { class, token, package_visible },
            4 => Self::SuperMethod { class, token, package_visible },
            5 if external => {
                Self::StaticField(StaticFieldRef::External { package, class: b, token: c })
            }
            5 => Self::StaticField(StaticFieldRef::Internal { offset }),
            6 if external => {
                Self::StaticMethod(StaticMethodRef::External { package, class: b, token: c })
            }
            6 => Self::StaticMethod(StaticMethodRef::Internal(MethodLocation { block: a, offset })),
            _ => return None,
        })
    }

    /// The four bytes of the entry.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        match self {
            Self::Class(class) => with_class(1, class, 0),
            Self::InstanceField { class, token } => with_class(2, class, token),
            Self::VirtualMethod { class, token, package_visible } => {
                with_class(3, class, method_token(token, package_visible))
            }
            Self::SuperMethod { class, token, package_visible } => {
                with_class(4, class, method_token(token, package_visible))
            }
            Self::StaticField(StaticFieldRef::Internal { offset }) => with_offset(5, 0, offset),
            Self::StaticMethod(StaticMethodRef::Internal(location)) => {
                with_offset(6, location.block, location.offset)
            }
            Self::StaticField(StaticFieldRef::External { package, class, token }) => {
                [5, package | EXTERNAL, class, token]
            }
            Self::StaticMethod(StaticMethodRef::External { package, class, token }) => {
                [6, package | EXTERNAL, class, token]
            }
        }
    }

    /// The class that the constant names; `None` for statics of this package.
    #[must_use]
    pub const fn class(self) -> Option<ClassRef> {
        match self {
            Self::Class(class)
            | Self::InstanceField { class, .. }
            | Self::VirtualMethod { class, .. }
            | Self::SuperMethod { class, .. } => Some(class),
            Self::StaticField(StaticFieldRef::External { package, class, .. })
            | Self::StaticMethod(StaticMethodRef::External { package, class, .. }) => {
                Some(ClassRef::External { package, class })
            }
            Self::StaticField(_) | Self::StaticMethod(_) => None,
        }
    }
}

const fn with_class(tag: u8, class: ClassRef, last: u8) -> [u8; 4] {
    let [a, b] = class.to_u2().to_be_bytes();
    [tag, a, b, last]
}

const fn with_offset(tag: u8, first: u8, offset: u16) -> [u8; 4] {
    let [b, c] = offset.to_be_bytes();
    [tag, first, b, c]
}

const fn method_token(token: u8, package_visible: bool) -> u8 {
    if package_visible { token | PACKAGE_VISIBLE } else { token }
}
