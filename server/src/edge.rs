//! What joins the web edge with TPS and CA.

use std::{sync::Arc, time::Instant};

use store::{page::Page, tps::TokenStore as _};
use token_management::message::{ClientMessage, ServerMessage};
use tps::{Begin, Outcome, driver::Client, effect::ClientFault};
use web::{Asked, HttpClient, Operations, Publications, Unpublished, exchange::ExchangeError};

use crate::{config::PhoneHomeConfig, services::ServerDriver};

/// Token operations over HTTP.
pub struct TokenOperations(pub Arc<ServerDriver>);

/// The client's end of an operation.
struct Link(HttpClient);

impl Client for Link {
    async fn exchange(&mut self, message: &ServerMessage) -> Result<ClientMessage, ClientFault> {
        self.0.exchange(message).await.map_err(|error| match error {
            ExchangeError::Gone => ClientFault::Gone,
            ExchangeError::Violation(violation) => {
                tracing::info!(%violation, "malformed message");
                ClientFault::Malformed
            }
        })
    }

    async fn finish(&mut self, end: &ServerMessage) {
        // A client that hung up has nothing to be told.
        let _ = self.0.send(end).await;
    }
}

impl Operations for TokenOperations {
    async fn run(&self, asked: Asked, client: HttpClient) {
        let started = Instant::now();
        let Asked { operation, extensions, client: address } = asked;
        let begin = Begin { operation, extensions, client: address.clone() };
        let outcome = self.0.run(begin, &mut Link(client)).await;
        log(&outcome, &address, started);
    }
}

/// One line an operation.
fn log(outcome: &Outcome, client: &str, started: Instant) {
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let cuid = outcome.cuid.map(hex::encode_upper).unwrap_or_default();
    let user = outcome.user.as_deref().unwrap_or_default();
    let operation = outcome.operation;
    match &outcome.result {
        Ok(()) => tracing::info!(%operation, cuid, user, client, milliseconds, "done"),
        Err(fault) => {
            let (status, cause) = (fault.status.name(), &fault.cause);
            tracing::warn!(%operation, cuid, user, client, milliseconds, status, cause, "failed");
        }
    }
}

/// What anybody may fetch.
pub struct Published {
    /// Where it comes from.
    pub driver: Arc<ServerDriver>,
    /// What clients are told that phone home.
    pub phone_home: PhoneHomeConfig,
    /// The token type of a client that names none.
    pub token_type: String,
    /// When the server started.
    pub started: Instant,
}

impl Publications for Published {
    async fn revocation_list(&self) -> Result<Vec<u8>, Unpublished> {
        let list = self.driver.services().ca.revocation_list().await;
        list.map(|list| list.der).map_err(|error| Unpublished(error.to_string()))
    }

    fn chain(&self) -> Result<String, Unpublished> {
        self.driver.services().ca.chain_pem().map_err(|error| Unpublished(error.to_string()))
    }

    fn issuer(&self) -> Vec<u8> {
        self.driver.services().ca.issuing_certificate().to_vec()
    }

    fn phone_home(&self) -> String {
        phone_home(&self.phone_home, &self.token_type)
    }

    async fn health(&self) -> (bool, String) {
        let open = self.driver.services().store.open_operations(Page::new(0, 1)).await;
        let well = open.is_ok();
        let status = serde_json::json!({
            "status": if well { "ok" } else { "database failed" },
            "version": env!("CARGO_PKG_VERSION"),
            "uptime_seconds": self.started.elapsed().as_secs(),
            "open_operations": open.map(|listing| listing.total).ok(),
        });
        (well, status.to_string())
    }
}

/// The document that the Enterprise Security Client reads.
fn phone_home(config: &PhoneHomeConfig, token_type: &str) -> String {
    let mut services =
        vec![("Operation", config.operation.as_str()), ("TokenType", token_type)];
    services.extend(config.services.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let services: String = services
        .into_iter()
        .filter(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))
        .map(|(name, value)| format!("<{name}>{}</{name}>", escape(value)))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ServiceInfo><IssuerName>{}</IssuerName><Services>{services}</Services></ServiceInfo>\n",
        escape(&config.issuer)
    )
}

/// Text as XML has it [XML 1.0 §2.4].
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_home_says_where_the_operations_are() {
        let mut config = PhoneHomeConfig { issuer: "A & B".to_owned(), ..PhoneHomeConfig::default() };
        config.services.insert("EnrolledTokenURL".to_owned(), "https://localhost/?a<b".to_owned());
        config.services.insert("no tag".to_owned(), "x".to_owned());
        let xml = phone_home(&config, "userKey");
        assert!(xml.contains("<IssuerName>A &amp; B</IssuerName>"));
        assert!(xml.contains("<Operation>https://localhost:8443/tps/tps</Operation><TokenType>userKey</TokenType>"));
        assert!(xml.contains("<EnrolledTokenURL>https://localhost/?a&lt;b</EnrolledTokenURL>"));
        assert!(!xml.contains("no tag"));
    }
}
