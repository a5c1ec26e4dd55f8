//! `javacard.security`, `javacardx.crypto` and `javacardx.security`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests"
)]

mod agreement;
pub(crate) mod caller;
mod ciphers;
mod digests;
mod extensions;
mod keys;
mod offer;
mod pairs;
mod programs;
mod signatures;
