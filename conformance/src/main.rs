//! Clause-numbered conformance cases for smart cards.

fn main() {}
