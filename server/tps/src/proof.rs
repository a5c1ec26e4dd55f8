//! Public keys from the card: the proof that it holds the private one, and the form that the CA takes.

use aws_lc_rs::signature::{RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents};
use coolkey::blob::{EnrollmentResult, RsaPublicKey};
use der::{
    Decode, Encode, Sequence,
    asn1::{AnyRef, BitString, BitStringRef, UintRef},
};
use spki::{AlgorithmIdentifier, ObjectIdentifier, SubjectPublicKeyInfo};

/// rsaEncryption [RFC 8017 §A.1].
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// ```text
/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
/// ```
/// [RFC 8017 §A.1.1]
#[derive(Sequence)]
struct RsaPublicKeyDer<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

/// Why the card's public key is not accepted: the card is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// What the card answered is not a public key with its proof.
    #[error("the card's answer is no public key with its proof")]
    Malformed,
    /// The key is not of the size that was asked for.
    #[error("the card made a key of another size")]
    WrongSize,
    /// The proof does not verify.
    #[error("the proof of possession does not verify")]
    WrongProof,
}

/// Whether the proof of possession counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It must verify, and the key must have the size that was asked for.
    Required,
    /// Nobody looks at it.
    Skipped,
}

/// DER of the SubjectPublicKeyInfo of the key in what START ENROLLMENT left in the I/O buffer.
///
/// # Errors
/// [`ProofError`].
pub fn accept(
    io_buffer: &[u8],
    challenge: &[u8],
    bits: u16,
    verification: Verification,
) -> Result<Vec<u8>, ProofError> {
    let result = match (EnrollmentResult::parse(io_buffer), verification) {
        (Ok(result), _) => result,
        // tpsclient's canned key declares a longer proof than it has.
        (Err(_), Verification::Skipped) => blob_alone(io_buffer)?,
        (Err(_), Verification::Required) => return Err(ProofError::Malformed),
    };
    let key = RsaPublicKey::parse(&result.public_key_blob).map_err(|_| ProofError::Malformed)?;
    if verification == Verification::Required {
        verify(&key, &result, challenge, bits)?;
    }
    subject_public_key_info(&key.modulus, &key.exponent).map_err(|_| ProofError::Malformed)
}

fn blob_alone(io_buffer: &[u8]) -> Result<EnrollmentResult, ProofError> {
    let (length, rest) = io_buffer.split_first_chunk::<2>().ok_or(ProofError::Malformed)?;
    let blob = rest.get(..usize::from(u16::from_be_bytes(*length))).ok_or(ProofError::Malformed)?;
    Ok(EnrollmentResult { public_key_blob: blob.to_vec(), proof: Vec::new() })
}

fn verify(
    key: &RsaPublicKey,
    result: &EnrollmentResult,
    challenge: &[u8],
    bits: u16,
) -> Result<(), ProofError> {
    let modulus = trimmed(&key.modulus);
    let exact = modulus.first().is_some_and(|first| first & 0x80 != 0);
    if key.bits != bits || modulus.len() != usize::from(bits).div_ceil(8) || !exact {
        return Err(ProofError::WrongSize);
    }
    RsaPublicKeyComponents { n: modulus, e: trimmed(&key.exponent) }
        .verify(
            &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            &result.proof_input(challenge),
            &result.proof,
        )
        .map_err(|_| ProofError::WrongProof)
}

/// Size of the modulus of an RSA key, in bits, rounded up to bytes; `None` for what is no RSA key.
#[must_use]
pub fn modulus_bits(public_key: &[u8]) -> Option<u16> {
    let info = SubjectPublicKeyInfo::<AnyRef<'_>, BitStringRef<'_>>::from_der(public_key).ok()?;
    let key = RsaPublicKeyDer::from_der(info.subject_public_key.as_bytes()?).ok()?;
    u16::try_from(key.modulus.as_bytes().len() * 8).ok()
}

fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// DER of the SubjectPublicKeyInfo of an RSA key [RFC 5280 §4.1.2.7].
fn subject_public_key_info(modulus: &[u8], exponent: &[u8]) -> der::Result<Vec<u8>> {
    let key = RsaPublicKeyDer {
        modulus: UintRef::new(trimmed(modulus))?,
        public_exponent: UintRef::new(trimmed(exponent))?,
    };
    SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::NULL) },
        subject_public_key: BitString::from_bytes(&key.to_der()?)?,
    }
    .to_der()
}
