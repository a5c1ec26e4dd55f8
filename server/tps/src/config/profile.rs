//! Rules of the operations, one profile a token type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use token_management::subsystem::ca::RevocationReason;

use super::ConfigError;

/// Longest issuer information, in bytes: what SET ISSUER INFO carries.
pub const ISSUER_INFO_LENGTH: usize = 224;
/// The reason with this code, of those that a token service gives.
#[must_use]
pub const fn revocation_reason(code: u8) -> Option<RevocationReason> {
    Some(match code {
        0 => RevocationReason::Unspecified,
        1 => RevocationReason::KeyCompromise,
        3 => RevocationReason::AffiliationChanged,
        4 => RevocationReason::Superseded,
        5 => RevocationReason::CessationOfOperation,
        6 => RevocationReason::CertificateHold,
        _ => return None,
    })
}

/// Most kinds of keys on a token.
pub const KEYS_MAX: usize = 4;

/// Whether, and with which version, a card's key set is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SymmetricKeys {
    /// Whether the key set is changed over.
    pub update: bool,
    /// Version number of the key set that tokens shall have.
    pub required_version: u8,
}

/// How long a PIN is and how often it may be mistyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PinRules {
    /// Shortest PIN, in characters.
    pub length_min: u8,
    /// Longest PIN, in characters.
    pub length_max: u8,
    /// Tries before the PIN is blocked.
    pub tries: u8,
}

impl Default for PinRules {
    fn default() -> Self {
        Self { length_min: 4, length_max: 10, tries: 127 }
    }
}

impl PinRules {
    /// The applet's own bounds of a PIN, in bytes.
    const APPLET_BOUNDS: core::ops::RangeInclusive<u8> = 4..=16;

    pub(super) fn validate(self, path: &str) -> Result<(), ConfigError> {
        let bounds = Self::APPLET_BOUNDS;
        if !bounds.contains(&self.length_min)
            || !bounds.contains(&self.length_max)
            || self.length_min > self.length_max
        {
            return Err(ConfigError::at(
                path,
                "lengths must lie within 4 to 16, the lower one first",
            ));
        }
        if self.tries == 0 || self.tries > 127 {
            return Err(ConfigError::at(path, "tries must lie within 1 to 127"));
        }
        Ok(())
    }
}

/// Rules of formatting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormatProfile {
    /// Off: tokens of this type are refused with status 26.
    pub enabled: bool,
    /// Whether the user logs in.
    pub login: bool,
    /// URL that the card keeps for its holder's client; none: not written. `$cuid$` is replaced.
    pub issuer_info: Option<String>,
    /// Whether the certificates of the token are revoked.
    pub revoke_certificates: bool,
    /// With which reason [RFC 5280 §5.3.1].
    pub revocation_reason: u8,
    /// Change-over of the card's key set.
    pub symmetric_keys: SymmetricKeys,
}

impl Default for FormatProfile {
    fn default() -> Self {
        Self {
            enabled: true,
            login: true,
            issuer_info: Some("https://localhost:8443/tps/phoneHome".to_owned()),
            revoke_certificates: true,
            revocation_reason: 0,
            symmetric_keys: SymmetricKeys::default(),
        }
    }
}

/// Rules of PIN resets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PinResetProfile {
    /// Off: tokens of this type are refused with status 26.
    pub enabled: bool,
    /// Whether the user logs in.
    pub login: bool,
    /// Rules of the new PIN.
    pub pin: PinRules,
    /// Change-over of the card's key set.
    pub symmetric_keys: SymmetricKeys,
}

impl Default for PinResetProfile {
    fn default() -> Self {
        Self {
            enabled: true,
            login: true,
            pin: PinRules::default(),
            symmetric_keys: SymmetricKeys::default(),
        }
    }
}

/// Rules of enrolment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools)] // independent switches of an administrator
pub struct EnrollProfile {
    /// Off: tokens of this type are refused with status 26.
    pub enabled: bool,
    /// Rules of the PIN; none: no PIN is set.
    pub pin: Option<PinRules>,
    /// Name that the token shows; `$cuid$` and `$userid$` are replaced.
    pub token_name: String,
    /// Whether the combined object is compressed.
    pub compress_objects: bool,
    /// URL that the card keeps for its holder's client; none: not written.
    pub issuer_info: Option<String>,
    /// Whether the proof that the card holds the new private key is verified.
    pub verify_proof: bool,
    /// Whether an applet of another version is replaced.
    pub update_applet: bool,
    /// With which reason certificates are revoked that a new enrolment replaces.
    pub replaced_reason: u8,
    /// Change-over of the card's key set.
    pub symmetric_keys: SymmetricKeys,
    /// The keys, in the order in which they are made.
    pub keys: Vec<KeyProfile>,
}

impl Default for EnrollProfile {
    fn default() -> Self {
        Self {
            enabled: true,
            pin: Some(PinRules::default()),
            token_name: "$userid$".to_owned(),
            compress_objects: true,
            issuer_info: Some("https://localhost:8443/tps/phoneHome".to_owned()),
            verify_proof: true,
            update_applet: false,
            replaced_reason: 4,
            symmetric_keys: SymmetricKeys::default(),
            keys: vec![KeyProfile::signing(), KeyProfile::encryption()],
        }
    }
}

/// What a key may do, as its objects on the token say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyUsage {
    /// Signs and verifies.
    Signing,
    /// Deciphers and unwraps, enciphers and wraps.
    Encryption,
}

/// One key pair of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyProfile {
    /// Name of the kind of key, e.g. `signing`.
    pub name: String,
    /// What the key is for.
    pub usage: KeyUsage,
    /// Size of the modulus, in bits.
    #[serde(default = "default_key_bits")]
    pub bits: u16,
    /// Index of its certificate object `C<n>`; private key slot 2n, public key slot 2n + 1.
    pub slot: u8,
    /// Label of the certificate; `$cuid$` and `$userid$` are replaced.
    pub label: String,
    /// Certificate profile of the CA.
    pub ca_profile: String,
    /// Whether DRM makes the key instead of the card.
    #[serde(default)]
    pub server_side: bool,
    /// Whether DRM archives the key that it makes.
    #[serde(default)]
    pub archive: bool,
    /// What happens to it when its token is out of use, by reason.
    #[serde(default)]
    pub recovery: RecoveryMatrix,
}

const fn default_key_bits() -> u16 {
    2048
}

impl KeyProfile {
    /// The signing key: made on the card, never archived.
    #[must_use]
    pub fn signing() -> Self {
        Self {
            name: "signing".to_owned(),
            usage: KeyUsage::Signing,
            bits: default_key_bits(),
            slot: 1,
            label: "signing key for $userid$".to_owned(),
            ca_profile: "caTokenUserSigningKeyEnrollment".to_owned(),
            server_side: false,
            archive: false,
            recovery: RecoveryMatrix::default(),
        }
    }

    /// The encryption key: made and archived by DRM.
    #[must_use]
    pub fn encryption() -> Self {
        Self {
            name: "encryption".to_owned(),
            usage: KeyUsage::Encryption,
            bits: default_key_bits(),
            slot: 2,
            label: "encryption key for $userid$".to_owned(),
            ca_profile: "caTokenUserEncryptionKeyEnrollment".to_owned(),
            server_side: true,
            archive: true,
            recovery: RecoveryMatrix::encryption(),
        }
    }
}

/// Why a token is out of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutOfUse {
    /// Damaged: the keys are gone.
    Destroyed,
    /// Lost: the keys may be in the wrong hands.
    KeyCompromise,
    /// Suspended for a time.
    OnHold,
    /// Withdrawn.
    Terminated,
}

/// What the next token of the same user gets in place of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryScheme {
    /// A new key and a new certificate.
    GenerateNewKey,
    /// The archived key, with its certificate.
    RecoverLast,
    /// A new key and certificate in the key's slot, the archived key in the next free one.
    GenerateNewKeyAndRecoverLast,
}

/// What happens to one key for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRule {
    /// What the next token gets.
    pub scheme: RecoveryScheme,
    /// Whether the certificate is revoked when the token goes out of use.
    pub revoke: bool,
    /// With which reason [RFC 5280 §5.3.1].
    pub reason: u8,
}

/// What happens to a key, by the reason for which its token is out of use; what is not named gets a new key and is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecoveryMatrix(pub BTreeMap<OutOfUse, RecoveryRule>);

const fn rule(scheme: RecoveryScheme, revoke: bool, reason: u8) -> RecoveryRule {
    RecoveryRule { scheme, revoke, reason }
}

impl Default for RecoveryMatrix {
    fn default() -> Self {
        let new = RecoveryScheme::GenerateNewKey;
        Self(BTreeMap::from([
            (OutOfUse::Destroyed, rule(new, true, 0)),
            (OutOfUse::KeyCompromise, rule(new, true, 1)),
            (OutOfUse::OnHold, rule(new, true, 6)),
            (OutOfUse::Terminated, rule(new, true, 1)),
        ]))
    }
}

impl RecoveryMatrix {
    /// The rules of an archived encryption key: what was enciphered for it must stay readable.
    #[must_use]
    pub fn encryption() -> Self {
        use RecoveryScheme::{GenerateNewKey, GenerateNewKeyAndRecoverLast, RecoverLast};
        Self(BTreeMap::from([
            (OutOfUse::Destroyed, rule(RecoverLast, false, 0)),
            (OutOfUse::KeyCompromise, rule(GenerateNewKeyAndRecoverLast, true, 1)),
            (OutOfUse::OnHold, rule(RecoverLast, true, 6)),
            (OutOfUse::Terminated, rule(GenerateNewKey, true, 1)),
        ]))
    }

    /// The rule for one reason.
    #[must_use]
    pub fn rule(&self, reason: OutOfUse) -> RecoveryRule {
        self.0.get(&reason).copied().unwrap_or(rule(RecoveryScheme::GenerateNewKey, true, 0))
    }
}

impl EnrollProfile {
    /// Highest certificate index that the PKCS#11 modules know.
    const SLOT_MAX: u8 = coolkey::pkcs11::builder::CERTIFICATE_INDEX_MAX;
    /// Key sizes that the applet makes, in bits.
    const KEY_BITS: core::ops::RangeInclusive<u16> = 1024..=2048;

    pub(super) fn validate(&self, path: &str) -> Result<(), ConfigError> {
        if let Some(pin) = self.pin {
            pin.validate(&format!("{path}.pin"))?;
        }
        if revocation_reason(self.replaced_reason).is_none() {
            return Err(ConfigError::at(format!("{path}.replaced_reason"), "no such reason"));
        }
        if self.keys.is_empty() || self.keys.len() > KEYS_MAX {
            return Err(ConfigError::at(format!("{path}.keys"), "must be 1 to 4"));
        }
        for (index, key) in self.keys.iter().enumerate() {
            let at = |problem| Err(ConfigError::at(format!("{path}.keys.{}", key.name), problem));
            if !(1..=Self::SLOT_MAX).contains(&key.slot) {
                return at("slot must lie within 1 to 4");
            }
            if !Self::KEY_BITS.contains(&key.bits) || key.bits % 64 != 0 {
                return at("bits must lie within 1024 to 2048");
            }
            if key.recovery.0.values().any(|rule| revocation_reason(rule.reason).is_none()) {
                return at("recovery has an unknown revocation reason");
            }
            if key.archive && !key.server_side {
                return at("only a key made by the server can be archived");
            }
            if self.keys.iter().take(index).any(|k| k.slot == key.slot || k.name == key.name) {
                return at("name or slot is taken");
            }
        }
        Ok(())
    }
}
