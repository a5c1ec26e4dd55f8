//! Key agreement of `javacard.security.KeyAgreement`.

use zeroize::Zeroizing;

use crate::{CryptoError, DigestAlgorithm, Key, MessageDigest};

/// An algorithm of key agreement [JCAPI 3.1 javacard.security.KeyAgreement].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AgreementAlgorithm {
    /// ECSVDP-DH, the SHA-1 digest of x, `ALG_EC_SVDP_DH_KDF` [IEEE 1363 §7.2.1].
    EcDhKdf = 1,
    /// ECSVDP-DHC, the SHA-1 digest of x, `ALG_EC_SVDP_DHC_KDF` [IEEE 1363 §7.2.2].
    EcDhcKdf = 2,
    /// ECSVDP-DH, x, `ALG_EC_SVDP_DH_PLAIN`.
    EcDhPlain = 3,
    /// ECSVDP-DHC, x, `ALG_EC_SVDP_DHC_PLAIN`.
    EcDhcPlain = 4,
    /// The generator of PACE's generic mapping, `ALG_EC_PACE_GM` [ICAO 9303-11 §4.4.3.3.1]: the private scalar times the curve's
    /// generator, plus the point given, as an uncompressed point.
    EcPaceGm = 5,
    /// ECSVDP-DH, the uncompressed point, `ALG_EC_SVDP_DH_PLAIN_XY`.
    EcDhPlainXy = 6,
    /// Diffie-Hellman, as long as the prime, `ALG_DH_PLAIN` [RFC 2631 §2.1.1].
    DhPlain = 7,
    /// X25519, `ALG_XDH` [RFC 7748 §5].
    Xdh = 8,
}

impl AgreementAlgorithm {
    /// The algorithm of `KeyAgreement.ALG_*`.
    #[must_use]
    pub const fn from_constant(constant: u8) -> Option<Self> {
        match constant {
            1 => Some(Self::EcDhKdf),
            2 => Some(Self::EcDhcKdf),
            3 => Some(Self::EcDhPlain),
            4 => Some(Self::EcDhcPlain),
            5 => Some(Self::EcPaceGm),
            6 => Some(Self::EcDhPlainXy),
            7 => Some(Self::DhPlain),
            8 => Some(Self::Xdh),
            _ => None,
        }
    }

    /// Its `KeyAgreement.ALG_*`.
    #[must_use]
    pub const fn constant(self) -> u8 {
        self as u8
    }

    /// The secret that the private key and the other party's public data give.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the key is of another kind, the public data are no point of its curve, or the result is the
    /// point at infinity.
    pub fn agree(self, key: &Key, public: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let key = match (self, key) {
            (Self::Xdh, Key::XecPrivate(key)) => return key.agree(public),
            (Self::DhPlain, Key::FieldPrivate(key)) => return key.agree(public),
            (Self::Xdh | Self::DhPlain, _) => return Err(CryptoError::IllegalValue),
            (_, Key::EcPrivate(key)) => key,
            _ => return Err(CryptoError::IllegalValue),
        };
        let x = |cofactor| {
            let point = key.agree(public, cofactor)?;
            let x = point.get(1..=key.curve().field_length()).unwrap_or_default();
            Ok(Zeroizing::new(x.to_vec()))
        };
        match self {
            Self::EcDhKdf => Ok(derived(&x(false)?)),
            Self::EcDhcKdf => Ok(derived(&x(true)?)),
            Self::EcDhPlain => x(false),
            Self::EcDhcPlain => x(true),
            Self::EcDhPlainXy => key.agree(public, false),
            Self::EcPaceGm => key.map(public),
            Self::Xdh | Self::DhPlain => Err(CryptoError::IllegalValue),
        }
    }
}

/// KDF1 with SHA-1 and no parameters [IEEE 1363 §13.1].
fn derived(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    MessageDigest::digest(DigestAlgorithm::Sha1, secret)
}
