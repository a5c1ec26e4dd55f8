//! ECDSA [SEC 1 §4.1], and how its signatures are written.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    Curve,
    key::{EcPrivateKey, EcPublicKey, random_scalar},
};
use crate::{
    CryptoError,
    number::{fit, trim},
    signature::EcdsaEncoding,
};

/// Nonces that are tried before a curve is taken for none.
const ATTEMPTS: usize = 16;
/// ASN.1 tag of an integer.
const INTEGER: u8 = 0x02;
/// ASN.1 tag of a sequence.
const SEQUENCE: u8 = 0x30;
/// Lengths from here on have a byte before them in DER, that says that one follows.
const LONG_LENGTH: usize = 0x80;

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
        let digest = truncated(self.curve(), digest);
        for _ in 0..ATTEMPTS {
            let nonce = random_scalar(rng, self.curve())?;
            if let Some([r, s]) = self.curve().operations().sign(self.scalar(), &digest, &nonce) {
                return Ok(Zeroizing::new(match encoding {
                    EcdsaEncoding::Plain => [&r[..], &s].concat(),
                    EcdsaEncoding::Der => sequence(&r, &s),
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
            EcdsaEncoding::Der => integers(signature),
        };
        let digest = truncated(self.curve(), digest);
        numbers
            .and_then(|(r, s)| self.curve().operations().verify(self.point(), &digest, [r, s]))
            .unwrap_or(false)
    }
}

/// As many of the digest's first bits as the order has [SEC 1 §4.1.3 step 5].
fn truncated(curve: &Curve, digest: &[u8]) -> Vec<u8> {
    let (length, bits) = (curve.order_length(), curve.operations().order_bits());
    if digest.len() < length {
        return digest.to_vec();
    }
    let digest = digest.get(..length).unwrap_or_default();
    let surplus = (length * 8).saturating_sub(bits);
    let mut carry = 0_u16;
    digest
        .iter()
        .map(|byte| {
            let window = carry << 8 | u16::from(*byte);
            carry = u16::from(*byte);
            (window >> surplus).to_be_bytes()[1]
        })
        .collect()
}

fn head(tag: u8, length: usize) -> Vec<u8> {
    let short = u8::try_from(length).unwrap_or(u8::MAX);
    if length < LONG_LENGTH { vec![tag, short] } else { vec![tag, 0x81, short] }
}

fn integer(number: &[u8]) -> Vec<u8> {
    let digits = trim(number);
    let sign = usize::from(digits.first().is_none_or(|byte| *byte >= 0x80));
    let mut encoded = head(INTEGER, digits.len() + sign);
    encoded.extend_from_slice(&fit(digits, digits.len() + sign));
    encoded
}

/// `ECDSA-Sig-Value` [SEC 1 §C.5].
fn sequence(r: &[u8], s: &[u8]) -> Vec<u8> {
    let body = [integer(r), integer(s)].concat();
    [head(SEQUENCE, body.len()), body].concat()
}

/// The value of an element with a tag, and what follows it.
fn value(tag: u8, encoded: &[u8]) -> Option<(&[u8], &[u8])> {
    match encoded {
        [first, length, rest @ ..] if *first == tag && usize::from(*length) < LONG_LENGTH => {
            rest.split_at_checked(usize::from(*length))
        }
        [first, 0x81, length, rest @ ..]
            if *first == tag && usize::from(*length) >= LONG_LENGTH =>
        {
            rest.split_at_checked(usize::from(*length))
        }
        _ => None,
    }
}

/// The two positive integers of a sequence, in their shortest form.
fn integers(encoded: &[u8]) -> Option<(&[u8], &[u8])> {
    let (body, []) = value(SEQUENCE, encoded)? else { return None };
    let (r, rest) = value(INTEGER, body)?;
    let (s, []) = value(INTEGER, rest)? else { return None };
    let is_positive = |number: &[u8]| match number {
        [0, second, ..] => *second >= 0x80,
        [first, ..] => *first < 0x80,
        [] => false,
    };
    (is_positive(r) && is_positive(s)).then_some((r, s))
}
