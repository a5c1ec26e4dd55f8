//! Message digests: incremental, and resumable from a chaining value.
//!
//! The Merkle-Damgård functions are driven over their compression functions, so that the value between two blocks can be taken out
//! and given back, as `InitializedMessageDigest` does; SHA-3 has no such value of a digest's size and is not resumable here.

mod algorithm;
mod chained;

use digest::Digest as _;
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};
use zeroize::Zeroizing;

pub use self::algorithm::{ALG_NULL, DigestAlgorithm};
use self::chained::Chained;
use crate::CryptoError;

/// A message digest that takes its message in pieces.
#[derive(Clone)]
pub struct MessageDigest {
    algorithm: DigestAlgorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Chained(Chained),
    Sha3_224(Sha3_224),
    Sha3_256(Sha3_256),
    Sha3_384(Sha3_384),
    Sha3_512(Sha3_512),
}

impl State {
    fn new(algorithm: DigestAlgorithm) -> Self {
        match algorithm {
            DigestAlgorithm::Sha3_224 => Self::Sha3_224(Sha3_224::new()),
            DigestAlgorithm::Sha3_256 => Self::Sha3_256(Sha3_256::new()),
            DigestAlgorithm::Sha3_384 => Self::Sha3_384(Sha3_384::new()),
            DigestAlgorithm::Sha3_512 => Self::Sha3_512(Sha3_512::new()),
            chained => Self::Chained(Chained::new(chained)),
        }
    }
}

impl MessageDigest {
    /// A digest of nothing yet.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self { algorithm, state: State::new(algorithm) }
    }

    /// The digest of a whole message.
    #[must_use]
    pub fn digest(algorithm: DigestAlgorithm, message: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut digest = Self::new(algorithm);
        digest.update(message);
        digest.finish()
    }

    /// The algorithm that the digest was made for.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Takes the next piece of the message.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.state {
            State::Chained(state) => state.update(piece),
            State::Sha3_224(state) => state.update(piece),
            State::Sha3_256(state) => state.update(piece),
            State::Sha3_384(state) => state.update(piece),
            State::Sha3_512(state) => state.update(piece),
        }
    }

    /// The digest of all pieces; the engine then starts anew.
    pub fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let state = core::mem::replace(&mut self.state, State::new(self.algorithm));
        let mut digest = Zeroizing::new(match state {
            State::Chained(state) => state.finish(),
            State::Sha3_224(state) => state.finalize().to_vec(),
            State::Sha3_256(state) => state.finalize().to_vec(),
            State::Sha3_384(state) => state.finalize().to_vec(),
            State::Sha3_512(state) => state.finalize().to_vec(),
        });
        digest.truncate(self.algorithm.length());
        digest
    }

    /// Forgets all pieces, and an initial value that was set.
    pub fn reset(&mut self) {
        self.state = State::new(self.algorithm);
    }

    /// Resumes after `hashed` bytes (big-endian, as many digits as the caller has) from the chaining value that they gave
    /// [JCAPI 3.0.5 InitializedMessageDigest.setInitialDigest].
    ///
    /// # Errors
    ///
    /// [`CryptoError::NoSuchAlgorithm`] for a digest that cannot be resumed, [`CryptoError::IllegalValue`] where the value has not the
    /// length of a chaining value, or the count is zero, not a whole number of blocks, or beyond what the function can hash.
    pub fn set_initial(&mut self, value: &[u8], hashed: &[u8]) -> Result<(), CryptoError> {
        let State::Chained(state) = &mut self.state else {
            return Err(CryptoError::NoSuchAlgorithm);
        };
        *state = Chained::resume(self.algorithm, value, hashed)?;
        Ok(())
    }

    /// The chaining value after a whole number of blocks; the engine then starts anew
    /// [JCAPI 3.1 MessageDigest.doIntermediateMessageDigest].
    ///
    /// # Errors
    ///
    /// [`CryptoError::NoSuchAlgorithm`] for a digest that cannot be resumed, [`CryptoError::IllegalUse`] in the middle of a block.
    pub fn intermediate(&mut self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let State::Chained(state) = &self.state else { return Err(CryptoError::NoSuchAlgorithm) };
        let value = Zeroizing::new(state.chaining_value().ok_or(CryptoError::IllegalUse)?);
        self.reset();
        Ok(value)
    }
}
