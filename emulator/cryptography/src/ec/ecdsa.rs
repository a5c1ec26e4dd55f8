//! ECDSA [SEC 1 §4.1].

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::key::{EcPrivateKey, EcPublicKey, random_scalar};
use crate::{CryptoError, number::leftmost_bits, pair, signature::EcdsaEncoding};

/// Nonces that are tried before a curve is taken for none.
const ATTEMPTS: usize = 16;

impl EcPrivateKey {
    /// Signs a digest [SEC 1 §4.1.3].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the curve's numbers are no curve's.
    pub fn sign(
        &self,
        rng: &mut dyn CryptoRng,
        digest: &[u8],
        encoding: EcdsaEncoding,
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let digest = leftmost_bits(digest, self.curve().operations().order_bits());
        for _ in 0..ATTEMPTS {
            let nonce = random_scalar(rng, self.curve())?;
            if let Some([r, s]) = self.curve().operations().sign(self.scalar(), &digest, &nonce) {
                return Ok(Zeroizing::new(match encoding {
                    EcdsaEncoding::Plain => [&r[..], &s].concat(),
                    EcdsaEncoding::Der => pair::encode(&r, &s),
                }));
            }
        }
        Err(CryptoError::IllegalValue)
    }
}

impl EcPublicKey {
    /// Whether the signature is that of a digest [SEC 1 §4.1.4].
    #[must_use]
    pub fn verify(&self, digest: &[u8], signature: &[u8], encoding: EcdsaEncoding) -> bool {
        let length = self.curve().order_length();
        let numbers = match encoding {
            EcdsaEncoding::Plain if signature.len() == 2 * length => {
                signature.split_at_checked(length)
            }
            EcdsaEncoding::Plain => None,
            EcdsaEncoding::Der => pair::decode(signature),
        };
        let digest = leftmost_bits(digest, self.curve().operations().order_bits());
        numbers
            .and_then(|(r, s)| self.curve().operations().verify(self.point(), &digest, [r, s]))
            .unwrap_or(false)
    }
}
