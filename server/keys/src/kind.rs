//! Kinds of keys, each with the one use it has.

use core::fmt;

use globalplatform::KeyAlgorithm;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Signatures over certificates and lists of revoked ones.
    Sign,
    /// Opening keys that were wrapped under the public key.
    Unwrap,
    /// Deriving cards' keys.
    Diversify,
    /// The server's end of TLS.
    Tls,
}

/// A kind of key: algorithm, size and use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA, 2048 bits, for signatures.
    SigningRsa2048,
    /// RSA, 3072 bits, for signatures.
    SigningRsa3072,
    /// ECDSA on P-256, for signatures.
    SigningP256,
    /// RSA, 2048 bits, for opening wrapped keys.
    UnwrappingRsa2048,
    /// RSA, 3072 bits, for opening wrapped keys.
    UnwrappingRsa3072,
    /// Two-key triple DES, a TKS master key.
    MasterDes3,
    /// AES-128, a TKS master key.
    MasterAes128,
    /// AES-256, a TKS master key.
    MasterAes256,
    /// ECDSA on P-256, for TLS.
    TlsP256,
}

/// Every kind with its name in the database.
pub(crate) const KINDS: [(KeyKind, &str); 9] = [
    (KeyKind::SigningRsa2048, "signing-rsa-2048"),
    (KeyKind::SigningRsa3072, "signing-rsa-3072"),
    (KeyKind::SigningP256, "signing-p256"),
    (KeyKind::UnwrappingRsa2048, "unwrapping-rsa-2048"),
    (KeyKind::UnwrappingRsa3072, "unwrapping-rsa-3072"),
    (KeyKind::MasterDes3, "master-des3"),
    (KeyKind::MasterAes128, "master-aes-128"),
    (KeyKind::MasterAes256, "master-aes-256"),
    (KeyKind::TlsP256, "tls-p256"),
];

impl KeyKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// What it is for.
    #[must_use]
    pub const fn purpose(self) -> KeyUse {
        match self {
            Self::SigningRsa2048 | Self::SigningRsa3072 | Self::SigningP256 => KeyUse::Sign,
            Self::UnwrappingRsa2048 | Self::UnwrappingRsa3072 => KeyUse::Unwrap,
            Self::MasterDes3 | Self::MasterAes128 | Self::MasterAes256 => KeyUse::Diversify,
            Self::TlsP256 => KeyUse::Tls,
        }
    }

    /// The algorithm of a master key.
    #[must_use]
    pub const fn master_algorithm(self) -> Option<KeyAlgorithm> {
        match self {
            Self::MasterDes3 => Some(KeyAlgorithm::Des3),
            Self::MasterAes128 => Some(KeyAlgorithm::Aes128),
            Self::MasterAes256 => Some(KeyAlgorithm::Aes256),
            _ => None,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
