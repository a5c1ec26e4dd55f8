//! What a key is made of, in the hands of the cryptographic library.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeySize, PrivateDecryptingKey},
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use globalplatform::{Key, KeyAlgorithm};
use zeroize::Zeroizing;

use crate::{error::KeysError, kind::KeyKind, random::Randomness};

pub(super) enum Material {
    SigningRsa(RsaKeyPair),
    SigningP256(P256),
    Unwrapping(PrivateDecryptingKey),
    Master(Key),
    Tls(P256),
}

/// An elliptic-curve key pair, with the PKCS#8 form it came from.
pub(super) struct P256 {
    pair: EcdsaKeyPair,
    pkcs8: Zeroizing<Vec<u8>>,
}

impl P256 {
    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeysError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)
            .map_err(|_| KeysError::Making)?;
        Ok(Self { pair, pkcs8: Zeroizing::new(pkcs8.to_vec()) })
    }

    fn make() -> Result<Self, KeysError> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
                .map_err(|_| KeysError::Making)?;
        Self::from_pkcs8(document.as_ref())
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    fn public_key(&self) -> Result<Vec<u8>, KeysError> {
        let spki: PublicKeyX509Der<'_> =
            self.pair.public_key().as_der().map_err(|_| KeysError::Making)?;
        Ok(spki.as_ref().to_vec())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeysError> {
        let signature =
            self.pair.sign(&SystemRandom::new(), message).map_err(|_| KeysError::Making)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl Material {
    pub(super) fn make(kind: KeyKind, random: &impl Randomness) -> Result<Self, KeysError> {
        match kind {
            KeyKind::SigningRsa2048 => signing_rsa(KeySize::Rsa2048),
            KeyKind::SigningRsa3072 => signing_rsa(KeySize::Rsa3072),
            KeyKind::SigningP256 => P256::make().map(Self::SigningP256),
            KeyKind::UnwrappingRsa2048 => unwrapping_rsa(KeySize::Rsa2048),
            KeyKind::UnwrappingRsa3072 => unwrapping_rsa(KeySize::Rsa3072),
            KeyKind::MasterDes3 => master(KeyAlgorithm::Des3, random),
            KeyKind::MasterAes128 => master(KeyAlgorithm::Aes128, random),
            KeyKind::MasterAes256 => master(KeyAlgorithm::Aes256, random),
            KeyKind::TlsP256 => P256::make().map(Self::Tls),
        }
    }

    pub(super) fn from_bytes(kind: KeyKind, bytes: &[u8]) -> Result<Self, KeysError> {
        let rejected = |_| KeysError::Making;
        match kind {
            KeyKind::SigningRsa2048 | KeyKind::SigningRsa3072 => {
                RsaKeyPair::from_pkcs8(bytes).map(Self::SigningRsa).map_err(rejected)
            }
            KeyKind::SigningP256 => P256::from_pkcs8(bytes).map(Self::SigningP256),
            KeyKind::UnwrappingRsa2048 | KeyKind::UnwrappingRsa3072 => {
                PrivateDecryptingKey::from_pkcs8(bytes).map(Self::Unwrapping).map_err(rejected)
            }
            KeyKind::TlsP256 => P256::from_pkcs8(bytes).map(Self::Tls),
            KeyKind::MasterDes3 => Self::master(KeyAlgorithm::Des3, bytes),
            KeyKind::MasterAes128 => Self::master(KeyAlgorithm::Aes128, bytes),
            KeyKind::MasterAes256 => Self::master(KeyAlgorithm::Aes256, bytes),
        }
    }

    fn master(algorithm: KeyAlgorithm, bytes: &[u8]) -> Result<Self, KeysError> {
        Key::new(algorithm, bytes).map(Self::Master).map_err(|_| KeysError::Making)
    }

    /// The key in clear, to be sealed: PKCS#8 of a key pair, the bytes of a master key.
    pub(super) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        match self {
            Self::SigningRsa(pair) => pkcs8(pair),
            Self::Unwrapping(key) => pkcs8(key),
            Self::SigningP256(pair) | Self::Tls(pair) => Ok(pair.to_bytes()),
            Self::Master(key) => Ok(Zeroizing::new(key.bytes().to_vec())),
        }
    }

    /// The SubjectPublicKeyInfo of a key pair, the key check value of a master key.
    pub(super) fn visible(&self) -> Result<Vec<u8>, KeysError> {
        match self {
            Self::SigningRsa(pair) => x509(pair.public_key()),
            Self::Unwrapping(key) => x509(&key.public_key()),
            Self::SigningP256(pair) | Self::Tls(pair) => pair.public_key(),
            Self::Master(key) => Ok(key.check_value().to_vec()),
        }
    }

    /// A signature; `None` when the key is not for that.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Result<Vec<u8>, KeysError>> {
        match self {
            Self::SigningRsa(pair) => Some(sign_rsa(pair, message)),
            Self::SigningP256(pair) => Some(pair.sign(message)),
            _ => None,
        }
    }
}

fn signing_rsa(size: KeySize) -> Result<Material, KeysError> {
    RsaKeyPair::generate(size).map(Material::SigningRsa).map_err(|_| KeysError::Making)
}

fn unwrapping_rsa(size: KeySize) -> Result<Material, KeysError> {
    PrivateDecryptingKey::generate(size).map(Material::Unwrapping).map_err(|_| KeysError::Making)
}

fn master(algorithm: KeyAlgorithm, random: &impl Randomness) -> Result<Material, KeysError> {
    let mut bytes = Zeroizing::new(vec![0; algorithm.key_length()]);
    random.fill(&mut bytes)?;
    let key = Key::new(algorithm, &bytes).map_err(|_| KeysError::Making)?;
    Ok(Material::Master(key.with_odd_parity()))
}

fn pkcs8(key: &impl AsDer<Pkcs8V1Der<'static>>) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let der = key.as_der().map_err(|_| KeysError::Making)?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}

fn x509(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Result<Vec<u8>, KeysError> {
    let der = key.as_der().map_err(|_| KeysError::Making)?;
    Ok(der.as_ref().to_vec())
}

fn sign_rsa(pair: &RsaKeyPair, message: &[u8]) -> Result<Vec<u8>, KeysError> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
        .map_err(|_| KeysError::Making)?;
    Ok(signature)
}
