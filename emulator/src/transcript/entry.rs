//! The lines of a transcript.

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Entry {
    /// The first line: with which card the session begins.
    Session(Session),
    /// What happened to the card.
    Step(Step),
    /// The last line, where the session came to its end.
    End {
        /// Fingerprint of the card, hex.
        fingerprint: String,
    },
}

/// With which card a session begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// [`VERSION`](super::VERSION).
    pub version: u32,
    /// The card's name: that of its image.
    pub card: String,
    /// Fingerprint of the card when the session began, hex.
    pub fingerprint: String,
    /// Random bytes that were drawn while the card was made ready, hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub random: String,
    /// The write of the session after which the power failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tear_after: Option<u64>,
}

/// What happened to the card, and what it drew and answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// The power came on.
    PowerOn {
        /// Answer to reset, hex.
        atr: String,
        /// Random bytes that were drawn, hex.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        random: String,
    },
    /// The power went off.
    PowerOff {
        /// Random bytes that were drawn, hex.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        random: String,
    },
    /// A warm reset.
    Reset {
        /// Answer to reset, hex.
        atr: String,
        /// Random bytes that were drawn, hex.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        random: String,
    },
    /// A command.
    Command {
        /// The command, hex.
        command: String,
        /// The answer, hex.
        response: String,
        /// Random bytes that were drawn, hex.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        random: String,
    },
}

impl Step {
    /// Random bytes that the card drew, hex.
    #[must_use]
    pub fn random(&self) -> &str {
        match self {
            Self::PowerOn { random, .. }
            | Self::PowerOff { random }
            | Self::Reset { random, .. }
            | Self::Command { random, .. } => random,
        }
    }

    /// What the card answered, hex.
    #[must_use]
    pub fn answer(&self) -> &str {
        match self {
            Self::PowerOn { atr, .. } | Self::Reset { atr, .. } => atr,
            Self::PowerOff { .. } => "",
            Self::Command { response, .. } => response,
        }
    }
}
