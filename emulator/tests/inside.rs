//! Looking inside: traces, recorded sessions, power that fails.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "inside/host.rs"]
mod host;
#[path = "inside/schema.rs"]
mod schema;
#[path = "inside/tear.rs"]
mod tear;
#[path = "inside/trace.rs"]
mod trace;
#[path = "inside/transcript.rs"]
mod transcript;
