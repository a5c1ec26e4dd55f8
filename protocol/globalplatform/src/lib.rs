//! GlobalPlatform: secure channels (both ends), keys, diversification, typed commands and data objects.
//!
//! Nothing here does I/O or makes random numbers: challenges come in, command and response values go out. The two ends of a
//! secure channel share one engine and differ in direction only: [`scp::host`] wraps commands and unwraps responses,
//! [`scp::card`] does the opposite.

pub mod command;
pub mod data;
pub mod describe;
pub mod diversification;
pub mod key;
pub mod scp;

pub use diversification::Diversification;
pub use key::{Key, KeyAlgorithm, KeyError, KeySet};
pub use scp::{Cryptogram, InitializeUpdateAnswer, Protocol, ScpError, SecurityLevel, SessionKeys};
