//! Signatures of RSA [RFC 8017 §8], [RFC 2409 §5.1].

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{
    encryption::pad,
    key::{RsaPrivateKey, RsaPublicKey},
    pss,
};
use crate::{CryptoError, DigestAlgorithm, signature::RsaSignatureScheme};

/// ASN.1 tags.
mod tag {
    pub(super) const OCTET_STRING: u8 = 0x04;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(super) const SEQUENCE: u8 = 0x30;
}

/// The object identifier of a digest, encoded [RFC 8017 §B.1].
const fn identifier(digest: DigestAlgorithm) -> &'static [u8] {
    match digest {
        DigestAlgorithm::Sha1 => &[0x2B, 0x0E, 0x03, 0x02, 0x1A],
        DigestAlgorithm::Md5 => &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x05],
        DigestAlgorithm::Ripemd160 => &[0x2B, 0x24, 0x03, 0x02, 0x01],
        DigestAlgorithm::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        DigestAlgorithm::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        DigestAlgorithm::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
        DigestAlgorithm::Sha224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04],
        DigestAlgorithm::Sha3_224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x07],
        DigestAlgorithm::Sha3_256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x08],
        DigestAlgorithm::Sha3_384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x09],
        DigestAlgorithm::Sha3_512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x0A],
    }
}

/// A value of less than 128 bytes with its head.
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
    [&[tag, length], value].concat()
}

/// `DigestInfo` [RFC 8017 §9.2].
fn digest_info(digest: DigestAlgorithm, hash: &[u8]) -> Vec<u8> {
    let identifier = tagged(tag::OBJECT_IDENTIFIER, identifier(digest));
    let algorithm = tagged(tag::SEQUENCE, &[&identifier[..], &tagged(tag::NULL, &[])].concat());
    tagged(tag::SEQUENCE, &[algorithm, tagged(tag::OCTET_STRING, hash)].concat())
}

/// What a signature is made with besides the key.
#[derive(Clone, Copy)]
pub(crate) struct Scheme {
    pub(crate) padding: RsaSignatureScheme,
    pub(crate) digest: Option<DigestAlgorithm>,
    /// Length of the salt of PSS, in bytes, where it is not that of the digest.
    pub(crate) salt_length: Option<usize>,
}

impl Scheme {
    /// The block of PKCS#1 v1.5 around a digest, or around what is given.
    fn block(self, hash: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let padded = match (self.padding, self.digest) {
            (RsaSignatureScheme::Pkcs1, Some(digest)) => {
                pad(None, &digest_info(digest, hash), length)
            }
            _ => pad(None, hash, length),
        };
        // Of a digest, it is not the message that is too long, but the key that is too short.
        padded
            .map_err(|error| if self.digest.is_some() { CryptoError::IllegalValue } else { error })
    }

    /// The digest of PSS, and the length of its salt.
    fn salted(self) -> Option<(DigestAlgorithm, usize)> {
        let digest = self.digest.filter(|_| self.padding == RsaSignatureScheme::Pss)?;
        Some((digest, self.salt_length.unwrap_or(digest.length())))
    }
}

/// Signs a digest.
pub(crate) fn sign(
    rng: &mut dyn CryptoRng,
    scheme: Scheme,
    key: &RsaPrivateKey,
    hash: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    match scheme.salted() {
        Some(salted) => key.raw(&pss::encode(rng, salted, hash, key.bits())?),
        None => key.raw(&scheme.block(hash, key.length())?),
    }
}

/// Whether a signature is that of a digest.
pub(crate) fn verify(scheme: Scheme, key: &RsaPublicKey, hash: &[u8], signature: &[u8]) -> bool {
    if signature.len() != key.length() {
        return false;
    }
    let Ok(encoded) = key.raw(signature) else { return false };
    if let Some(salted) = scheme.salted() {
        return pss::verify(salted, hash, &encoded, key.bits());
    }
    let expected = scheme.block(hash, key.length());
    expected.is_ok_and(|expected| bool::from(expected.ct_eq(&encoded)))
}
