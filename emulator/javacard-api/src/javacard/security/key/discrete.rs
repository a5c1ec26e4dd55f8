//! Keys of DSA and Diffie-Hellman.

use super::{family::Part, get_part, set_part};
use crate::registry::Natives;

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/DSAKey.setP([BSS)V", |call| set_part(call, Part::P)),
    ("javacard/security/DSAKey.getP([BS)S", |call| get_part(call, Part::P)),
    ("javacard/security/DSAKey.setQ([BSS)V", |call| set_part(call, Part::Q)),
    ("javacard/security/DSAKey.getQ([BS)S", |call| get_part(call, Part::Q)),
    ("javacard/security/DSAKey.setG([BSS)V", |call| set_part(call, Part::G)),
    ("javacard/security/DSAKey.getG([BS)S", |call| get_part(call, Part::G)),
    ("javacard/security/DSAPrivateKey.setX([BSS)V", |call| set_part(call, Part::X)),
    ("javacard/security/DSAPrivateKey.getX([BS)S", |call| get_part(call, Part::X)),
    ("javacard/security/DSAPublicKey.setY([BSS)V", |call| set_part(call, Part::Y)),
    ("javacard/security/DSAPublicKey.getY([BS)S", |call| get_part(call, Part::Y)),
    ("javacard/security/DHKey.setP([BSS)V", |call| set_part(call, Part::P)),
    ("javacard/security/DHKey.getP([BS)S", |call| get_part(call, Part::P)),
    ("javacard/security/DHKey.setQ([BSS)V", |call| set_part(call, Part::Q)),
    ("javacard/security/DHKey.getQ([BS)S", |call| get_part(call, Part::Q)),
    ("javacard/security/DHKey.setG([BSS)V", |call| set_part(call, Part::G)),
    ("javacard/security/DHKey.getG([BS)S", |call| get_part(call, Part::G)),
    ("javacard/security/DHPrivateKey.setX([BSS)V", |call| set_part(call, Part::X)),
    ("javacard/security/DHPrivateKey.getX([BS)S", |call| get_part(call, Part::X)),
    ("javacard/security/DHPublicKey.setY([BSS)V", |call| set_part(call, Part::Y)),
    ("javacard/security/DHPublicKey.getY([BS)S", |call| get_part(call, Part::Y)),
];
