//! Names of what commands and data objects carry as numbers.

use crate::scp::SecurityLevel;

/// Data objects of GET DATA and STORE DATA [GPCS 2.3.1 §11.3.3, §11.11.2.2].
const DATA_OBJECTS: &[(u32, &str)] = &[
    (0x42, "issuer identification number (IIN)"),
    (0x45, "card image number (CIN)"),
    (0x4F, "AID of the issuer security domain"),
    (0x5F50, "URL of the security domain manager"),
    (0x66, "card recognition data"),
    (0x67, "card capability information"),
    (0xC1, "sequence counter of the default key set"),
    (0xC2, "confirmation counter"),
    (0xCF, "key diversification data"),
    (0xD3, "current security level"),
    (0xE0, "key information template"),
    (0x2F00, "applications of the security domain"),
    (0x9F66, "CPLC: pre-personalisation"),
    (0x9F67, "CPLC: personalisation"),
    (0x9F7F, "card production life cycle (CPLC)"),
    (0xFF21, "extended card resources"),
];

/// Key types [GPCS 2.3.1 §11.1.8], and whether the component is public.
const KEY_TYPES: &[(u8, &str, bool)] = &[
    (0x80, "DES", false),
    (0x81, "DES (ECB/CBC)", false),
    (0x82, "DES ECB", false),
    (0x83, "DES CBC", false),
    (0x84, "DES CBC", false),
    (0x85, "TLS pre-shared key", false),
    (0x88, "AES", false),
    (0x90, "HMAC-SHA-1", false),
    (0x91, "HMAC-SHA-1-160", false),
    (0xA0, "RSA public exponent", true),
    (0xA1, "RSA modulus", true),
    (0xA2, "RSA private modulus", true),
    (0xA3, "RSA private exponent", false),
    (0xA4, "RSA CRT P", false),
    (0xA5, "RSA CRT Q", false),
    (0xA6, "RSA CRT PQ", false),
    (0xA7, "RSA CRT DP1", false),
    (0xA8, "RSA CRT DQ1", false),
    (0xB0, "ECC public key", true),
    (0xB1, "ECC private key", false),
    (0xB2, "ECC field P", true),
    (0xB3, "ECC parameter A", true),
    (0xB4, "ECC parameter B", true),
    (0xB5, "ECC generator G", true),
    (0xB6, "ECC order N", true),
    (0xB7, "ECC cofactor k", true),
    (0xF0, "ECC curve reference", true),
];

const SECURITY_LEVELS: &[(SecurityLevel, &str)] = &[
    (SecurityLevel::AUTHENTICATED, "authenticated"),
    (SecurityLevel::ANY_AUTHENTICATED, "any authenticated"),
    (SecurityLevel::C_MAC, "C-MAC"),
    (SecurityLevel::C_DECRYPTION, "C-ENC"),
    (SecurityLevel::R_MAC, "R-MAC"),
    (SecurityLevel::R_ENCRYPTION, "R-ENC"),
];

/// The name of a data object by its tag.
#[must_use]
pub fn data_object_name(tag: u32) -> Option<&'static str> {
    DATA_OBJECTS.iter().find(|(known, _)| *known == tag).map(|(_, name)| *name)
}

/// The name of a key type; of one that is reserved the number alone.
#[must_use]
pub fn key_type_name(key_type: u8) -> String {
    let known = KEY_TYPES.iter().find(|(known, ..)| *known == key_type);
    known.map_or_else(|| format!("key type {key_type:02X}"), |(_, name, _)| (*name).to_owned())
}

/// Whether a key component of this type is no secret.
pub(super) fn is_public(key_type: u8) -> bool {
    KEY_TYPES.iter().any(|(known, _, public)| *known == key_type && *public)
}

/// A security level in words, `no protection` for none.
#[must_use]
pub fn security_level_names(level: SecurityLevel) -> String {
    let set = SECURITY_LEVELS.iter().filter(|(bit, _)| level.contains(*bit));
    let names: Vec<&str> = set.map(|(_, name)| *name).collect();
    if names.is_empty() { "no protection".to_owned() } else { names.join(", ") }
}

/// `SCP02 i=15`.
#[must_use]
pub fn protocol_name(id: u8, option: u8) -> String {
    format!("SCP{id:02X} i={option:02X}")
}
