//! The hash of a load file data block [GPCS 2.3.1 §C.2].

use cryptography::{DigestAlgorithm, MessageDigest};
use faults::Fault;

use super::AuthorityError;

/// An algorithm of that hash, weakest first; the discriminant is its byte in object 83 of the card capability information
/// [GPCS 2.3.1 §H.4].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LoadFileHash {
    /// SHA-1, 20 bytes.
    Sha1 = 1,
    /// SHA-256, 32 bytes.
    Sha256 = 2,
    /// SHA-384, 48 bytes.
    Sha384 = 3,
    /// SHA-512, 64 bytes.
    Sha512 = 4,
}

impl LoadFileHash {
    /// Every algorithm, weakest first.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::Sha1 => DigestAlgorithm::Sha1,
            Self::Sha256 => DigestAlgorithm::Sha256,
            Self::Sha384 => DigestAlgorithm::Sha384,
            Self::Sha512 => DigestAlgorithm::Sha512,
        }
    }

    /// The algorithm of a hash, by its length.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownHash`] for a length that none has.
    pub fn of(hash: &[u8]) -> Result<Self, AuthorityError> {
        let known = Self::ALL.into_iter().find(|known| known.digest().length() == hash.len());
        known.ok_or(AuthorityError::UnknownHash)
    }

    /// Checks that a hash is that of a load file data block: the components in clear, without tag and length.
    ///
    /// # Errors
    ///
    /// Those of [`LoadFileHash::of`], and [`AuthorityError::WrongHash`].
    pub fn check(hash: &[u8], data_block: &[u8]) -> Result<(), AuthorityError> {
        let found = MessageDigest::digest(Self::of(hash)?.digest(), data_block);
        if *found == *hash { Ok(()) } else { Err(AuthorityError::WrongHash) }
    }

    /// Checks that a hash is not weaker than what it is used with [GPCS 2.3.1 §C.2, table C-3].
    ///
    /// # Errors
    ///
    /// Those of [`LoadFileHash::of`], and [`AuthorityError::WeakHash`].
    pub fn check_strength(hash: &[u8], weakest: Self) -> Result<(), AuthorityError> {
        let weak = Self::of(hash)? < weakest;
        if weak && !faults::active(Fault::WeakHashAccepted) {
            return Err(AuthorityError::WeakHash);
        }
        Ok(())
    }
}
