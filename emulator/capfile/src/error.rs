//! What is wrong with a CAP file, and where.

use core::fmt;

use thiserror::Error;

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
}

impl fmt::Display for CapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "component {} at offset {}: {}", self.component, self.offset, self.kind)
    }
}
