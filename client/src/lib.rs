//! The client between a card in a reader and a token management server.
//!
//! - [`conversation`]: one token operation as a state machine: server messages in, client messages out. No I/O of its own.
//! - [`operation`]: runs a conversation over a [`operation::Channel`].
//! - [`http`]: that channel, as one full-duplex HTTPS POST.
//! - [`credentials`], [`progress`]: where passwords and PINs come from, and where progress goes.
//! - [`token`]: what a card says of itself without a login.
//! - [`cli`]: the command line.

pub mod advice;
pub mod cli;
pub mod conversation;
pub mod credentials;
pub mod error;
pub mod http;
pub mod operation;
pub mod progress;
pub mod token;

pub use conversation::{Conversation, OperationRequest, Step};
pub use credentials::{Credentials, FixedCredentials};
pub use error::ClientError;
pub use http::{HttpChannel, ServerSettings, Trust};
pub use operation::{Channel, run};
pub use progress::Progress;
