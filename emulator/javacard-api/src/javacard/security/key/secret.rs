//! Secret keys: `DESKey`, `AESKey`, `HMACKey`, `GenericSecretKey`.

use super::{family::Part, get_part, get_whole, set_part, set_whole};
use crate::registry::Natives;

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/DESKey.setKey([BS)V", set_whole),
    ("javacard/security/DESKey.getKey([BS)B", get_whole),
    ("javacard/security/AESKey.setKey([BS)V", set_whole),
    ("javacard/security/AESKey.getKey([BS)B", get_whole),
    ("javacard/security/HMACKey.setKey([BSS)V", |call| set_part(call, Part::Whole)),
    ("javacard/security/HMACKey.getKey([BS)B", get_whole),
    ("javacard/security/GenericSecretKey.setKey([BSS)V", |call| set_part(call, Part::Whole)),
    ("javacard/security/GenericSecretKey.getKey([BS)S", |call| get_part(call, Part::Whole)),
];
