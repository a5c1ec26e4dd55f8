//! Key derivation functions of `javacardx.security.derivation`.
//!
//! Each gives the whole of its output, of the length asked for; who hands it out in pieces keeps it.

mod functions;
mod iterated;

use crate::{
    BlockKey, CryptoError, DigestAlgorithm, Key,
    cipher::Padding,
    mac::{BlockMac, Hmac},
    signature::{MacScheme, SignatureAlgorithm},
};
use zeroize::Zeroizing;

pub use self::{
    functions::{ansi_x963, hkdf, hkdf_expand_label, icao_mrtd, ieee1363, tls11, tls12},
    iterated::{Iteration, IterationMode},
};

/// Longest output of any function, in bytes: what a Java Card array holds.
pub const OUTPUT_LENGTH_MAX: usize = 0x7FFF;

/// A pseudorandom function with its key [NIST SP 800-108 §3].
#[derive(Clone)]
pub enum Prf {
    /// HMAC with a digest, and the key.
    Hmac(DigestAlgorithm, Zeroizing<Vec<u8>>),
    /// CMAC with AES or triple DES.
    Cmac(BlockKey),
}

impl Prf {
    /// The function of a `Signature.ALG_*` (HMAC or CMAC) with a key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::NoSuchAlgorithm`] for another signature; [`CryptoError::IllegalValue`] for a key that does not suit it.
    pub fn from_constant(constant: u8, key: Key) -> Result<Self, CryptoError> {
        match (SignatureAlgorithm::from_constant(constant), key) {
            (Some(SignatureAlgorithm::Hmac(digest)), Key::Secret(key)) => {
                Ok(Self::Hmac(digest, key))
            }
            (Some(SignatureAlgorithm::Mac { scheme: MacScheme::Cmac, .. }), Key::Block(key)) => {
                Ok(Self::Cmac(key))
            }
            (Some(SignatureAlgorithm::Mac { scheme: MacScheme::Cmac, .. }), Key::Secret(key)) => {
                BlockKey::aes(&key).map(Self::Cmac)
            }
            (
                Some(
                    SignatureAlgorithm::Hmac(_)
                    | SignatureAlgorithm::Mac { scheme: MacScheme::Cmac, .. },
                ),
                _,
            ) => Err(CryptoError::IllegalValue),
            _ => Err(CryptoError::NoSuchAlgorithm),
        }
    }

    /// Length of the function's output, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        match self {
            Self::Hmac(digest, _) => digest.length(),
            Self::Cmac(key) => key.block_length(),
        }
    }

    /// The function of the pieces of a message.
    fn apply(&self, pieces: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        match self {
            Self::Hmac(digest, key) => Ok(Hmac::mac(*digest, key, pieces)),
            Self::Cmac(key) => {
                let mut mac = BlockMac::new(key.clone(), MacScheme::Cmac, Padding::None, &[])?;
                for piece in pieces {
                    mac.update(piece);
                }
                mac.finish()
            }
        }
    }
}
