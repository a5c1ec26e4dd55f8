//! DSA [FIPS 186-4 §4.6, §4.7].

use crypto_bigint::{
    BoxedUint, Odd, Resize as _,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{FieldGroup, FieldPrivateKey, FieldPublicKey};
use crate::{
    CryptoError,
    number::{Secret, leftmost_bits, parse, write},
    pair,
};

/// Nonces that are tried before a group is taken for none.
const ATTEMPTS: usize = 16;

/// Arithmetic modulo the order.
struct Order {
    parameters: BoxedMontyParams,
    bits: usize,
}

impl Order {
    fn new(group: &FieldGroup) -> Result<Self, CryptoError> {
        let order = group.order.as_ref().ok_or(CryptoError::IllegalValue)?;
        let bits = order.bits_vartime() as usize;
        let order = Odd::new(order.as_ref().clone()).into_option();
        let order = order.ok_or(CryptoError::IllegalValue)?;
        Ok(Self { parameters: BoxedMontyParams::new_vartime(order), bits })
    }

    fn length(&self) -> usize {
        self.bits.div_ceil(8)
    }

    fn residue(&self, number: &BoxedUint) -> BoxedMontyForm {
        let remainder = number.rem(self.parameters.modulus().as_nz_ref());
        BoxedMontyForm::new(remainder.resize(self.parameters.bits_precision()), &self.parameters)
    }

    fn digest(&self, digest: &[u8]) -> Result<BoxedMontyForm, CryptoError> {
        Ok(self.residue(&parse(&leftmost_bits(digest, self.bits), self.length())?))
    }
}

impl FieldPrivateKey {
    /// Signs a digest; the two numbers are an ASN.1 sequence [RFC 3279 §2.2.2].
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the group has no order, or its numbers are no group's.
    pub fn sign(
        &self,
        rng: &mut dyn CryptoRng,
        digest: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let order = Order::new(&self.group)?;
        let digest = order.digest(digest)?;
        for _ in 0..ATTEMPTS {
            let nonce = self.group.random(rng)?;
            let r = order.residue(&self.group.power(&self.group.generator, &nonce.0));
            let Some(inverse) = order.residue(&nonce.0).invert().into_option() else { continue };
            let s = order.residue(&self.number.0).mul(&r).add(&digest).mul(&inverse);
            let numbers = [r, s].map(|number| Secret(number.retrieve()));
            if numbers.iter().any(|number| bool::from(number.0.is_zero())) {
                continue;
            }
            let [r, s] = numbers.map(|number| write(number.0.clone(), order.length()));
            return Ok(Zeroizing::new(pair::encode(&r, &s)));
        }
        Err(CryptoError::IllegalValue)
    }

    /// Greatest length of a signature by the key, in bytes.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the group has no order.
    pub fn signature_length(&self) -> Result<usize, CryptoError> {
        Ok(pair::length_max(Order::new(&self.group)?.length()))
    }
}

impl FieldPublicKey {
    /// Whether a signature is that of a digest.
    #[must_use]
    pub fn verify(&self, digest: &[u8], signature: &[u8]) -> bool {
        self.verified(digest, signature).unwrap_or(false)
    }

    /// Greatest length of a signature by the key, in bytes.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the group has no order.
    pub fn signature_length(&self) -> Result<usize, CryptoError> {
        Ok(pair::length_max(Order::new(&self.group)?.length()))
    }

    fn verified(&self, digest: &[u8], signature: &[u8]) -> Option<bool> {
        let order = Order::new(&self.group).ok()?;
        let (r, s) = pair::decode(signature)?;
        let modulus: &BoxedUint = order.parameters.modulus().as_ref();
        let [r, s] = [parse(r, order.length()).ok()?, parse(s, order.length()).ok()?];
        let in_range = |number: &BoxedUint| !bool::from(number.is_zero()) && number < modulus;
        if !in_range(&r) || !in_range(&s) {
            return Some(false);
        }
        let inverse = order.residue(&s).invert().into_option()?;
        let first = order.digest(digest).ok()?.mul(&inverse).retrieve();
        let second = order.residue(&r).mul(&inverse).retrieve();
        let element = |number| BoxedMontyForm::new(number, &self.group.prime);
        let product = element(self.group.power(&self.group.generator, &first))
            .mul(&element(self.group.power(&self.number, &second)))
            .retrieve();
        Some(order.residue(&product).retrieve() == order.residue(&r).retrieve())
    }
}
