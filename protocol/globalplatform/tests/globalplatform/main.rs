//! The GlobalPlatform protocols: typed commands, data objects, both ends of secure channels, published vectors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod commands;
mod delegated;
mod describe;
mod dogtag;
mod install_parameters;
mod joined;
mod keys;
mod objects;
mod vectors;
