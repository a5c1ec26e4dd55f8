//! A private stage for the real programs: pcscd, card, server, client.
//!
//! Everything a [`Stage`] starts has its own socket, ports and folder, so that several runs (and the system's own pcscd)
//! live side by side, and everything stops when the stage is dropped, also after a failure. What runs is always the real
//! program: nothing here stands in for a part of the product or for a client of it.

pub mod error;
pub mod pcscd;
pub mod process;
pub mod program;

pub use error::StageError;
pub use pcscd::{PrivatePcscd, Slot};
pub use process::{Lifetime, Process};
pub use program::{Outcome, Program};
