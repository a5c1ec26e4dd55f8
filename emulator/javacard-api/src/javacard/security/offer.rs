//! What the card offers out of what is implemented: the one gate of every factory of algorithms and keys.

use cryptography::{AgreementAlgorithm, CipherAlgorithm, SignatureAlgorithm, cipher::BlockCipher};
use jcvm::Trap;

use super::{buffer::throw, key::family::Family, reason};
use crate::{AlgorithmFamily, Call};

/// The families that an object needs: its own, and that of its digest.
pub(crate) type Needs = [Option<AlgorithmFamily>; 2];

/// Refuses what the card does not offer.
///
/// # Errors
/// `CryptoException.NO_SUCH_ALGORITHM`.
pub(crate) fn check(call: &mut Call<'_, '_>, needs: Needs) -> Result<(), Trap> {
    let offered = needs.into_iter().flatten().all(|family| call.platform.offers(family, 0));
    if offered { Ok(()) } else { throw(call, reason::NO_SUCH_ALGORITHM) }
}

/// Refuses keys that the card does not offer.
///
/// # Errors
/// `CryptoException.NO_SUCH_ALGORITHM`.
pub(crate) fn check_key(call: &mut Call<'_, '_>, family: Family, bits: usize) -> Result<(), Trap> {
    let offered = of_key(family).is_none_or(|family| call.platform.offers(family, bits));
    if offered { Ok(()) } else { throw(call, reason::NO_SUCH_ALGORITHM) }
}

/// Generic secrets are bytes that any card keeps.
const fn of_key(family: Family) -> Option<AlgorithmFamily> {
    Some(match family {
        Family::Des => AlgorithmFamily::Des,
        Family::Aes => AlgorithmFamily::Aes,
        Family::Hmac => AlgorithmFamily::Hmac,
        Family::Secret => return None,
        Family::RsaPublic | Family::RsaPrivate | Family::RsaCrt => AlgorithmFamily::Rsa,
        Family::DsaPublic | Family::DsaPrivate | Family::DsaParameters => AlgorithmFamily::Dsa,
        Family::DhPublic | Family::DhPrivate | Family::DhParameters => {
            AlgorithmFamily::DiffieHellman
        }
        Family::EcPublic | Family::EcPrivate | Family::EcParameters => {
            AlgorithmFamily::EllipticCurves
        }
        Family::XecPublic | Family::XecPrivate => AlgorithmFamily::NamedCurves,
    })
}

/// What a signature needs.
pub(crate) fn of_signature(algorithm: SignatureAlgorithm) -> Needs {
    let (family, digest) = match algorithm {
        SignatureAlgorithm::Mac { aes: true, .. } => (AlgorithmFamily::Aes, None),
        SignatureAlgorithm::Mac { aes: false, .. } => (AlgorithmFamily::Des, None),
        SignatureAlgorithm::Hmac(digest) => (AlgorithmFamily::Hmac, Some(digest)),
        SignatureAlgorithm::Rsa { digest, .. } => (AlgorithmFamily::Rsa, digest),
        SignatureAlgorithm::Ecdsa { digest, .. } => (AlgorithmFamily::EllipticCurves, digest),
        SignatureAlgorithm::Dsa(digest) => (AlgorithmFamily::Dsa, digest),
        SignatureAlgorithm::Ed25519 { .. } => (AlgorithmFamily::NamedCurves, None),
    };
    [Some(family), digest.map(AlgorithmFamily::from)]
}

/// What a cipher needs.
pub(crate) fn of_cipher(algorithm: CipherAlgorithm) -> Needs {
    use cryptography::cipher::RsaPadding;
    match algorithm {
        CipherAlgorithm::Block { cipher: BlockCipher::Aes, .. } => {
            [Some(AlgorithmFamily::Aes), None]
        }
        CipherAlgorithm::Block { cipher: BlockCipher::Des, .. } => {
            [Some(AlgorithmFamily::Des), None]
        }
        CipherAlgorithm::Rsa(RsaPadding::Oaep(digest)) => {
            [Some(AlgorithmFamily::Rsa), Some(digest.into())]
        }
        CipherAlgorithm::Rsa(_) => [Some(AlgorithmFamily::Rsa), None],
    }
}

/// What a key agreement needs.
pub(crate) const fn of_agreement(algorithm: AgreementAlgorithm) -> Needs {
    let family = match algorithm {
        AgreementAlgorithm::DhPlain => AlgorithmFamily::DiffieHellman,
        AgreementAlgorithm::Xdh => AlgorithmFamily::NamedCurves,
        AgreementAlgorithm::EcDhKdf | AgreementAlgorithm::EcDhcKdf => {
            return [Some(AlgorithmFamily::EllipticCurves), Some(AlgorithmFamily::Sha1)];
        }
        _ => AlgorithmFamily::EllipticCurves,
    };
    [Some(family), None]
}
