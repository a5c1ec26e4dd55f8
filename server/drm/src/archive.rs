//! How a private key is kept: under a session key of its own, which is kept under DRM's storage key.

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use keys::{KeyProvider, RsaPadding, random::Randomness, wrap_for};
use zeroize::Zeroizing;

use crate::{error::DrmError, manager::STORAGE_KEY, transport::wrap_padded};

/// The name of this way of wrapping, in every record: AES-256 key wrap with padding [RFC 5649] of the PKCS#8 PrivateKeyInfo, the session
/// key under RSA-OAEP with SHA-256 [RFC 8017 §7.1].
pub(crate) const WRAPPING: &str = "rsa-oaep-sha256+aes-256-kwp";

/// Length of a record's session key, in bytes.
const SESSION_KEY_LENGTH: usize = 32;

/// The two wrapped parts of a record.
pub(crate) struct Sealed {
    pub(crate) session_key: Vec<u8>,
    pub(crate) private_key: Vec<u8>,
}

/// Wraps a private key for the archive.
pub(crate) fn seal(
    keys: &impl KeyProvider,
    random: &impl Randomness,
    private_key: &[u8],
) -> Result<Sealed, DrmError> {
    let mut session_key = Zeroizing::new([0; SESSION_KEY_LENGTH]);
    random.fill(&mut *session_key)?;
    let storage = keys.description(STORAGE_KEY)?;
    Ok(Sealed {
        session_key: wrap_for(&storage.visible, RsaPadding::OaepSha256, &*session_key)?,
        private_key: wrap_padded(&AES_256, &*session_key, private_key)?,
    })
}

/// Opens an archived private key.
pub(crate) fn open(
    keys: &impl KeyProvider,
    id: &str,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, DrmError> {
    let damaged = || DrmError::ArchiveDamaged(id.to_owned());
    let session_key = keys
        .unwrap_key(STORAGE_KEY, RsaPadding::OaepSha256, &sealed.session_key)
        .map_err(|_| damaged())?;
    unwrap(&session_key, &sealed.private_key).map_err(|_| damaged())
}

fn unwrap(session_key: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, DrmError> {
    let kek = AesKek::new(&AES_256, session_key).map_err(|_| DrmError::Wrapping)?;
    let mut output = Zeroizing::new(vec![0; wrapped.len()]);
    let length =
        kek.unwrap_with_padding(wrapped, &mut output).map_err(|_| DrmError::Wrapping)?.len();
    output.truncate(length);
    Ok(output)
}
