//! What went over the wire in a case, and what it was inside secure messaging.

use serde::{Deserialize, Serialize};

use crate::report::mask;

/// One recorded exchange, in upper-case hexadecimal. Secrets that a command carries in the clear are masked with `**`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was sent; `RESET` for a reset.
    pub command: String,
    /// What came back.
    pub response: String,
    /// The command before it was wrapped and the response after it was unwrapped, where secure messaging was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<OpenedExchange>,
}

/// An exchange without its secure messaging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedExchange {
    /// The plain command.
    pub command: String,
    /// The plain response.
    pub response: String,
}

impl Exchange {
    /// A reset, answered with this ATR.
    #[must_use]
    pub fn reset(atr: &[u8]) -> Self {
        Self { command: "RESET".to_owned(), response: hex::encode_upper(atr), opened: None }
    }

    /// A command and its response as they were on the wire.
    #[must_use]
    pub fn of(command: &[u8], response: &[u8]) -> Self {
        Self { command: masked(command), response: hex::encode_upper(response), opened: None }
    }
}

/// A command in hexadecimal, what it carries of PINs and clear keys masked, as reports do it.
#[must_use]
pub fn masked(bytes: &[u8]) -> String {
    mask::command(&hex::encode_upper(bytes))
}
