//! Signing: one function for certificates and lists.

use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, SHA_256_WITH_RSA_ENCRYPTION};
use der::{Any, AnyRef, Decode as _, Encode as _, Sequence, asn1::BitString};
use keys::{KeyKind, KeyProvider};
use spki::AlgorithmIdentifierOwned;

use crate::error::CaError;

/// What certificates and lists have in common [RFC 5280 §4.1, §5.1].
#[derive(Sequence)]
struct Signed<'a> {
    content: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// The algorithm by which a key signs.
pub(crate) fn algorithm(
    keys: &impl KeyProvider,
    key: &str,
) -> Result<AlgorithmIdentifierOwned, CaError> {
    Ok(match keys.description(key)?.kind {
        // ECDSA has no parameters [RFC 5758 §3.2].
        KeyKind::SigningP256 => {
            AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA_256, parameters: None }
        }
        // RSA has NULL [RFC 4055 §5]; a key that cannot sign is refused by `sign`.
        _ => AlgorithmIdentifierOwned {
            oid: SHA_256_WITH_RSA_ENCRYPTION,
            parameters: Some(Any::null()),
        },
    })
}

/// Signs a TBSCertificate or TBSCertList in DER and returns the signed structure in DER.
pub(crate) fn sign(
    keys: &impl KeyProvider,
    key: &str,
    to_be_signed: &[u8],
) -> Result<Vec<u8>, CaError> {
    let signature = keys.sign(key, to_be_signed)?;
    let signed = Signed {
        content: AnyRef::from_der(to_be_signed)?,
        signature_algorithm: algorithm(keys, key)?,
        signature: BitString::from_bytes(&signature)?,
    };
    Ok(signed.to_der()?)
}
