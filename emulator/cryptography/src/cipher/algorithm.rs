//! The ciphers, and what the Java Card API calls them.

use crate::DigestAlgorithm;

/// `Cipher.MODE_DECRYPT` and `Cipher.MODE_ENCRYPT` [JCAPI 3.0.5 javacardx.crypto.Cipher].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Direction {
    /// `MODE_DECRYPT`.
    Decrypt = 1,
    /// `MODE_ENCRYPT`.
    Encrypt = 2,
}

impl Direction {
    /// The direction of `Cipher.MODE_*`.
    #[must_use]
    pub const fn from_constant(constant: u8) -> Option<Self> {
        match constant {
            1 => Some(Self::Decrypt),
            2 => Some(Self::Encrypt),
            _ => None,
        }
    }
}

/// A block cipher, by its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockCipher {
    /// DES and triple DES, with blocks of 8 bytes [NIST SP 800-67].
    Des,
    /// AES, with blocks of 16 bytes [FIPS 197].
    Aes,
}

impl BlockCipher {
    /// Length of a block, in bytes.
    #[must_use]
    pub const fn block_length(self) -> usize {
        match self {
            Self::Des => crate::key::DES_BLOCK_LENGTH,
            Self::Aes => crate::key::AES_BLOCK_LENGTH,
        }
    }
}

/// A mode of operation [NIST SP 800-38A §6], [NIST SP 800-38E].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Electronic codebook.
    Ecb,
    /// Cipher block chaining.
    Cbc,
    /// Counter, big-endian over the whole block.
    Ctr,
    /// Cipher feedback, of a whole block.
    Cfb,
    /// XEX with ciphertext stealing: two AES keys, the tweak as initial vector.
    Xts,
}

/// How a message is brought to whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Padding {
    /// The message is as long as it has to be, `PAD_NOPAD`.
    None = 1,
    /// Zeros as far as needed, `PAD_ISO9797_M1` [ISO/IEC 9797-1 §6.3.2]; not removed on decryption.
    Iso9797M1 = 2,
    /// A one bit and zeros, `PAD_ISO9797_M2` [ISO/IEC 9797-1 §6.3.3].
    Iso9797M2 = 3,
    /// As many bytes as are added, each of that value, `PAD_PKCS5` [RFC 8018 §6.1.1], [RFC 5652 §6.3].
    Pkcs5 = 6,
}

/// How a message becomes a number of RSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RsaPadding {
    /// It is one: as long as the modulus, and smaller, `PAD_NOPAD`.
    None,
    /// Block types 1 (private key) and 2 (public key), `PAD_PKCS1` [RFC 8017 §7.2], [RFC 2313 §8.1].
    Pkcs1,
    /// OAEP with an empty label, the digest in the mask generation function too, `PAD_PKCS1_OAEP*` [RFC 8017 §7.1].
    Oaep(DigestAlgorithm),
}

/// An algorithm of [`Cipher`](crate::Cipher).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CipherAlgorithm {
    /// A block cipher in a mode of operation.
    Block {
        /// The block cipher.
        cipher: BlockCipher,
        /// The mode of operation.
        mode: Mode,
        /// The padding, none in the modes that need none.
        padding: Padding,
    },
    /// RSA.
    Rsa(RsaPadding),
}

use BlockCipher::{Aes, Des};
use Mode::{Cbc, Cfb, Ctr, Ecb, Xts};

/// `Cipher.CIPHER_*`.
mod cipher {
    pub(super) const AES_CBC: u8 = 1;
    pub(super) const AES_ECB: u8 = 2;
    pub(super) const DES_CBC: u8 = 3;
    pub(super) const DES_ECB: u8 = 4;
    pub(super) const RSA: u8 = 7;
    pub(super) const AES_CTR: u8 = 8;
    pub(super) const AES_CFB: u8 = 9;
    pub(super) const AES_XTS: u8 = 10;
}

const PAD_NOPAD: u8 = 1;
const PAD_PKCS1: u8 = 7;

/// `Cipher.PAD_PKCS1_OAEP*`, with the digests that they stand for.
const OAEP: [(u8, DigestAlgorithm); 9] = [
    (9, DigestAlgorithm::Sha1),
    (13, DigestAlgorithm::Sha224),
    (14, DigestAlgorithm::Sha256),
    (15, DigestAlgorithm::Sha384),
    (16, DigestAlgorithm::Sha512),
    (17, DigestAlgorithm::Sha3_224),
    (18, DigestAlgorithm::Sha3_256),
    (19, DigestAlgorithm::Sha3_384),
    (20, DigestAlgorithm::Sha3_512),
];

const fn block(cipher: BlockCipher, mode: Mode, padding: Padding) -> CipherAlgorithm {
    CipherAlgorithm::Block { cipher, mode, padding }
}

/// `Cipher.ALG_*`. Those of blocks of 192 and 256 bits are not there: they are Rijndael, not AES, and no card has them.
const CONSTANTS: [(u8, CipherAlgorithm); 22] = [
    (1, block(Des, Cbc, Padding::None)),
    (2, block(Des, Cbc, Padding::Iso9797M1)),
    (3, block(Des, Cbc, Padding::Iso9797M2)),
    (4, block(Des, Cbc, Padding::Pkcs5)),
    (5, block(Des, Ecb, Padding::None)),
    (6, block(Des, Ecb, Padding::Iso9797M1)),
    (7, block(Des, Ecb, Padding::Iso9797M2)),
    (8, block(Des, Ecb, Padding::Pkcs5)),
    (10, CipherAlgorithm::Rsa(RsaPadding::Pkcs1)),
    (12, CipherAlgorithm::Rsa(RsaPadding::None)),
    (13, block(Aes, Cbc, Padding::None)),
    (14, block(Aes, Ecb, Padding::None)),
    (15, CipherAlgorithm::Rsa(RsaPadding::Oaep(DigestAlgorithm::Sha1))),
    (22, block(Aes, Cbc, Padding::Iso9797M1)),
    (23, block(Aes, Cbc, Padding::Iso9797M2)),
    (24, block(Aes, Cbc, Padding::Pkcs5)),
    (25, block(Aes, Ecb, Padding::Iso9797M1)),
    (26, block(Aes, Ecb, Padding::Iso9797M2)),
    (27, block(Aes, Ecb, Padding::Pkcs5)),
    (0xF0, block(Aes, Ctr, Padding::None)),
    (28, block(Aes, Cfb, Padding::None)),
    (29, block(Aes, Xts, Padding::None)),
];

impl Padding {
    /// The padding of `Cipher.PAD_*`.
    #[must_use]
    pub const fn from_constant(constant: u8) -> Option<Self> {
        match constant {
            1 => Some(Self::None),
            2 => Some(Self::Iso9797M1),
            3 => Some(Self::Iso9797M2),
            6 => Some(Self::Pkcs5),
            _ => None,
        }
    }
}

impl RsaPadding {
    fn from_constant(constant: u8) -> Option<Self> {
        match constant {
            PAD_NOPAD => Some(Self::None),
            PAD_PKCS1 => Some(Self::Pkcs1),
            _ => {
                let (_, digest) = OAEP.into_iter().find(|(padding, _)| *padding == constant)?;
                Some(Self::Oaep(digest))
            }
        }
    }

    fn constant(self) -> u8 {
        match self {
            Self::None => PAD_NOPAD,
            Self::Pkcs1 => PAD_PKCS1,
            Self::Oaep(digest) => {
                OAEP.iter().find(|(_, known)| *known == digest).map_or(0, |(padding, _)| *padding)
            }
        }
    }
}

impl CipherAlgorithm {
    /// The algorithm of `Cipher.ALG_*`.
    #[must_use]
    pub fn from_constant(constant: u8) -> Option<Self> {
        CONSTANTS.iter().find(|(known, _)| *known == constant).map(|(_, algorithm)| *algorithm)
    }

    /// The algorithm of `Cipher.CIPHER_*` and `Cipher.PAD_*`.
    #[must_use]
    pub fn from_parts(cipher: u8, padding: u8) -> Option<Self> {
        let padded = |cipher, mode| Some(block(cipher, mode, Padding::from_constant(padding)?));
        let unpadded = |mode| (padding == PAD_NOPAD).then(|| block(Aes, mode, Padding::None));
        match cipher {
            cipher::AES_CBC => padded(Aes, Cbc),
            cipher::AES_ECB => padded(Aes, Ecb),
            cipher::DES_CBC => padded(Des, Cbc),
            cipher::DES_ECB => padded(Des, Ecb),
            cipher::RSA => RsaPadding::from_constant(padding).map(Self::Rsa),
            cipher::AES_CTR => unpadded(Ctr),
            cipher::AES_CFB => unpadded(Cfb),
            cipher::AES_XTS => unpadded(Xts),
            _ => None,
        }
    }

    /// Its `Cipher.ALG_*`, zero where it has none.
    #[must_use]
    pub fn constant(self) -> u8 {
        CONSTANTS.iter().find(|(_, known)| *known == self).map_or(0, |(constant, _)| *constant)
    }

    /// Its `Cipher.CIPHER_*`.
    #[must_use]
    pub const fn cipher_constant(self) -> u8 {
        match self {
            Self::Block { cipher: Des, mode: Cbc, .. } => cipher::DES_CBC,
            Self::Block { cipher: Des, .. } => cipher::DES_ECB,
            Self::Block { mode: Cbc, .. } => cipher::AES_CBC,
            Self::Block { mode: Ecb, .. } => cipher::AES_ECB,
            Self::Block { mode: Ctr, .. } => cipher::AES_CTR,
            Self::Block { mode: Cfb, .. } => cipher::AES_CFB,
            Self::Block { mode: Xts, .. } => cipher::AES_XTS,
            Self::Rsa(_) => cipher::RSA,
        }
    }

    /// Its `Cipher.PAD_*`.
    #[must_use]
    pub fn padding_constant(self) -> u8 {
        match self {
            Self::Block { padding, .. } => padding as u8,
            Self::Rsa(padding) => padding.constant(),
        }
    }
}
