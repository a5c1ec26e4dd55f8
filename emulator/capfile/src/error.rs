//! What is wrong with a CAP file, and where.

use core::fmt;

use thiserror::Error;

use crate::{component::tag, instruction::DecodeError};

/// An error, the component it was found in and the offset there (relative to the component's `info`, or to the file for containers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub struct CapError {
    /// Tag of the component; 0 for the container itself.
    pub component: u8,
    /// Offset, in bytes.
    pub offset: usize,
    /// What is wrong.
    pub kind: CapErrorKind,
}

/// Kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CapErrorKind {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// Bytes are left after the end.
    #[error("bytes are left after the end")]
    TrailingBytes,
    /// More bytes than a card would ever take.
    #[error("longer than this reader accepts")]
    TooLong,
    /// The ZIP archive is damaged or uses what CAP files do not use.
    #[error("the ZIP archive cannot be read")]
    Archive,
    /// A tag between 14 and 127, or 0.
    #[error("no component has the tag {0}")]
    UnknownComponent(u8),
    /// A component that is there twice.
    #[error("the component is there twice")]
    DuplicateComponent,
    /// A component that every CAP file has is not there.
    #[error("the component is missing")]
    MissingComponent,
    /// The member's name says one component and its tag another.
    #[error("the member's name is that of another component than its tag {0}")]
    NameAndTagDiffer(u8),
    /// A component's size does not agree with the container.
    #[error("the size does not agree with the bytes that are there")]
    Size,
    /// Not DECAFFED.
    #[error("the magic number is not DECAFFED")]
    Magic,
    /// Neither 2.1, 2.2 nor 2.3; or the extended format before 2.3.
    #[error("unsupported format {major}.{minor}")]
    Format {
        /// Major number.
        major: u8,
        /// Minor number.
        minor: u8,
    },
    /// An AID that is not of 5 to 16 bytes.
    #[error("an AID has 5 to 16 bytes, not {0}")]
    AidLength(u8),
    /// A name that is not UTF-8.
    #[error("a name is not UTF-8")]
    Name,
    /// A flag promises a component that is absent, or the reverse.
    #[error("the flags {0:02X} do not agree with the components that are there")]
    Flags(u8),
    /// The directory's size of a component is another one.
    #[error("the size of the component with tag {0} is another one")]
    DirectorySize(u8),
    /// A count that disagrees with what it counts.
    #[error("the count {0} does not agree with what is counted")]
    Count(usize),
    /// A reference to an import that does not exist.
    #[error("there is no import {0}")]
    NoImport(u8),
    /// An offset at which no class or interface begins.
    #[error("no class or interface begins at offset {0}")]
    NoClass(u16),
    /// An offset at which no method begins.
    #[error("no method begins at offset {offset} of block {block}")]
    NoMethod {
        /// Block.
        block: u8,
        /// Offset.
        offset: u16,
    },
    /// An offset outside of the static image.
    #[error("no static field begins at offset {0}")]
    NoStaticField(u16),
    /// An instance field beyond the cells that its class declares.
    #[error("the class declares no cell {0}")]
    NoInstanceField(u8),
    /// An index outside of the constant pool.
    #[error("there is no constant {0}")]
    NoConstant(u16),
    /// A constant of another kind than its user needs.
    #[error("the constant {0} is of another kind than its user needs")]
    ConstantKind(u16),
    /// A tag that no constant has.
    #[error("no constant has the tag {0}")]
    ConstantTag(u8),
    /// A package-visible member of another package.
    #[error("a package-visible member of another package")]
    ForeignPackageMember,
    /// Classes that extend each other in a circle, or an interface as superclass.
    #[error("the superclass is none that a class can have")]
    Superclass,
    /// References outside of the declared instance size.
    #[error("the references exceed the declared instance size")]
    ReferenceFields,
    /// A virtual method token that the class does not have.
    #[error("the class has no virtual method token {0}")]
    NoVirtualMethod(u8),
    /// Blocks of the extended format that do not follow each other.
    #[error("the blocks do not follow each other")]
    Blocks,
    /// A block that the Method component does not have.
    #[error("there is no block {0}")]
    NoBlock(u8),
    /// Exception handlers that are out of order, or outside of code.
    #[error("an exception handler out of order, or outside of code")]
    Handler,
    /// Code that cannot be followed to its end.
    #[error("code that cannot be read: {0}")]
    Code(DecodeError),
    /// A branch out of the method.
    #[error("a branch out of the method")]
    Branch,
    /// Methods that overlap, or bytes between them.
    #[error("the methods do not follow each other")]
    MethodExtent,
    /// A method with an abstract body, or an abstract one with code.
    #[error("an abstract method with code, or a concrete one without")]
    AbstractCode,
    /// An element type of a static array that is not 2 to 5, or values that are not a multiple of it.
    #[error("impossible element type or length of a static array")]
    StaticArray,
    /// Sizes of the static image that do not add up.
    #[error("the sizes of the static image do not add up")]
    StaticImage,
    /// A type that is malformed, or an offset at which no type begins.
    #[error("no type begins at offset {0} of the type table")]
    NoType(u16),
    /// Listed reference locations that are not those of the code.
    #[error("the reference locations are not those of the code: one is missing or too many at {0}")]
    ReferenceLocation(u32),
}

impl CapErrorKind {
    /// The error of this kind, at this place.
    #[must_use]
    pub const fn at(self, component: u8, offset: usize) -> CapError {
        CapError { component, offset, kind: self }
    }
}

impl fmt::Display for CapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match tag::name(self.component) {
            Some(name) => write!(f, "{name} component at offset {}: {}", self.offset, self.kind),
            None => write!(f, "CAP file at offset {}: {}", self.offset, self.kind),
        }
    }
}
