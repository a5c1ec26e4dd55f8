//! Making key pairs.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use token_management::subsystem::drm::KeyKind;
use zeroize::Zeroizing;

use crate::error::DrmError;

/// A key pair in clear.
pub(crate) struct ClearKeyPair {
    /// DER of the SubjectPublicKeyInfo.
    pub(crate) public_key: Vec<u8>,
    /// DER of the PKCS#8 PrivateKeyInfo.
    pub(crate) private_key: Zeroizing<Vec<u8>>,
}

/// Makes a key pair of this kind. Takes tens of milliseconds to seconds of processor time.
pub(crate) fn generate(kind: KeyKind) -> Result<ClearKeyPair, DrmError> {
    let KeyKind::Rsa(bits) = kind;
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        other => return Err(DrmError::SizeRefused(other)),
    };
    let pair = KeyPair::generate(size).map_err(|_| DrmError::Making)?;
    let private_key: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| DrmError::Making)?;
    let public_key: PublicKeyX509Der<'_> =
        pair.public_key().as_der().map_err(|_| DrmError::Making)?;
    Ok(ClearKeyPair {
        public_key: public_key.as_ref().to_vec(),
        private_key: Zeroizing::new(private_key.as_ref().to_vec()),
    })
}
