//! CAP files: the form in which a Java Card package reaches a card [JCVM 3.0.5 §6].
//!
//! - [`CapFile::parse`] takes a `.cap` (a ZIP with one member a component) or an `.ijc` (the components one after another) and gives
//!   typed components; what is wrong is told with its component and offset. [`CapFile::verify_structure`], which it calls, sees that
//!   sizes and counts agree and that what refers to something refers to something that is there. [`CapFile::write`] and
//!   [`CapFile::to_zip`] lead back; [`container::load_file`] gives what LOAD carries, from either container.
//! - [`code`] finds methods and the extent of their code, with or without a Descriptor.
//! - [`instruction`] is the one table of bytecodes, from which decoding, disassembly, the verifier, the interpreter and coverage all
//!   come.
//! - [`assemble`] makes packages from declarations and mnemonic text, well formed or not: the tool of all tests of the virtual machine.
//! - [`inspect`] shows what is in a file, with the names of other packages from whoever implements [`inspect::Names`].

pub mod assemble;
pub mod check;
pub mod code;
pub mod component;
pub mod container;
pub mod error;
pub mod file;
pub mod inspect;
pub mod instruction;
mod reader;

pub use code::{Code, all_code, method_code, method_locations};
pub use component::CapFile;
pub use error::{CapError, CapErrorKind};
