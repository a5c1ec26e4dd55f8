//! Keys of any kind from the components that PUT KEY brought [GPCS 2.3.1 §11.1.8, §11.8.2.3].

use core::ops::RangeInclusive;

use cryptography::{
    BlockKey, CryptoError, Curve, CurveParameters, Key, NamedCurve, RsaPrivateKey, RsaPublicKey,
    ec::{EcPrivateKey, EcPublicKey},
    rsa::CrtParts,
};
use globalplatform::data::Curve as ReferencedCurve;

use super::AuthorityAlgorithm;

/// One component of a key: its type byte and its value.
pub type KeyPart<'a> = (u8, &'a [u8]);

/// Types of components [GPCS 2.3.1 §11.1.8, table 11-16].
mod kind {
    pub(super) const AES: u8 = 0x88;
    pub(super) const RSA_PUBLIC_EXPONENT: u8 = 0xA0;
    pub(super) const RSA_PUBLIC_MODULUS: u8 = 0xA1;
    pub(super) const RSA_PRIVATE_MODULUS: u8 = 0xA2;
    pub(super) const RSA_PRIVATE_EXPONENT: u8 = 0xA3;
    pub(super) const RSA_P: u8 = 0xA4;
    pub(super) const RSA_Q: u8 = 0xA5;
    pub(super) const RSA_INVERSE: u8 = 0xA6;
    pub(super) const RSA_DP: u8 = 0xA7;
    pub(super) const RSA_DQ: u8 = 0xA8;
    pub(super) const EC_POINT: u8 = 0xB0;
    pub(super) const EC_SCALAR: u8 = 0xB1;
    pub(super) const EC_P: u8 = 0xB2;
    pub(super) const EC_A: u8 = 0xB3;
    pub(super) const EC_B: u8 = 0xB4;
    pub(super) const EC_G: u8 = 0xB5;
    pub(super) const EC_N: u8 = 0xB6;
    pub(super) const EC_COFACTOR: u8 = 0xB7;
    pub(super) const EC_REFERENCE: u8 = 0xF0;
}

/// Triple DES in all its modes.
const DES: RangeInclusive<u8> = 0x80..=0x84;
/// First byte of an uncompressed point [SEC 1 §2.3.3].
const UNCOMPRESSED: u8 = 0x04;

/// The numbers of a curve that keys refer to.
const fn named(curve: ReferencedCurve) -> NamedCurve {
    match curve {
        ReferencedCurve::P256 => NamedCurve::Secp256r1,
        ReferencedCurve::P384 => NamedCurve::Secp384r1,
        ReferencedCurve::P521 => NamedCurve::Secp521r1,
        ReferencedCurve::BrainpoolP256R1 => NamedCurve::BrainpoolP256r1,
        ReferencedCurve::BrainpoolP256T1 => NamedCurve::BrainpoolP256t1,
        ReferencedCurve::BrainpoolP384R1 => NamedCurve::BrainpoolP384r1,
        ReferencedCurve::BrainpoolP384T1 => NamedCurve::BrainpoolP384t1,
        ReferencedCurve::BrainpoolP512R1 => NamedCurve::BrainpoolP512r1,
        ReferencedCurve::BrainpoolP512T1 => NamedCurve::BrainpoolP512t1,
    }
}

/// A key, and the algorithm that follows from it.
pub(super) type Authority = (AuthorityAlgorithm, Key);

/// The components of one key.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a>(pub(super) &'a [KeyPart<'a>]);

impl<'a> Parts<'a> {
    fn optional(self, kind: u8) -> Option<&'a [u8]> {
        self.0.iter().find(|(found, _)| *found == kind).map(|(_, value)| *value)
    }

    fn get(self, kind: u8) -> Result<&'a [u8], CryptoError> {
        self.optional(kind).ok_or(CryptoError::UninitializedKey)
    }

    /// A key of a block cipher; `None` where it is another one.
    pub(super) fn block_key(self) -> Result<Option<BlockKey>, CryptoError> {
        match *self.0 {
            [(kind, value)] if DES.contains(&kind) => BlockKey::des(value).map(Some),
            [(kind::AES, value)] => BlockKey::aes(value).map(Some),
            _ => Ok(None),
        }
    }

    /// What verifies: a secret key or a public one.
    pub(super) fn verifying(self) -> Result<Authority, CryptoError> {
        if let Some(key) = self.block_key()? {
            return of_block_key(key);
        }
        if self.optional(kind::EC_POINT).is_some() {
            let curve = self.curve()?;
            let algorithm = AuthorityAlgorithm::of_curve(curve.order_length());
            let point = point(self.get(kind::EC_POINT)?, &curve);
            return known(algorithm, Key::EcPublic(EcPublicKey::new(curve, &point)?));
        }
        let modulus = self.get(kind::RSA_PUBLIC_MODULUS)?;
        let key = RsaPublicKey::new(modulus, self.get(kind::RSA_PUBLIC_EXPONENT)?)?;
        known(AuthorityAlgorithm::of_rsa(key.bits()), Key::RsaPublic(key))
    }

    /// What signs: a secret key or a private one.
    pub(super) fn signing(self) -> Result<Authority, CryptoError> {
        if let Some(key) = self.block_key()? {
            return of_block_key(key);
        }
        if let Some(scalar) = self.optional(kind::EC_SCALAR) {
            let curve = self.curve()?;
            let algorithm = AuthorityAlgorithm::of_curve(curve.order_length());
            return known(algorithm, Key::EcPrivate(EcPrivateKey::new(curve, scalar)?));
        }
        let key = self.rsa_private()?;
        known(AuthorityAlgorithm::of_rsa(key.bits()), Key::RsaPrivate(key))
    }

    fn rsa_private(self) -> Result<RsaPrivateKey, CryptoError> {
        if let Some(exponent) = self.optional(kind::RSA_PRIVATE_EXPONENT) {
            // The modulus of a private key has a type of its own, but hosts give it that of the public one, too.
            let modulus = self.optional(kind::RSA_PRIVATE_MODULUS);
            let modulus = modulus.map_or_else(|| self.get(kind::RSA_PUBLIC_MODULUS), Ok)?;
            return RsaPrivateKey::new(modulus, exponent);
        }
        RsaPrivateKey::from_crt(CrtParts {
            p: self.get(kind::RSA_P)?,
            q: self.get(kind::RSA_Q)?,
            dp: self.get(kind::RSA_DP)?,
            dq: self.get(kind::RSA_DQ)?,
            inverse: self.get(kind::RSA_INVERSE)?,
        })
    }

    /// The curve of the key: that of its own parameters, or that which it refers to.
    fn curve(self) -> Result<Curve, CryptoError> {
        if let Some(p) = self.optional(kind::EC_P) {
            let cofactor = self.optional(kind::EC_COFACTOR).unwrap_or_default();
            return Curve::new(CurveParameters {
                p,
                a: self.get(kind::EC_A)?,
                b: self.get(kind::EC_B)?,
                g: self.get(kind::EC_G)?,
                n: self.get(kind::EC_N)?,
                h: number(cofactor).ok_or(CryptoError::IllegalValue)?,
            });
        }
        let curve = match *self.get(kind::EC_REFERENCE)? {
            [reference] => ReferencedCurve::from_reference(reference),
            _ => None,
        };
        named(curve.ok_or(CryptoError::NoSuchAlgorithm)?).curve()
    }
}

fn known(algorithm: Option<AuthorityAlgorithm>, key: Key) -> Result<Authority, CryptoError> {
    Ok((algorithm.ok_or(CryptoError::NoSuchAlgorithm)?, key))
}

fn of_block_key(key: BlockKey) -> Result<Authority, CryptoError> {
    let algorithm = match (key.is_aes(), key.length()) {
        (true, length) => AuthorityAlgorithm::of_aes(length),
        // Of single DES there is no retail MAC.
        (false, 16..) => Some(AuthorityAlgorithm::RetailMac),
        (false, _) => None,
    };
    known(algorithm, Key::Block(key))
}

/// The point with its first byte, which some hosts leave away.
fn point(bytes: &[u8], curve: &Curve) -> Vec<u8> {
    let bare = bytes.len() == 2 * curve.field_length();
    let prefix: &[u8] = if bare { &[UNCOMPRESSED] } else { &[] };
    [prefix, bytes].concat()
}

/// A number of at most four bytes; nothing is zero.
fn number(bytes: &[u8]) -> Option<u32> {
    let fold = |number: u32, byte: &u8| Some(number.checked_mul(1 << 8)? | u32::from(*byte));
    bytes.iter().try_fold(0, fold)
}
