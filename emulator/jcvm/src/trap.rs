//! How a run ends otherwise than by returning.

use thiserror::Error;

use crate::{ident::ClassId, ident::PackageId, reference::Reference};

/// An exception that is on its way, or a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// A throwable object; handlers may catch it.
    Exception(Reference),
    /// Nothing catches it: the call ends.
    Fault(Fault),
}

impl From<Fault> for Trap {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What no program can catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The fuel of the command is used up: the program does not end.
    #[error("the program ran longer than a command may")]
    OutOfFuel,
    /// Too many frames, or the stack is full.
    #[error("stack overflow")]
    StackOverflow,
    /// Code that no verifier would have accepted.
    #[error("ill-formed code: {0}")]
    IllFormed(&'static str),
    /// The power failed after the last write that was allowed.
    #[error("the power failed")]
    PowerLost,
    /// Natives and programs called each other too deeply.
    #[error("natives nested too deeply")]
    NestedTooDeeply,
}

/// Exceptions that the machine and every native throw, by their class [JCVM 3.0.5 §3.3].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// `java.lang.NullPointerException`.
    NullPointer,
    /// `java.lang.ArrayIndexOutOfBoundsException`.
    ArrayIndexOutOfBounds,
    /// `java.lang.ArrayStoreException`.
    ArrayStore,
    /// `java.lang.ClassCastException`.
    ClassCast,
    /// `java.lang.NegativeArraySizeException`.
    NegativeArraySize,
    /// `java.lang.ArithmeticException`.
    Arithmetic,
    /// `java.lang.SecurityException`.
    Security,
    /// `javacard.framework.SystemException`: reasons 1 `ILLEGAL_VALUE`, 2 `NO_TRANSIENT_SPACE`, 3 `ILLEGAL_TRANSIENT`, 4 `ILLEGAL_AID`,
    /// 5 `NO_RESOURCE`, 6 `ILLEGAL_USE`.
    System(i16),
    /// `javacard.framework.TransactionException`: reasons 1 `IN_PROGRESS`, 2 `NOT_IN_PROGRESS`, 3 `BUFFER_FULL`, 4 `INTERNAL_FAILURE`.
    Transaction(i16),
}

impl Standard {
    /// Identifier of `java.lang`, the first native package.
    pub const JAVA_LANG: PackageId = PackageId(0);
    /// Identifier of `javacard.framework`, the second native package.
    pub const FRAMEWORK: PackageId = PackageId(1);

    /// Class and reason.
    #[must_use]
    pub const fn class(self) -> (ClassId, i16) {
        match self {
            Self::ArrayIndexOutOfBounds => (ClassId::new(Self::JAVA_LANG, 5), 0),
            Self::NegativeArraySize => (ClassId::new(Self::JAVA_LANG, 6), 0),
            Self::NullPointer => (ClassId::new(Self::JAVA_LANG, 7), 0),
            Self::ClassCast => (ClassId::new(Self::JAVA_LANG, 8), 0),
            Self::Arithmetic => (ClassId::new(Self::JAVA_LANG, 9), 0),
            Self::Security => (ClassId::new(Self::JAVA_LANG, 10), 0),
            Self::ArrayStore => (ClassId::new(Self::JAVA_LANG, 11), 0),
            Self::System(reason) => (ClassId::new(Self::FRAMEWORK, 13), reason),
            Self::Transaction(reason) => (ClassId::new(Self::FRAMEWORK, 14), reason),
        }
    }
}
