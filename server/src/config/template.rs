//! The configuration file that `init` writes: what holds anyway, with comments.

use std::net::SocketAddr;

use super::ListenConfig;

/// What `init` is told.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The server's name, as clients know it.
    pub host: String,
    /// Address of HTTPS.
    pub https: Option<SocketAddr>,
    /// Address of plain HTTP.
    pub http: Option<SocketAddr>,
}

impl Default for Addresses {
    fn default() -> Self {
        let ListenConfig { https, http } = ListenConfig::default();
        Self { host: "localhost".to_owned(), https, http }
    }
}

impl Addresses {
    /// The URL that clients begin with: plain HTTP where it is offered, for what everybody may fetch.
    fn public_url(&self) -> String {
        match (self.http, self.https) {
            (Some(http), _) => format!("http://{}:{}", self.host, http.port()),
            (None, Some(https)) => format!("https://{}:{}", self.host, https.port()),
            (None, None) => format!("https://{}", self.host),
        }
    }

    fn operation_url(&self) -> String {
        match (self.https, self.http) {
            (Some(https), _) => format!("https://{}:{}", self.host, https.port()),
            (None, Some(http)) => format!("http://{}:{}", self.host, http.port()),
            (None, None) => format!("https://{}", self.host),
        }
    }
}

/// The text of the file.
#[must_use]
pub fn template(addresses: &Addresses) -> String {
    let listen = |name: &str, address: Option<SocketAddr>| match address {
        Some(address) => format!("{name} = \"{address}\""),
        None => format!("# {name} = \"127.0.0.1:8080\""),
    };
    TEMPLATE
        .replace("{https}", &listen("https", addresses.https))
        .replace("{http}", &listen("http", addresses.http))
        .replace("{host}", &addresses.host)
        .replace("{public}", &addresses.public_url())
        .replace("{operation}", &addresses.operation_url())
}

const TEMPLATE: &str = include_str!("template.toml");
