//! Galois/counter mode [NIST SP 800-38D].

use ghash::{GHash, universal_hash::UniversalHash as _};
use zeroize::Zeroizing;

use super::TAG_LENGTH_MAX;
use crate::{BlockKey, CryptoError, Direction, cipher::xor, key::AES_BLOCK_LENGTH};

/// Length of a nonce that is counted from as it is, in bytes.
const NONCE_LENGTH: usize = 12;
/// Length of the counter at the end of the block, in bytes.
const COUNTER_LENGTH: usize = 4;

/// A message in Galois/counter mode.
#[derive(Clone)]
pub(super) struct Gcm {
    key: BlockKey,
    direction: Direction,
    hash: GHash,
    /// What was given to the hash since the last whole block.
    rest: Zeroizing<Vec<u8>>,
    /// The block that the tag is combined with.
    mask: Zeroizing<[u8; AES_BLOCK_LENGTH]>,
    counter: [u8; AES_BLOCK_LENGTH],
    keystream: Zeroizing<[u8; AES_BLOCK_LENGTH]>,
    used: usize,
    additional_length: u64,
    message_length: u64,
    in_message: bool,
}

impl Gcm {
    pub(super) fn new(
        key: BlockKey,
        direction: Direction,
        nonce: &[u8],
    ) -> Result<Self, CryptoError> {
        if nonce.is_empty() {
            return Err(CryptoError::IllegalValue);
        }
        let mut hash_key = Zeroizing::new([0; AES_BLOCK_LENGTH]);
        key.encrypt_blocks(&mut *hash_key);
        let hash = GHash::new((&*hash_key).into());
        let counter = first_counter(&hash, nonce);
        let mut mask = Zeroizing::new(counter);
        key.encrypt_blocks(&mut *mask);
        Ok(Self {
            key,
            direction,
            hash,
            rest: Zeroizing::default(),
            mask,
            counter,
            keystream: Zeroizing::default(),
            used: AES_BLOCK_LENGTH,
            additional_length: 0,
            message_length: 0,
            in_message: false,
        })
    }

    pub(super) fn update_additional(&mut self, piece: &[u8]) -> Result<(), CryptoError> {
        if self.in_message {
            return Err(CryptoError::IllegalUse);
        }
        self.additional_length = self.additional_length.wrapping_add(piece.len() as u64);
        self.absorb(piece);
        Ok(())
    }

    pub(super) fn update(&mut self, piece: &[u8]) -> Zeroizing<Vec<u8>> {
        self.begin_message();
        self.message_length = self.message_length.wrapping_add(piece.len() as u64);
        let mut output = Zeroizing::new(piece.to_vec());
        output.iter_mut().for_each(|byte| *byte ^= self.next());
        match self.direction {
            Direction::Encrypt => self.absorb(&output),
            Direction::Decrypt => self.absorb(piece),
        }
        output
    }

    pub(super) fn tag(&mut self) -> Zeroizing<Vec<u8>> {
        self.begin_message();
        self.end_part();
        let mut lengths = [0; AES_BLOCK_LENGTH];
        let bits =
            [self.additional_length, self.message_length].map(|length| length.wrapping_mul(8));
        let bits = bits.iter().flat_map(|bits| bits.to_be_bytes());
        lengths.iter_mut().zip(bits).for_each(|(to, from)| *to = from);
        self.hash.update(&[lengths.into()]);
        let mut tag = Zeroizing::new(self.hash.clone().finalize().to_vec());
        xor(&mut tag, &*self.mask);
        tag.truncate(TAG_LENGTH_MAX);
        tag
    }

    /// The additional data end: they are padded with zeros.
    fn begin_message(&mut self) {
        if !self.in_message {
            self.end_part();
            self.in_message = true;
        }
    }

    fn end_part(&mut self) {
        let rest = core::mem::take(&mut self.rest);
        self.hash.update_padded(&rest);
    }

    fn absorb(&mut self, piece: &[u8]) {
        self.rest.extend_from_slice(piece);
        let whole = self.rest.len() - self.rest.len() % AES_BLOCK_LENGTH;
        let rest = Zeroizing::new(self.rest.split_off(whole));
        self.hash.update_padded(&self.rest);
        self.rest = rest;
    }

    fn next(&mut self) -> u8 {
        if self.used == AES_BLOCK_LENGTH {
            count(&mut self.counter);
            *self.keystream = self.counter;
            self.key.encrypt_blocks(&mut *self.keystream);
            self.used = 0;
        }
        let byte = self.keystream.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        byte
    }
}

/// The block before the first counter [NIST SP 800-38D §7.1 step 2].
fn first_counter(hash: &GHash, nonce: &[u8]) -> [u8; AES_BLOCK_LENGTH] {
    let mut block = [0; AES_BLOCK_LENGTH];
    if nonce.len() == NONCE_LENGTH {
        block.iter_mut().zip(nonce.iter().chain(&[0, 0, 0, 1])).for_each(|(to, from)| *to = *from);
        return block;
    }
    let bits = (nonce.len() as u64).wrapping_mul(8).to_be_bytes();
    block.iter_mut().rev().zip(bits.iter().rev()).for_each(|(to, from)| *to = *from);
    let mut hash = hash.clone();
    hash.update_padded(nonce);
    hash.update(&[block.into()]);
    hash.finalize().into()
}

/// Counts on in the last four bytes [NIST SP 800-38D §6.2].
fn count(block: &mut [u8; AES_BLOCK_LENGTH]) {
    if let Some(counter) = block.last_chunk_mut::<COUNTER_LENGTH>() {
        *counter = u32::from_be_bytes(*counter).wrapping_add(1).to_be_bytes();
    }
}
