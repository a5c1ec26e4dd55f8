//! A script that was read.

use globalplatform::key::KeySet;

use crate::{
    card::{CardSpec, HostDialect},
    error::SyntaxError,
    expression::{Constants, Expression},
    parse,
    pattern::Pattern,
};

/// A script for one card.
#[derive(Clone, Debug)]
pub struct Script {
    /// What the card must be.
    pub card: CardSpec,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

impl Script {
    /// Reads a script: one for each of its `card` lines.
    ///
    /// # Errors
    /// The first line that is wrong, and why.
    pub fn parse(text: &str) -> Result<Vec<Self>, SyntaxError> {
        Self::parse_with(text, &Library::default())
    }

    /// The same with constants that several scripts share.
    ///
    /// # Errors
    /// The first line that is wrong, and why.
    pub fn parse_with(text: &str, library: &Library) -> Result<Vec<Self>, SyntaxError> {
        parse::scripts(text, &library.0)
    }

    /// Reads a script for another card than those that it names.
    ///
    /// # Errors
    /// The first line that is wrong, and why.
    pub fn parse_for(card: CardSpec, text: &str, library: &Library) -> Result<Self, SyntaxError> {
        parse::script_for(card, text, &library.0)
    }
}

/// Constants that several scripts share, e.g. load files.
#[derive(Clone, Debug, Default)]
pub struct Library(Constants);

impl Library {
    /// Reads a text that consists of `let` lines.
    ///
    /// # Errors
    /// The first line that is wrong, and why.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse::library(text).map(Self)
    }

    /// A constant's bytes.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

/// One thing to do.
#[derive(Clone, Debug)]
pub struct Step {
    /// Number of its line, from 1.
    pub line: usize,
    /// What.
    pub action: Action,
}

/// How a command goes to the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Wrapped, if a channel is open.
    Channel,
    /// As it is; the channel stays as it was.
    Plain,
}

/// What is done at a step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Action {
    /// The card loses power and gets it back.
    Reset,
    /// SELECT by AID; the open channel is over.
    Select {
        /// The AID; nothing for the default application.
        aid: Expression,
        /// What must come.
        expected: Pattern,
    },
    /// A handshake.
    Open {
        /// Key version in INITIALIZE UPDATE.
        key_version: u8,
        /// Security level in EXTERNAL AUTHENTICATE.
        level: u8,
        /// The keys that the host takes for the card's.
        keys: KeySet,
        /// Whose habits.
        host: HostDialect,
        /// What must come, when it is not a good end: the status word of the command that fails.
        refused: Option<Pattern>,
    },
    /// A command.
    Send {
        /// CLA INS P1 P2.
        header: [u8; 4],
        /// Plain data.
        data: Expression,
        /// Le: 1 to 256.
        expected_length: Option<u32>,
        /// Whether it is wrapped.
        protection: Protection,
        /// What must come, in plain.
        expected: Pattern,
    },
    /// Bytes that need not be a command.
    Raw {
        /// The bytes.
        bytes: Expression,
        /// What must come.
        expected: Pattern,
    },
    /// LOAD commands [GPCS 2.3.1 §11.6].
    Load {
        /// The load file with its tags.
        file: Expression,
        /// Plain data of a command, in bytes.
        block: usize,
        /// Le of each.
        expected_length: Option<u32>,
        /// What the last one answers; those before it answer 9000.
        expected: Pattern,
    },
}
