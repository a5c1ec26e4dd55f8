//! CAP files: the form in which a Java Card package reaches a card [JCVM 3.0.5 §6].
//!
//! [`CapFile::parse`] takes a `.cap` (a ZIP with one member a component) or an `.ijc` (the components one after another) and gives
//! typed components; what is wrong is told with its component and offset. [`instruction`] is the one table of bytecodes, from which
//! decoding, disassembly, the verifier, the interpreter and coverage all come.

pub mod check;
pub mod component;
pub mod container;
pub mod error;
pub mod file;
pub mod instruction;
mod reader;

pub use component::CapFile;
pub use error::{CapError, CapErrorKind};
