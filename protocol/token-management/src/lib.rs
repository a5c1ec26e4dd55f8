//! The languages spoken around a token management server.
//!
//! - [`message`]: what a client and TPS say to each other during one token operation.
//! - [`subsystem`]: what TPS asks of TKS, CA and DRM, as values. In process they travel as they are; between
//!   processes the HTTP forms carry them.

pub mod message;
pub mod subsystem;
