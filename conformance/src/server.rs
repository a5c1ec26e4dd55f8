//! Servers that manage tokens, as a client sees them: connections, requests, whole token operations.
//!
//! - [`address`], [`stream`], [`http`]: how a server is reached; every read has a bound and a time limit.
//! - [`publication`]: lists and answers about certificates.
//! - [`service`]: token key services, authorities and recovery managers by their forms.
//! - [`tps`]: token operations with a card behind them, honest or twisted.

pub mod address;
pub mod http;
pub mod publication;
pub mod service;
pub mod stream;
pub mod tps;

use token_management::subsystem::secret::Secret;

pub use self::{
    address::Address,
    stream::{Tls, connect},
};

/// A user of a server. Never in reports.
#[derive(Clone)]
pub struct User {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
}
