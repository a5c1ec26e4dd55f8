//! `javacard.security.Signature`: MACs, HMAC, RSA, DSA, ECDSA and Ed25519.

mod algorithm;
mod recovery;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use self::recovery::Started;
pub use self::{
    algorithm::{EcdsaEncoding, MacScheme, Purpose, RsaSignatureScheme, SignatureAlgorithm},
    recovery::{RecoveryAlgorithm, RecoverySignature},
};
use crate::{
    CryptoError, Key, MessageDigest,
    ec::{self, XecCurve},
    mac::{BlockMac, Hmac},
    rsa,
};

/// Longest message that is signed without being digested first, in bytes: what a Java Card array holds.
const MESSAGE_MAX: usize = 0x7FFF;

/// A signature or MAC that takes its message in pieces [JCAPI 3.0.5 javacard.security.Signature].
#[derive(Clone)]
pub struct Signature {
    algorithm: SignatureAlgorithm,
    state: Option<State>,
}

#[derive(Clone)]
struct State {
    purpose: Purpose,
    /// Length of the salt of PSS, in bytes, where it is not that of the digest.
    salt_length: Option<usize>,
    work: Work,
}

#[derive(Clone)]
enum Work {
    Mac(BlockMac),
    Hmac(Box<Hmac>),
    Digested(Key, Box<MessageDigest>),
    Gathered(Key, Zeroizing<Vec<u8>>),
    Started(Key, Box<Started>),
}

impl Signature {
    /// A signature without a key.
    #[must_use]
    pub const fn new(algorithm: SignatureAlgorithm) -> Self {
        Self { algorithm, state: None }
    }

    /// The algorithm that the signature was made for.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// What the signature was initialised for.
    #[must_use]
    pub fn purpose(&self) -> Option<Purpose> {
        self.state.as_ref().map(|state| state.purpose)
    }

    /// Length of the signature, in bytes; of one of ECDSA in DER, the greatest.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] where it depends on the key, and there is none.
    pub fn length(&self) -> Result<usize, CryptoError> {
        let key = || match &self.state {
            Some(State {
                work: Work::Digested(key, _) | Work::Gathered(key, _) | Work::Started(key, _),
                ..
            }) => Ok(key),
            _ => Err(CryptoError::InvalidInit),
        };
        Ok(match self.algorithm {
            SignatureAlgorithm::Mac { length, .. } => usize::from(length),
            SignatureAlgorithm::Hmac(digest) => digest.length(),
            SignatureAlgorithm::Rsa { .. } => rsa::length(key()?)?,
            SignatureAlgorithm::Ecdsa { encoding, .. } => ec::signature_length(key()?, encoding)?,
            SignatureAlgorithm::Dsa(_) => match key()? {
                Key::FieldPublic(key) => key.signature_length()?,
                Key::FieldPrivate(key) => key.signature_length()?,
                _ => return Err(CryptoError::InvalidInit),
            },
            SignatureAlgorithm::Ed25519 { .. } => ec::ED25519_SIGNATURE_LENGTH,
        })
    }

    /// Takes a key, a purpose, and a parameter: the initial vector of CBC-MACs, zeros where it is empty; the length of the salt of PSS, in
    /// two bytes, that of the digest where it is empty; of other algorithms none. What was begun is forgotten.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the key or the parameter does not suit the algorithm or the purpose.
    pub fn init(
        &mut self,
        key: Key,
        purpose: Purpose,
        parameter: &[u8],
    ) -> Result<(), CryptoError> {
        self.state = None;
        let salt_length = match (self.algorithm, parameter) {
            (_, []) | (SignatureAlgorithm::Mac { .. }, _) => None,
            (SignatureAlgorithm::Rsa { scheme: RsaSignatureScheme::Pss, .. }, [high, low]) => {
                Some(usize::from(u16::from_be_bytes([*high, *low])))
            }
            _ => return Err(CryptoError::IllegalValue),
        };
        let work = self.begin(key, purpose, parameter)?;
        self.state = Some(State { purpose, salt_length, work });
        Ok(())
    }

    fn begin(&self, key: Key, purpose: Purpose, vector: &[u8]) -> Result<Work, CryptoError> {
        match (self.algorithm, purpose) {
            (SignatureAlgorithm::Mac { scheme, aes, padding, length }, _) => {
                let Key::Block(key) = key else { return Err(CryptoError::IllegalValue) };
                if key.is_aes() != aes {
                    return Err(CryptoError::IllegalValue);
                }
                let mac = BlockMac::new(key, scheme, padding, vector)?;
                Ok(Work::Mac(mac.truncated(usize::from(length))))
            }
            (SignatureAlgorithm::Hmac(digest), _) => {
                let Key::Secret(key) = key else { return Err(CryptoError::IllegalValue) };
                Ok(Work::Hmac(Box::new(Hmac::new(digest, &key))))
            }
            (algorithm, purpose) if suits(algorithm, purpose, &key) => {
                if let SignatureAlgorithm::Rsa {
                    digest: Some(digest),
                    scheme: RsaSignatureScheme::Iso9796,
                } = algorithm
                {
                    let started = Started::new(digest, &key)?;
                    return Ok(Work::Started(key, Box::new(started)));
                }
                Ok(match algorithm.message_digest() {
                    Some(digest) => Work::Digested(key, Box::new(MessageDigest::new(digest))),
                    None => Work::Gathered(key, Zeroizing::default()),
                })
            }
            _ => Err(CryptoError::IllegalValue),
        }
    }

    /// Takes the next piece of the message.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key; [`CryptoError::IllegalUse`] where an algorithm that does not digest is given more than
    /// a Java Card array holds.
    pub fn update(&mut self, piece: &[u8]) -> Result<(), CryptoError> {
        let state = self.state.as_mut().ok_or(CryptoError::InvalidInit)?;
        match &mut state.work {
            Work::Mac(mac) => mac.update(piece),
            Work::Hmac(mac) => mac.update(piece),
            Work::Digested(_, digest) => digest.update(piece),
            Work::Started(_, message) => message.update(piece),
            Work::Gathered(_, message) => {
                if message.len().saturating_add(piece.len()) > MESSAGE_MAX {
                    message.clear();
                    return Err(CryptoError::IllegalUse);
                }
                message.extend_from_slice(piece);
            }
        }
        Ok(())
    }

    /// Resumes the digest from a chaining value [JCAPI 3.0.5 Signature.setInitialDigest]; see [`MessageDigest::set_initial`].
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key; [`CryptoError::IllegalUse`] where the algorithm is no digest that is then signed;
    /// [`CryptoError::IllegalValue`] as [`MessageDigest::set_initial`] says.
    pub fn set_initial_digest(&mut self, value: &[u8], hashed: &[u8]) -> Result<(), CryptoError> {
        let state = self.state.as_mut().ok_or(CryptoError::InvalidInit)?;
        let Work::Digested(_, digest) = &mut state.work else {
            return Err(CryptoError::IllegalUse);
        };
        digest.set_initial(value, hashed)
    }

    /// Takes the last piece and gives the signature. The engine is then as after [`Signature::init`], but with an initial vector of zeros.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key or when initialised to verify; [`CryptoError::IllegalUse`] where the message is not of a
    /// length that the algorithm takes; [`CryptoError::IllegalValue`] where the key's numbers do not make a key, or are too small.
    pub fn sign(
        &mut self,
        rng: &mut dyn CryptoRng,
        piece: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.expect(Purpose::Sign)?;
        self.update(piece)?;
        let state = self.state.as_mut().ok_or(CryptoError::InvalidInit)?;
        match &mut state.work {
            Work::Mac(mac) => mac.finish(),
            Work::Hmac(mac) => Ok(mac.finish()),
            Work::Digested(key, digest) => {
                let hash = digest.finish();
                sign_hash((self.algorithm, state.salt_length), key, rng, &hash)
            }
            Work::Started(Key::RsaPrivate(key), message) => key.raw(&message.finish()?.0),
            Work::Started(..) => Err(CryptoError::InvalidInit),
            Work::Gathered(key, message) => {
                let message = core::mem::take(message);
                sign_hash((self.algorithm, state.salt_length), key, rng, &message)
            }
        }
    }

    /// Takes the last piece and tells whether the signature is the message's. The engine is then as after [`Signature::init`].
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key or when initialised to sign; [`CryptoError::IllegalUse`] where the message is not of a
    /// length that the algorithm takes.
    pub fn verify(&mut self, piece: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        self.expect(Purpose::Verify)?;
        self.update(piece)?;
        let state = self.state.as_mut().ok_or(CryptoError::InvalidInit)?;
        match &mut state.work {
            Work::Mac(mac) => Ok(bool::from(mac.finish()?.ct_eq(signature))),
            Work::Hmac(mac) => Ok(bool::from(mac.finish().ct_eq(signature))),
            Work::Digested(key, digest) => {
                let hash = digest.finish();
                verify_hash((self.algorithm, state.salt_length), key, &hash, signature)
            }
            Work::Started(Key::RsaPublic(key), message) => {
                let (block, _) = message.finish()?;
                let same = |found: Zeroizing<Vec<u8>>| bool::from(found.ct_eq(&block));
                Ok(signature.len() == key.length() && key.raw(signature).is_ok_and(same))
            }
            Work::Started(..) => Err(CryptoError::InvalidInit),
            Work::Gathered(key, message) => {
                let message = core::mem::take(message);
                verify_hash((self.algorithm, state.salt_length), key, &message, signature)
            }
        }
    }

    /// Signs a digest that was made elsewhere [JCAPI 3.0.5 Signature.signPreComputedHash].
    ///
    /// # Errors
    ///
    /// Those of [`Signature::sign`], and [`CryptoError::IllegalUse`] where the algorithm is no digest that is then signed, or the digest
    /// is not of its length.
    pub fn sign_hash(
        &mut self,
        rng: &mut dyn CryptoRng,
        hash: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.expect(Purpose::Sign)?;
        let algorithm = self.algorithm;
        let (key, salt_length) = self.digested(hash)?;
        sign_hash((algorithm, salt_length), key, rng, hash)
    }

    /// Verifies the signature of a digest that was made elsewhere [JCAPI 3.0.5 Signature.verifyPreComputedHash].
    ///
    /// # Errors
    ///
    /// Those of [`Signature::verify`] and [`Signature::sign_hash`].
    pub fn verify_hash(&mut self, hash: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        self.expect(Purpose::Verify)?;
        let algorithm = self.algorithm;
        let (key, salt_length) = self.digested(hash)?;
        verify_hash((algorithm, salt_length), key, hash, signature)
    }

    fn expect(&self, purpose: Purpose) -> Result<(), CryptoError> {
        if self.purpose() == Some(purpose) { Ok(()) } else { Err(CryptoError::InvalidInit) }
    }

    /// The key for a digest from elsewhere; what was digested before is forgotten.
    fn digested(&mut self, hash: &[u8]) -> Result<(&Key, Option<usize>), CryptoError> {
        let state = self.state.as_mut().ok_or(CryptoError::InvalidInit)?;
        let Work::Digested(key, digest) = &mut state.work else {
            return Err(CryptoError::IllegalUse);
        };
        if hash.len() != digest.algorithm().length() {
            return Err(CryptoError::IllegalUse);
        }
        digest.reset();
        Ok((key, state.salt_length))
    }
}

fn suits(algorithm: SignatureAlgorithm, purpose: Purpose, key: &Key) -> bool {
    match (algorithm, purpose) {
        (SignatureAlgorithm::Rsa { .. }, Purpose::Sign) => matches!(key, Key::RsaPrivate(_)),
        (SignatureAlgorithm::Rsa { .. }, Purpose::Verify) => matches!(key, Key::RsaPublic(_)),
        (SignatureAlgorithm::Dsa(_), Purpose::Sign) => matches!(key, Key::FieldPrivate(_)),
        (SignatureAlgorithm::Dsa(_), Purpose::Verify) => matches!(key, Key::FieldPublic(_)),
        (SignatureAlgorithm::Ecdsa { .. }, Purpose::Sign) => matches!(key, Key::EcPrivate(_)),
        (SignatureAlgorithm::Ecdsa { .. }, Purpose::Verify) => matches!(key, Key::EcPublic(_)),
        (SignatureAlgorithm::Ed25519 { .. }, Purpose::Sign) => {
            matches!(key, Key::XecPrivate(key) if key.curve() == XecCurve::Ed25519)
        }
        (SignatureAlgorithm::Ed25519 { .. }, Purpose::Verify) => {
            matches!(key, Key::XecPublic(key) if key.curve() == XecCurve::Ed25519)
        }
        (SignatureAlgorithm::Mac { .. } | SignatureAlgorithm::Hmac(_), _) => false,
    }
}

fn sign_hash(
    (algorithm, salt_length): (SignatureAlgorithm, Option<usize>),
    key: &Key,
    rng: &mut dyn CryptoRng,
    hash: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    match (algorithm, key) {
        (SignatureAlgorithm::Rsa { digest, scheme }, Key::RsaPrivate(key)) => {
            rsa::sign(rng, rsa::Scheme { padding: scheme, digest, salt_length }, key, hash)
        }
        (SignatureAlgorithm::Dsa(_), Key::FieldPrivate(key)) => key.sign(rng, hash),
        (SignatureAlgorithm::Ecdsa { encoding, .. }, Key::EcPrivate(key)) => {
            key.sign(rng, hash, encoding)
        }
        (SignatureAlgorithm::Ed25519 { prehashed }, Key::XecPrivate(key)) => {
            key.sign(hash, prehashed)
        }
        _ => Err(CryptoError::InvalidInit),
    }
}

fn verify_hash(
    (algorithm, salt_length): (SignatureAlgorithm, Option<usize>),
    key: &Key,
    hash: &[u8],
    signature: &[u8],
) -> Result<bool, CryptoError> {
    match (algorithm, key) {
        (SignatureAlgorithm::Rsa { digest, scheme }, Key::RsaPublic(key)) => {
            let scheme = rsa::Scheme { padding: scheme, digest, salt_length };
            Ok(rsa::verify(scheme, key, hash, signature))
        }
        (SignatureAlgorithm::Dsa(_), Key::FieldPublic(key)) => Ok(key.verify(hash, signature)),
        (SignatureAlgorithm::Ecdsa { encoding, .. }, Key::EcPublic(key)) => {
            Ok(key.verify(hash, signature, encoding))
        }
        (SignatureAlgorithm::Ed25519 { prehashed }, Key::XecPublic(key)) => {
            Ok(key.verify(hash, prehashed, signature))
        }
        _ => Err(CryptoError::InvalidInit),
    }
}
