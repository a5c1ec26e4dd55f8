//! What may come in place of a bare public key: a certificate request [RFC 2986].

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ParsedPublicKey,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, VerificationAlgorithm,
};
use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, SHA_256_WITH_RSA_ENCRYPTION,
    SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use der::{Decode as _, Encode as _};
use spki::SubjectPublicKeyInfoRef;
use x509_cert::request::CertReq;

use crate::error::CaError;

/// Longest request, in bytes: a 4,096-bit key with every attribute in use has a tenth of that.
pub(crate) const REQUEST_LENGTH_MAX: usize = 16 * 1024;

/// DER of the SubjectPublicKeyInfo in a request, which is either that itself or a certificate request whose signature then is verified.
pub(crate) fn public_key(request: &[u8]) -> Result<Vec<u8>, CaError> {
    if request.len() > REQUEST_LENGTH_MAX {
        return Err(CaError::KeyRefused("the request is too long"));
    }
    if SubjectPublicKeyInfoRef::from_der(request).is_ok() {
        return Ok(request.to_vec());
    }
    let request = CertReq::from_der(request).map_err(CaError::RequestMalformed)?;
    verify(&request)?;
    Ok(request.info.public_key.to_der()?)
}

fn verify(request: &CertReq) -> Result<(), CaError> {
    let algorithm: &'static dyn VerificationAlgorithm = match request.algorithm.oid {
        SHA_256_WITH_RSA_ENCRYPTION => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        SHA_384_WITH_RSA_ENCRYPTION => &RSA_PKCS1_2048_8192_SHA384,
        SHA_512_WITH_RSA_ENCRYPTION => &RSA_PKCS1_2048_8192_SHA512,
        ECDSA_WITH_SHA_256 => &ECDSA_P256_SHA256_ASN1,
        ECDSA_WITH_SHA_384 => &ECDSA_P384_SHA384_ASN1,
        _ => {
            return Err(CaError::KeyRefused(
                "the request is signed with an algorithm that is not accepted",
            ));
        }
    };
    let key = request.info.public_key.to_der()?;
    let signature = request.signature.as_bytes().ok_or(CaError::RequestUnsigned)?;
    ParsedPublicKey::new(algorithm, key)
        .map_err(|_| CaError::KeyRefused("the request's key does not fit its signature"))?
        .verify_sig(&request.info.to_der()?, signature)
        .map_err(|_| CaError::RequestUnsigned)
}
