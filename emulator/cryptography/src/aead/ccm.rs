//! Counter with CBC-MAC mode [NIST SP 800-38C §6, §A].

use zeroize::Zeroizing;

use crate::{
    AeadParameters, BlockKey, CryptoError, Direction,
    cipher::{increment, xor},
    key::AES_BLOCK_LENGTH,
};

/// Bytes of a block that are neither flags nor shared by nonce and counter.
const NONCE_AND_COUNTER: usize = AES_BLOCK_LENGTH - 1;
/// Additional data of this length and more have a longer head [NIST SP 800-38C §A.2.2].
const LONG_ADDITIONAL: usize = 0xFF00;

/// A message in CCM mode.
#[derive(Clone)]
pub(super) struct Ccm {
    key: BlockKey,
    direction: Direction,
    /// The CBC-MAC so far, and how many bytes of its next block are in.
    mac: Zeroizing<[u8; AES_BLOCK_LENGTH]>,
    filled: usize,
    mask: Zeroizing<[u8; AES_BLOCK_LENGTH]>,
    counter: [u8; AES_BLOCK_LENGTH],
    keystream: Zeroizing<[u8; AES_BLOCK_LENGTH]>,
    used: usize,
    additional_left: usize,
    message_left: usize,
    tag_length: usize,
}

impl Ccm {
    pub(super) fn new(
        key: BlockKey,
        direction: Direction,
        parameters: AeadParameters<'_>,
    ) -> Result<Self, CryptoError> {
        check(parameters)?;
        let counter = first_counter(parameters.nonce)?;
        let mut mask = Zeroizing::new(counter);
        key.encrypt_blocks(&mut *mask);
        let mut mac = Zeroizing::new(first_block(parameters)?);
        key.encrypt_blocks(&mut *mac);
        let mut ccm = Self {
            key,
            direction,
            mac,
            filled: 0,
            mask,
            counter,
            keystream: Zeroizing::default(),
            used: AES_BLOCK_LENGTH,
            additional_left: parameters.additional_length,
            message_left: parameters.message_length,
            tag_length: parameters.tag_length,
        };
        ccm.absorb_additional_length(parameters.additional_length);
        Ok(ccm)
    }

    pub(super) const fn tag_length(&self) -> usize {
        self.tag_length
    }

    pub(super) fn update_additional(&mut self, piece: &[u8]) -> Result<(), CryptoError> {
        let left = self.additional_left.checked_sub(piece.len());
        self.additional_left = left.ok_or(CryptoError::IllegalUse)?;
        self.absorb(piece);
        if self.additional_left == 0 {
            self.end_part();
        }
        Ok(())
    }

    pub(super) fn update(&mut self, piece: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        if self.additional_left != 0 {
            return Err(CryptoError::IllegalUse);
        }
        let left = self.message_left.checked_sub(piece.len());
        self.message_left = left.ok_or(CryptoError::IllegalUse)?;
        let mut output = Zeroizing::new(piece.to_vec());
        output.iter_mut().for_each(|byte| *byte ^= self.next());
        match self.direction {
            Direction::Encrypt => self.absorb(piece),
            Direction::Decrypt => self.absorb(&output),
        }
        Ok(output)
    }

    pub(super) fn tag(&mut self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        if self.message_left != 0 || self.additional_left != 0 {
            return Err(CryptoError::IllegalUse);
        }
        self.end_part();
        let mut tag = Zeroizing::new(self.mac.to_vec());
        xor(&mut tag, &*self.mask);
        tag.truncate(self.tag_length);
        Ok(tag)
    }

    /// [NIST SP 800-38C §A.2.2]
    fn absorb_additional_length(&mut self, length: usize) {
        let digits = (length as u64).to_be_bytes();
        let [.., a, b, c, d] = digits;
        match length {
            0 => {}
            1..LONG_ADDITIONAL => self.absorb(&[c, d]),
            _ => self.absorb(&[0xFF, 0xFE, a, b, c, d]),
        }
    }

    fn absorb(&mut self, piece: &[u8]) {
        for byte in piece {
            if let Some(place) = self.mac.get_mut(self.filled) {
                *place ^= byte;
            }
            self.filled += 1;
            if self.filled == AES_BLOCK_LENGTH {
                self.end_part();
            }
        }
    }

    /// What is missing of a block is zeros, which change nothing.
    fn end_part(&mut self) {
        if self.filled != 0 {
            self.key.encrypt_blocks(&mut *self.mac);
            self.filled = 0;
        }
    }

    fn next(&mut self) -> u8 {
        if self.used == AES_BLOCK_LENGTH {
            increment(&mut self.counter);
            *self.keystream = self.counter;
            self.key.encrypt_blocks(&mut *self.keystream);
            self.used = 0;
        }
        let byte = self.keystream.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        byte
    }
}

/// [NIST SP 800-38C §A.1]
fn check(parameters: AeadParameters<'_>) -> Result<(), CryptoError> {
    let nonce = matches!(parameters.nonce.len(), 7..=13);
    let tag = matches!(parameters.tag_length, 4 | 6 | 8 | 10 | 12 | 14 | 16);
    let countable = u32::try_from(parameters.additional_length).is_ok();
    let bits = 8 * NONCE_AND_COUNTER.saturating_sub(parameters.nonce.len());
    let fits = (parameters.message_length as u128) >> bits == 0;
    if nonce && tag && countable && fits { Ok(()) } else { Err(CryptoError::IllegalValue) }
}

/// Length of the counter less one, as flags have it.
fn counter_flag(nonce: &[u8]) -> Result<u8, CryptoError> {
    let length =
        NONCE_AND_COUNTER.checked_sub(nonce.len()).and_then(|length| length.checked_sub(1));
    length.and_then(|length| u8::try_from(length).ok()).ok_or(CryptoError::IllegalValue)
}

/// Counter block 0 [NIST SP 800-38C §A.3].
fn first_counter(nonce: &[u8]) -> Result<[u8; AES_BLOCK_LENGTH], CryptoError> {
    let mut block = [0; AES_BLOCK_LENGTH];
    let flags = [counter_flag(nonce)?];
    block.iter_mut().zip(flags.iter().chain(nonce)).for_each(|(to, from)| *to = *from);
    Ok(block)
}

/// Block 0 of the MAC [NIST SP 800-38C §A.2.1].
fn first_block(parameters: AeadParameters<'_>) -> Result<[u8; AES_BLOCK_LENGTH], CryptoError> {
    let mut block = first_counter(parameters.nonce)?;
    let tag = u8::try_from(parameters.tag_length / 2).map_err(|_| CryptoError::IllegalValue)?;
    let additional = if parameters.additional_length == 0 { 0 } else { 0x40 };
    if let Some(flags) = block.first_mut() {
        *flags |= additional | tag.saturating_sub(1) << 3;
    }
    let digits = (parameters.message_length as u128).to_be_bytes();
    let counter = NONCE_AND_COUNTER.saturating_sub(parameters.nonce.len());
    block
        .iter_mut()
        .rev()
        .zip(digits.iter().rev())
        .take(counter)
        .for_each(|(to, from)| *to = *from);
    Ok(block)
}
