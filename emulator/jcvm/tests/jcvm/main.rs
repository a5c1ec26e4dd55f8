//! The virtual machine, with packages that the tests assemble.

mod basics;
mod firewall;
mod jdk;
mod model;
mod transactions;
mod verifier;
mod world;
