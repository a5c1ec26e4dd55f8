//! Derivation functions with a form of their own.

use zeroize::Zeroizing;

use super::OUTPUT_LENGTH_MAX;
use crate::{CryptoError, DigestAlgorithm, MessageDigest, mac::Hmac};

fn check(length: usize, max: usize) -> Result<(), CryptoError> {
    if length <= OUTPUT_LENGTH_MAX.min(max) { Ok(()) } else { Err(CryptoError::IllegalValue) }
}

fn digest(algorithm: DigestAlgorithm, pieces: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut digest = MessageDigest::new(algorithm);
    for piece in pieces {
        digest.update(piece);
    }
    digest.finish()
}

/// `ALG_KDF_ANSI_X9_63` [SEC 1 §3.6.1]: digests of the secret, a counter from one, and the shared information.
///
/// # Errors
///
/// [`CryptoError::IllegalValue`] where more is asked for than a Java Card array holds.
pub fn ansi_x963(
    algorithm: DigestAlgorithm,
    secret: &[u8],
    shared: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    check(length, usize::MAX)?;
    let mut output = Zeroizing::new(Vec::with_capacity(length + algorithm.length()));
    for counter in 1_u32.. {
        if output.len() >= length {
            break;
        }
        output.extend_from_slice(&digest(algorithm, &[secret, &counter.to_be_bytes(), shared]));
    }
    output.truncate(length);
    Ok(output)
}

/// `ALG_KDF_IEEE_1363` [IEEE 1363 §13.1]: the digest of the secret and the parameters.
#[must_use]
pub fn ieee1363(
    algorithm: DigestAlgorithm,
    secret: &[u8],
    parameters: &[u8],
) -> Zeroizing<Vec<u8>> {
    digest(algorithm, &[secret, parameters])
}

/// `ALG_KDF_ICAO_MRTD` [ICAO 9303-11 §9.7.1]: the digest of the secret and a counter of four bytes.
#[must_use]
pub fn icao_mrtd(algorithm: DigestAlgorithm, secret: &[u8], counter: &[u8]) -> Zeroizing<Vec<u8>> {
    digest(algorithm, &[secret, counter])
}

/// `ALG_KDF_HKDF` [RFC 5869 §2]: extraction with the salt, and expansion with the information.
///
/// # Errors
///
/// [`CryptoError::IllegalValue`] where more is asked for than 255 digests.
pub fn hkdf(
    algorithm: DigestAlgorithm,
    [secret, salt, information]: [&[u8]; 3],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let key = Hmac::mac(algorithm, salt, &[secret]);
    expand(algorithm, &key, &[information], length)
}

/// `ALG_HKDF_EXPAND_LABEL_TLS13` [RFC 8446 §7.1]; `prefix` is `tls13 ` or, of DTLS, `dtls13`.
///
/// # Errors
///
/// [`CryptoError::IllegalValue`] where the label or the context is longer than 255 bytes, or more is asked for than 255 digests.
pub fn hkdf_expand_label(
    algorithm: DigestAlgorithm,
    secret: &[u8],
    [prefix, label, context]: [&[u8]; 3],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let short = |length: usize| u8::try_from(length).map_err(|_| CryptoError::IllegalValue);
    let output = u16::try_from(length).map_err(|_| CryptoError::IllegalValue)?.to_be_bytes();
    let label_length = [short(prefix.len().saturating_add(label.len()))?];
    let context_length = [short(context.len())?];
    let information = [&output[..], &label_length, prefix, label, &context_length, context];
    expand(algorithm, secret, &information, length)
}

/// HKDF-Expand [RFC 5869 §2.3].
fn expand(
    algorithm: DigestAlgorithm,
    key: &[u8],
    information: &[&[u8]],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    check(length, 255 * algorithm.length())?;
    let mut output = Zeroizing::new(Vec::with_capacity(length + algorithm.length()));
    let mut block = Zeroizing::<Vec<u8>>::default();
    for counter in 1..=u8::MAX {
        if output.len() >= length {
            break;
        }
        let mut mac = Hmac::new(algorithm, key);
        mac.update(&block);
        for piece in information {
            mac.update(piece);
        }
        mac.update(&[counter]);
        block = mac.finish();
        output.extend_from_slice(&block);
    }
    output.truncate(length);
    Ok(output)
}

/// `ALG_PRF_TLS12` [RFC 5246 §5]; `seed` is the label and the seed.
///
/// # Errors
///
/// [`CryptoError::IllegalValue`] where more is asked for than a Java Card array holds.
pub fn tls12(
    algorithm: DigestAlgorithm,
    secret: &[u8],
    seed: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    check(length, usize::MAX)?;
    let mut output = Zeroizing::new(Vec::with_capacity(length + algorithm.length()));
    let mut chain = Hmac::mac(algorithm, secret, &[seed]);
    while output.len() < length {
        output.extend_from_slice(&Hmac::mac(algorithm, secret, &[&chain, seed]));
        chain = Hmac::mac(algorithm, secret, &[&chain]);
    }
    output.truncate(length);
    Ok(output)
}

/// `ALG_PRF_TLS11` [RFC 4346 §5]: MD5 with the first half of the secret and SHA-1 with the second, combined.
///
/// # Errors
///
/// [`CryptoError::IllegalValue`] where more is asked for than a Java Card array holds.
pub fn tls11(secret: &[u8], seed: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let half = secret.len().div_ceil(2);
    let first = secret.get(..half).unwrap_or_default();
    let second = secret.get(secret.len() - half..).unwrap_or_default();
    let mut output = tls12(DigestAlgorithm::Md5, first, seed, length)?;
    let other = tls12(DigestAlgorithm::Sha1, second, seed, length)?;
    output.iter_mut().zip(other.iter()).for_each(|(to, from)| *to ^= from);
    Ok(output)
}
