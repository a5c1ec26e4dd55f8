//! `cardinal-server`: TPS, TKS, CA and DRM in one process.
//!
//! [`config`] is what an administrator decides, [`subsystems`] puts the four together over one database, [`operations`] and
//! [`publications`] join them to the edge in `web`, [`cli`] is the command line.

pub mod cli;
pub mod config;
pub mod error;
pub mod operations;
pub mod publications;
pub mod subsystems;
mod tls;

pub use config::Config;
pub use error::ServerError;
