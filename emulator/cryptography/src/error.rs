//! What can go wrong: the reasons of `javacard.security.CryptoException`.

use thiserror::Error;

/// Why an algorithm refused; the discriminant is the reason of `CryptoException` [JCAPI 3.0.5 javacard.security.CryptoException].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[repr(u8)]
pub enum CryptoError {
    /// A parameter is out of range or ill-formed, or a number is not what its key says.
    #[error("a parameter is out of range")]
    IllegalValue = 1,
    /// A key lacks a part.
    #[error("a key lacks a part")]
    UninitializedKey = 2,
    /// The chip does not have the algorithm, or not with this size or curve.
    #[error("there is no such algorithm")]
    NoSuchAlgorithm = 3,
    /// The engine was not initialised, or not for this use.
    #[error("the engine is not initialised for this use")]
    InvalidInit = 4,
    /// The input does not suit the algorithm: not a whole number of blocks, too long, not padded as it should be.
    #[error("the input does not suit the algorithm")]
    IllegalUse = 5,
}

impl CryptoError {
    /// The reason of `CryptoException`.
    #[must_use]
    pub const fn reason(self) -> u16 {
        self as u16
    }
}
