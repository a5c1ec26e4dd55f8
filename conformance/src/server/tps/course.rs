//! How an operation went.

use std::time::Duration;

use token_management::message::{Operation, OperationResult, ServerMessage, Status};

use super::link::{Heard, Link};
use crate::server::http::Head;

/// How long a server may take to end the response after END_OP.
const AFTER_END: Duration = Duration::from_secs(5);

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With END_OP.
    EndOp(Operation, OperationResult, Status),
    /// With a status other than 200.
    Refused(u16),
    /// The response or the connection ended without END_OP.
    Dropped,
    /// The server said nothing for too long.
    Silent,
    /// The server sent something that is no message.
    Nonsense(String),
    /// The client ended it.
    HungUp,
}

/// What came after END_OP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The end of the response, or of the connection.
    End,
    /// Another message, or something else.
    More,
    /// Nothing at all.
    Open,
}

/// What was heard in an operation.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// The head of the response.
    pub head: Option<Head>,
    /// The messages, in order.
    pub messages: Vec<ServerMessage>,
    /// Their bytes after the size field.
    pub payloads: Vec<Vec<u8>>,
    /// How it ended; nothing when there were too many messages.
    pub end: Option<End>,
    /// What came after END_OP.
    pub after: Option<After>,
    /// Whether every chunk was one message.
    pub message_a_chunk: bool,
}

impl Course {
    /// Takes note of what was heard; gives the message, if it was one.
    pub(super) fn hear(&mut self, heard: Heard) -> Option<ServerMessage> {
        self.end = match heard {
            Heard::Message(message, payload) => {
                if let ServerMessage::EndOp { operation, result, status } = &message {
                    self.end = Some(End::EndOp(*operation, *result, *status));
                }
                self.messages.push(message.clone());
                self.payloads.push(payload);
                return Some(message);
            }
            Heard::Refused(status) => Some(End::Refused(status)),
            Heard::Ended => Some(End::Dropped),
            Heard::Silent => Some(End::Silent),
            Heard::Nonsense(what) => Some(End::Nonsense(what)),
        };
        None
    }

    /// Finds out what comes after END_OP.
    pub(super) fn after_end(&mut self, link: &mut Link, patience: Duration) {
        link.set_patience(patience.min(AFTER_END));
        self.after = Some(match link.hear() {
            Heard::Ended => After::End,
            Heard::Silent => After::Open,
            _ => After::More,
        });
    }

    /// Whether it was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self.end, Some(End::EndOp(_, OperationResult::Good, _)))
    }

    /// The status of END_OP when it was not done.
    #[must_use]
    pub fn failure(&self) -> Option<Status> {
        match self.end {
            Some(End::EndOp(_, OperationResult::Error, status)) => Some(status),
            _ => None,
        }
    }

    /// The end in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.end {
            Some(End::EndOp(_, OperationResult::Good, _)) => "END_OP with success".to_owned(),
            Some(End::EndOp(_, OperationResult::Error, status)) => {
                format!("END_OP with error {} {}", status.code(), status.name())
            }
            Some(End::Refused(status)) => format!("HTTP status {status}"),
            Some(End::Dropped) => "the connection ended without END_OP".to_owned(),
            Some(End::Silent) => "the server was silent".to_owned(),
            Some(End::Nonsense(what)) => format!("no message: {what}"),
            Some(End::HungUp) => "the client hung up".to_owned(),
            None => "too many messages".to_owned(),
        }
    }

    /// The commands for the card, in order.
    pub fn commands(&self) -> impl Iterator<Item = &[u8]> {
        self.messages.iter().filter_map(|message| match message {
            ServerMessage::TokenPduRequest { pdu } => Some(pdu.as_slice()),
            _ => None,
        })
    }

    /// Progress, in per cent.
    pub fn progress(&self) -> impl Iterator<Item = u32> {
        self.messages.iter().filter_map(|message| match message {
            ServerMessage::StatusUpdateRequest { current_state, .. } => Some(*current_state),
            _ => None,
        })
    }
}
