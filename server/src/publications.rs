//! What anybody may fetch: certificates, the list of revoked ones, the phone-home page, the state of the server.

use std::sync::{Arc, OnceLock};

use serde_json::json;
use store::ca::CertificateStore as _;
use web::{Publications, Unpublished};

use crate::subsystems::LocalDriver;

/// Publications of this process.
#[derive(Clone)]
pub struct Published {
    driver: Arc<LocalDriver>,
    issuer_name: Arc<str>,
    // Known when the listeners are there.
    operations_url: Arc<OnceLock<String>>,
}

impl Published {
    /// Publications of the authority that `driver` asks.
    #[must_use]
    pub fn new(driver: Arc<LocalDriver>, issuer_name: &str) -> Self {
        Self { driver, issuer_name: issuer_name.into(), operations_url: Arc::default() }
    }

    /// Says where token operations are; the first call counts.
    pub fn announce(&self, operations_url: String) {
        // A second address would be a mistake of ours, and the first one still right.
        let _ = self.operations_url.set(operations_url);
    }
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
        let url = self.operations_url.get().map(String::as_str).unwrap_or_default();
        phone_home(&self.issuer_name, url)
    }

    async fn health(&self) -> (bool, String) {
        let well = match self.driver.services().store.revocation_count().await {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(%error, "the database does not answer");
                false
            }
        };
        let status = if well { "ok" } else { "failing" };
        let state = json!({ "status": status, "version": env!("CARGO_PKG_VERSION") });
        (well, state.to_string())
    }
}

/// The page that the Enterprise Security Client asks for when a card is new to it. Every child of `Services` is a setting of
/// the client.
#[must_use]
pub fn phone_home(issuer_name: &str, operations_url: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ServiceInfo>\n  <IssuerName>{}</IssuerName>\n  <Services>\n    <Operation>{}</Operation>\n    \
         <UI></UI>\n    <EnrolledTokenBrowserURL></EnrolledTokenBrowserURL>\n    \
         <EnrolledTokenURL></EnrolledTokenURL>\n    <TokenType>{}</TokenType>\n  </Services>\n</ServiceInfo>\n",
        escape(issuer_name),
        escape(operations_url),
        tps::config::DEFAULT_TOKEN_TYPE,
    )
}

/// Character data of XML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_escaped() {
        let page = phone_home("A & <B>", "https://tps.example/tps/tps");
        assert!(page.contains("<IssuerName>A &amp; &lt;B&gt;</IssuerName>"));
        assert!(page.contains("<Operation>https://tps.example/tps/tps</Operation>"));
        assert!(page.contains("<TokenType>userKey</TokenType>"));
    }
}
