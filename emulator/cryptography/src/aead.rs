//! `javacardx.crypto.AEADCipher`: AES in Galois/counter mode and in counter with CBC-MAC mode.

mod ccm;
mod gcm;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use self::{ccm::Ccm, gcm::Gcm};
use crate::{BlockKey, CryptoError, Direction, Key};

/// Longest tag, in bytes.
const TAG_LENGTH_MAX: usize = 16;

/// An authenticated cipher [JCAPI 3.1 javacardx.crypto.AEADCipher].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AeadAlgorithm {
    /// AES in Galois/counter mode, `ALG_AES_GCM` [NIST SP 800-38D].
    Gcm,
    /// AES in counter with CBC-MAC mode, `ALG_AES_CCM` [NIST SP 800-38C].
    Ccm,
}

impl AeadAlgorithm {
    /// The algorithm of `AEADCipher.ALG_*`.
    #[must_use]
    pub const fn from_constant(constant: u8) -> Option<Self> {
        match constant {
            0xF3 => Some(Self::Gcm),
            0xF4 => Some(Self::Ccm),
            _ => None,
        }
    }

    /// The algorithm of `AEADCipher.CIPHER_*` with `Cipher.PAD_NOPAD` or `PAD_NULL`.
    #[must_use]
    pub const fn from_parts(cipher: u8, padding: u8) -> Option<Self> {
        match (cipher, padding) {
            (0xF1, 0 | 1) => Some(Self::Gcm),
            (0xF2, 0 | 1) => Some(Self::Ccm),
            _ => None,
        }
    }

    /// Its `AEADCipher.ALG_*`.
    #[must_use]
    pub const fn constant(self) -> u8 {
        match self {
            Self::Gcm => 0xF3,
            Self::Ccm => 0xF4,
        }
    }

    /// Its `AEADCipher.CIPHER_*`.
    #[must_use]
    pub const fn cipher_constant(self) -> u8 {
        match self {
            Self::Gcm => 0xF1,
            Self::Ccm => 0xF2,
        }
    }
}

/// What `init` is told besides the key [JCAPI 3.1 AEADCipher.init].
#[derive(Clone, Copy, Debug)]
pub struct AeadParameters<'a> {
    /// The nonce: 7 to 13 bytes for CCM, one or more for GCM.
    pub nonce: &'a [u8],
    /// Length of the additional data, in bytes; GCM does not need to know it.
    pub additional_length: usize,
    /// Length of the message, in bytes; GCM does not need to know it.
    pub message_length: usize,
    /// Length of the tag, in bytes; GCM is told when the tag is asked for and takes zero here.
    pub tag_length: usize,
}

/// An authenticated cipher that takes its message in pieces.
#[derive(Clone)]
pub struct AeadCipher {
    algorithm: AeadAlgorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Uninitialized,
    Gcm(Gcm),
    Ccm(Ccm),
    /// The tag, after the message.
    Finished(Zeroizing<Vec<u8>>),
}

impl AeadCipher {
    /// A cipher without a key.
    #[must_use]
    pub const fn new(algorithm: AeadAlgorithm) -> Self {
        Self { algorithm, state: State::Uninitialized }
    }

    /// The algorithm that the cipher was made for.
    #[must_use]
    pub const fn algorithm(&self) -> AeadAlgorithm {
        self.algorithm
    }

    /// Takes a key of AES, a direction, and the parameters. What was begun is forgotten.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the key or a parameter does not suit the algorithm.
    pub fn init(
        &mut self,
        key: Key,
        direction: Direction,
        parameters: AeadParameters<'_>,
    ) -> Result<(), CryptoError> {
        self.state = State::Uninitialized;
        let Key::Block(key) = key else { return Err(CryptoError::IllegalValue) };
        if !BlockKey::is_aes(&key) {
            return Err(CryptoError::IllegalValue);
        }
        self.state = match self.algorithm {
            AeadAlgorithm::Gcm => State::Gcm(Gcm::new(key, direction, parameters.nonce)?),
            AeadAlgorithm::Ccm => State::Ccm(Ccm::new(key, direction, parameters)?),
        };
        Ok(())
    }

    /// Takes the next piece of the additional data, all of which come before the message.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key; [`CryptoError::IllegalUse`] after the message began, or beyond the length announced.
    pub fn update_additional(&mut self, piece: &[u8]) -> Result<(), CryptoError> {
        match &mut self.state {
            State::Uninitialized => Err(CryptoError::InvalidInit),
            State::Gcm(engine) => engine.update_additional(piece),
            State::Ccm(engine) => engine.update_additional(piece),
            State::Finished(_) => Err(CryptoError::IllegalUse),
        }
    }

    /// Takes the next piece of the message and gives as many bytes of output.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key; [`CryptoError::IllegalUse`] after the end, or beyond the length announced.
    pub fn update(&mut self, piece: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        match &mut self.state {
            State::Uninitialized => Err(CryptoError::InvalidInit),
            State::Gcm(engine) => Ok(engine.update(piece)),
            State::Ccm(engine) => engine.update(piece),
            State::Finished(_) => Err(CryptoError::IllegalUse),
        }
    }

    /// Takes the last piece and gives as many bytes of output. The tag can then be taken or verified, until the next
    /// [`AeadCipher::init`].
    ///
    /// # Errors
    ///
    /// Those of [`AeadCipher::update`], and [`CryptoError::IllegalUse`] where less was given than announced.
    pub fn finish(&mut self, piece: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let output = self.update(piece)?;
        let tag = match &mut self.state {
            State::Gcm(engine) => engine.tag(),
            State::Ccm(engine) => engine.tag()?,
            State::Uninitialized | State::Finished(_) => return Err(CryptoError::IllegalUse),
        };
        self.state = State::Finished(tag);
        Ok(output)
    }

    /// The tag after encryption. GCM gives as many bytes as are asked for, CCM the length that was announced.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalUse`] before the end of the message; [`CryptoError::IllegalValue`] for a length that the algorithm has not.
    pub fn tag(&self, length: usize) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let State::Finished(tag) = &self.state else { return Err(CryptoError::IllegalUse) };
        let exact = self.algorithm == AeadAlgorithm::Ccm;
        if length == 0 || length > tag.len() || exact && length != tag.len() {
            return Err(CryptoError::IllegalValue);
        }
        Ok(Zeroizing::new(tag.get(..length).unwrap_or_default().to_vec()))
    }

    /// Length of the tag that `retrieveTag` gives when it is not told: what CCM was told, or the longest.
    #[must_use]
    pub fn tag_length(&self) -> usize {
        match &self.state {
            State::Finished(tag) => tag.len(),
            State::Ccm(engine) => engine.tag_length(),
            State::Gcm(_) | State::Uninitialized => TAG_LENGTH_MAX,
        }
    }

    /// Whether the tag received is the one of the message.
    ///
    /// # Errors
    ///
    /// Those of [`AeadCipher::tag`].
    pub fn verify_tag(&self, received: &[u8]) -> Result<bool, CryptoError> {
        let tag = self.tag(received.len())?;
        Ok(bool::from(tag.ct_eq(received)))
    }
}
