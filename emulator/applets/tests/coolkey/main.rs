//! The CoolKey applet on a card, spoken to as its hosts do: TPS over the secure channel, PKCS#11 modules with a nonce.

// The helpers of tests may stop a test as well as the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod clients;
mod crypt;
mod enrollment;
mod hostile;
mod import;
mod persistence;
mod pins;
mod settings;
mod token;
