//! RSA keys as the applet keeps them, and raw RSA.
//!
//! A private key is stored as its primes and public exponent; everything else is computed when it is needed and wiped after use.

use ::coolkey::{MODULUS_BITS_MAX, blob::key_type};
use iso7816::StatusWord;
use rsa::{
    BoxedUint, RsaPrivateKey, RsaPublicKey,
    hazmat::{rsa_decrypt, rsa_encrypt},
    rand_core::CryptoRng,
    traits::{PrivateKeyParts, PublicKeyParts},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Modulus sizes that the card offers, in bits: those of the Java Card API between its smallest and the applet's largest.
const MODULUS_BITS: &[u16] = &[1024, 1280, 1536, 1984, MODULUS_BITS_MAX];
/// Longest prime that is looked at, in bytes: half the longest modulus.
const PRIME_LENGTH_MAX: usize = MODULUS_BITS_MAX as usize / 16;
/// Longest public exponent, in bytes: what the `rsa` crate takes.
const EXPONENT_LENGTH_MAX: usize = 4;

/// What is wrong with a key, or with what it was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum RsaError {
    /// The numbers are no RSA key, or not one of the size it should have; who sent them is at fault.
    #[error("the numbers are no RSA key of the size announced")]
    Inconsistent,
    /// The card offers no keys of this size.
    #[error("no RSA keys of this size")]
    UnsupportedSize,
    /// The input is not smaller than the modulus; who sent it is at fault.
    #[error("the input is not smaller than the modulus")]
    InputTooLarge,
}

/// The Java Card platform throws an exception here that the Java applet does not catch.
impl From<RsaError> for StatusWord {
    fn from(_: RsaError) -> Self {
        Self::UNKNOWN
    }
}

/// Whether the card offers keys of this size.
pub(super) fn check_size(bits: u16) -> Result<(), RsaError> {
    if MODULUS_BITS.contains(&bits) { Ok(()) } else { Err(RsaError::UnsupportedSize) }
}

/// The numbers of a key, big-endian without leading zeros.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) enum Material {
    /// Of a public key.
    Public { modulus: Vec<u8>, exponent: Vec<u8> },
    /// Of a private key.
    Private { p: Vec<u8>, q: Vec<u8>, exponent: Vec<u8> },
}

/// A key pair.
pub(super) struct Pair {
    pub(super) private: Material,
    pub(super) public: Material,
}

impl Pair {
    /// Makes a pair with the exponent 65537.
    pub(super) fn generate(rng: &mut impl CryptoRng, bits: u16) -> Result<Self, RsaError> {
        check_size(bits)?;
        let key =
            RsaPrivateKey::new(rng, usize::from(bits)).map_err(|_| RsaError::UnsupportedSize)?;
        Self::of(&key)
    }

    /// A pair from its primes and exponent; `modulus`, where it is known, must be theirs.
    pub(super) fn from_primes(
        bits: u16,
        [p, q, exponent]: [&[u8]; 3],
        modulus: Option<&[u8]>,
    ) -> Result<Self, RsaError> {
        check_size(bits)?;
        let key = private_key(p, q, exponent)?;
        let has_size = key.n().bits() == u32::from(bits);
        let is_product = modulus.is_none_or(|modulus| *key.n_bytes() == *trim(modulus));
        if has_size && is_product { Self::of(&key) } else { Err(RsaError::Inconsistent) }
    }

    /// A pair from its primes and the private exponent modulo p - 1, as a CRT key without its public half gives them.
    pub(super) fn from_crt(bits: u16, [p, q, dp]: [&[u8]; 3]) -> Result<Self, RsaError> {
        check_primes(p, q)?;
        let prime = Zeroizing::new(number(p, p.len())?);
        let order = prime.wrapping_sub(BoxedUint::one());
        let order = order.to_nz().into_option().ok_or(RsaError::Inconsistent)?;
        let dp = Zeroizing::new(number(trim(dp), p.len())?);
        let exponent = dp.invert_mod(&order).into_option().ok_or(RsaError::Inconsistent)?;
        Self::from_primes(bits, [p, q, &exponent.to_be_bytes_trimmed_vartime()], None)
    }

    fn of(key: &RsaPrivateKey) -> Result<Self, RsaError> {
        let [p, q] = key.primes() else { return Err(RsaError::Inconsistent) };
        let exponent = key.e_bytes().into_vec();
        let bytes = |number: &BoxedUint| number.to_be_bytes_trimmed_vartime().into_vec();
        Ok(Self {
            private: Material::Private { p: bytes(p), q: bytes(q), exponent: exponent.clone() },
            public: Material::Public { modulus: key.n_bytes().into_vec(), exponent },
        })
    }
}

impl Material {
    /// A public key, if it is one of `bits`.
    pub(super) fn public(bits: u16, modulus: &[u8], exponent: &[u8]) -> Result<Self, RsaError> {
        check_size(bits)?;
        let (modulus, exponent) = (trim(modulus).to_vec(), trim(exponent).to_vec());
        if public_key(&modulus, &exponent)?.n().bits() == u32::from(bits) {
            Ok(Self::Public { modulus, exponent })
        } else {
            Err(RsaError::Inconsistent)
        }
    }

    /// Type of the key in blobs and in LIST KEYS.
    pub(super) const fn key_type(&self) -> u8 {
        match self {
            Self::Public { .. } => key_type::RSA_PUBLIC,
            Self::Private { .. } => key_type::RSA_PRIVATE_CRT,
        }
    }

    /// Raw RSA: the input as a number to the power of the exponent, as many bytes as the modulus has.
    ///
    /// Private operations are blinded with random numbers of `rng`.
    pub(super) fn raw(
        &self,
        rng: &mut impl CryptoRng,
        input: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RsaError> {
        match self {
            Self::Public { modulus, exponent } => {
                let key = public_key(modulus, exponent)?;
                let input = representative(&key, input)?;
                let output = rsa_encrypt(&key, &input).map_err(|_| RsaError::InputTooLarge)?;
                Ok(to_length(output, key.size()))
            }
            Self::Private { p, q, exponent } => {
                let key = private_key(p, q, exponent)?;
                let input = representative(&key, input)?;
                let output =
                    rsa_decrypt(Some(rng), &key, &input).map_err(|_| RsaError::InputTooLarge)?;
                Ok(to_length(output, key.size()))
            }
        }
    }
}

fn trim(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// A number with room for `length` bytes.
fn number(bytes: &[u8], length: usize) -> Result<BoxedUint, RsaError> {
    let bits = u32::try_from(length * 8).map_err(|_| RsaError::Inconsistent)?;
    BoxedUint::from_be_slice(bytes, bits).map_err(|_| RsaError::Inconsistent)
}

/// The arithmetic below divides by p - 1 and q - 1 and wants an odd modulus; it gets nothing that would make it panic.
fn check_primes(p: &[u8], q: &[u8]) -> Result<(), RsaError> {
    let lengths = [trim(p).len(), trim(q).len()];
    let odd = [p, q].into_iter().all(|prime| prime.last().is_some_and(|byte| byte & 1 == 1));
    let sized = lengths.iter().all(|length| (2..=PRIME_LENGTH_MAX).contains(length));
    if odd && sized { Ok(()) } else { Err(RsaError::Inconsistent) }
}

fn private_key(p: &[u8], q: &[u8], exponent: &[u8]) -> Result<RsaPrivateKey, RsaError> {
    check_primes(p, q)?;
    let (p, q, exponent) = (trim(p), trim(q), trim(exponent));
    if exponent.len() > EXPONENT_LENGTH_MAX {
        return Err(RsaError::Inconsistent);
    }
    let length = p.len().max(q.len());
    let (p, q) = (number(p, length)?, number(q, length)?);
    RsaPrivateKey::from_p_q(p, q, number(exponent, EXPONENT_LENGTH_MAX)?)
        .map_err(|_| RsaError::Inconsistent)
}

fn public_key(modulus: &[u8], exponent: &[u8]) -> Result<RsaPublicKey, RsaError> {
    if exponent.len() > EXPONENT_LENGTH_MAX || modulus.len() > 2 * PRIME_LENGTH_MAX {
        return Err(RsaError::Inconsistent);
    }
    let exponent = number(exponent, EXPONENT_LENGTH_MAX)?;
    RsaPublicKey::new(number(modulus, modulus.len())?, exponent).map_err(|_| RsaError::Inconsistent)
}

fn representative(key: &impl PublicKeyParts, input: &[u8]) -> Result<BoxedUint, RsaError> {
    let input = BoxedUint::from_be_slice(input, key.n_bits_precision())
        .map_err(|_| RsaError::InputTooLarge)?;
    if input < *key.n().as_ref() { Ok(input) } else { Err(RsaError::InputTooLarge) }
}

/// The number in exactly `length` bytes; it is known to fit.
fn to_length(mut number: BoxedUint, length: usize) -> Zeroizing<Vec<u8>> {
    let bytes = Zeroizing::new(number.to_be_bytes().into_vec());
    number.zeroize();
    let digits = trim(&bytes);
    let mut output = Zeroizing::new(vec![0; length.saturating_sub(digits.len())]);
    output.extend_from_slice(digits);
    output
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    /// Numbers as a hostile host sends them: short, long, even, with leading zeros.
    fn number() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![Just(0_u8), Just(1), Just(0xFF), any::<u8>()];
        let length = prop_oneof![0..4_usize, 60..70_usize, 120..135_usize];
        (length, any::<bool>()).prop_flat_map(move |(length, odd)| {
            prop::collection::vec(byte.clone(), length).prop_map(move |mut bytes| {
                if let Some(last) = bytes.last_mut().filter(|_| odd) {
                    *last |= 1;
                }
                bytes
            })
        })
    }

    proptest! {
        #[test]
        fn numbers_of_any_kind_are_refused_or_work(
            p in number(), q in number(), e in number(), input in number(),
            bits in prop::sample::select(MODULUS_BITS),
        ) {
            let mut rng = StdRng::seed_from_u64(1);
            let pairs = [
                Pair::from_primes(bits, [&p, &q, &e], None),
                Pair::from_primes(bits, [&p, &q, &[1, 0, 1]], Some(&e)),
                Pair::from_crt(bits, [&p, &q, &e]),
            ];
            for pair in pairs.into_iter().flatten() {
                let _ = pair.private.raw(&mut rng, &input);
            }
            let modulus = [&p[..], &q].concat();
            if let Ok(key) = Material::public(bits, &modulus, &e) {
                let _ = key.raw(&mut rng, &input);
            }
        }
    }

    #[test]
    fn halves_of_a_pair_undo_each_other() {
        let mut rng = StdRng::seed_from_u64(1);
        for bits in MODULUS_BITS {
            let Pair { private, public } = Pair::generate(&mut rng, *bits).unwrap();
            let length = usize::from(*bits) / 8;
            let mut message = vec![0; length];
            message[length - 1] = 7;
            let signature = private.raw(&mut rng, &message).unwrap();
            assert_eq!(signature.len(), length);
            assert_eq!(*public.raw(&mut rng, &signature).unwrap(), message);
            let too_large = private.raw(&mut rng, &vec![0xFF; length]);
            assert_eq!(too_large.err(), Some(RsaError::InputTooLarge));
        }
    }
}
