//! Benches live in `benches/benches`; this library holds nothing.
