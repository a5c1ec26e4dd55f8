//! Ciphers and MACs on a [`Key`]: ECB, CBC, ISO 9797-1 MACs, CMAC and the KDF made of it.

use aes::{Aes128, Aes192, Aes256};
use cbc::{Decryptor, Encryptor};
use cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt,
    BlockSizeUser, InnerIvInit, KeyInit,
};
use cmac::{Cmac, Mac};
use des::{Des, TdesEde2};
use zeroize::Zeroizing;

use super::{Key, KeyError, Material};

/// Block length of DES, in bytes.
pub(crate) const DES_BLOCK: usize = 8;
/// Block length of AES, in bytes.
const AES_BLOCK: usize = 16;
/// Label bytes before the constant in a derivation input [AmdD 1.1.1 §4.1.5].
const LABEL_ZEROS: [u8; 11] = [0; 11];

/// Runs `$body` with `$cipher` bound to the cipher of the key, whatever its type.
macro_rules! with_cipher {
    ($key:expr, $cipher:ident => $body:expr) => {
        match &$key.0 {
            Material::Des3(bytes) => {
                let $cipher = TdesEde2::new(bytes.into());
                $body
            }
            Material::Aes128(bytes) => {
                let $cipher = Aes128::new(bytes.into());
                $body
            }
            Material::Aes192(bytes) => {
                let $cipher = Aes192::new(bytes.into());
                $body
            }
            Material::Aes256(bytes) => {
                let $cipher = Aes256::new(bytes.into());
                $body
            }
        }
    };
}

/// Appends 80 and zeros up to a whole number of blocks; at least one byte [GPCS 2.3.1 §B.4].
pub(crate) fn pad(data: &mut Vec<u8>, block: usize) {
    data.push(0x80);
    data.resize(data.len().next_multiple_of(block), 0);
}

impl Key {
    /// One block under the key. For DES the second half of `block` is left alone.
    pub(crate) fn encrypt_block(&self, mut block: [u8; AES_BLOCK]) -> [u8; AES_BLOCK] {
        with_cipher!(self, cipher => encrypt_first(&cipher, &mut block));
        block
    }

    /// Encrypts whole blocks, each for itself [GPCS 2.3.1 §B.1.1].
    ///
    /// # Errors
    /// `NotBlockAligned`.
    pub fn encrypt_ecb(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut output = self.aligned(data)?;
        with_cipher!(self, cipher => ecb_encrypt(&cipher, &mut output));
        Ok(output)
    }

    /// Decrypts whole blocks, each for itself [GPCS 2.3.1 §B.1.1].
    ///
    /// # Errors
    /// `NotBlockAligned`.
    pub fn decrypt_ecb(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let mut output = Zeroizing::new(self.aligned(data)?);
        with_cipher!(self, cipher => ecb_decrypt(&cipher, &mut output));
        Ok(output)
    }

    /// Encrypts whole blocks in CBC mode; a short `iv` is filled up with zeros [GPCS 2.3.1 §B.1.1, §B.2.1].
    ///
    /// # Errors
    /// `NotBlockAligned`.
    pub fn encrypt_cbc(&self, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut output = self.aligned(data)?;
        with_cipher!(self, cipher => cbc_encrypt(cipher, iv, &mut output));
        Ok(output)
    }

    /// Decrypts whole blocks in CBC mode; a short `iv` is filled up with zeros [GPCS 2.3.1 §B.1.1, §B.2.1].
    ///
    /// # Errors
    /// `NotBlockAligned`.
    pub fn decrypt_cbc(&self, iv: &[u8], data: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let mut output = Zeroizing::new(self.aligned(data)?);
        with_cipher!(self, cipher => cbc_decrypt(cipher, iv, &mut output));
        Ok(output)
    }

    /// Encrypts sensitive data: ECB under a DES key, CBC with IV zero under an AES key
    /// [GPCS 2.3.1 §D.3.4, §E.4.7, AmdD 1.1.1 §6.2.8].
    ///
    /// # Errors
    /// `NotBlockAligned`.
    pub fn encrypt_sensitive(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        if self.algorithm().is_aes() { self.encrypt_cbc(&[], data) } else { self.encrypt_ecb(data) }
    }

    /// Decrypts sensitive data; see [`Key::encrypt_sensitive`].
    ///
    /// # Errors
    /// `NotBlockAligned`.
    pub fn decrypt_sensitive(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if self.algorithm().is_aes() { self.decrypt_cbc(&[], data) } else { self.decrypt_ecb(data) }
    }

    /// Full triple DES MAC over the padded data [GPCS 2.3.1 §B.1.2.1].
    ///
    /// # Errors
    /// `WrongAlgorithm` for AES keys.
    pub fn full_mac(&self, iv: &[u8; DES_BLOCK], data: &[u8]) -> Result<[u8; DES_BLOCK], KeyError> {
        let cipher = TdesEde2::new(self.des_bytes()?.into());
        Ok(cbc_mac(&cipher, *iv, &padded(data)))
    }

    /// Single DES plus final triple DES MAC, the "retail MAC", over the padded data [GPCS 2.3.1 §B.1.2.2].
    ///
    /// # Errors
    /// `WrongAlgorithm` for AES keys.
    pub fn retail_mac(
        &self,
        iv: &[u8; DES_BLOCK],
        data: &[u8],
    ) -> Result<[u8; DES_BLOCK], KeyError> {
        let padded = padded(data);
        let (body, last) = padded.split_at(padded.len().saturating_sub(DES_BLOCK));
        let chain = cbc_mac(&self.left_half()?, *iv, body);
        Ok(cbc_mac(&TdesEde2::new(self.des_bytes()?.into()), chain, last))
    }

    /// One block under single DES with the left half of the key [GPCS 2.3.1 §E.3.4].
    ///
    /// # Errors
    /// `WrongAlgorithm` for AES keys.
    pub(crate) fn encrypt_left_half(
        &self,
        block: [u8; DES_BLOCK],
    ) -> Result<[u8; DES_BLOCK], KeyError> {
        Ok(cbc_mac(&self.left_half()?, [0; DES_BLOCK], &block))
    }

    /// AES-CMAC over the concatenation of `parts` [SP 800-38B].
    ///
    /// # Errors
    /// `WrongAlgorithm` for DES keys.
    pub fn cmac(&self, parts: &[&[u8]]) -> Result<[u8; AES_BLOCK], KeyError> {
        match &self.0 {
            Material::Des3(_) => Err(KeyError::WrongAlgorithm(self.algorithm())),
            Material::Aes128(key) => Ok(cmac_over(Cmac::<Aes128>::new(key.into()), parts)),
            Material::Aes192(key) => Ok(cmac_over(Cmac::<Aes192>::new(key.into()), parts)),
            Material::Aes256(key) => Ok(cmac_over(Cmac::<Aes256>::new(key.into()), parts)),
        }
    }

    /// The data derivation of SCP03: counter mode over CMAC, to `length` bytes [AmdD 1.1.1 §4.1.5].
    ///
    /// # Errors
    /// `WrongAlgorithm` for DES keys, `WrongLength` beyond two blocks.
    pub fn derive(
        &self,
        constant: u8,
        context: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let bits = u16::try_from(length * 8)
            .ok()
            .filter(|_| length <= 2 * AES_BLOCK)
            .ok_or(KeyError::WrongLength { length })?
            .to_be_bytes();
        let mut output = Zeroizing::new(Vec::with_capacity(2 * AES_BLOCK));
        for counter in 1..=2 {
            let fixed = [constant, 0x00, bits[0], bits[1], counter];
            output.extend_from_slice(&*Zeroizing::new(self.cmac(&[
                &LABEL_ZEROS,
                &fixed,
                context,
            ])?));
        }
        output.truncate(length);
        Ok(output)
    }

    fn aligned(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        if data.len().is_multiple_of(self.algorithm().block_length()) {
            Ok(data.to_vec())
        } else {
            Err(KeyError::NotBlockAligned { length: data.len() })
        }
    }

    const fn des_bytes(&self) -> Result<&[u8; 16], KeyError> {
        match &self.0 {
            Material::Des3(bytes) => Ok(bytes),
            _ => Err(KeyError::WrongAlgorithm(self.algorithm())),
        }
    }

    fn left_half(&self) -> Result<Des, KeyError> {
        let (left, _) = self
            .des_bytes()?
            .split_first_chunk::<DES_BLOCK>()
            .ok_or(KeyError::WrongAlgorithm(self.algorithm()))?;
        Ok(Des::new(left.into()))
    }
}

fn padded(data: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut padded = Zeroizing::new(Vec::with_capacity(data.len() + DES_BLOCK));
    padded.extend_from_slice(data);
    pad(&mut padded, DES_BLOCK);
    padded
}

fn encrypt_first<C: BlockCipherEncrypt>(cipher: &C, data: &mut [u8]) {
    if let ([first, ..], _) = Array::<u8, C::BlockSize>::slice_as_chunks_mut(data) {
        cipher.encrypt_block(first);
    }
}

fn ecb_encrypt<C: BlockCipherEncrypt>(cipher: &C, data: &mut [u8]) {
    cipher.encrypt_blocks(Array::slice_as_chunks_mut(data).0);
}

fn ecb_decrypt<C: BlockCipherDecrypt>(cipher: &C, data: &mut [u8]) {
    cipher.decrypt_blocks(Array::slice_as_chunks_mut(data).0);
}

fn cbc_encrypt<C: BlockCipherEncrypt>(cipher: C, iv: &[u8], data: &mut [u8]) {
    let mut mode = Encryptor::inner_iv_init(cipher, &initial::<C>(iv));
    mode.encrypt_blocks(Array::slice_as_chunks_mut(data).0);
}

fn cbc_decrypt<C: BlockCipherDecrypt>(cipher: C, iv: &[u8], data: &mut [u8]) {
    let mut mode = Decryptor::inner_iv_init(cipher, &initial::<C>(iv));
    mode.decrypt_blocks(Array::slice_as_chunks_mut(data).0);
}

fn initial<C: BlockSizeUser>(iv: &[u8]) -> Array<u8, C::BlockSize> {
    let mut block = Array::<u8, C::BlockSize>::default();
    block.iter_mut().zip(iv).for_each(|(to, from)| *to = *from);
    block
}

/// The last block of CBC over whole DES blocks.
fn cbc_mac<C>(cipher: &C, iv: [u8; DES_BLOCK], data: &[u8]) -> [u8; DES_BLOCK]
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = cipher::consts::U8>,
{
    let mut chain = Array::from(iv);
    for block in data.chunks(DES_BLOCK) {
        chain.iter_mut().zip(block).for_each(|(to, from)| *to ^= from);
        cipher.encrypt_block(&mut chain);
    }
    chain.into()
}

fn cmac_over(mut mac: impl Mac<OutputSize = cipher::consts::U16>, parts: &[&[u8]]) -> [u8; 16] {
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
