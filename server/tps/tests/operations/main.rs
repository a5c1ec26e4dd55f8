//! Whole operations: TPS with real TKS, CA, DRM and store, and a simulated card behind a simulated client.

// Helpers of tests fail as tests do.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod agents;
mod card;
mod client;
mod faults;
mod flows;
mod hostile;
mod replay;
mod world;
