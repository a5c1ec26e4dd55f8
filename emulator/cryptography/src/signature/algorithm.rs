//! The signatures and MACs, and what the Java Card API calls them.

use crate::{DigestAlgorithm, cipher::Padding, digest::ALG_NULL};

/// `Signature.MODE_SIGN` and `Signature.MODE_VERIFY` [JCAPI 3.0.5 javacard.security.Signature].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// `MODE_SIGN`.
    Sign = 1,
    /// `MODE_VERIFY`.
    Verify = 2,
}

impl Purpose {
    /// The purpose of `Signature.MODE_*`.
    #[must_use]
    pub const fn from_constant(constant: u8) -> Option<Self> {
        match constant {
            1 => Some(Self::Sign),
            2 => Some(Self::Verify),
            _ => None,
        }
    }
}

/// How the blocks of a message become a MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacScheme {
    /// CBC-MAC, all blocks with the whole key [ISO/IEC 9797-1 §7.2].
    Cbc,
    /// Retail MAC: DES, the last block with both keys [ISO/IEC 9797-1 §7.4].
    Retail,
    /// CMAC, which pads by itself [NIST SP 800-38B §6].
    Cmac,
}

/// How a digest becomes a number of RSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RsaSignatureScheme {
    /// PKCS#1 v1.5 with the digest's identifier; without a digest, the message is what is padded [RFC 8017 §8.2].
    Pkcs1,
    /// PKCS#1 v1.5 around the bare digest, as IKE does [RFC 2409 §5.1].
    Rfc2409,
    /// ISO 9796-2, scheme 1: the block holds the start of the message too [ISO/IEC 9796-2 §8].
    Iso9796,
    /// PSS: the digest in the mask generation function too, its length the salt's where no other is given [RFC 8017 §8.1].
    Pss,
}

/// How the two numbers of an ECDSA signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EcdsaEncoding {
    /// As an ASN.1 sequence [SEC 1 §C.5].
    Der,
    /// One after the other, each as long as the order [BSI TR-03111 §5.2.1].
    Plain,
}

/// An algorithm of [`Signature`](crate::Signature).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// A MAC of a block cipher.
    Mac {
        /// How blocks become a MAC.
        scheme: MacScheme,
        /// Whether the cipher is AES; else it is DES or triple DES.
        aes: bool,
        /// How the message is brought to whole blocks; none for CMAC.
        padding: Padding,
        /// Length of the MAC, in bytes.
        length: u8,
    },
    /// HMAC [RFC 2104 §2].
    Hmac(DigestAlgorithm),
    /// RSA with a digest, or over what is given.
    Rsa {
        /// The digest, none where the message is signed as it is.
        digest: Option<DigestAlgorithm>,
        /// How it is padded.
        scheme: RsaSignatureScheme,
    },
    /// ECDSA with a digest, or over what is given [SEC 1 §4.1].
    Ecdsa {
        /// The digest, none where the message is the digest.
        digest: Option<DigestAlgorithm>,
        /// How the signature is written.
        encoding: EcdsaEncoding,
    },
    /// DSA with a digest, or over what is given; the signature is an ASN.1 sequence [FIPS 186-4 §4].
    Dsa(Option<DigestAlgorithm>),
    /// Ed25519 [RFC 8032 §5.1].
    Ed25519 {
        /// Whether the message is hashed first: Ed25519ph.
        prehashed: bool,
    },
}

/// `Signature.SIG_CIPHER_*`.
mod cipher {
    pub(super) const DES_MAC4: u8 = 1;
    pub(super) const DES_MAC8: u8 = 2;
    pub(super) const RSA: u8 = 3;
    pub(super) const DSA: u8 = 4;
    pub(super) const ECDSA: u8 = 5;
    pub(super) const AES_MAC128: u8 = 6;
    pub(super) const HMAC: u8 = 7;
    pub(super) const ECDSA_PLAIN: u8 = 9;
    pub(super) const AES_CMAC128: u8 = 10;
    pub(super) const EDDSA: u8 = 13;
    pub(super) const EDDSA_PH: u8 = 14;
    pub(super) const ED25519: u8 = 15;
    pub(super) const ED25519_PH: u8 = 17;
}

/// `Cipher.PAD_*` of signatures.
mod pad {
    pub(super) const NULL: u8 = 0;
    pub(super) const NOPAD: u8 = 1;
    pub(super) const ISO9797_1_M1_ALG3: u8 = 4;
    pub(super) const ISO9797_1_M2_ALG3: u8 = 5;
    pub(super) const PKCS1: u8 = 7;
    pub(super) const PKCS1_PSS: u8 = 8;
    pub(super) const ISO9796: u8 = 10;
    pub(super) const RFC2409: u8 = 12;
}

use DigestAlgorithm::{Md5, Ripemd160, Sha1, Sha224, Sha256, Sha384, Sha512};
use MacScheme::{Cbc, Retail};
use RsaSignatureScheme::{Iso9796, Pkcs1, Pss, Rfc2409};

const fn des(scheme: MacScheme, padding: Padding, length: u8) -> SignatureAlgorithm {
    SignatureAlgorithm::Mac { scheme, aes: false, padding, length }
}

const fn aes(scheme: MacScheme) -> SignatureAlgorithm {
    SignatureAlgorithm::Mac { scheme, aes: true, padding: Padding::None, length: 16 }
}

const fn rsa(digest: DigestAlgorithm, scheme: RsaSignatureScheme) -> SignatureAlgorithm {
    SignatureAlgorithm::Rsa { digest: Some(digest), scheme }
}

const fn ecdsa(digest: DigestAlgorithm) -> SignatureAlgorithm {
    SignatureAlgorithm::Ecdsa { digest: Some(digest), encoding: EcdsaEncoding::Der }
}

/// `Signature.ALG_*`. MACs of 192 and 256 bits are not there: they are Rijndael's, not AES's, and no card has them.
const CONSTANTS: [(u8, SignatureAlgorithm); 44] = [
    (1, des(Cbc, Padding::None, 4)),
    (2, des(Cbc, Padding::None, 8)),
    (3, des(Cbc, Padding::Iso9797M1, 4)),
    (4, des(Cbc, Padding::Iso9797M1, 8)),
    (5, des(Cbc, Padding::Iso9797M2, 4)),
    (6, des(Cbc, Padding::Iso9797M2, 8)),
    (7, des(Cbc, Padding::Pkcs5, 4)),
    (8, des(Cbc, Padding::Pkcs5, 8)),
    (9, rsa(Sha1, Iso9796)),
    (10, rsa(Sha1, Pkcs1)),
    (11, rsa(Md5, Pkcs1)),
    (12, rsa(Ripemd160, Iso9796)),
    (13, rsa(Ripemd160, Pkcs1)),
    (14, SignatureAlgorithm::Dsa(Some(Sha1))),
    (15, rsa(Sha1, Rfc2409)),
    (16, rsa(Md5, Rfc2409)),
    (17, ecdsa(Sha1)),
    (18, aes(Cbc)),
    (19, des(Retail, Padding::Iso9797M2, 4)),
    (20, des(Retail, Padding::Iso9797M2, 8)),
    (21, rsa(Sha1, Pss)),
    (22, rsa(Md5, Pss)),
    (23, rsa(Ripemd160, Pss)),
    (24, SignatureAlgorithm::Hmac(Sha1)),
    (25, SignatureAlgorithm::Hmac(Sha256)),
    (26, SignatureAlgorithm::Hmac(Sha384)),
    (27, SignatureAlgorithm::Hmac(Sha512)),
    (28, SignatureAlgorithm::Hmac(Md5)),
    (29, SignatureAlgorithm::Hmac(Ripemd160)),
    (33, ecdsa(Sha256)),
    (34, ecdsa(Sha384)),
    (37, ecdsa(Sha224)),
    (38, ecdsa(Sha512)),
    (39, rsa(Sha224, Pkcs1)),
    (40, rsa(Sha256, Pkcs1)),
    (41, rsa(Sha384, Pkcs1)),
    (42, rsa(Sha512, Pkcs1)),
    (43, rsa(Sha224, Pss)),
    (44, rsa(Sha256, Pss)),
    (45, rsa(Sha384, Pss)),
    (46, rsa(Sha512, Pss)),
    (47, des(Retail, Padding::Iso9797M1, 4)),
    (48, des(Retail, Padding::Iso9797M1, 8)),
    (49, aes(MacScheme::Cmac)),
];

impl SignatureAlgorithm {
    /// The algorithm of `Signature.ALG_*`.
    #[must_use]
    pub fn from_constant(constant: u8) -> Option<Self> {
        CONSTANTS.iter().find(|(known, _)| *known == constant).map(|(_, algorithm)| *algorithm)
    }

    /// The algorithm of `MessageDigest.ALG_*`, `Signature.SIG_CIPHER_*` and `Cipher.PAD_*`.
    #[must_use]
    pub fn from_parts(digest: u8, cipher: u8, padding: u8) -> Option<Self> {
        let of = DigestAlgorithm::from_constant(digest);
        let digest = if digest == ALG_NULL { None } else { Some(of?) };
        match (cipher, digest) {
            (cipher::DES_MAC4, None) => Self::mac(false, padding, 4),
            (cipher::DES_MAC8, None) => Self::mac(false, padding, 8),
            (cipher::AES_MAC128, None) => Self::mac(true, padding, 16),
            (cipher::AES_CMAC128, None) => unpadded(padding).then(|| aes(MacScheme::Cmac)),
            (cipher::HMAC, Some(digest)) => unpadded(padding).then_some(Self::Hmac(digest)),
            (cipher::RSA, digest) => Self::rsa(digest, padding),
            (cipher::DSA, digest) => unpadded(padding).then_some(Self::Dsa(digest)),
            (cipher::ECDSA, digest) => {
                unpadded(padding).then_some(Self::Ecdsa { digest, encoding: EcdsaEncoding::Der })
            }
            (cipher::ECDSA_PLAIN, digest) => {
                unpadded(padding).then_some(Self::Ecdsa { digest, encoding: EcdsaEncoding::Plain })
            }
            (cipher::EDDSA | cipher::ED25519, None | Some(Sha512)) => {
                unpadded(padding).then_some(Self::Ed25519 { prehashed: false })
            }
            (cipher::EDDSA_PH | cipher::ED25519_PH, None | Some(Sha512)) => {
                unpadded(padding).then_some(Self::Ed25519 { prehashed: true })
            }
            _ => None,
        }
    }

    fn mac(aes: bool, padding: u8, length: u8) -> Option<Self> {
        let (scheme, padding) = match padding {
            pad::ISO9797_1_M1_ALG3 => (Retail, Padding::Iso9797M1),
            pad::ISO9797_1_M2_ALG3 => (Retail, Padding::Iso9797M2),
            _ => (Cbc, Padding::from_constant(padding)?),
        };
        (scheme == Cbc || !aes).then_some(Self::Mac { scheme, aes, padding, length })
    }

    fn rsa(digest: Option<DigestAlgorithm>, padding: u8) -> Option<Self> {
        let scheme = match padding {
            pad::PKCS1 => Pkcs1,
            pad::PKCS1_PSS => Pss,
            pad::RFC2409 => Rfc2409,
            pad::ISO9796 => Iso9796,
            _ => return None,
        };
        let suits = match scheme {
            Pkcs1 => true,
            Pss | Rfc2409 => digest.is_some(),
            // The trailer of one byte does not tell digests apart: it stands for one of 20 bytes.
            Iso9796 => matches!(digest, Some(Sha1 | Ripemd160)),
        };
        suits.then_some(Self::Rsa { digest, scheme })
    }

    /// Its `Signature.ALG_*`, zero where it has none.
    #[must_use]
    pub fn constant(self) -> u8 {
        CONSTANTS.iter().find(|(_, known)| *known == self).map_or(0, |(constant, _)| *constant)
    }

    /// Its `Signature.SIG_CIPHER_*`.
    #[must_use]
    pub const fn cipher_constant(self) -> u8 {
        match self {
            Self::Mac { scheme: MacScheme::Cmac, .. } => cipher::AES_CMAC128,
            Self::Mac { aes: true, .. } => cipher::AES_MAC128,
            Self::Mac { length: 4, .. } => cipher::DES_MAC4,
            Self::Mac { .. } => cipher::DES_MAC8,
            Self::Hmac(_) => cipher::HMAC,
            Self::Rsa { .. } => cipher::RSA,
            Self::Dsa(_) => cipher::DSA,
            Self::Ecdsa { encoding: EcdsaEncoding::Der, .. } => cipher::ECDSA,
            Self::Ecdsa { encoding: EcdsaEncoding::Plain, .. } => cipher::ECDSA_PLAIN,
            Self::Ed25519 { prehashed: false } => cipher::ED25519,
            Self::Ed25519 { prehashed: true } => cipher::ED25519_PH,
        }
    }

    /// Its `Cipher.PAD_*`.
    #[must_use]
    pub const fn padding_constant(self) -> u8 {
        match self {
            Self::Mac { scheme: Retail, padding: Padding::Iso9797M1, .. } => pad::ISO9797_1_M1_ALG3,
            Self::Mac { scheme: Retail, .. } => pad::ISO9797_1_M2_ALG3,
            Self::Mac { scheme: Cbc, padding, .. } => padding as u8,
            Self::Rsa { scheme: Pkcs1, .. } => pad::PKCS1,
            Self::Rsa { scheme: Pss, .. } => pad::PKCS1_PSS,
            Self::Rsa { scheme: Rfc2409, .. } => pad::RFC2409,
            Self::Rsa { scheme: Iso9796, .. } => pad::ISO9796,
            Self::Mac { .. }
            | Self::Hmac(_)
            | Self::Dsa(_)
            | Self::Ecdsa { .. }
            | Self::Ed25519 { .. } => pad::NULL,
        }
    }

    /// The digest that it is made with.
    #[must_use]
    pub const fn digest(self) -> Option<DigestAlgorithm> {
        match self {
            Self::Hmac(digest) => Some(digest),
            Self::Rsa { digest, .. } | Self::Ecdsa { digest, .. } | Self::Dsa(digest) => digest,
            Self::Mac { .. } | Self::Ed25519 { .. } => None,
        }
    }

    /// What the message is digested with before the key comes in; none where it is gathered whole, or goes through the key.
    pub(super) const fn message_digest(self) -> Option<DigestAlgorithm> {
        match self {
            Self::Rsa { digest, .. } | Self::Ecdsa { digest, .. } | Self::Dsa(digest) => digest,
            Self::Ed25519 { prehashed: true } => Some(Sha512),
            Self::Mac { .. } | Self::Hmac(_) | Self::Ed25519 { prehashed: false } => None,
        }
    }

    /// `MessageDigest.ALG_*` of its digest, `ALG_NULL` where it has none.
    #[must_use]
    pub fn digest_constant(self) -> u8 {
        self.digest().map_or(ALG_NULL, DigestAlgorithm::constant)
    }
}

/// Algorithms without a padding are asked for with either constant.
const fn unpadded(padding: u8) -> bool {
    matches!(padding, pad::NULL | pad::NOPAD)
}
