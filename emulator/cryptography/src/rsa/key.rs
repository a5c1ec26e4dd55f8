//! Keys of RSA, and numbers to the power of them.
//!
//! What is precomputed for the primes of a private key lies in memory that the big-integer library shares and does not wipe; the numbers
//! kept here are wiped.

use core::cmp::Ordering;

use crypto_bigint::{
    BoxedUint, ConcatenatingMul as _, Odd, Resize as _,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{MODULUS_LENGTH_MAX, MODULUS_LENGTH_MIN};
use crate::{
    CryptoError,
    number::{Secret, parse, trim, write},
};

/// Shortest prime, in bytes: arithmetic with less is none of RSA.
const PRIME_LENGTH_MIN: usize = 16;

/// A public key [RFC 8017 §3.1].
#[derive(Clone)]
pub struct RsaPublicKey {
    modulus: Modulus,
    exponent: BoxedUint,
}

/// A private key in either form [RFC 8017 §3.2], wiped on drop.
#[derive(Clone)]
pub struct RsaPrivateKey(Private);

#[derive(Clone)]
enum Private {
    Exponent { modulus: Modulus, exponent: Secret },
    Crt(Box<Crt>),
}

/// The five numbers of a private key, and the product of the primes.
#[derive(Clone)]
struct Crt {
    product: BoxedUint,
    p: Modulus,
    q: Modulus,
    dp: Secret,
    dq: Secret,
    inverse: Secret,
}

/// The parts of a private key in the form of the Chinese remainder theorem, big-endian, as `RSAPrivateCrtKey` calls them.
#[derive(Clone, Copy)]
pub struct CrtParts<'a> {
    /// The first prime, P.
    pub p: &'a [u8],
    /// The second prime, Q.
    pub q: &'a [u8],
    /// The private exponent modulo P - 1, DP1.
    pub dp: &'a [u8],
    /// The private exponent modulo Q - 1, DQ1.
    pub dq: &'a [u8],
    /// The inverse of Q modulo P, PQ.
    pub inverse: &'a [u8],
}

/// An odd modulus, with what is precomputed for it.
#[derive(Clone)]
struct Modulus(BoxedMontyParams);

impl Modulus {
    fn new(bytes: &[u8], lengths: core::ops::RangeInclusive<usize>) -> Result<Self, CryptoError> {
        let bytes = trim(bytes);
        if !lengths.contains(&bytes.len()) {
            return Err(CryptoError::IllegalValue);
        }
        let odd = Odd::new(parse(bytes, bytes.len())?).into_option();
        Ok(Self(BoxedMontyParams::new(odd.ok_or(CryptoError::IllegalValue)?)))
    }

    fn number(&self) -> &Odd<BoxedUint> {
        self.0.modulus()
    }

    /// What remains of a number, in the form that arithmetic is done in.
    fn reduce(&self, number: &BoxedUint) -> BoxedMontyForm {
        let remainder = number.rem(self.number().as_nz_ref());
        BoxedMontyForm::new(remainder.resize(self.0.bits_precision()), &self.0)
    }

    fn power(&self, base: &BoxedUint, exponent: &BoxedUint) -> BoxedUint {
        self.reduce(base).pow(exponent).retrieve()
    }
}

/// An exponent other than zero, not longer than what belongs to it.
fn exponent(bytes: &[u8], length: usize) -> Result<BoxedUint, CryptoError> {
    let bytes = trim(bytes);
    if bytes.is_empty() { Err(CryptoError::IllegalValue) } else { parse(bytes, length) }
}

/// Length of a number, in bytes.
fn length(number: &BoxedUint) -> usize {
    number.bits_vartime().div_ceil(8) as usize
}

/// The input as a number below the modulus.
fn representative(input: &[u8], modulus: &BoxedUint) -> Result<BoxedUint, CryptoError> {
    let number = parse(input, length(modulus)).map_err(|_| CryptoError::IllegalUse)?;
    match number.cmp_vartime(modulus) {
        Ordering::Less => Ok(number),
        Ordering::Equal | Ordering::Greater => Err(CryptoError::IllegalUse),
    }
}

impl RsaPublicKey {
    /// A key from its modulus and exponent, big-endian; zeros before them are not looked at.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the modulus is even or not of 512 to 4096 bits, or the exponent is zero or longer than it.
    pub fn new(modulus: &[u8], public: &[u8]) -> Result<Self, CryptoError> {
        let modulus = Modulus::new(modulus, MODULUS_LENGTH_MIN..=MODULUS_LENGTH_MAX)?;
        let exponent = exponent(public, length(modulus.number()))?;
        Ok(Self { modulus, exponent })
    }

    /// Length of the modulus, in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.modulus.number().bits_vartime() as usize
    }

    /// Length of the modulus, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        length(self.modulus.number())
    }

    /// The number `input` to the power of the exponent, as long as the modulus.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalUse`] where the number is not smaller than the modulus.
    pub fn raw(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let input = representative(input, self.modulus.number())?;
        let bits = self.exponent.bits_vartime();
        let output = self.modulus.reduce(&input).pow_bounded_exp(&self.exponent, bits);
        Ok(write(output.retrieve(), self.length()))
    }
}

impl RsaPrivateKey {
    /// A key from its modulus and private exponent, big-endian; zeros before them are not looked at.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the modulus is even or not of 512 to 4096 bits, or the exponent is zero or longer than it.
    pub fn new(modulus: &[u8], private: &[u8]) -> Result<Self, CryptoError> {
        let modulus = Modulus::new(modulus, MODULUS_LENGTH_MIN..=MODULUS_LENGTH_MAX)?;
        let exponent = Secret(exponent(private, length(modulus.number()))?);
        Ok(Self(Private::Exponent { modulus, exponent }))
    }

    /// A key in the form of the Chinese remainder theorem.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where a prime is even or shorter than 128 bits, their product is not of 512 to 4096 bits, or another
    /// part is zero or longer than the prime it belongs to.
    pub fn from_crt(parts: CrtParts<'_>) -> Result<Self, CryptoError> {
        let lengths = PRIME_LENGTH_MIN..=MODULUS_LENGTH_MAX;
        let (p, q) = (Modulus::new(parts.p, lengths.clone())?, Modulus::new(parts.q, lengths)?);
        let product = p.number().as_ref().concatenating_mul(q.number().as_ref());
        if !(MODULUS_LENGTH_MIN..=MODULUS_LENGTH_MAX).contains(&length(&product)) {
            return Err(CryptoError::IllegalValue);
        }
        let dp = Secret(exponent(parts.dp, length(p.number()))?);
        let dq = Secret(exponent(parts.dq, length(q.number()))?);
        let inverse = Secret(exponent(parts.inverse, length(p.number()))?);
        Ok(Self(Private::Crt(Box::new(Crt { product, p, q, dp, dq, inverse }))))
    }

    fn modulus(&self) -> &BoxedUint {
        match &self.0 {
            Private::Exponent { modulus, .. } => modulus.number(),
            Private::Crt(crt) => &crt.product,
        }
    }

    /// Length of the modulus, in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.modulus().bits_vartime() as usize
    }

    /// Length of the modulus, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        length(self.modulus())
    }

    /// The number `input` to the power of the private exponent, as long as the modulus.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalUse`] where the number is not smaller than the modulus.
    pub fn raw(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let input = Secret(representative(input, self.modulus())?);
        let output = match &self.0 {
            Private::Exponent { modulus, exponent } => modulus.power(&input.0, &exponent.0),
            Private::Crt(crt) => crt.power(&input.0),
        };
        Ok(write(output, self.length()))
    }
}

impl Crt {
    /// [RFC 8017 §5.1.2]
    fn power(&self, input: &BoxedUint) -> BoxedUint {
        let first = Secret(self.p.power(input, &self.dp.0));
        let second = Secret(self.q.power(input, &self.dq.0));
        let mut difference = self.p.reduce(&first.0).sub(&self.p.reduce(&second.0));
        let factor = Secret(difference.mul(&self.p.reduce(&self.inverse.0)).retrieve());
        difference.zeroize();
        let multiple = Secret(factor.0.concatenating_mul(self.q.number().as_ref()));
        multiple.0.wrapping_add(&second.0)
    }
}
