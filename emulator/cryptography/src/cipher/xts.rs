//! XTS mode with ciphertext stealing [NIST SP 800-38E], [IEEE 1619 §5]: a message is one data unit, its number the initial vector.

use zeroize::Zeroizing;

use super::{
    Direction,
    block::{joined, xor},
};
use crate::{BlockKey, CryptoError, key::AES_BLOCK_LENGTH};

/// What a carry out of the tweak comes back as [IEEE 1619 §5.2].
const POLYNOMIAL: u8 = 0x87;

/// XTS mode at work.
#[derive(Clone)]
pub(super) struct Xts {
    key: BlockKey,
    direction: Direction,
    initial: [u8; AES_BLOCK_LENGTH],
    tweak: [u8; AES_BLOCK_LENGTH],
    rest: Zeroizing<Vec<u8>>,
}

impl Xts {
    pub(super) fn new(
        keys: &[u8],
        direction: Direction,
        vector: &[u8],
    ) -> Result<Self, CryptoError> {
        let (first, second) =
            keys.split_at_checked(keys.len() / 2).ok_or(CryptoError::IllegalValue)?;
        if !matches!(first.len(), 16 | 32) || !keys.len().is_multiple_of(2) {
            return Err(CryptoError::IllegalValue);
        }
        let mut tweak = [0; AES_BLOCK_LENGTH];
        if !vector.is_empty() {
            tweak = vector.try_into().map_err(|_| CryptoError::IllegalValue)?;
        }
        BlockKey::aes(second)?.encrypt_blocks(&mut tweak);
        let key = BlockKey::aes(first)?;
        Ok(Self { key, direction, initial: tweak, tweak, rest: Zeroizing::default() })
    }

    /// Keeps back the last block and what follows it, for they may have to be treated together.
    pub(super) fn update(&mut self, piece: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut blocks = joined(&mut self.rest, piece);
        let kept = AES_BLOCK_LENGTH + blocks.len() % AES_BLOCK_LENGTH;
        let whole = blocks.len().saturating_sub(kept);
        self.rest = Zeroizing::new(blocks.split_off(whole));
        self.process(&mut blocks);
        blocks
    }

    pub(super) fn finish(&mut self, piece: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let mut output = self.update(piece);
        let mut last = core::mem::take(&mut self.rest);
        let ends = match last.len() {
            0..AES_BLOCK_LENGTH => Err(CryptoError::IllegalUse),
            AES_BLOCK_LENGTH => {
                self.process(&mut last);
                Ok(())
            }
            _ => {
                self.steal(&mut last);
                Ok(())
            }
        };
        self.tweak = self.initial;
        output.extend_from_slice(&last);
        ends.map(|()| output)
    }

    /// The last whole block and the part of one after it [IEEE 1619 §5.3.2, §5.4.2].
    fn steal(&mut self, last: &mut [u8]) {
        let Some((block, part)) = last.split_at_mut_checked(AES_BLOCK_LENGTH) else { return };
        let (first, mut second) = (self.tweak, self.tweak);
        double(&mut second);
        let [for_block, for_part] =
            if self.direction == Direction::Encrypt { [first, second] } else { [second, first] };
        self.process_block(block, &for_block);
        block.iter_mut().zip(part).for_each(|(to, from)| core::mem::swap(to, from));
        self.process_block(block, &for_part);
    }

    fn process(&mut self, blocks: &mut [u8]) {
        for block in blocks.chunks_exact_mut(AES_BLOCK_LENGTH) {
            let tweak = self.tweak;
            self.process_block(block, &tweak);
            double(&mut self.tweak);
        }
    }

    fn process_block(&self, block: &mut [u8], tweak: &[u8]) {
        xor(block, tweak);
        match self.direction {
            Direction::Encrypt => self.key.encrypt_blocks(block),
            Direction::Decrypt => self.key.decrypt_blocks(block),
        }
        xor(block, tweak);
    }
}

/// Multiplies the tweak by the primitive element, lowest byte first.
fn double(tweak: &mut [u8; AES_BLOCK_LENGTH]) {
    let number = u128::from_le_bytes(*tweak);
    let carry = if number >> 127 == 1 { u128::from(POLYNOMIAL) } else { 0 };
    *tweak = (number << 1 ^ carry).to_le_bytes();
}
