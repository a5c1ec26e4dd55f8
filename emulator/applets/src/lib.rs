//! Applets written in Rust against the card's [`Applet`](card::Applet) trait.
//!
//! They are masked into the ROM of a card: INSTALL makes instances of their modules without a LOAD before.

pub mod coolkey;
