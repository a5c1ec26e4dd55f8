//! Why the machine refused, in more words than a status word has.

use core::fmt;

use iso7816::Aid;
use javacard_api::{Ended, TABLE};
use jcvm::LinkError;

/// What went wrong in the virtual machine during a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The load file is no CAP file.
    Malformed(capfile::CapError),
    /// The AID in the CAP file is not the one that INSTALL [for load] named.
    OtherPackage {
        /// What INSTALL named.
        named: Aid,
        /// What the file has.
        found: Aid,
    },
    /// The package cannot be linked, or the verifier refuses it.
    Link(LinkError),
    /// A program threw an exception that nobody caught.
    Exception {
        /// The class, with dots; of a class of a loaded package its number there and the package's AID.
        class: String,
        /// The reason of an exception that has one.
        reason: u16,
    },
    /// The machine stopped a program, or `install` did not register an instance.
    Stopped(Ended),
    /// The instance registered under another AID than the one that INSTALL named.
    OtherInstance(Aid),
}

impl Failure {
    /// What a run that did not return says; `package` is the AID of a loaded package by its identifier.
    pub(super) fn of(ended: Ended, package: impl Fn(jcvm::PackageId) -> Option<Aid>) -> Self {
        let Ended::Exception { class, reason, .. } = ended else { return Self::Stopped(ended) };
        let class = match (TABLE.class(class), package(class.package())) {
            (Some(native), _) => native.name.replace('/', "."),
            (None, Some(package)) => format!("class {} of package {package}", class.index()),
            (None, None) => format!("class {} of an unknown package", class.index()),
        };
        Self::Exception { class, reason: reason.cast_unsigned() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "the load file is malformed: {error}"),
            Self::OtherPackage { named, found } => {
                write!(f, "the load file is package {found}, not {named}")
            }
            Self::Link(error) => write!(f, "the package does not link: {error}"),
            Self::Exception { class, reason } => write!(f, "{class} {reason:04X} was not caught"),
            Self::Stopped(ended) => ended.fmt(f),
            Self::OtherInstance(aid) => write!(f, "the instance registered as {aid}"),
        }
    }
}
