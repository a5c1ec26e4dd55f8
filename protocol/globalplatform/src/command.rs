//! Typed commands of GlobalPlatform, both directions [GPCS 2.3.1 §11].

mod chaining;

pub use chaining::{MORE_SEGMENTS, chain};
