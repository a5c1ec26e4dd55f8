//! Random numbers, passed in.

use crate::error::KeysError;

/// Gives random bytes. A run can be replayed with those that it saw.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`KeysError::Random`].
    fn fill(&self, bytes: &mut [u8]) -> Result<(), KeysError>;
}

/// The random number generator of the cryptographic library.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), KeysError> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| KeysError::Random)
    }
}
