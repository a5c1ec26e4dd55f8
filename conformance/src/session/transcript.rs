//! What went over the wire in a case, and what it was inside secure messaging.

use core::ops::Range;

use globalplatform::describe::{Receiver, describe};
use iso7816::Command;
use serde::{Deserialize, Serialize};

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

/// A command in hexadecimal, what it carries of PINs and clear keys masked.
#[must_use]
pub fn masked(bytes: &[u8]) -> String {
    let mut text = hex::encode_upper(bytes);
    for secret in secrets(bytes) {
        let digits = secret.start * 2..secret.end * 2;
        let stars = "*".repeat(digits.len());
        if text.get(digits.clone()).is_some() {
            text.replace_range(digits, &stars);
        }
    }
    text
}

/// Where the secrets of a command are, in its bytes.
fn secrets(bytes: &[u8]) -> Vec<Range<usize>> {
    let Ok(command) = Command::parse(bytes) else { return Vec::new() };
    let data_at = bytes.len().saturating_sub(command.data.len() + trailing(&command, bytes.len()));
    let receivers = [Receiver::SecurityDomain, Receiver::Application];
    let described = receivers.iter().filter_map(|receiver| describe(&command, *receiver));
    described
        .flat_map(|description| description.secrets)
        .map(|range| data_at + range.start..data_at + range.end)
        .collect()
}

/// How many bytes of Le follow the data.
fn trailing(command: &Command, length: usize) -> usize {
    match command.expected {
        None => 0,
        // Extended length: more than four bytes of header and three of Lc.
        Some(_) if command.data.len() > 255 || length > 4 + 1 + command.data.len() + 1 => 2,
        Some(_) => 1,
    }
}
