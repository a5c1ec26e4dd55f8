//! `javacardx.crypto.Cipher`: block ciphers in their modes, and RSA encryption.

mod algorithm;
mod block;
mod padding;
mod xts;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use self::algorithm::{BlockCipher, CipherAlgorithm, Direction, Mode, Padding, RsaPadding};
use self::block::BlockEngine;
pub(crate) use self::block::{increment, xor};
use crate::{CryptoError, Key, rsa};

/// Longest message of RSA that is gathered, in bytes: one more than the longest modulus, so that it is known to be too long.
const RSA_MESSAGE_MAX: usize = rsa::MODULUS_LENGTH_MAX + 1;

/// A cipher that takes its message in pieces [JCAPI 3.0.5 javacardx.crypto.Cipher].
#[derive(Clone)]
pub struct Cipher {
    algorithm: CipherAlgorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Uninitialized,
    Block(BlockEngine),
    Rsa { padding: RsaPadding, key: Key, direction: Direction, message: Zeroizing<Vec<u8>> },
}

impl Cipher {
    /// A cipher without a key.
    #[must_use]
    pub const fn new(algorithm: CipherAlgorithm) -> Self {
        Self { algorithm, state: State::Uninitialized }
    }

    /// The algorithm that the cipher was made for.
    #[must_use]
    pub const fn algorithm(&self) -> CipherAlgorithm {
        self.algorithm
    }

    /// Whether the cipher has a key.
    #[must_use]
    pub const fn is_initialized(&self) -> bool {
        !matches!(self.state, State::Uninitialized)
    }

    /// Takes a key, a direction, and an initial vector: empty for zeros and where the mode has none. What was begun is forgotten.
    ///
    /// The key of XTS is of twice the length of an AES key: [`Key::Secret`], for no [`BlockKey`](crate::BlockKey) is so long.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the key or the initial vector does not suit the algorithm.
    pub fn init(
        &mut self,
        key: Key,
        direction: Direction,
        vector: &[u8],
    ) -> Result<(), CryptoError> {
        self.state = State::Uninitialized;
        self.state = match self.algorithm {
            CipherAlgorithm::Block { cipher, mode, padding } => {
                State::Block(BlockEngine::new((cipher, mode, padding), key, direction, vector)?)
            }
            CipherAlgorithm::Rsa(padding) => {
                let suits = matches!(key, Key::RsaPublic(_) | Key::RsaPrivate(_));
                if !suits || !vector.is_empty() {
                    return Err(CryptoError::IllegalValue);
                }
                State::Rsa { padding, key, direction, message: Zeroizing::new(Vec::new()) }
            }
        };
        Ok(())
    }

    /// Takes the next piece of the message and gives the output that it completes: whole blocks, but when padding is to be removed, the
    /// last one is kept back. RSA gathers.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key; [`CryptoError::IllegalUse`] where the message is longer than the algorithm takes.
    pub fn update(&mut self, piece: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        match &mut self.state {
            State::Uninitialized => Err(CryptoError::InvalidInit),
            State::Block(engine) => Ok(engine.update(piece)),
            State::Rsa { message, .. } => {
                gather(message, piece)?;
                Ok(Zeroizing::default())
            }
        }
    }

    /// Takes the last piece and gives the rest of the output. The cipher is then as after [`Cipher::init`], but CBC and CFB start from an
    /// initial vector of zeros.
    ///
    /// # Errors
    ///
    /// [`CryptoError::InvalidInit`] without a key; [`CryptoError::IllegalUse`] where the message is not of a length that the algorithm
    /// takes (none at all is none, where nothing is padded), a number is not smaller than the modulus, or the padding is not as it should
    /// be.
    pub fn finish(
        &mut self,
        rng: &mut dyn CryptoRng,
        piece: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        match &mut self.state {
            State::Uninitialized => Err(CryptoError::InvalidInit),
            State::Block(engine) => engine.finish(piece),
            State::Rsa { padding, key, direction, message } => {
                gather(message, piece)?;
                let message = core::mem::take(message);
                rsa_crypt(rng, *padding, (key, *direction), &message)
            }
        }
    }
}

fn gather(message: &mut Zeroizing<Vec<u8>>, piece: &[u8]) -> Result<(), CryptoError> {
    if message.len().saturating_add(piece.len()) > RSA_MESSAGE_MAX {
        message.clear();
        return Err(CryptoError::IllegalUse);
    }
    message.extend_from_slice(piece);
    Ok(())
}

fn rsa_crypt(
    rng: &mut dyn CryptoRng,
    padding: RsaPadding,
    (key, direction): (&Key, Direction),
    message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    match direction {
        Direction::Encrypt => rsa::encrypt(rng, padding, key, message),
        Direction::Decrypt => rsa::decrypt(padding, key, message),
    }
}
