//! Why a package does not link.

use iso7816::Aid;
use thiserror::Error;

/// What is missing or malformed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// No such package.
    #[error("imports package {aid} {}.{}, which is not on the card", wanted.0, wanted.1)]
    PackageMissing {
        /// Its AID.
        aid: Aid,
        /// Major and minor version.
        wanted: (u8, u8),
    },
    /// Another version of the package.
    #[error(
        "imports package {} {}.{}, but version {}.{} is on the card",
        name.map_or_else(|| aid.to_string(), str::to_owned), wanted.0, wanted.1, present.0, present.1
    )]
    PackageVersion {
        /// Its AID.
        aid: Aid,
        /// Its name, where it is known.
        name: Option<&'static str>,
        /// Major and minor version that is wanted.
        wanted: (u8, u8),
        /// The version that is there.
        present: (u8, u8),
    },
    /// No such class in an imported package.
    #[error("package {package} {}.{} has no class {class}", version.0, version.1)]
    ClassMissing {
        /// Name or AID of the package.
        package: String,
        /// Version of the package that is there.
        version: (u8, u8),
        /// Class token.
        class: u8,
    },
    /// No such member in an imported class.
    #[error("package {package} {}.{}: class {class} has no {kind} {token}", version.0, version.1)]
    MemberMissing {
        /// Name or AID of the package.
        package: String,
        /// Version of the package that is there.
        version: (u8, u8),
        /// Name or token of the class.
        class: String,
        /// What kind of member.
        kind: &'static str,
        /// Its token.
        token: u8,
    },
    /// The API has it, this card has not.
    #[error("package {package} {}.{}: {class}.{method} is not supported by this card", version.0, version.1)]
    NotSupported {
        /// Name of the package.
        package: String,
        /// Version of the package.
        version: (u8, u8),
        /// Name of the class.
        class: &'static str,
        /// Name and descriptor of the method.
        method: String,
    },
    /// An instruction refers to a constant of another kind.
    #[error("constant {index} is no {wanted}")]
    ConstantKind {
        /// Index in the constant pool.
        index: u16,
        /// What was wanted.
        wanted: &'static str,
    },
    /// The package is there already.
    #[error("package {0} is on the card already")]
    AlreadyLoaded(Aid),
    /// No room for another package.
    #[error("the card has no room for another package")]
    TooManyPackages,
    /// No memory for the static fields.
    #[error("the card has no memory for its static fields")]
    NoMemory,
    /// The verifier refuses the code.
    #[error("the verifier refuses it: {0}")]
    Verification(String),
    /// Something else that no converter would write.
    #[error("malformed: {0}")]
    Malformed(&'static str),
}
