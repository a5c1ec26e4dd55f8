//! Keys of RSA: `RSAPublicKey`, `RSAPrivateKey`, `RSAPrivateCrtKey`.

use super::{family::Part, get_part, set_part};
use crate::registry::Natives;

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/RSAPublicKey.setModulus([BSS)V", |call| set_part(call, Part::Modulus)),
    ("javacard/security/RSAPublicKey.getModulus([BS)S", |call| get_part(call, Part::Modulus)),
    ("javacard/security/RSAPublicKey.setExponent([BSS)V", |call| set_part(call, Part::Exponent)),
    ("javacard/security/RSAPublicKey.getExponent([BS)S", |call| get_part(call, Part::Exponent)),
    ("javacard/security/RSAPrivateKey.setModulus([BSS)V", |call| set_part(call, Part::Modulus)),
    ("javacard/security/RSAPrivateKey.getModulus([BS)S", |call| get_part(call, Part::Modulus)),
    ("javacard/security/RSAPrivateKey.setExponent([BSS)V", |call| set_part(call, Part::Exponent)),
    ("javacard/security/RSAPrivateKey.getExponent([BS)S", |call| get_part(call, Part::Exponent)),
    ("javacard/security/RSAPrivateCrtKey.setP([BSS)V", |call| set_part(call, Part::P)),
    ("javacard/security/RSAPrivateCrtKey.getP([BS)S", |call| get_part(call, Part::P)),
    ("javacard/security/RSAPrivateCrtKey.setQ([BSS)V", |call| set_part(call, Part::Q)),
    ("javacard/security/RSAPrivateCrtKey.getQ([BS)S", |call| get_part(call, Part::Q)),
    ("javacard/security/RSAPrivateCrtKey.setPQ([BSS)V", |call| set_part(call, Part::Pq)),
    ("javacard/security/RSAPrivateCrtKey.getPQ([BS)S", |call| get_part(call, Part::Pq)),
    ("javacard/security/RSAPrivateCrtKey.setDP1([BSS)V", |call| set_part(call, Part::Dp1)),
    ("javacard/security/RSAPrivateCrtKey.getDP1([BS)S", |call| get_part(call, Part::Dp1)),
    ("javacard/security/RSAPrivateCrtKey.setDQ1([BSS)V", |call| set_part(call, Part::Dq1)),
    ("javacard/security/RSAPrivateCrtKey.getDQ1([BS)S", |call| get_part(call, Part::Dq1)),
];
