//! Token processing system: what is done with a token, from the client's first message to the last.
//!
//! The core does no I/O: [`operation::Operation`] consumes answers and yields effects, and holds no socket, clock, database or
//! randomness. [`driver`] performs the effects over the traits of TKS, CA and DRM and over the store. [`agent`] is what an
//! agent does to a token without its card.

pub mod agent;
pub mod config;
mod context;
pub mod driver;
pub mod effect;
pub mod login;
pub mod operation;
pub mod outcome;
pub mod policy;
pub mod proof;
mod run;
pub mod users;

use std::sync::Arc;

pub use config::Config;
pub use context::Begin;
pub use operation::{Operation, Step};
pub use outcome::{Fault, Outcome};

/// Begins the operation that the client asked for.
#[must_use]
pub fn begin(config: Arc<Config>, begin: Begin) -> Step {
    Operation::start(|mailbox| run::operate(context::Context::new(mailbox, config, begin)))
}
