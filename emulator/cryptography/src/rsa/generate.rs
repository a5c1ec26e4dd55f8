//! Generation of RSA keys [FIPS 186-5 §A.1.3].

use crypto_bigint::{BoxedUint, ConcatenatingMul as _, NonZero, Resize as _};
use crypto_primes::{
    Flavor,
    hazmat::{SetBits, SmallFactorsSieveFactory},
    is_prime, sieve_and_find,
};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{MODULUS_LENGTH_MAX, MODULUS_LENGTH_MIN};
use crate::{
    CryptoError,
    number::{Secret, parse, trim, write},
};

/// The public exponent of keys for which none is given.
const EXPONENT: [u8; 3] = [1, 0, 1];
/// The primes differ in one of so many bits from the highest [FIPS 186-5 §A.1.3].
const DISTANCE_BITS: u32 = 100;
/// Times that a prime that does not suit is replaced before the exponent is given up.
const ATTEMPTS: usize = 1000;

/// All numbers of a key pair, big-endian: the modulus and the private exponent as long as the modulus, the parts of the Chinese remainder
/// theorem half as long, the public exponent without zeros before it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RsaKeyPair {
    /// n.
    pub modulus: Vec<u8>,
    /// e.
    pub public_exponent: Vec<u8>,
    /// d.
    pub private_exponent: Vec<u8>,
    /// P, the greater prime.
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
    /// the exponent is even, one, or as long as a prime.
    pub fn generate(
        rng: &mut dyn CryptoRng,
        bits: usize,
        exponent: &[u8],
    ) -> Result<Self, CryptoError> {
        let length = bits / 8;
        if !(MODULUS_LENGTH_MIN..=MODULUS_LENGTH_MAX).contains(&length) || !bits.is_multiple_of(16)
        {
            return Err(CryptoError::NoSuchAlgorithm);
        }
        let exponent = if exponent.is_empty() { &EXPONENT } else { trim(exponent) };
        let odd = exponent.last().is_some_and(|byte| byte & 1 == 1);
        if !odd || exponent == [1] || exponent.len() >= length / 2 {
            return Err(CryptoError::IllegalValue);
        }
        let public = parse(exponent, length / 2)?;
        let (p, q) = primes(rng, length / 2, &public)?;
        Self::compute(&public, [p, q], length)
    }

    fn compute(
        public: &BoxedUint,
        [p, q]: [Secret; 2],
        length: usize,
    ) -> Result<Self, CryptoError> {
        let half = length / 2;
        let modulus = p.0.concatenating_mul(&q.0);
        let [before_p, before_q] =
            [&p, &q].map(|prime| Secret(prime.0.wrapping_sub(BoxedUint::one())));
        let order = Secret(before_p.0.concatenating_mul(&before_q.0));
        let private = inverse(public, &order.0)?;
        let dp = inverse(public, &before_p.0)?;
        let dq = inverse(public, &before_q.0)?;
        let pq = inverse(&q.0, &p.0)?;
        let bytes = |number: &BoxedUint, length| write(number.clone(), length).to_vec();
        Ok(Self {
            modulus: bytes(&modulus, length),
            public_exponent: trim(&public.to_be_bytes()).to_vec(),
            private_exponent: bytes(&private.0, length),
            p: bytes(&p.0, half),
            q: bytes(&q.0, half),
            dp: bytes(&dp.0, half),
            dq: bytes(&dq.0, half),
            inverse: bytes(&pq.0, half),
        })
    }
}

/// The inverse of a number, in the precision of the modulus.
fn inverse(number: &BoxedUint, modulus: &BoxedUint) -> Result<Secret, CryptoError> {
    let modulus = NonZero::new(modulus.clone()).into_option().ok_or(CryptoError::IllegalValue)?;
    let number = Secret(number.rem(&modulus).resize(modulus.bits_precision()));
    let inverse = number.0.invert_mod(&modulus).into_option();
    inverse.map(Secret).ok_or(CryptoError::IllegalValue)
}

/// Two primes of `length` bytes with their two highest bits set, the greater first, far enough from each other.
fn primes(
    rng: &mut dyn CryptoRng,
    length: usize,
    exponent: &BoxedUint,
) -> Result<(Secret, Secret), CryptoError> {
    let first = prime(rng, length, exponent)?;
    for _ in 0..ATTEMPTS {
        let second = prime(rng, length, exponent)?;
        let (greater, smaller) =
            if first.0 > second.0 { (first.clone(), second) } else { (second, first.clone()) };
        let distance = Secret(greater.0.wrapping_sub(&smaller.0));
        if distance.0.bits().saturating_add(DISTANCE_BITS) > greater.0.bits() {
            return Ok((greater, smaller));
        }
    }
    Err(CryptoError::IllegalValue)
}

/// A prime for which the exponent has an inverse.
fn prime(
    rng: &mut dyn CryptoRng,
    length: usize,
    exponent: &BoxedUint,
) -> Result<Secret, CryptoError> {
    let bits = u32::try_from(length * 8).map_err(|_| CryptoError::NoSuchAlgorithm)?;
    for _ in 0..ATTEMPTS {
        let sieve = SmallFactorsSieveFactory::<BoxedUint>::new(Flavor::Any, bits, SetBits::TwoMsb)
            .map_err(|_| CryptoError::NoSuchAlgorithm)?;
        let found = sieve_and_find(rng, sieve, |_, candidate| is_prime(Flavor::Any, candidate));
        let prime = Secret(found.ok().flatten().ok_or(CryptoError::IllegalValue)?);
        let before = Secret(prime.0.wrapping_sub(BoxedUint::one()));
        if inverse(exponent, &before.0).is_ok() {
            return Ok(prime);
        }
    }
    Err(CryptoError::IllegalValue)
}
