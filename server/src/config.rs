//! The configuration file: TOML, every setting with a default, unknown names refused.

mod default;
mod paths;
mod tks;
mod tps;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use ca::AuthorityConfig;
use keys::RsaPadding;
use serde::{Deserialize, Serialize};

pub use default::default_text;
pub use paths::Paths;
pub use tks::{KeySetSettings, MasterKeySettings, TksSettings};

use crate::error::ServerError;

/// Largest configuration file, in bytes.
const FILE_LENGTH_MAX: u64 = 1024 * 1024;
/// Name of the configuration file in a server's folder.
pub const FILE_NAME: &str = "cardinal-server.toml";

/// Everything that an administrator decides.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server listens and what clients are told about it.
    pub server: ServerSettings,
    /// What a client may take.
    pub limits: LimitSettings,
    /// Where things are kept.
    pub storage: StorageSettings,
    /// The certificate authority.
    pub ca: AuthorityConfig,
    /// The token key service.
    pub tks: TksSettings,
    /// The data recovery manager.
    pub drm: DrmSettings,
    /// The token processing system.
    pub tps: ::tps::Config,
}

/// Where the server listens and what clients are told about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Address of HTTPS; port 0: the system chooses. None: off.
    pub https: Switch,
    /// Address of plain HTTP, for clients without TLS: passwords and PINs then travel in clear.
    pub http: Switch,
    /// Name of the issuer that the Enterprise Security Client shows.
    pub issuer_name: String,
    /// URL of token operations that phone home tells; empty: made of the first server name and the listener's port.
    pub public_url: String,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            https: Switch::On(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443)),
            http: Switch::Off,
            issuer_name: "Cardinal".to_owned(),
            public_url: String::new(),
        }
    }
}

/// An address to listen at, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Switch {
    /// Not at all.
    Off,
    /// At this address.
    On(SocketAddr),
}

impl Switch {
    /// The address, where there is one.
    #[must_use]
    pub const fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::On(address) => Some(address),
        }
    }
}

impl TryFrom<String> for Switch {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::On).map_err(|_| {
            format!("'{text}' is neither 'off' nor an address with a port, like 127.0.0.1:8443")
        })
    }
}

impl From<Switch> for String {
    fn from(switch: Switch) -> Self {
        switch.address().map_or_else(|| "off".to_owned(), |address| address.to_string())
    }
}

/// What a client may take.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Connections at once.
    pub connections: usize,
    /// Largest message of a client, in bytes.
    pub message_bytes: usize,
    /// Time for a TLS handshake or the head of a request, in seconds.
    pub head_seconds: u64,
    /// Time for the client's answer to one message, in seconds.
    pub message_seconds: u64,
    /// Time for a whole operation, in seconds.
    pub operation_seconds: u64,
    /// Time for the answer of a subsystem or the database, in seconds.
    pub subsystem_seconds: u64,
    /// Time that running operations get when the server stops, in seconds.
    pub shutdown_seconds: u64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            connections: 256,
            message_bytes: token_management::message::MESSAGE_SIZE_MAX,
            head_seconds: 10,
            message_seconds: 90,
            operation_seconds: 600,
            subsystem_seconds: 60,
            shutdown_seconds: 30,
        }
    }
}

impl LimitSettings {
    /// The bounds of the edge.
    #[must_use]
    pub fn edge(&self) -> web::Limits {
        web::Limits {
            connections: self.connections,
            message_length: self.message_bytes,
            head: Duration::from_secs(self.head_seconds),
            begin: Duration::from_secs(self.message_seconds),
            connection: Duration::from_secs(self.operation_seconds + self.message_seconds),
            shutdown: Duration::from_secs(self.shutdown_seconds),
        }
    }

    /// The bounds of token operations.
    #[must_use]
    pub fn operations(&self) -> ::tps::driver::Limits {
        ::tps::driver::Limits {
            message: Duration::from_secs(self.message_seconds),
            operation: Duration::from_secs(self.operation_seconds),
            subsystem: Duration::from_secs(self.subsystem_seconds),
            ..::tps::driver::Limits::default()
        }
    }

    fn validate(&self) -> Result<(), ServerError> {
        let bounded = [
            ("connections", self.connections as u64, 10_000),
            ("message_bytes", self.message_bytes as u64, 1024 * 1024),
            ("head_seconds", self.head_seconds, 3_600),
            ("message_seconds", self.message_seconds, 3_600),
            ("operation_seconds", self.operation_seconds, 86_400),
            ("subsystem_seconds", self.subsystem_seconds, 3_600),
            ("shutdown_seconds", self.shutdown_seconds, 3_600),
        ];
        for (name, value, most) in bounded {
            if !(1..=most).contains(&value) {
                return Err(ServerError::Config(format!("limits.{name}: not within 1 to {most}")));
            }
        }
        Ok(())
    }
}

/// Where things are kept; relative to the folder of the configuration file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageSettings {
    /// The database: one SQLite file.
    pub database: String,
    /// The file with the key that seals all keys in the database.
    pub key_file: String,
    /// Where the certificates of the authority are written for clients, in PEM.
    pub ca_chain: String,
}

impl Default for StorageSettings {
    fn default() -> Self {
        Self {
            database: "cardinal.db".to_owned(),
            key_file: "sealing.key".to_owned(),
            ca_chain: "ca-chain.pem".to_owned(),
        }
    }
}

/// The data recovery manager.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DrmSettings {
    /// How TKS pads transport keys for DRM.
    pub padding: Padding,
}

/// How a key is padded before RSA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// OAEP with SHA-256 [RFC 8017 §7.1].
    #[default]
    OaepSha256,
    /// PKCS#1 v1.5 [RFC 8017 §7.2], as Dogtag has it.
    Pkcs1,
}

impl From<Padding> for RsaPadding {
    fn from(padding: Padding) -> Self {
        match padding {
            Padding::OaepSha256 => Self::OaepSha256,
            Padding::Pkcs1 => Self::Pkcs1V15,
        }
    }
}

impl Config {
    /// Reads a configuration file, with the applet file that it names.
    ///
    /// # Errors
    /// [`ServerError::Config`] with what is wrong and where.
    pub fn read(path: &Path) -> Result<Self, ServerError> {
        let file = |problem: String| ServerError::Config(format!("{}: {problem}", path.display()));
        let length = std::fs::metadata(path).map_err(|error| file(error.to_string()))?.len();
        if length > FILE_LENGTH_MAX {
            return Err(file(format!("longer than {FILE_LENGTH_MAX} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| file(error.to_string()))?;
        let in_file = |error| match error {
            ServerError::Config(problem) => file(problem),
            other => other,
        };
        let mut config = Self::parse(&text).map_err(in_file)?;
        tps::load_applet(&mut config.tps.applet, path).map_err(in_file)?;
        config.validate().map_err(in_file)?;
        Ok(config)
    }

    /// Reads the text of a configuration file; nothing but its form is checked.
    ///
    /// # Errors
    /// [`ServerError::Config`].
    pub fn parse(text: &str) -> Result<Self, ServerError> {
        let mut config: Self = toml::from_str(text)
            .map_err(|error| ServerError::Config(error.to_string().trim_end().to_owned()))?;
        // TOML has no word for "none", and leaving it out means the default.
        let formats = config.tps.format.values_mut().map(|profile| &mut profile.issuer_info);
        let enrolments = config.tps.enroll.values_mut().map(|profile| &mut profile.issuer_info);
        for issuer_info in formats.chain(enrolments) {
            issuer_info.take_if(|url| url.is_empty());
        }
        Ok(config)
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// [`ServerError::Config`] for the first mistake.
    pub fn validate(&self) -> Result<(), ServerError> {
        if self.server.https == Switch::Off && self.server.http == Switch::Off {
            let text = "server: both https and http are off";
            return Err(ServerError::Config(text.to_owned()));
        }
        if self.ca.server_names.is_empty() {
            return Err(ServerError::Config("ca.server_names: empty".to_owned()));
        }
        self.limits.validate()?;
        self.tks.validate()?;
        self.tps.validate().map_err(|error| ServerError::Config(format!("tps.{error}")))?;
        self.every_profile_is_there()
    }

    /// A certificate profile that the CA does not have fails the first enrolment; better the start.
    fn every_profile_is_there(&self) -> Result<(), ServerError> {
        for (name, profile) in &self.tps.enroll {
            for key in &profile.keys {
                if !self.ca.profiles.iter().any(|known| known.name == key.ca_profile) {
                    return Err(ServerError::Config(format!(
                        "tps.enroll.{name}.keys: the CA has no profile '{}'",
                        key.ca_profile
                    )));
                }
            }
        }
        Ok(())
    }
}
