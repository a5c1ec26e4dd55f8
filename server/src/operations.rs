//! Token operations behind the edge: joins the messages of one request to TPS, and says in one line how it ended.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use token_management::message::{ClientMessage, ServerMessage, Status};
use tokio::time::timeout;
use tps::{Begin, Outcome, driver::Client, effect::ClientFault};
use web::{Asked, HttpClient, Operations, exchange::ExchangeError};

use crate::subsystems::LocalDriver;

/// How long the last message may wait for the one before.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Token operations of this process.
pub struct TokenOperations {
    driver: Arc<LocalDriver>,
}

impl TokenOperations {
    /// Operations that `driver` runs.
    #[must_use]
    pub const fn new(driver: Arc<LocalDriver>) -> Self {
        Self { driver }
    }
}

impl Operations for TokenOperations {
    async fn run(&self, asked: Asked, client: HttpClient) {
        let started = Instant::now();
        let Asked { operation, extensions, client: address } = asked;
        let begin = Begin { operation, extensions, client: address.clone() };
        let outcome = self.driver.run(begin, &mut Link(client)).await;
        report(&outcome, &address, started);
    }
}

/// One line an operation; a fault never holds a secret.
fn report(outcome: &Outcome, client: &str, started: Instant) {
    let milliseconds = started.elapsed().as_millis();
    let operation = outcome.operation;
    let cuid = outcome.cuid.map(hex::encode_upper).unwrap_or_default();
    let user = outcome.user.as_deref().unwrap_or_default();
    match &outcome.result {
        Ok(()) => {
            tracing::info!(?operation, cuid, user, client, milliseconds, "operation succeeded");
        }
        Err(fault) => {
            let status = fault.status;
            let cause = fault.cause.as_str();
            // What a user mistypes is no trouble of ours.
            if status == Status::Login {
                tracing::info!(?operation, cuid, user, client, milliseconds, cause, "login failed");
            } else {
                tracing::warn!(
                    ?operation,
                    cuid,
                    user,
                    client,
                    milliseconds,
                    ?status,
                    cause,
                    "operation failed"
                );
            }
        }
    }
}

/// The client's end, as TPS sees it.
struct Link(HttpClient);

impl Client for Link {
    async fn exchange(&mut self, message: &ServerMessage) -> Result<ClientMessage, ClientFault> {
        self.0.exchange(message).await.map_err(|error| match error {
            ExchangeError::Gone => ClientFault::Gone,
            ExchangeError::Violation(violation) => {
                tracing::info!(%violation, "the client breaks the protocol");
                ClientFault::Malformed
            }
        })
    }

    async fn finish(&mut self, end: &ServerMessage) {
        // A client that has not even read the last message will not read this one either.
        if !matches!(timeout(FINISH_TIMEOUT, self.0.send(end)).await, Ok(Ok(()))) {
            tracing::debug!("the client was gone before the end of the operation");
        }
    }
}
