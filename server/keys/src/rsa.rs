//! Wrapping of keys under RSA keys.

use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use zeroize::Zeroizing;

use crate::error::KeysError;

/// How a key is padded before RSA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaPadding {
    /// OAEP with SHA-256 for both hashes [RFC 8017 §7.1].
    #[default]
    OaepSha256,
    /// PKCS#1 v1.5 [RFC 8017 §7.2]: what Dogtag's subsystems say to each other unless told otherwise.
    Pkcs1V15,
}

/// Wraps `key` under the RSA public key `public_key` (DER of a SubjectPublicKeyInfo).
///
/// # Errors
/// [`KeysError::Unwrappable`] when the public key is no RSA key of 2048 bits or more, or `key` is too long.
pub fn wrap_for(public_key: &[u8], padding: RsaPadding, key: &[u8]) -> Result<Vec<u8>, KeysError> {
    wrap(public_key, padding, key).map_err(|_| KeysError::Unwrappable)
}

fn wrap(
    public_key: &[u8],
    padding: RsaPadding,
    key: &[u8],
) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
    let public = PublicEncryptingKey::from_der(public_key)?;
    let mut wrapped = vec![0; public.key_size_bytes()];
    let length = match padding {
        RsaPadding::OaepSha256 => OaepPublicEncryptingKey::new(public)?
            .encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut wrapped, None)?
            .len(),
        RsaPadding::Pkcs1V15 => {
            Pkcs1PublicEncryptingKey::new(public)?.encrypt(key, &mut wrapped)?.len()
        }
    };
    wrapped.truncate(length);
    Ok(wrapped)
}

/// Opens what [`wrap_for`] made. One answer for whatever is wrong: no oracle about the padding.
pub(crate) fn unwrap(
    private: &PrivateDecryptingKey,
    padding: RsaPadding,
    wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    decrypt(private.clone(), padding, wrapped).map_err(|_| KeysError::Unopenable)
}

fn decrypt(
    private: PrivateDecryptingKey,
    padding: RsaPadding,
    wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>, aws_lc_rs::error::Unspecified> {
    let mut key = Zeroizing::new(vec![0; private.key_size_bytes()]);
    let length = match padding {
        RsaPadding::OaepSha256 => OaepPrivateDecryptingKey::new(private)?
            .decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut key, None)?
            .len(),
        RsaPadding::Pkcs1V15 => {
            Pkcs1PrivateDecryptingKey::new(private)?.decrypt(wrapped, &mut key)?.len()
        }
    };
    key.truncate(length);
    Ok(key)
}
