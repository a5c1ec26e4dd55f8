//! The API packages, exercised by packages that are assembled on the spot.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod apdu;
mod bed;
mod extras;
mod hostile;
mod life;
mod memory;
mod pin;
mod security;
mod service;
mod sharing;
mod tables;
mod transaction;
mod util;
