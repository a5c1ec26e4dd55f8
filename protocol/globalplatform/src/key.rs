//! Symmetric keys of a security domain, and what GlobalPlatform computes with them [GPCS 2.3.1 §B.1, §B.2].
//!
//! A [`Key`] knows its algorithm; asking it for a mechanism of another algorithm is an error, never a guess.

mod cipher;
mod set;

use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub(crate) use cipher::{DES_BLOCK, pad};
pub use set::KeySet;

/// Length of a key check value, in bytes [GPCS 2.3.1 §B.5].
pub const CHECK_VALUE_LENGTH: usize = 3;

/// The cipher a key is for, and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// Triple DES with two keys: 16 bytes [GPCS 2.3.1 §B.1].
    Des3,
    /// AES-128: 16 bytes [GPCS 2.3.1 §B.2].
    Aes128,
    /// AES-192: 24 bytes.
    Aes192,
    /// AES-256: 32 bytes.
    Aes256,
}

impl KeyAlgorithm {
    /// The AES variant whose keys have `length` bytes.
    ///
    /// # Errors
    /// `WrongLength` unless that is 16, 24 or 32.
    pub const fn aes(length: usize) -> Result<Self, KeyError> {
        match length {
            16 => Ok(Self::Aes128),
            24 => Ok(Self::Aes192),
            32 => Ok(Self::Aes256),
            _ => Err(KeyError::WrongLength { length }),
        }
    }

    /// Length of a key, in bytes.
    #[must_use]
    pub const fn key_length(self) -> usize {
        match self {
            Self::Des3 | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Length of a cipher block, in bytes.
    #[must_use]
    pub const fn block_length(self) -> usize {
        if self.is_aes() { 16 } else { 8 }
    }

    /// Whether this is AES of any size.
    #[must_use]
    pub const fn is_aes(self) -> bool {
        !matches!(self, Self::Des3)
    }

    /// The key type byte: 80 for DES, 88 for AES [GPCS 2.3.1 §11.1.8].
    #[must_use]
    pub const fn key_type(self) -> u8 {
        if self.is_aes() { 0x88 } else { 0x80 }
    }
}

/// What is wrong with a key, or with what it was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The check value that came with a key is not the key's.
    #[error("key check value does not match the key")]
    CheckValueMismatch,
    /// The input of a cipher without padding is no whole number of blocks.
    #[error("{length} bytes are no whole number of cipher blocks")]
    NotBlockAligned {
        /// Length of the input, in bytes.
        length: usize,
    },
    /// The mechanism needs a key of another algorithm.
    #[error("the mechanism does not work with {0:?} keys")]
    WrongAlgorithm(KeyAlgorithm),
    /// No such key size.
    #[error("a key of {length} bytes does not fit the algorithm")]
    WrongLength {
        /// Length of the key, in bytes.
        length: usize,
    },
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
enum Material {
    Des3([u8; 16]),
    Aes128([u8; 16]),
    Aes192([u8; 24]),
    Aes256([u8; 32]),
}

/// A symmetric key. Wiped on drop, compared in constant time, never shown.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Key(Material);

impl Key {
    /// A key from its bytes.
    ///
    /// # Errors
    /// `WrongLength` unless `bytes` has [`KeyAlgorithm::key_length`] bytes.
    pub fn new(algorithm: KeyAlgorithm, bytes: &[u8]) -> Result<Self, KeyError> {
        let wrong = |_| KeyError::WrongLength { length: bytes.len() };
        Ok(Self(match algorithm {
            KeyAlgorithm::Des3 => Material::Des3(bytes.try_into().map_err(wrong)?),
            KeyAlgorithm::Aes128 => Material::Aes128(bytes.try_into().map_err(wrong)?),
            KeyAlgorithm::Aes192 => Material::Aes192(bytes.try_into().map_err(wrong)?),
            KeyAlgorithm::Aes256 => Material::Aes256(bytes.try_into().map_err(wrong)?),
        }))
    }

    /// A two-key triple DES key.
    #[must_use]
    pub const fn des3(bytes: [u8; 16]) -> Self {
        Self(Material::Des3(bytes))
    }

    /// An AES key of the size that `bytes` has.
    ///
    /// # Errors
    /// `WrongLength` unless that is 16, 24 or 32 bytes.
    pub fn aes(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::new(KeyAlgorithm::aes(bytes.len())?, bytes)
    }

    /// What the key is for.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        match self.0 {
            Material::Des3(_) => KeyAlgorithm::Des3,
            Material::Aes128(_) => KeyAlgorithm::Aes128,
            Material::Aes192(_) => KeyAlgorithm::Aes192,
            Material::Aes256(_) => KeyAlgorithm::Aes256,
        }
    }

    /// The key itself, for those who wrap or store it.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        match &self.0 {
            Material::Des3(bytes) | Material::Aes128(bytes) => bytes,
            Material::Aes192(bytes) => bytes,
            Material::Aes256(bytes) => bytes,
        }
    }

    /// The same 16 bytes as AES-128 key: static keys derived by triple DES for a card that speaks SCP03.
    ///
    /// An AES key stays as it is.
    #[must_use]
    pub fn into_aes(self) -> Self {
        match &self.0 {
            Material::Des3(bytes) => Self(Material::Aes128(*bytes)),
            _ => self,
        }
    }

    /// The key with odd parity in each byte [FIPS 46-3]; AES keys have none and stay as they are.
    #[must_use]
    pub fn with_odd_parity(mut self) -> Self {
        if let Material::Des3(bytes) = &mut self.0 {
            for byte in bytes {
                *byte ^= u8::from(byte.count_ones().is_multiple_of(2));
            }
        }
        self
    }

    /// The key check value: the first bytes of a block of zeros (DES) or of 01s (AES) under the key
    /// [GPCS 2.3.1 §B.5, §B.6].
    #[must_use]
    pub fn check_value(&self) -> [u8; CHECK_VALUE_LENGTH] {
        let block = if self.algorithm().is_aes() { [1; 16] } else { [0; 16] };
        let [a, b, c, ..] = self.encrypt_block(block);
        [a, b, c]
    }

    /// Checks the value that came with the key; an empty one means the sender did not compute it.
    ///
    /// # Errors
    /// `CheckValueMismatch`.
    pub fn verify_check_value(&self, value: &[u8]) -> Result<(), KeyError> {
        if value.is_empty() || bool::from(self.check_value().as_slice().ct_eq(value)) {
            Ok(())
        } else {
            Err(KeyError::CheckValueMismatch)
        }
    }
}

impl ConstantTimeEq for Key {
    fn ct_eq(&self, other: &Self) -> Choice {
        Choice::from(u8::from(self.algorithm() == other.algorithm()))
            & self.bytes().ct_eq(other.bytes())
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.algorithm())
    }
}
