//! A private stage for the real programs: pcscd, card, server, client.
//!
//! Everything a [`Stage`] starts has its own socket, ports and folder, so that several runs (and the system's own pcscd)
//! live side by side, and everything stops when the stage is dropped, also after a failure. What runs is always the real
//! program: nothing here stands in for a part of the product or for a client of it.

pub mod binaries;
pub mod client;
pub mod emulator;
pub mod error;
pub mod holder;
pub mod life;
pub mod openssl;
pub mod pcscd;
pub mod pkcs11;
pub mod process;
pub mod program;
pub mod secrets;
pub mod server;
pub mod stage;
pub mod tpsclient;
pub mod visitor;

pub use client::{Client, User};
pub use emulator::{CardImage, EmulatorProcess, Place};
pub use error::{StageError, ensure};
pub use openssl::OpenSsl;
pub use pcscd::{PrivatePcscd, Slot};
pub use pkcs11::{Module, Token};
pub use process::{Lifetime, Process};
pub use program::{Outcome, Program, Running};
pub use server::{ServerOptions, ServerProcess};
pub use stage::{Stage, StageOptions};

/// Tells a measurement in a test's output, also when the test passes: harnesses swallow what tests print.
pub fn tell(text: &str) {
    use std::io::Write as _;
    // A standard error that is closed is no reason to fail.
    let _ = writeln!(std::io::stderr().lock(), "    {text}");
}
