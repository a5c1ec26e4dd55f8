//! The message digests, and what the Java Card API calls them.

/// A hash function [JCAPI 3.1 javacard.security.MessageDigest].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DigestAlgorithm {
    /// SHA-1 [FIPS 180-4 §6.1], `ALG_SHA`.
    Sha1 = 1,
    /// MD5 [RFC 1321], `ALG_MD5`.
    Md5 = 2,
    /// RIPEMD-160 [ISO/IEC 10118-3 §7], `ALG_RIPEMD160`.
    Ripemd160 = 3,
    /// SHA-256 [FIPS 180-4 §6.2], `ALG_SHA_256`.
    Sha256 = 4,
    /// SHA-384 [FIPS 180-4 §6.5], `ALG_SHA_384`.
    Sha384 = 5,
    /// SHA-512 [FIPS 180-4 §6.4], `ALG_SHA_512`.
    Sha512 = 6,
    /// SHA-224 [FIPS 180-4 §6.3], `ALG_SHA_224`.
    Sha224 = 7,
    /// SHA3-224 [FIPS 202 §6.1], `ALG_SHA3_224`.
    Sha3_224 = 8,
    /// SHA3-256 [FIPS 202 §6.1], `ALG_SHA3_256`.
    Sha3_256 = 9,
    /// SHA3-384 [FIPS 202 §6.1], `ALG_SHA3_384`.
    Sha3_384 = 10,
    /// SHA3-512 [FIPS 202 §6.1], `ALG_SHA3_512`.
    Sha3_512 = 11,
}

/// `MessageDigest.ALG_NULL`: a signature without a digest of its own.
pub const ALG_NULL: u8 = 0;

impl DigestAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 11] = [
        Self::Sha1,
        Self::Md5,
        Self::Ripemd160,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha224,
        Self::Sha3_224,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
    ];

    /// The algorithm of `MessageDigest.ALG_*`.
    #[must_use]
    pub fn from_constant(constant: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.constant() == constant)
    }

    /// Its `MessageDigest.ALG_*`.
    #[must_use]
    pub const fn constant(self) -> u8 {
        self as u8
    }

    /// Length of the digest, in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 | Self::Ripemd160 => 20,
            Self::Sha224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// Length of the block that the function takes at a time, in bytes.
    #[must_use]
    pub const fn block_length(self) -> usize {
        match self {
            Self::Sha384 | Self::Sha512 => 128,
            Self::Sha3_224 => 144,
            Self::Sha3_256 => 136,
            Self::Sha3_384 => 104,
            Self::Sha3_512 => 72,
            Self::Md5 | Self::Sha1 | Self::Ripemd160 | Self::Sha224 | Self::Sha256 => 64,
        }
    }

    /// Length of the chaining value between blocks, in bytes; `None` where a digest cannot be resumed from it.
    #[must_use]
    pub const fn chaining_length(self) -> Option<usize> {
        match self {
            Self::Md5 => Some(16),
            Self::Sha1 | Self::Ripemd160 => Some(20),
            Self::Sha224 | Self::Sha256 => Some(32),
            Self::Sha384 | Self::Sha512 => Some(64),
            Self::Sha3_224 | Self::Sha3_256 | Self::Sha3_384 | Self::Sha3_512 => None,
        }
    }
}
