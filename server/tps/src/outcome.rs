//! How an operation ends.

use token_management::{
    message::{Operation, OperationResult, ServerMessage, Status},
    subsystem::tks::Cuid,
};

/// Why an operation does not go on: what the client is told, and what the log says. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status:?}: {cause}")]
pub struct Fault {
    /// What the client is told.
    pub status: Status,
    /// What happened, for the log.
    pub cause: String,
}

impl Fault {
    /// A fault with its cause.
    #[must_use]
    pub fn new(status: Status, cause: impl Into<String>) -> Self {
        Self { status, cause: cause.into() }
    }
}

/// The end of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which operation.
    pub operation: Operation,
    /// The token, once it was known.
    pub cuid: Option<Cuid>,
    /// The user, once logged in.
    pub user: Option<String>,
    /// Good, or the fault.
    pub result: Result<(), Fault>,
}

impl Outcome {
    /// END_OP for the client.
    #[must_use]
    pub fn end_op(&self) -> ServerMessage {
        let (result, status) = match &self.result {
            Ok(()) => (OperationResult::Good, Status::NoError),
            Err(fault) => (OperationResult::Error, fault.status),
        };
        ServerMessage::EndOp { operation: self.operation, result, status }
    }

    /// The operation waits for something that is not an effect.
    pub(crate) fn stuck() -> Self {
        Self {
            operation: Operation::Undefined,
            cuid: None,
            user: None,
            result: Err(Fault::new(Status::Snac, "the operation waits for nothing")),
        }
    }
}
