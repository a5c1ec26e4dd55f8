//! The algorithms of tokens, receipts and load file signatures [GPCS 2.3.1 §B, §C.1].

use cryptography::{
    DigestAlgorithm, SignatureAlgorithm,
    cipher::Padding,
    signature::{EcdsaEncoding, MacScheme, RsaSignatureScheme},
};

use super::LoadFileHash;

const fn rsa(digest: DigestAlgorithm, scheme: RsaSignatureScheme) -> SignatureAlgorithm {
    SignatureAlgorithm::Rsa { digest: Some(digest), scheme }
}

const fn ecdsa(digest: DigestAlgorithm) -> SignatureAlgorithm {
    SignatureAlgorithm::Ecdsa { digest: Some(digest), encoding: EcdsaEncoding::Plain }
}

const RETAIL_MAC: SignatureAlgorithm = SignatureAlgorithm::Mac {
    scheme: MacScheme::Retail,
    aes: false,
    padding: Padding::Iso9797M2,
    length: 8,
};

const CMAC: SignatureAlgorithm = SignatureAlgorithm::Mac {
    scheme: MacScheme::Cmac,
    aes: true,
    padding: Padding::None,
    length: 16,
};

/// Declares the algorithms: name, bit in the card capability information, how it signs, weakest hash of a load file that it may sign.
macro_rules! algorithms {
    ($($(#[$doc:meta])* $name:ident = $capability:literal, $signature:expr, $hash:ident;)*) => {
        /// An algorithm of tokens, receipts and load file signatures.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuthorityAlgorithm {
            $($(#[$doc])* $name,)*
        }

        impl AuthorityAlgorithm {
            /// Every algorithm.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its bit in the objects 85, 86 and 87 of the card capability information, the first byte highest [GPCS 2.3.1 §H.4].
            #[must_use]
            pub const fn capability(self) -> u16 {
                match self { $(Self::$name => $capability,)* }
            }

            /// How it signs.
            #[must_use]
            pub const fn signature(self) -> SignatureAlgorithm {
                match self { $(Self::$name => $signature,)* }
            }

            /// The weakest hash of a load file data block that may be used with it [GPCS 2.3.1 §C.2, table C-3].
            #[must_use]
            pub const fn weakest_hash(self) -> LoadFileHash {
                match self { $(Self::$name => LoadFileHash::$hash,)* }
            }
        }
    };
}

algorithms! {
    /// RSA of 1024 bits, PKCS#1 v1.5 and SHA-1 [GPCS 2.3.1 §B.3.1.1].
    RsaPkcs1 = 0x0100, rsa(DigestAlgorithm::Sha1, RsaSignatureScheme::Pkcs1), Sha1;
    /// RSA of more than 1024 bits, PSS and SHA-256 with a salt of 32 bytes [GPCS 2.3.1 §B.3.2.1].
    RsaPss = 0x0200, rsa(DigestAlgorithm::Sha256, RsaSignatureScheme::Pss), Sha256;
    /// Single DES and a final triple DES [GPCS 2.3.1 §B.1.2.2].
    RetailMac = 0x0400, RETAIL_MAC, Sha1;
    /// CMAC with AES of 128 bits [GPCS 2.3.1 §B.2.2].
    Cmac128 = 0x0800, CMAC, Sha256;
    /// CMAC with AES of 192 bits.
    Cmac192 = 0x1000, CMAC, Sha384;
    /// CMAC with AES of 256 bits.
    Cmac256 = 0x2000, CMAC, Sha512;
    /// ECDSA with a curve of 256 to 383 bits and SHA-256, both numbers plain [GPCS 2.3.1 §B.4.3].
    Ecdsa256 = 0x4000, ecdsa(DigestAlgorithm::Sha256), Sha256;
    /// ECDSA with a curve of 384 to 511 bits and SHA-384.
    Ecdsa384 = 0x8000, ecdsa(DigestAlgorithm::Sha384), Sha384;
    /// ECDSA with a curve of 512 bits and SHA-512.
    Ecdsa512 = 0x0001, ecdsa(DigestAlgorithm::Sha512), Sha512;
    /// ECDSA with a curve of more than 512 bits and SHA-512.
    Ecdsa521 = 0x0002, ecdsa(DigestAlgorithm::Sha512), Sha512;
}

impl AuthorityAlgorithm {
    /// The algorithm of an RSA key, by the length of its modulus in bits; none of a key shorter than 1024 bits.
    pub(super) const fn of_rsa(bits: usize) -> Option<Self> {
        match bits {
            ..1024 => None,
            1024 => Some(Self::RsaPkcs1),
            _ => Some(Self::RsaPss),
        }
    }

    /// The algorithm of a curve, by the length of its order in bytes; none of an order shorter than 256 bits.
    pub(super) const fn of_curve(order_length: usize) -> Option<Self> {
        match order_length {
            ..32 => None,
            32..48 => Some(Self::Ecdsa256),
            48..64 => Some(Self::Ecdsa384),
            64 => Some(Self::Ecdsa512),
            _ => Some(Self::Ecdsa521),
        }
    }

    /// The algorithm of an AES key, by its length in bytes.
    pub(super) const fn of_aes(length: usize) -> Option<Self> {
        match length {
            16 => Some(Self::Cmac128),
            24 => Some(Self::Cmac192),
            32 => Some(Self::Cmac256),
            _ => None,
        }
    }
}
