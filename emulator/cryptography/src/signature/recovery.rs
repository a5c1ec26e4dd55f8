//! `javacard.security.SignatureMessageRecovery`: RSA with a part of the message in the signature [ISO/IEC 9796-2 §8].

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Purpose;
use crate::{
    CryptoError, DigestAlgorithm, Key, MessageDigest,
    rsa::iso9796::{Recovered, decode, encode, room},
};

/// An algorithm of [`RecoverySignature`] [JCAPI 3.0.5 javacard.security.SignatureMessageRecovery]. The trailer of one byte does not tell
/// digests apart: it stands for one of 20 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RecoveryAlgorithm {
    /// SHA-1, `ALG_RSA_SHA_ISO9796_MR`.
    Sha1 = 30,
    /// RIPEMD-160, `ALG_RSA_RIPEMD160_ISO9796_MR`.
    Ripemd160 = 31,
}

/// `Signature.SIG_CIPHER_RSA`.
const CIPHER_RSA: u8 = 3;
/// `Cipher.PAD_ISO9796_MR`.
const PAD_ISO9796_MR: u8 = 11;

impl RecoveryAlgorithm {
    /// The algorithm of `Signature.ALG_*`.
    #[must_use]
    pub const fn from_constant(constant: u8) -> Option<Self> {
        match constant {
            30 => Some(Self::Sha1),
            31 => Some(Self::Ripemd160),
            _ => None,
        }
    }

    /// The algorithm of `MessageDigest.ALG_*`, `Signature.SIG_CIPHER_*` and `Cipher.PAD_*`.
    #[must_use]
    pub fn from_parts(digest: u8, cipher: u8, padding: u8) -> Option<Self> {
        let algorithms = [Self::Sha1, Self::Ripemd160];
        let of_rsa = (cipher, padding) == (CIPHER_RSA, PAD_ISO9796_MR);
        algorithms.into_iter().find(|found| of_rsa && found.digest().constant() == digest)
    }

    /// Its `Signature.ALG_*`.
    #[must_use]
    pub const fn constant(self) -> u8 {
        self as u8
    }

    /// Its `Signature.SIG_CIPHER_*`.
    #[must_use]
    pub const fn cipher_constant(self) -> u8 {
        CIPHER_RSA
    }

    /// Its `Cipher.PAD_*`.
    #[must_use]
    pub const fn padding_constant(self) -> u8 {
        PAD_ISO9796_MR
    }

    /// The digest that it is made with.
    #[must_use]
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::Sha1 => DigestAlgorithm::Sha1,
            Self::Ripemd160 => DigestAlgorithm::Ripemd160,
        }
    }
}

/// What was given of a message: its digest, and its start as far as a signature has room for it.
#[derive(Clone)]
pub(super) struct Started {
    digest: MessageDigest,
    start: Zeroizing<Vec<u8>>,
    length: usize,
    room: usize,
}

impl Started {
    pub(super) fn new(digest: DigestAlgorithm, key: &Key) -> Result<Self, CryptoError> {
        let bits = match key {
            Key::RsaPublic(key) => key.bits(),
            Key::RsaPrivate(key) => key.bits(),
            _ => return Err(CryptoError::IllegalValue),
        };
        let room = room(bits, digest.length())?;
        let start = Zeroizing::new(Vec::with_capacity(room));
        Ok(Self { digest: MessageDigest::new(digest), start, length: 0, room })
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        self.digest.update(piece);
        let missing = self.room.saturating_sub(self.start.len());
        self.start.extend_from_slice(piece.get(..missing).unwrap_or(piece));
        self.length = self.length.saturating_add(piece.len());
    }

    /// The block to be signed, and how much of the message it holds; the next message may then start.
    pub(super) fn finish(&mut self) -> Result<(Zeroizing<Vec<u8>>, usize), CryptoError> {
        let (hash, length) = (self.digest.finish(), core::mem::take(&mut self.length));
        let block = encode(&self.start, length, &hash, self.room);
        let held = self.start.len();
        self.start.clear();
        Ok((block?, held))
    }
}

/// A signature that gives back a part of its message [JCAPI 3.0.5 javacard.security.SignatureMessageRecovery].
#[derive(Clone)]
pub struct RecoverySignature {
    algorithm: RecoveryAlgorithm,
    state: Option<State>,
}

#[derive(Clone)]
struct State {
    key: Key,
    purpose: Purpose,
    message: Started,
    /// After the signature to be verified was given: the digest that it holds, and whether more of the message is to come.
    expected: Option<(Vec<u8>, bool)>,
}

impl RecoverySignature {
    /// A signature without a key.
    #[must_use]
    pub const fn new(algorithm: RecoveryAlgorithm) -> Self {
        Self { algorithm, state: None }
    }

    /// The algorithm that the signature was made for.
    #[must_use]
    pub const fn algorithm(&self) -> RecoveryAlgorithm {
        self.algorithm
    }

    /// Length of the signature, in bytes.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key.
    pub fn length(&self) -> Result<usize, CryptoError> {
        let state = self.state.as_ref().ok_or(CryptoError::InvalidInit)?;
        crate::rsa::length(&state.key)
    }

    /// Takes a key and a purpose. What was begun is forgotten.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the key does not suit the purpose, or is too short for the digest.
    pub fn init(&mut self, key: Key, purpose: Purpose) -> Result<(), CryptoError> {
        self.state = None;
        let suits = matches!(
            (&key, purpose),
            (Key::RsaPrivate(_), Purpose::Sign) | (Key::RsaPublic(_), Purpose::Verify)
        );
        if !suits {
            return Err(CryptoError::IllegalValue);
        }
        let message = Started::new(self.algorithm.digest(), &key)?;
        self.state = Some(State { key, purpose, message, expected: None });
        Ok(())
    }

    fn expect(&mut self, purpose: Purpose) -> Result<&mut State, CryptoError> {
        let state = self.state.as_mut().filter(|state| state.purpose == purpose);
        state.ok_or(CryptoError::InvalidInit)
    }

    /// Takes the next piece of the message; when verifying, of what the signature does not hold.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key; [`CryptoError::IllegalUse`] when verifying before the signature was given.
    pub fn update(&mut self, piece: &[u8]) -> Result<(), CryptoError> {
        let state = self.state.as_mut().ok_or(CryptoError::InvalidInit)?;
        if state.purpose == Purpose::Verify && state.expected.is_none() {
            return Err(CryptoError::IllegalUse);
        }
        state.message.update(piece);
        Ok(())
    }

    /// Takes the last piece and gives the signature, and the number of bytes of the message that it holds.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key or when initialised to verify.
    pub fn sign(&mut self, piece: &[u8]) -> Result<(Zeroizing<Vec<u8>>, usize), CryptoError> {
        let state = self.expect(Purpose::Sign)?;
        state.message.update(piece);
        let (block, held) = state.message.finish()?;
        let Key::RsaPrivate(key) = &state.key else { return Err(CryptoError::InvalidInit) };
        Ok((key.raw(&block)?, held))
    }

    /// Takes the signature to be verified and gives the part of the message that it holds.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key or when initialised to sign; [`CryptoError::IllegalUse`] where the signature is not as
    /// long as the modulus, or holds nothing.
    pub fn begin_verify(&mut self, signature: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let digest = self.algorithm.digest();
        let state = self.expect(Purpose::Verify)?;
        let Key::RsaPublic(key) = &state.key else { return Err(CryptoError::InvalidInit) };
        if signature.len() != key.length() {
            return Err(CryptoError::IllegalUse);
        }
        let block = key.raw(signature)?;
        let recovered = decode(&block, digest.length()).ok_or(CryptoError::IllegalUse)?;
        let Recovered { message, hash, is_partial } = recovered;
        state.message = Started::new(digest, &state.key)?;
        state.message.update(&message);
        state.expected = Some((hash, is_partial));
        Ok(message)
    }

    /// Takes the last piece of the rest of the message and tells whether the signature is the message's.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key or when initialised to sign; [`CryptoError::IllegalUse`] before the signature was given.
    pub fn verify(&mut self, piece: &[u8]) -> Result<bool, CryptoError> {
        self.expect(Purpose::Verify)?;
        self.update(piece)?;
        let state = self.expect(Purpose::Verify)?;
        let (hash, is_partial) = state.expected.take().ok_or(CryptoError::IllegalUse)?;
        let is_longer = state.message.length > state.message.start.len();
        let same = bool::from(state.message.digest.finish().ct_eq(&hash));
        Ok(same && (is_partial || !is_longer))
    }
}
