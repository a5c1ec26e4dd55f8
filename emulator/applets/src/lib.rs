//! Applets written in Rust against the card's Applet trait.
