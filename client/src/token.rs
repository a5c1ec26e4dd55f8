//! What a card says of itself without a login.

mod certificate;
mod probe;

use serde::Serialize;

pub use certificate::CertificateReport;
pub use probe::{inspect, report};

/// Most objects that are listed.
pub const OBJECTS_MAX: usize = 256;
/// Largest object that is read, in bytes: what the applet's two-byte offsets can address.
pub const OBJECT_SIZE_MAX: u32 = 65_535;

/// A card in a reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenReport {
    /// Name of the reader.
    pub reader: String,
    /// Whether there is a card.
    pub card: bool,
    /// The card's ATR in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub atr: Option<String>,
    /// The card's unique identifier in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cuid: Option<String>,
    /// The applet, where it is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applet: Option<AppletReport>,
    /// What went wrong while the card was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The CoolKey applet on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AppletReport {
    /// Version and build, e.g. `1.4.58768072`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Life cycle state in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life_cycle: Option<String>,
    /// Whether the token is personalised.
    pub personalized: bool,
    /// Whether there is a PIN.
    pub pin: bool,
    /// Free memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_memory: Option<u32>,
    /// The issuer's URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The token's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_name: Option<String>,
    /// The objects in the applet's store.
    pub objects: Vec<ObjectReport>,
    /// The certificates.
    pub certificates: Vec<CertificateReport>,
}

/// An object in the applet's store, or in the combined object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectReport {
    /// Its identifier, e.g. `z0`.
    pub id: String,
    /// Its size in bytes; none for objects inside the combined object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// What it is, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The object that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<String>,
}

impl TokenReport {
    /// The state of the token in one word.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (&self.applet, self.card) {
            (_, false) => "no card",
            (None, true) if self.problem.is_some() => "unknown",
            (None, true) => "blank",
            (Some(applet), true) if applet.personalized => "enrolled",
            (Some(_), true) => "formatted",
        }
    }
}
