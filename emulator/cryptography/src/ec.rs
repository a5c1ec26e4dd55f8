//! Elliptic curves: over any prime field, and the two of Curve25519.

mod curve;
mod ecdsa;
mod group;
mod key;
mod named;
mod point;
mod prehashed;
mod root;
mod xec;

pub use self::{
    curve::{Curve, CurveParameters},
    key::{EcKeyPair, EcPrivateKey, EcPublicKey},
    named::NamedCurve,
    xec::{XecCurve, XecPrivateKey, XecPublicKey},
};
use crate::{CryptoError, Key, pair, signature::EcdsaEncoding};

/// Length of a signature of Ed25519, in bytes [RFC 8032 §5.1.6].
pub const ED25519_SIGNATURE_LENGTH: usize = 64;

/// Greatest length of a signature by a key, in bytes.
pub(crate) fn signature_length(key: &Key, encoding: EcdsaEncoding) -> Result<usize, CryptoError> {
    let curve = match key {
        Key::EcPublic(key) => key.curve(),
        Key::EcPrivate(key) => key.curve(),
        _ => return Err(CryptoError::InvalidInit),
    };
    let length = curve.order_length();
    Ok(match encoding {
        EcdsaEncoding::Plain => 2 * length,
        EcdsaEncoding::Der => pair::length_max(length),
    })
}
