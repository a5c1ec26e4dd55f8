//! `javacardx.crypto`: ciphers, and keys that are set encrypted.

mod aead_cipher;
mod cipher;
pub(crate) mod key_encryption;

use crate::registry::Natives;

/// Natives of this package: a list each module.
pub(crate) const LISTS: &[Natives] =
    &[aead_cipher::NATIVES, cipher::NATIVES, key_encryption::NATIVES];
