//! MACs of block ciphers: CBC-MAC and the retail MAC [ISO/IEC 9797-1 §7.2, §7.4], CMAC [NIST SP 800-38B §6].

use zeroize::Zeroizing;

use crate::{
    BlockKey, CryptoError,
    cipher::{Padding, xor},
    signature::MacScheme,
};

/// What a carry out of a block of 16 bytes comes back as [NIST SP 800-38B §5.3].
const POLYNOMIAL_128: u8 = 0x87;
/// What a carry out of a block of 8 bytes comes back as.
const POLYNOMIAL_64: u8 = 0x1B;
/// First byte of the padding of an incomplete block [NIST SP 800-38B §6.2].
const MARK: u8 = 0x80;

/// A MAC in progress.
#[derive(Clone)]
pub(crate) struct BlockMac {
    key: BlockKey,
    scheme: MacScheme,
    padding: Padding,
    /// What the blocks so far gave.
    chain: Zeroizing<Vec<u8>>,
    /// What follows them; the last block is kept back, for it may be treated in its own way.
    rest: Zeroizing<Vec<u8>>,
    /// Whether anything was given.
    is_empty: bool,
    length: usize,
}

impl BlockMac {
    /// A MAC of the length of a block. The retail MAC is one of DES, with one, two or three keys: with three, the last is the one that
    /// the result is encrypted with.
    pub(crate) fn new(
        key: BlockKey,
        scheme: MacScheme,
        padding: Padding,
        vector: &[u8],
    ) -> Result<Self, CryptoError> {
        let length = key.block_length();
        let suits = vector.is_empty() || vector.len() == length && scheme != MacScheme::Cmac;
        if !suits || scheme == MacScheme::Retail && (key.is_aes() || key.length() == length) {
            return Err(CryptoError::IllegalValue);
        }
        let mut chain = Zeroizing::new(vector.to_vec());
        chain.resize(length, 0);
        let rest = Zeroizing::new(Vec::with_capacity(2 * length));
        Ok(Self { key, scheme, padding, chain, rest, is_empty: true, length })
    }

    pub(crate) fn truncated(mut self, length: usize) -> Self {
        self.length = length;
        self
    }

    pub(crate) fn update(&mut self, mut piece: &[u8]) {
        self.is_empty &= piece.is_empty();
        while !piece.is_empty() {
            if self.rest.len() == self.chain.len() {
                self.absorb_rest();
            }
            let room = self.chain.len() - self.rest.len();
            let (head, tail) = piece.split_at_checked(room).unwrap_or((piece, &[]));
            self.rest.extend_from_slice(head);
            piece = tail;
        }
    }

    /// The MAC; the engine then starts anew with an initial vector of zeros.
    pub(crate) fn finish(&mut self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let ended = match self.scheme {
            MacScheme::Cmac => {
                self.end_cmac();
                Ok(())
            }
            MacScheme::Cbc | MacScheme::Retail => self.end_cbc(),
        };
        let mut mac = self.chain.clone();
        mac.truncate(self.length);
        self.chain.fill(0);
        self.rest.clear();
        self.is_empty = true;
        ended.map(|()| mac)
    }

    fn end_cbc(&mut self) -> Result<(), CryptoError> {
        let length = self.chain.len();
        // An empty message is padded to a block by method 1 [ISO/IEC 9797-1 §6.3.2].
        if self.is_empty && self.padding == Padding::Iso9797M1 {
            self.rest.resize(length, 0);
        }
        if self.is_empty && self.padding == Padding::None {
            return Err(CryptoError::IllegalUse);
        }
        let mut last = core::mem::take(&mut self.rest);
        let padded = self.padding.add(&mut last, length);
        for block in last.chunks(length) {
            xor(&mut self.chain, block);
            self.encrypt_chain();
        }
        if self.scheme == MacScheme::Retail {
            self.key.transform_retail(&mut self.chain);
        }
        padded
    }

    fn end_cmac(&mut self) {
        let length = self.chain.len();
        let mut subkey = Zeroizing::new(vec![0; length]);
        self.key.encrypt_blocks(&mut subkey);
        double(&mut subkey);
        if self.rest.len() < length {
            double(&mut subkey);
            self.rest.push(MARK);
            self.rest.resize(length, 0);
        }
        xor(&mut self.chain, &subkey);
        self.absorb_rest();
    }

    fn absorb_rest(&mut self) {
        xor(&mut self.chain, &self.rest);
        self.encrypt_chain();
        self.rest.clear();
    }

    fn encrypt_chain(&mut self) {
        match self.scheme {
            MacScheme::Retail => self.key.encrypt_single(&mut self.chain),
            MacScheme::Cbc | MacScheme::Cmac => self.key.encrypt_blocks(&mut self.chain),
        }
    }
}

/// Multiplies a block by the primitive element of its field [NIST SP 800-38B §6.1].
fn double(block: &mut [u8]) {
    let polynomial = if block.len() == 8 { POLYNOMIAL_64 } else { POLYNOMIAL_128 };
    let carry = block.iter_mut().rev().fold(0, |carry, byte| {
        let out = *byte >> 7;
        *byte = *byte << 1 | carry;
        out
    });
    if let Some(last) = block.last_mut() {
        *last ^= polynomial * carry;
    }
}
