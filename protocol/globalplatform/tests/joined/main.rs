//! Both ends of a secure channel against each other: every protocol, option, level and key size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod hostile;
mod rmac;
mod sessions;
mod set_up;
