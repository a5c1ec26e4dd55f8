//! The API packages, exercised by packages that are assembled on the spot.

mod apdu;
mod bed;
mod extras;
mod life;
mod memory;
mod pin;
mod security;
mod service;
mod sharing;
mod tables;
mod transaction;
mod util;
