//! Groups of numbers modulo a prime: Diffie-Hellman [RFC 2631 §2] and DSA [FIPS 186-4 §4].

mod dsa;

use core::ops::RangeInclusive;

use crypto_bigint::{
    BoxedUint, NonZero, Odd, RandomMod as _, Resize as _,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    CryptoError,
    number::{Secret, parse, trim, write},
};

/// Lengths of the prime, in bytes.
const PRIME_LENGTHS: RangeInclusive<usize> = 64..=512;

/// A prime and what generates a group of numbers modulo it, with the order of the group where it is known.
#[derive(Clone)]
pub struct FieldGroup {
    prime: BoxedMontyParams,
    order: Option<NonZero<BoxedUint>>,
    generator: BoxedUint,
}

/// A public number of a group.
#[derive(Clone)]
pub struct FieldPublicKey {
    group: FieldGroup,
    number: BoxedUint,
}

/// A private number of a group; wiped on drop.
#[derive(Clone)]
pub struct FieldPrivateKey {
    group: FieldGroup,
    number: Secret,
}

/// A key pair, as bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct FieldKeyPair {
    /// X: the private number, as long as the order, or as the prime where there is none.
    pub private: Vec<u8>,
    /// Y: the public number, as long as the prime.
    pub public: Vec<u8>,
}

impl FieldGroup {
    /// A group from its numbers, big-endian; the order is empty where it is not known, as Diffie-Hellman allows.
    ///
    /// It is checked that all are in range, not that a prime is one.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the prime is even or not of 512 to 4096 bits, the generator is not between one and the prime,
    /// or the order is one, even, or not below the prime.
    pub fn new(prime: &[u8], order: &[u8], generator: &[u8]) -> Result<Self, CryptoError> {
        let length = trim(prime).len();
        if !PRIME_LENGTHS.contains(&length) {
            return Err(CryptoError::IllegalValue);
        }
        let prime = Odd::new(parse(prime, length)?).into_option();
        let prime = prime.ok_or(CryptoError::IllegalValue)?;
        let order = if trim(order).is_empty() {
            None
        } else {
            let order = parse(order, length)?;
            let odd = order.bit_vartime(0) && order > BoxedUint::one() && order < *prime.as_ref();
            let length = trim(&order.to_be_bytes()).len();
            let order = order.resize(bits(length));
            Some(
                NonZero::new(order)
                    .into_option()
                    .filter(|_| odd)
                    .ok_or(CryptoError::IllegalValue)?,
            )
        };
        let generator = parse(generator, length)?;
        if generator <= BoxedUint::one() || generator >= *prime.as_ref() {
            return Err(CryptoError::IllegalValue);
        }
        Ok(Self { prime: BoxedMontyParams::new_vartime(prime), order, generator })
    }

    fn prime(&self) -> &BoxedUint {
        self.prime.modulus().as_ref()
    }

    /// Length of the prime, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.prime().bits_vartime().div_ceil(8) as usize
    }

    /// What private numbers are below: the order, or the prime less one.
    fn bound(&self) -> Result<NonZero<BoxedUint>, CryptoError> {
        if let Some(order) = &self.order {
            return Ok(order.clone());
        }
        let bound = self.prime().wrapping_sub(BoxedUint::one());
        NonZero::new(bound).into_option().ok_or(CryptoError::IllegalValue)
    }

    fn power(&self, base: &BoxedUint, exponent: &BoxedUint) -> BoxedUint {
        let base = base.clone().resize(self.prime.bits_precision());
        BoxedMontyForm::new(base, &self.prime).pow(exponent).retrieve()
    }

    /// A number that is neither zero nor beyond the bound.
    fn random(&self, rng: &mut dyn CryptoRng) -> Result<Secret, CryptoError> {
        let bound = self.bound()?;
        let less = NonZero::new(bound.wrapping_sub(BoxedUint::one())).into_option();
        let less = less.ok_or(CryptoError::IllegalValue)?;
        Ok(Secret(BoxedUint::random_mod_vartime(rng, &less).wrapping_add(BoxedUint::one())))
    }
}

fn bits(length: usize) -> u32 {
    u32::try_from(length * 8).unwrap_or(u32::MAX)
}

impl FieldKeyPair {
    /// Makes a pair.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the group has no two numbers.
    pub fn generate(rng: &mut dyn CryptoRng, group: &FieldGroup) -> Result<Self, CryptoError> {
        let private = group.random(rng)?;
        let public = group.power(&group.generator, &private.0);
        let length = group.bound()?.bits_vartime().div_ceil(8) as usize;
        Ok(Self {
            private: write(private.0.clone(), length).to_vec(),
            public: write(public, group.length()).to_vec(),
        })
    }
}

impl FieldPublicKey {
    /// A key from its number, big-endian.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is not between one and the prime less one [RFC 2631 §2.1.5].
    pub fn new(group: FieldGroup, number: &[u8]) -> Result<Self, CryptoError> {
        let number = parse(number, group.length())?;
        let last = group.prime().wrapping_sub(BoxedUint::one());
        if number <= BoxedUint::one() || number >= last {
            return Err(CryptoError::IllegalValue);
        }
        Ok(Self { group, number })
    }
}

impl FieldPrivateKey {
    /// A key from its number, big-endian.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it is zero, or not below the order or the prime.
    pub fn new(group: FieldGroup, number: &[u8]) -> Result<Self, CryptoError> {
        let bound = group.bound()?;
        let number = Secret(parse(number, group.length())?);
        if bool::from(number.0.is_zero()) || number.0 >= *bound.as_ref() {
            return Err(CryptoError::IllegalValue);
        }
        Ok(Self { group, number })
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> &FieldGroup {
        &self.group
    }

    /// The secret that the key and another party's public number give, as long as the prime [RFC 2631 §2.1.1].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the public number is none.
    pub fn agree(&self, public: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let public = FieldPublicKey::new(self.group.clone(), public)?;
        let secret = self.group.power(&public.number, &self.number.0);
        Ok(write(secret, self.group.length()))
    }
}
