//! CAP files from the assembler of the crate: read, written, verified, damaged and shown.

// The helpers between the tests are tests as well.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod assembler;
mod containers;
mod damage;
mod extents;
mod formats;
mod hostile;
mod inspection;
mod samples;
