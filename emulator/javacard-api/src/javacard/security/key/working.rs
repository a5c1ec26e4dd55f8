//! A key object as the key of an algorithm.

use cryptography::{
    BlockKey, CryptoError, Curve, Key, RsaPrivateKey, RsaPublicKey,
    ec::{EcPrivateKey, EcPublicKey, XecPrivateKey, XecPublicKey},
    finite_field::{FieldGroup, FieldPrivateKey, FieldPublicKey},
    rsa::CrtParts,
};
use jcvm::Trap;
use zeroize::Zeroizing;

use super::{
    KeyObject,
    elliptic::{Domain, SpecifiedCurve},
    family::{Family, Part},
};
use crate::{
    Call,
    javacard::security::{
        buffer::{OrThrow, throw},
        reason,
    },
};

/// Longest key of AES, in bytes: what is longer are two keys, for XTS.
const AES_LENGTH_MAX: usize = 32;

impl KeyObject {
    /// The key as an algorithm takes it.
    ///
    /// # Errors
    /// `CryptoException`: `UNINITIALIZED_KEY`, or `ILLEGAL_VALUE` where its numbers make no key.
    pub(crate) fn working(&self, call: &mut Call<'_, '_>) -> Result<Key, Trap> {
        if !self.is_initialized(call)? {
            return throw(call, reason::UNINITIALIZED_KEY);
        }
        match self.family {
            Family::Des | Family::Aes | Family::Hmac | Family::Secret => self.secret(call),
            Family::RsaPublic | Family::RsaPrivate | Family::RsaCrt => self.rsa(call),
            Family::EcPublic | Family::EcPrivate => self.elliptic(call),
            Family::XecPublic | Family::XecPrivate => self.encoded(call),
            Family::DsaPublic | Family::DsaPrivate | Family::DhPublic | Family::DhPrivate => {
                self.finite_field(call)
            }
            _ => throw(call, reason::ILLEGAL_VALUE),
        }
    }

    /// The bytes of a secret key, whatever its algorithm.
    ///
    /// # Errors
    /// `CryptoException`: `UNINITIALIZED_KEY`, or `ILLEGAL_VALUE` where the key is no secret one.
    pub(crate) fn secret_bytes(&self, call: &mut Call<'_, '_>) -> Result<Zeroizing<Vec<u8>>, Trap> {
        match self.family {
            Family::Des | Family::Aes | Family::Hmac | Family::Secret => {
                self.expect(call, Part::Whole)
            }
            _ => throw(call, reason::ILLEGAL_VALUE),
        }
    }

    fn secret(&self, call: &mut Call<'_, '_>) -> Result<Key, Trap> {
        let bytes = self.expect(call, Part::Whole)?;
        let key = match self.family {
            Family::Des => BlockKey::des(&bytes).map(Key::Block),
            Family::Aes if bytes.len() <= AES_LENGTH_MAX => BlockKey::aes(&bytes).map(Key::Block),
            _ => Ok(Key::Secret(bytes)),
        };
        key.or_throw(call)
    }

    fn rsa(&self, call: &mut Call<'_, '_>) -> Result<Key, Trap> {
        if self.family == Family::RsaCrt {
            let p = self.expect(call, Part::P)?;
            let q = self.expect(call, Part::Q)?;
            let dp = self.expect(call, Part::Dp1)?;
            let dq = self.expect(call, Part::Dq1)?;
            let inverse = self.expect(call, Part::Pq)?;
            let parts = CrtParts { p: &p, q: &q, dp: &dp, dq: &dq, inverse: &inverse };
            return RsaPrivateKey::from_crt(parts).map(Key::RsaPrivate).or_throw(call);
        }
        let modulus = self.expect(call, Part::Modulus)?;
        let exponent = self.expect(call, Part::Exponent)?;
        let key = if self.family == Family::RsaPublic {
            RsaPublicKey::new(&modulus, &exponent).map(Key::RsaPublic)
        } else {
            RsaPrivateKey::new(&modulus, &exponent).map(Key::RsaPrivate)
        };
        key.or_throw(call)
    }

    /// The group of a key of DSA or Diffie-Hellman.
    ///
    /// # Errors
    /// `CryptoException`: `UNINITIALIZED_KEY`, or `ILLEGAL_VALUE` where the numbers make no group.
    pub(crate) fn group(&self, call: &mut Call<'_, '_>) -> Result<FieldGroup, Trap> {
        let order = self.part(call, Part::Q)?.unwrap_or_default();
        let prime = self.expect(call, Part::P)?;
        let generator = self.expect(call, Part::G)?;
        FieldGroup::new(&prime, &order, &generator).or_throw(call)
    }

    fn finite_field(&self, call: &mut Call<'_, '_>) -> Result<Key, Trap> {
        let group = self.group(call)?;
        let key = if matches!(self.family, Family::DsaPublic | Family::DhPublic) {
            let number = self.expect(call, Part::Y)?;
            FieldPublicKey::new(group, &number).map(Key::FieldPublic)
        } else {
            let number = self.expect(call, Part::X)?;
            FieldPrivateKey::new(group, &number).map(Key::FieldPrivate)
        };
        key.or_throw(call)
    }

    fn elliptic(&self, call: &mut Call<'_, '_>) -> Result<Key, Trap> {
        let Some(domain) = Domain::of(call, self)? else {
            return throw(call, reason::UNINITIALIZED_KEY);
        };
        let curve = Curve::new(domain.parameters());
        let public = self.family == Family::EcPublic;
        let bytes = self.expect(call, if public { Part::W } else { Part::S })?;
        curve.and_then(|curve| on_curve(curve, public, &bytes)).or_throw(call)
    }

    fn encoded(&self, call: &mut Call<'_, '_>) -> Result<Key, Trap> {
        let bytes = self.expect(call, Part::Whole)?;
        let public = self.family == Family::XecPublic;
        let key = match SpecifiedCurve::from_constant(self.curve(call)) {
            Some(SpecifiedCurve::Prime(curve)) => {
                curve.curve().and_then(|curve| on_curve(curve, public, &bytes))
            }
            Some(SpecifiedCurve::Xec(curve)) if public => {
                XecPublicKey::new(curve, &bytes).map(Key::XecPublic)
            }
            Some(SpecifiedCurve::Xec(curve)) => {
                XecPrivateKey::new(curve, &bytes).map(Key::XecPrivate)
            }
            None => Err(CryptoError::NoSuchAlgorithm),
        };
        key.or_throw(call)
    }
}

fn on_curve(curve: Curve, public: bool, bytes: &[u8]) -> Result<Key, CryptoError> {
    if public {
        EcPublicKey::new(curve, bytes).map(Key::EcPublic)
    } else {
        EcPrivateKey::new(curve, bytes).map(Key::EcPrivate)
    }
}
