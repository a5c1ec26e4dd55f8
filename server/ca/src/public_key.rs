//! Which public keys are certified.

use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION};
use der::{Decode as _, Encode as _};
use pkcs1::RsaPublicKeyRef;
use spki::SubjectPublicKeyInfoOwned;

use crate::{error::CaError, profile::CertificateProfile};

/// Longest RSA modulus, in bits: longer ones make verifiers work for the one who asked.
const RSA_BITS_MAX: usize = 4096;

/// A SubjectPublicKeyInfo that the profile takes.
pub(crate) fn check(
    der: &[u8],
    profile: &CertificateProfile,
) -> Result<SubjectPublicKeyInfoOwned, CaError> {
    let key = SubjectPublicKeyInfoOwned::from_der(der).map_err(CaError::RequestMalformed)?;
    if key.algorithm.oid == RSA_ENCRYPTION {
        check_rsa(&key, usize::from(profile.minimum_rsa_bits))?;
    } else if key.algorithm.oid != ID_EC_PUBLIC_KEY {
        return Err(CaError::KeyRefused("neither RSA nor elliptic curve"));
    }
    // What goes into the certificate is what was checked, in its one DER form.
    if key.to_der()? != der {
        return Err(CaError::KeyRefused("not in DER"));
    }
    Ok(key)
}

/// Size, an odd modulus, and a public exponent that is odd and 65,537 or more [NIST SP 800-89 §5.3.3].
fn check_rsa(key: &SubjectPublicKeyInfoOwned, bits_min: usize) -> Result<(), CaError> {
    let raw = key.subject_public_key.as_bytes().ok_or(CaError::KeyRefused("not in whole bytes"))?;
    let rsa = RsaPublicKeyRef::from_der(raw).map_err(CaError::RequestMalformed)?;
    let modulus = rsa.modulus.as_bytes();
    let exponent = rsa.public_exponent.as_bytes();
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    let bits = bit_length(modulus);
    if bits < bits_min {
        return Err(CaError::KeyRefused("RSA modulus shorter than the profile asks"));
    }
    if bits > RSA_BITS_MAX {
        return Err(CaError::KeyRefused("RSA modulus longer than 4,096 bits"));
    }
    if !odd(modulus) {
        return Err(CaError::KeyRefused("even RSA modulus"));
    }
    if !odd(exponent) || bit_length(exponent) < 17 || exponent.len() > 32 {
        return Err(CaError::KeyRefused("RSA exponent even, below 65,537 or above 256 bits"));
    }
    Ok(())
}

fn bit_length(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let significant = number.get(zeros..).unwrap_or_default();
    let leading = significant.first().map_or(0, |byte| byte.leading_zeros());
    significant.len() * 8 - usize::try_from(leading).unwrap_or(0)
}
