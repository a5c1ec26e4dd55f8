//! The virtual machine, with packages that the tests assemble.

mod basics;
mod world;
