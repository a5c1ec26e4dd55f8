//! The virtual machine, with packages that the tests assemble.

// The helpers between the tests are tests as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Models say what narrowing does, and samples are in range.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]

mod basics;
mod bytecodes;
mod exceptions;
mod firewall;
mod interfaces;
mod jdk;
mod memory;
mod model;
mod packages;
mod transactions;
mod types;
mod unverified;
mod verifier;
mod world;
