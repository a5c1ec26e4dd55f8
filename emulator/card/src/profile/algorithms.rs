//! What the card's chip computes.

use javacard_api::AlgorithmFamily;
use serde::{Deserialize, Serialize};

use super::ProfileError;

/// Longest RSA key of the virtual machine, in bits.
const RSA_BITS_MAX: u16 = 4096;
/// Shortest RSA key of the virtual machine, in bits.
const RSA_BITS_MIN: u16 = 512;
/// Longest curve of the virtual machine, in bits.
const CURVE_BITS_MAX: u16 = 521;
/// Shortest curve of the virtual machine, in bits.
const CURVE_BITS_MIN: u16 = 112;

/// The algorithms that applets find, out of those that the virtual machine has. What is left out is refused with
/// `CryptoException.NO_SUCH_ALGORITHM`, as on a chip without it. The card's own secure channel does not depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Algorithms {
    /// Families that the card does not have: `aes`, `aes-authenticated` (GCM and CCM), `checksum`, `derivation`, `des`,
    /// `diffie-hellman`, `dsa`, `elliptic-curves`, `hmac`, `md5`, `named-curves` (X25519, Ed25519 and keys by curve name), `ripemd160`,
    /// `rsa`, `sha1`, `sha224`, `sha256`, `sha384`, `sha512`, `sha3`.
    pub without: Vec<AlgorithmFamily>,
    /// Longest RSA key, in bits.
    pub rsa_bits_max: u16,
    /// Longest field of an elliptic curve, in bits.
    pub curve_bits_max: u16,
}

impl Default for Algorithms {
    /// All of them.
    fn default() -> Self {
        Self { without: Vec::new(), rsa_bits_max: RSA_BITS_MAX, curve_bits_max: CURVE_BITS_MAX }
    }
}

impl Algorithms {
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        ProfileError::unless(
            (RSA_BITS_MIN..=RSA_BITS_MAX).contains(&self.rsa_bits_max),
            "personality.java_card.algorithms.rsa_bits_max",
            "512 to 4096 bits",
        )?;
        ProfileError::unless(
            (CURVE_BITS_MIN..=CURVE_BITS_MAX).contains(&self.curve_bits_max),
            "personality.java_card.algorithms.curve_bits_max",
            "112 to 521 bits",
        )
    }

    /// Whether the card has a family, for keys of this many bits where that matters (otherwise 0).
    pub(crate) fn offers(&self, family: AlgorithmFamily, bits: usize) -> bool {
        let longest = match family {
            AlgorithmFamily::Rsa => self.rsa_bits_max,
            AlgorithmFamily::EllipticCurves | AlgorithmFamily::NamedCurves => self.curve_bits_max,
            _ => u16::MAX,
        };
        bits <= usize::from(longest) && !self.without.contains(&family)
    }
}
