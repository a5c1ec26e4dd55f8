//! Whether a signature is the key's [RFC 5280 §4.1.1.3].

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use const_oid::ObjectIdentifier;

use super::{
    algorithm::{Algorithm, PublicKey},
    node::{Node, Parts, tag},
    oid,
};

/// What was found out about a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The key made it.
    Valid,
    /// The key did not make it.
    Invalid,
    /// The suite does not know the algorithm.
    Unsupported(String),
    /// There is no signature, or no key.
    Missing,
}

/// Algorithms over a key whose type is all that needs to be known.
const PLAIN: &[(ObjectIdentifier, &dyn VerificationAlgorithm)] = &[
    (oid::SHA1_WITH_RSA, &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
    (oid::SHA256_WITH_RSA, &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
    (oid::SHA384_WITH_RSA, &RSA_PKCS1_2048_8192_SHA384),
    (oid::SHA512_WITH_RSA, &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
    (oid::ED25519, &ED25519),
];

/// ECDSA: algorithm, curve of the key.
const CURVES: &[(ObjectIdentifier, ObjectIdentifier, &dyn VerificationAlgorithm)] = &[
    (oid::ECDSA_WITH_SHA256, oid::P256, &ECDSA_P256_SHA256_ASN1),
    (oid::ECDSA_WITH_SHA384, oid::P256, &ECDSA_P256_SHA384_ASN1),
    (oid::ECDSA_WITH_SHA256, oid::P384, &ECDSA_P384_SHA256_ASN1),
    (oid::ECDSA_WITH_SHA384, oid::P384, &ECDSA_P384_SHA384_ASN1),
    (oid::ECDSA_WITH_SHA256, oid::P521, &ECDSA_P521_SHA256_ASN1),
    (oid::ECDSA_WITH_SHA384, oid::P521, &ECDSA_P521_SHA384_ASN1),
    (oid::ECDSA_WITH_SHA512, oid::P521, &ECDSA_P521_SHA512_ASN1),
];

/// RSASSA-PSS: digest, which is the one of the mask too and as long as the salt.
const PSS: &[(ObjectIdentifier, u64, &dyn VerificationAlgorithm)] = &[
    (oid::SHA256, 32, &RSA_PSS_2048_8192_SHA256),
    (oid::SHA384, 48, &RSA_PSS_2048_8192_SHA384),
    (oid::SHA512, 64, &RSA_PSS_2048_8192_SHA512),
];

/// Verifies a signature over an element.
#[must_use]
pub fn verify(
    key: Option<&PublicKey<'_>>,
    algorithm: Option<&Algorithm<'_>>,
    signed: Option<Node<'_>>,
    signature: Option<Node<'_>>,
) -> Check {
    let (Some(key), Some(algorithm), Some(signed), Some(signature)) =
        (key, algorithm, signed, signature)
    else {
        return Check::Missing;
    };
    let (Some(bits), Some(signature)) = (key.bits, signature.content.get(1..)) else {
        return Check::Missing;
    };
    match find(key, algorithm) {
        None => Check::Unsupported(format!("{} by this key", algorithm.name())),
        Some(verifier) => {
            match UnparsedPublicKey::new(verifier, bits).verify(signed.encoded, signature) {
                Ok(()) => Check::Valid,
                Err(_) => Check::Invalid,
            }
        }
    }
}

fn find(
    key: &PublicKey<'_>,
    algorithm: &Algorithm<'_>,
) -> Option<&'static dyn VerificationAlgorithm> {
    let wanted = algorithm.oid?;
    if wanted == oid::RSASSA_PSS {
        return pss(algorithm);
    }
    let curve = key.curve();
    let of_curve = CURVES.iter().find(|(name, on, _)| *name == wanted && Some(*on) == curve);
    let plain = || PLAIN.iter().find(|(name, _)| *name == wanted).map(|(_, verifier)| *verifier);
    of_curve.map(|(_, _, verifier)| *verifier).or_else(plain)
}

/// The parameters of RSASSA-PSS [RFC 4055 §3.1].
#[derive(Clone, Copy, Debug)]
pub struct PssParameters<'a> {
    /// The digest.
    pub hash: Option<Algorithm<'a>>,
    /// The digest of the mask generation function.
    pub mask_hash: Option<Algorithm<'a>>,
    /// Length of the salt, in bytes.
    pub salt_length: Option<u64>,
    /// Whether the trailer is the usual one.
    pub usual_trailer: bool,
}

impl<'a> PssParameters<'a> {
    /// Reads the parameters.
    #[must_use]
    pub fn read(parameters: Node<'a>) -> Self {
        let mut parts = Parts::of(Some(parameters));
        let mut part =
            |number| parts.take(tag::context(number)).and_then(|node| node.wrapped(0).ok());
        let hash = part(0).map(Algorithm::read);
        let mask = part(1).map(Algorithm::read);
        let salt = part(2);
        let trailer = part(3);
        Self {
            hash,
            mask_hash: mask.and_then(|mask| mask.parameters).map(Algorithm::read),
            salt_length: salt.map_or(Some(20), |salt| salt.small_number()),
            usual_trailer: trailer.is_none_or(|trailer| trailer.small_number() == Some(1)),
        }
    }
}

fn pss(algorithm: &Algorithm<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    let parameters = PssParameters::read(algorithm.parameters?);
    let (hash, mask) = (parameters.hash?.oid?, parameters.mask_hash?.oid?);
    PSS.iter()
        .find(|(digest, salt, _)| {
            *digest == hash && hash == mask && parameters.salt_length == Some(*salt)
        })
        .filter(|_| parameters.usual_trailer)
        .map(|(_, _, verifier)| *verifier)
}
