//! `KeyEncryption` [JCAPI 3.0.5 javacardx.crypto.KeyEncryption]: every key of the card can be set encrypted.
//!
//! The cipher has to be one of the card's own, initialised to decrypt; a program's own subclass of `Cipher` is refused.

use jcvm::{Trap, Write};
use zeroize::Zeroizing;

use super::cipher;
use crate::{
    Call,
    javacard::security::{
        buffer::throw,
        engine::EngineObject,
        key::{CIPHER, KeyObject},
        reason,
    },
    registry::Natives,
    tables::classes,
};

pub(crate) const NATIVES: Natives = &[
    ("javacardx/crypto/KeyEncryption.getKeyCipher()Ljavacardx/crypto/Cipher;", get_key_cipher),
    ("javacardx/crypto/KeyEncryption.setKeyCipher(Ljavacardx/crypto/Cipher;)V", set_key_cipher),
];

fn get_key_cipher(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    Ok(key.reference(call, CIPHER).to_cell())
}

fn set_key_cipher(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let key = KeyObject::this(call)?;
    let cipher = call.arguments.reference(1)?;
    if !cipher.is_null() {
        call.vm.check_access(cipher)?;
        if !call.vm.is_instance(cipher, classes::BUILT_CIPHER) {
            return throw(call, reason::ILLEGAL_VALUE);
        }
    }
    let value = cipher.to_cell();
    call.vm.set_field(key.object, classes::KEY_OBJECT, CIPHER, value, Write::Transactional)?;
    Ok(0)
}

/// The cipher of a key, if it has one.
fn of(call: &Call<'_, '_>, key: &KeyObject) -> Option<EngineObject> {
    let cipher = key.reference(call, CIPHER);
    (!cipher.is_null()).then(|| EngineObject::of(cipher, classes::CIPHER))
}

/// What a part was set to: what was given, or decrypted where the key has a cipher.
///
/// # Errors
/// `CryptoException`: that of the cipher; `ILLEGAL_VALUE` where it does not decrypt.
pub(crate) fn decrypted(
    call: &mut Call<'_, '_>,
    key: &KeyObject,
    given: Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<Vec<u8>>, Trap> {
    match of(call, key) {
        Some(cipher) => cipher::finish(call, cipher, &given),
        None => Ok(given),
    }
}

/// How many bytes have to be given for a key of a length.
///
/// # Errors
/// `CryptoException.INVALID_INIT` where the cipher of the key is not initialised.
pub(crate) fn length(
    call: &mut Call<'_, '_>,
    key: &KeyObject,
    length: usize,
) -> Result<usize, Trap> {
    match of(call, key) {
        Some(cipher) => cipher::enciphered_length(call, cipher, length),
        None => Ok(length),
    }
}
