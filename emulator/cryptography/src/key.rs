//! Keys, as engines take them.

use aes::{Aes128, Aes192, Aes256};
use cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit as _};
use des::Des;
use zeroize::Zeroizing;

use crate::{
    CryptoError,
    ec::{EcPrivateKey, EcPublicKey, XecPrivateKey, XecPublicKey},
    finite_field::{FieldPrivateKey, FieldPublicKey},
    rsa::{RsaPrivateKey, RsaPublicKey},
};

/// Length of a DES block, in bytes.
pub const DES_BLOCK_LENGTH: usize = 8;
/// Length of an AES block, in bytes.
pub const AES_BLOCK_LENGTH: usize = 16;

/// A key of any kind, copied into an engine when it is initialised and wiped with it.
#[derive(Clone)]
pub enum Key {
    /// Of DES, triple DES or AES.
    Block(BlockKey),
    /// Of HMAC, or a secret without a form of its own.
    Secret(Zeroizing<Vec<u8>>),
    /// Public, of RSA.
    RsaPublic(RsaPublicKey),
    /// Private, of RSA, in either form.
    RsaPrivate(RsaPrivateKey),
    /// Public, of a curve over a prime field.
    EcPublic(EcPublicKey),
    /// Private, of a curve over a prime field.
    EcPrivate(EcPrivateKey),
    /// Public, of a Montgomery or Edwards curve.
    XecPublic(XecPublicKey),
    /// Private, of a Montgomery or Edwards curve.
    XecPrivate(XecPrivateKey),
    /// Public, of DSA or Diffie-Hellman.
    FieldPublic(FieldPublicKey),
    /// Private, of DSA or Diffie-Hellman.
    FieldPrivate(FieldPrivateKey),
}

/// A key of a block cipher, expanded; the key schedule is wiped on drop.
#[derive(Clone)]
pub struct BlockKey(Box<Schedule>);

#[derive(Clone)]
enum Schedule {
    Des(Des),
    /// The three keys in the order of use: of two, the first is the third too. By themselves, for the retail MAC uses them so.
    Tdes([Des; 3], usize),
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

impl BlockKey {
    /// A key of DES (8 bytes), or triple DES with two (16) or three (24) keys; parity is not looked at.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] for another length.
    pub fn des(key: &[u8]) -> Result<Self, CryptoError> {
        let single = |at: usize| {
            let part = key.get(at..at.saturating_add(DES_BLOCK_LENGTH)).unwrap_or_default();
            Des::new_from_slice(part).map_err(|_| CryptoError::IllegalValue)
        };
        let schedule = match key.len() {
            8 => Schedule::Des(single(0)?),
            16 => Schedule::Tdes([single(0)?, single(8)?, single(0)?], key.len()),
            24 => Schedule::Tdes([single(0)?, single(8)?, single(16)?], key.len()),
            _ => return Err(CryptoError::IllegalValue),
        };
        Ok(Self(Box::new(schedule)))
    }

    /// A key of AES, of 16, 24 or 32 bytes.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] for another length.
    pub fn aes(key: &[u8]) -> Result<Self, CryptoError> {
        let schedule = match key.len() {
            16 => Aes128::new_from_slice(key).map(Schedule::Aes128),
            24 => Aes192::new_from_slice(key).map(Schedule::Aes192),
            _ => Aes256::new_from_slice(key).map(Schedule::Aes256),
        };
        schedule.map(Box::new).map(Self).map_err(|_| CryptoError::IllegalValue)
    }

    /// Whether the key is one of AES.
    #[must_use]
    pub fn is_aes(&self) -> bool {
        matches!(*self.0, Schedule::Aes128(_) | Schedule::Aes192(_) | Schedule::Aes256(_))
    }

    /// Length of the key, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        match *self.0 {
            Schedule::Des(_) => 8,
            Schedule::Tdes(_, length) => length,
            Schedule::Aes128(_) => 16,
            Schedule::Aes192(_) => 24,
            Schedule::Aes256(_) => 32,
        }
    }

    /// Length of a block, in bytes.
    #[must_use]
    pub fn block_length(&self) -> usize {
        if self.is_aes() { AES_BLOCK_LENGTH } else { DES_BLOCK_LENGTH }
    }

    /// Encrypts every whole block of `blocks` by itself (ECB).
    pub fn encrypt_blocks(&self, blocks: &mut [u8]) {
        match &*self.0 {
            Schedule::Des(key) => encrypt::<8, _>(key, blocks),
            Schedule::Tdes([first, second, third], _) => {
                encrypt::<8, _>(first, blocks);
                decrypt::<8, _>(second, blocks);
                encrypt::<8, _>(third, blocks);
            }
            Schedule::Aes128(key) => encrypt::<16, _>(key, blocks),
            Schedule::Aes192(key) => encrypt::<16, _>(key, blocks),
            Schedule::Aes256(key) => encrypt::<16, _>(key, blocks),
        }
    }

    /// Decrypts every whole block of `blocks` by itself (ECB).
    pub fn decrypt_blocks(&self, blocks: &mut [u8]) {
        match &*self.0 {
            Schedule::Des(key) => decrypt::<8, _>(key, blocks),
            Schedule::Tdes([first, second, third], _) => {
                decrypt::<8, _>(third, blocks);
                encrypt::<8, _>(second, blocks);
                decrypt::<8, _>(first, blocks);
            }
            Schedule::Aes128(key) => decrypt::<16, _>(key, blocks),
            Schedule::Aes192(key) => decrypt::<16, _>(key, blocks),
            Schedule::Aes256(key) => decrypt::<16, _>(key, blocks),
        }
    }

    /// Encrypts a block with the first part of a key of triple DES alone; with another key, as a whole.
    pub(crate) fn encrypt_single(&self, block: &mut [u8]) {
        match &*self.0 {
            Schedule::Tdes([first, ..], _) => encrypt::<8, _>(first, block),
            _ => self.encrypt_blocks(block),
        }
    }

    /// The output transformation of the retail MAC [ISO/IEC 9797-1 §6.5.4]: decryption with the second part of the key, encryption with the
    /// first, or with the third where there is one.
    pub(crate) fn transform_retail(&self, block: &mut [u8]) {
        if let Schedule::Tdes([_, second, third], _) = &*self.0 {
            decrypt::<8, _>(second, block);
            encrypt::<8, _>(third, block);
        }
    }
}

fn encrypt<const N: usize, C>(key: &C, blocks: &mut [u8])
where
    C: BlockCipherEncrypt,
    for<'a> &'a mut cipher::Block<C>: From<&'a mut [u8; N]>,
{
    for block in blocks.as_chunks_mut::<N>().0 {
        key.encrypt_block(block.into());
    }
}

fn decrypt<const N: usize, C>(key: &C, blocks: &mut [u8])
where
    C: BlockCipherDecrypt,
    for<'a> &'a mut cipher::Block<C>: From<&'a mut [u8; N]>,
{
    for block in blocks.as_chunks_mut::<N>().0 {
        key.decrypt_block(block.into());
    }
}
