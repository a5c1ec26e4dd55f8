//! What an administrator decides about token operations.
//!
//! Every field has a useful default: `Config::default()` runs a token service for users' keys.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

pub mod applet;
pub mod profile;

use applet::AppletFile;
use profile::{EnrollProfile, FormatProfile, PinResetProfile};

use crate::policy::Policy;

/// Name of the token type that is used when the client names none.
pub const DEFAULT_TOKEN_TYPE: &str = "userKey";
/// Longest name of a token type or key set that a client may send, in bytes.
pub const NAME_LENGTH_MAX: usize = 64;

/// The rules of the token processing system.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools)] // independent switches of an administrator
pub struct Config {
    /// The token type of a client that names none.
    pub default_token_type: String,
    /// Name of the key set in TKS for a client that names none.
    pub key_set: String,
    /// Policy of a new token; what it does not name is as built in.
    pub default_policy: String,
    /// Whether a user may have more than one active token.
    pub allow_multiple_active_tokens: bool,
    /// Whether a token that belongs to somebody is out of reach of everybody else.
    pub owner_only: bool,
    /// Whether a token that has no record may be formatted.
    pub format_unknown_tokens: bool,
    /// Whether a token that has no record may be enrolled; it is formatted first.
    pub enroll_unknown_tokens: bool,
    /// How the secure channel to a card is used.
    pub channel: ChannelConfig,
    /// Which card managers and which applet are selected.
    pub applet: AppletConfig,
    /// Rules of formatting, by token type.
    pub format: BTreeMap<String, FormatProfile>,
    /// Rules of enrolment, by token type.
    pub enroll: BTreeMap<String, EnrollProfile>,
    /// Rules of PIN resets, by token type.
    pub pin_reset: BTreeMap<String, PinResetProfile>,
}

impl Default for Config {
    fn default() -> Self {
        let token_type = || DEFAULT_TOKEN_TYPE.to_owned();
        Self {
            default_token_type: token_type(),
            key_set: "defKeySet".to_owned(),
            default_policy: Policy::default().to_string(),
            allow_multiple_active_tokens: false,
            owner_only: true,
            format_unknown_tokens: true,
            enroll_unknown_tokens: true,
            channel: ChannelConfig::default(),
            applet: AppletConfig::default(),
            format: BTreeMap::from([
                (token_type(), FormatProfile::default()),
                (
                    "cleanToken".to_owned(),
                    FormatProfile { login: false, issuer_info: None, ..FormatProfile::default() },
                ),
            ]),
            enroll: BTreeMap::from([(token_type(), EnrollProfile::default())]),
            pin_reset: BTreeMap::from([(token_type(), PinResetProfile::default())]),
        }
    }
}

/// How a secure channel is opened and used.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools)] // independent switches of an administrator
pub struct ChannelConfig {
    /// Whether commands are enciphered as well as authenticated.
    pub encryption: bool,
    /// P1 of INITIALIZE UPDATE: key version number, 0 = the card's default.
    pub key_version: u8,
    /// P2 of INITIALIZE UPDATE: key index.
    pub key_index: u8,
    /// Data field of a LOAD command on the wire, in bytes.
    pub block_size: u8,
    /// Non-volatile memory that INSTALL asks for, in bytes.
    pub instance_size: u16,
    /// Memory of the applet's object store, in bytes.
    pub applet_memory: u16,
    /// Le byte 00 after the MAC where the command table has one; SCP01 clients choke on it.
    pub scp01_le: bool,
    /// Lowest key version number a card may show.
    pub key_version_min: u8,
    /// Highest key version number a card may show.
    pub key_version_max: u8,
    /// The card's CUID (from its production data) must equal its key diversification data.
    pub cuid_must_match_kdd: bool,
    /// The key version number that a card shows must be the one in its record.
    pub key_version_must_match_record: bool,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self {
            encryption: true,
            key_version: 0,
            key_index: 0,
            block_size: 224,
            instance_size: 18_000,
            applet_memory: 5_000,
            scp01_le: false,
            key_version_min: 0x01,
            key_version_max: 0xFF,
            cuid_must_match_kdd: false,
            key_version_must_match_record: true,
        }
    }
}

/// The applications that TPS knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppletConfig {
    /// AIDs of card managers, in hexadecimal; the first is tried when a card names none.
    pub card_managers: Vec<String>,
    /// AID of the applet's instance and class, in hexadecimal.
    pub instance: String,
    /// AID of the applet's package, in hexadecimal.
    pub package: String,
    /// Directory with load files named `<version>.ijc`; none: the package is on the card already.
    pub directory: Option<String>,
    /// Version that tokens shall have, e.g. `1.4.58768072`: the name of a file in the directory.
    pub required_version: Option<String>,
    /// The file itself, put in by whoever read the directory.
    #[serde(skip)]
    pub file: Option<Arc<AppletFile>>,
}

impl Default for AppletConfig {
    fn default() -> Self {
        Self {
            card_managers: [
                "A0000000030000",
                "A000000003000000",
                "A0000001510000",
                "A000000151000000",
            ]
            .map(str::to_owned)
            .to_vec(),
            instance: "627601FF000000".to_owned(),
            package: "627601FF0000".to_owned(),
            directory: None,
            required_version: None,
            file: None,
        }
    }
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct ConfigError {
    /// Where, in the dotted notation of the file.
    pub path: String,
    /// What.
    pub problem: &'static str,
}

impl ConfigError {
    pub(crate) fn at(path: impl Into<String>, problem: &'static str) -> Self {
        Self { path: path.into(), problem }
    }
}

impl Config {
    /// Checks what the types do not.
    ///
    /// # Errors
    /// The first [`ConfigError`] found.
    pub fn validate(&self) -> Result<(), ConfigError> {
        Policy::parse(&self.default_policy, Policy::default())
            .map_err(|_| ConfigError::at("default_policy", "not a policy string"))?;
        if !self.format.contains_key(&self.default_token_type) {
            return Err(ConfigError::at("default_token_type", "no format profile of this name"));
        }
        self.channel.validate()?;
        self.applet.validate()?;
        for (name, profile) in &self.format {
            if profile::revocation_reason(profile.revocation_reason).is_none() {
                let path = format!("format.{name}.revocation_reason");
                return Err(ConfigError::at(path, "no such reason"));
            }
        }
        for (name, profile) in &self.enroll {
            profile.validate(&format!("enroll.{name}"))?;
        }
        for (name, profile) in &self.pin_reset {
            profile.pin.validate(&format!("pin_reset.{name}.pin"))?;
        }
        Ok(())
    }

    /// The policy that a new token gets.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy::parse(&self.default_policy, Policy::default()).unwrap_or_default()
    }
}

impl ChannelConfig {
    /// Smallest block of LOAD: what a channel adds must leave room for data.
    const BLOCK_SIZE_MIN: u8 = 64;
    /// Largest block of LOAD that fits a short APDU with everything a channel adds.
    const BLOCK_SIZE_MAX: u8 = 240;

    fn validate(&self) -> Result<(), ConfigError> {
        if !(Self::BLOCK_SIZE_MIN..=Self::BLOCK_SIZE_MAX).contains(&self.block_size) {
            return Err(ConfigError::at("channel.block_size", "not within 64 to 240"));
        }
        if self.key_version_min > self.key_version_max {
            return Err(ConfigError::at("channel.key_version_min", "above key_version_max"));
        }
        Ok(())
    }
}
