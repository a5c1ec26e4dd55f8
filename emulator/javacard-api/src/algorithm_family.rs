//! The families of algorithms that a chip has or does not have.

use cryptography::DigestAlgorithm;
use serde::{Deserialize, Serialize};

/// A family of algorithms: what `getInstance` and `buildKey` offer together or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AlgorithmFamily {
    /// AES: keys, ciphers, MACs.
    Aes,
    /// AES in the modes GCM and CCM.
    AesAuthenticated,
    /// Checksums of ISO 3309.
    Checksum,
    /// Key derivation functions.
    Derivation,
    /// DES and triple DES: keys, ciphers, MACs.
    Des,
    /// Diffie-Hellman over a prime field.
    DiffieHellman,
    /// DSA.
    Dsa,
    /// Elliptic curves over a prime field: keys, ECDSA, ECDH.
    EllipticCurves,
    /// HMAC.
    Hmac,
    /// MD5, also as a part of signatures.
    Md5,
    /// Keys by the name of their curve, X25519 and Ed25519 among them.
    NamedCurves,
    /// RIPEMD-160, also as a part of signatures.
    Ripemd160,
    /// RSA: keys, ciphers, signatures.
    Rsa,
    /// SHA-1, also as a part of signatures.
    Sha1,
    /// SHA-224, also as a part of signatures.
    Sha224,
    /// SHA-256, also as a part of signatures.
    Sha256,
    /// SHA-3 of all lengths.
    Sha3,
    /// SHA-384, also as a part of signatures.
    Sha384,
    /// SHA-512, also as a part of signatures.
    Sha512,
}

impl From<DigestAlgorithm> for AlgorithmFamily {
    fn from(digest: DigestAlgorithm) -> Self {
        match digest {
            DigestAlgorithm::Sha1 => Self::Sha1,
            DigestAlgorithm::Md5 => Self::Md5,
            DigestAlgorithm::Ripemd160 => Self::Ripemd160,
            DigestAlgorithm::Sha224 => Self::Sha224,
            DigestAlgorithm::Sha256 => Self::Sha256,
            DigestAlgorithm::Sha384 => Self::Sha384,
            DigestAlgorithm::Sha512 => Self::Sha512,
            DigestAlgorithm::Sha3_224
            | DigestAlgorithm::Sha3_256
            | DigestAlgorithm::Sha3_384
            | DigestAlgorithm::Sha3_512 => Self::Sha3,
        }
    }
}
