//! Block ciphers in ECB, CBC, CTR and CFB mode [NIST SP 800-38A §6], and in XTS mode.

use zeroize::Zeroizing;

use super::{BlockCipher, Direction, Mode, Padding, xts::Xts};
use crate::{BlockKey, CryptoError, Key};

/// A block cipher at work.
#[derive(Clone)]
pub(super) enum BlockEngine {
    /// Whole blocks go in and out.
    Blocks(Blocks),
    /// Every byte that goes in comes out.
    Stream(Stream),
    /// The last two blocks are treated together.
    Xts(Xts),
}

impl BlockEngine {
    pub(super) fn new(
        (cipher, mode, padding): (BlockCipher, Mode, Padding),
        key: Key,
        direction: Direction,
        vector: &[u8],
    ) -> Result<Self, CryptoError> {
        let key = match (key, mode) {
            (Key::Secret(key), Mode::Xts) => {
                return Xts::new(&key, direction, vector).map(Self::Xts);
            }
            (Key::Block(key), _) => key,
            _ => return Err(CryptoError::IllegalValue),
        };
        let length = cipher.block_length();
        let suits = key.is_aes() == (cipher == BlockCipher::Aes) && mode != Mode::Xts;
        let vector_suits = vector.is_empty() || vector.len() == length && mode != Mode::Ecb;
        if !suits || !vector_suits {
            return Err(CryptoError::IllegalValue);
        }
        let mut chain = Zeroizing::new(vector.to_vec());
        chain.resize(length, 0);
        Ok(match mode {
            Mode::Ctr | Mode::Cfb => Self::Stream(Stream::new(key, mode, direction, chain)),
            _ => Self::Blocks(Blocks {
                key,
                chained: mode == Mode::Cbc,
                padding,
                direction,
                chain,
                rest: Zeroizing::default(),
                is_empty: true,
            }),
        })
    }

    pub(super) fn update(&mut self, piece: &[u8]) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Blocks(engine) => engine.update(piece),
            Self::Stream(engine) => engine.update(piece),
            Self::Xts(engine) => engine.update(piece),
        }
    }

    pub(super) fn finish(&mut self, piece: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        match self {
            Self::Blocks(engine) => engine.finish(piece),
            Self::Stream(engine) => engine.finish(piece),
            Self::Xts(engine) => engine.finish(piece),
        }
    }
}

/// ECB and CBC mode.
#[derive(Clone)]
pub(super) struct Blocks {
    key: BlockKey,
    chained: bool,
    padding: Padding,
    direction: Direction,
    /// The last block of ciphertext.
    chain: Zeroizing<Vec<u8>>,
    /// What was given and not processed yet.
    rest: Zeroizing<Vec<u8>>,
    /// Whether nothing was given.
    is_empty: bool,
}

impl Blocks {
    fn update(&mut self, piece: &[u8]) -> Zeroizing<Vec<u8>> {
        self.is_empty &= piece.is_empty();
        let mut blocks = joined(&mut self.rest, piece);
        let length = self.chain.len();
        let mut whole = blocks.len() - blocks.len() % length;
        if self.keeps_last() && whole == blocks.len() {
            whole = whole.saturating_sub(length);
        }
        self.rest = Zeroizing::new(blocks.split_off(whole));
        self.process(&mut blocks);
        blocks
    }

    fn finish(&mut self, piece: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.is_empty &= piece.is_empty();
        let blocks = joined(&mut self.rest, piece);
        let output = if self.is_empty && self.padding == Padding::None {
            Err(CryptoError::IllegalUse)
        } else {
            self.last(blocks)
        };
        self.chain.fill(0);
        self.is_empty = true;
        output
    }

    fn last(&mut self, mut blocks: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let length = self.chain.len();
        if self.direction == Direction::Encrypt {
            self.padding.add(&mut blocks, length)?;
            self.process(&mut blocks);
            return Ok(blocks);
        }
        if !blocks.len().is_multiple_of(length) {
            return Err(CryptoError::IllegalUse);
        }
        self.process(&mut blocks);
        let start = blocks.len().saturating_sub(length);
        let mut last = Zeroizing::new(blocks.split_off(start));
        self.padding.remove(&mut last)?;
        blocks.extend_from_slice(&last);
        Ok(blocks)
    }

    /// Whether the last block may be one that padding is taken off.
    fn keeps_last(&self) -> bool {
        self.direction == Direction::Decrypt && self.padding.is_removable()
    }

    fn process(&mut self, blocks: &mut [u8]) {
        match (self.direction, self.chained) {
            (Direction::Encrypt, false) => self.key.encrypt_blocks(blocks),
            (Direction::Decrypt, false) => self.key.decrypt_blocks(blocks),
            (Direction::Encrypt, true) => encrypt_chained(&self.key, &mut self.chain, blocks),
            (Direction::Decrypt, true) => decrypt_chained(&self.key, &mut self.chain, blocks),
        }
    }
}

/// What was kept, with the next piece after it.
pub(super) fn joined(rest: &mut Zeroizing<Vec<u8>>, piece: &[u8]) -> Zeroizing<Vec<u8>> {
    // Room for a block of padding, so that no copy is left behind by growing.
    let room = rest.len() + piece.len() + crate::key::AES_BLOCK_LENGTH;
    let mut blocks = Zeroizing::new(Vec::with_capacity(room));
    blocks.extend_from_slice(rest);
    blocks.extend_from_slice(piece);
    rest.clear();
    blocks
}

pub(crate) fn xor(to: &mut [u8], with: &[u8]) {
    for (to, with) in to.iter_mut().zip(with) {
        *to ^= with;
    }
}

/// CBC encryption of whole blocks; `chain` has the length of one [NIST SP 800-38A §6.2].
fn encrypt_chained(key: &BlockKey, chain: &mut [u8], blocks: &mut [u8]) {
    for block in blocks.chunks_exact_mut(chain.len()) {
        xor(block, chain);
        key.encrypt_blocks(block);
        chain.copy_from_slice(block);
    }
}

/// CBC decryption of whole blocks.
fn decrypt_chained(key: &BlockKey, chain: &mut [u8], blocks: &mut [u8]) {
    for block in blocks.chunks_exact_mut(chain.len()) {
        let ciphertext = block.to_vec();
        key.decrypt_blocks(block);
        xor(block, chain);
        chain.copy_from_slice(&ciphertext);
    }
}

/// CTR and CFB mode.
#[derive(Clone)]
pub(super) struct Stream {
    key: BlockKey,
    /// CFB, in a direction; else CTR.
    feedback: Option<Direction>,
    /// What counting starts from.
    initial: Zeroizing<Vec<u8>>,
    /// The next counter, or the last block of ciphertext.
    register: Zeroizing<Vec<u8>>,
    /// The block that is combined with the message.
    keystream: Zeroizing<Vec<u8>>,
    /// How much of it is used up.
    used: usize,
    /// Whether nothing was given.
    is_empty: bool,
}

impl Stream {
    fn new(key: BlockKey, mode: Mode, direction: Direction, vector: Zeroizing<Vec<u8>>) -> Self {
        Self {
            key,
            feedback: (mode == Mode::Cfb).then_some(direction),
            used: vector.len(),
            keystream: vector.clone(),
            register: vector.clone(),
            initial: vector,
            is_empty: true,
        }
    }

    fn update(&mut self, piece: &[u8]) -> Zeroizing<Vec<u8>> {
        self.is_empty &= piece.is_empty();
        Zeroizing::new(piece.iter().map(|byte| self.next(*byte)).collect())
    }

    fn finish(&mut self, piece: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let output = self.update(piece);
        if self.feedback.is_some() {
            self.initial.fill(0);
        }
        self.register.clone_from(&self.initial);
        self.used = self.keystream.len();
        let is_empty = core::mem::replace(&mut self.is_empty, true);
        if is_empty { Err(CryptoError::IllegalUse) } else { Ok(output) }
    }

    fn next(&mut self, byte: u8) -> u8 {
        if self.used == self.keystream.len() {
            self.refill();
        }
        let output = byte ^ self.keystream.get(self.used).copied().unwrap_or_default();
        if let (Some(direction), Some(place)) = (self.feedback, self.register.get_mut(self.used)) {
            *place = if direction == Direction::Encrypt { output } else { byte };
        }
        self.used += 1;
        output
    }

    fn refill(&mut self) {
        self.keystream.copy_from_slice(&self.register);
        self.key.encrypt_blocks(&mut self.keystream);
        self.used = 0;
        if self.feedback.is_none() {
            increment(&mut self.register);
        }
    }
}

/// Counts on, big-endian, with the whole of the counter [NIST SP 800-38A §B.1].
pub(crate) fn increment(counter: &mut [u8]) {
    for digit in counter.iter_mut().rev() {
        let (sum, carry) = digit.overflowing_add(1);
        *digit = sum;
        if !carry {
            break;
        }
    }
}
