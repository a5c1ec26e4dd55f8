//! The Merkle-Damgård construction over a compression function [FIPS 180-4 §5], [RFC 1321 §3].

use digest::{
    block_api::UpdateCore as _,
    common::hazmat::{SerializableState as _, SerializedState},
};
use ripemd::block_api::Ripemd160Core;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::DigestAlgorithm;
use crate::CryptoError;

/// Longest block, in bytes: that of SHA-512.
const BLOCK_LENGTH_MAX: usize = 128;
/// Length of the message length at the end of the last block of SHA-384 and SHA-512, in bytes.
const LONG_COUNT_LENGTH: usize = 16;
/// Length of the message length of all others, in bytes.
const COUNT_LENGTH: usize = 8;

/// Chaining value [FIPS 180-4 §5.3], [RFC 1321 §3.3], [ISO/IEC 10118-3 §7].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
enum Chain {
    Md5([u32; 4]),
    Sha1([u32; 5]),
    Ripemd160([u32; 5]),
    Sha256([u32; 8]),
    Sha512([u64; 8]),
}

const MD5: [u32; 4] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];
const SHA_1: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
const SHA_224: [u32; 8] = [
    0xC105_9ED8,
    0x367C_D507,
    0x3070_DD17,
    0xF70E_5939,
    0xFFC0_0B31,
    0x6858_1511,
    0x64F9_8FA7,
    0xBEFA_4FA4,
];
const SHA_256: [u32; 8] = [
    0x6A09_E667,
    0xBB67_AE85,
    0x3C6E_F372,
    0xA54F_F53A,
    0x510E_527F,
    0x9B05_688C,
    0x1F83_D9AB,
    0x5BE0_CD19,
];
const SHA_384: [u64; 8] = [
    0xCBBB_9D5D_C105_9ED8,
    0x629A_292A_367C_D507,
    0x9159_015A_3070_DD17,
    0x152F_ECD8_F70E_5939,
    0x6733_2667_FFC0_0B31,
    0x8EB4_4A87_6858_1511,
    0xDB0C_2E0D_64F9_8FA7,
    0x47B5_481D_BEFA_4FA4,
];
const SHA_512: [u64; 8] = [
    0x6A09_E667_F3BC_C908,
    0xBB67_AE85_84CA_A73B,
    0x3C6E_F372_FE94_F82B,
    0xA54F_F53A_5F1D_36F1,
    0x510E_527F_ADE6_82D1,
    0x9B05_688C_2B3E_6C1F,
    0x1F83_D9AB_FB41_BD6B,
    0x5BE0_CD19_137E_2179,
];

impl Chain {
    /// The value before the first block. SHA-3 does not come here; it would start as SHA-256 does.
    const fn initial(algorithm: DigestAlgorithm) -> Self {
        match algorithm {
            DigestAlgorithm::Md5 => Self::Md5(MD5),
            DigestAlgorithm::Sha1 => Self::Sha1(SHA_1),
            DigestAlgorithm::Ripemd160 => Self::Ripemd160(SHA_1),
            DigestAlgorithm::Sha224 => Self::Sha256(SHA_224),
            DigestAlgorithm::Sha384 => Self::Sha512(SHA_384),
            DigestAlgorithm::Sha512 => Self::Sha512(SHA_512),
            _ => Self::Sha256(SHA_256),
        }
    }

    fn set(&mut self, value: &[u8]) {
        let words = value.as_chunks::<4>().0;
        match self {
            Self::Md5(chain) => fill(chain, words, u32::from_le_bytes),
            Self::Ripemd160(chain) => fill(chain, words, u32::from_le_bytes),
            Self::Sha1(chain) => fill(chain, words, u32::from_be_bytes),
            Self::Sha256(chain) => fill(chain, words, u32::from_be_bytes),
            Self::Sha512(chain) => fill(chain, value.as_chunks::<8>().0, u64::from_be_bytes),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Md5(chain) => chain.iter().flat_map(|word| word.to_le_bytes()).collect(),
            Self::Ripemd160(chain) => chain.iter().flat_map(|word| word.to_le_bytes()).collect(),
            Self::Sha1(chain) => chain.iter().flat_map(|word| word.to_be_bytes()).collect(),
            Self::Sha256(chain) => chain.iter().flat_map(|word| word.to_be_bytes()).collect(),
            Self::Sha512(chain) => chain.iter().flat_map(|word| word.to_be_bytes()).collect(),
        }
    }

    /// Takes whole blocks; what is left at the end is not looked at.
    fn compress(&mut self, blocks: &[u8]) {
        match self {
            Self::Md5(chain) => md5::block_api::compress(chain, blocks.as_chunks().0),
            Self::Sha1(chain) => sha1::block_api::compress(chain, blocks.as_chunks().0),
            Self::Ripemd160(chain) => compress_ripemd160(chain, blocks),
            Self::Sha256(chain) => sha2::block_api::compress256(chain, blocks.as_chunks().0),
            Self::Sha512(chain) => sha2::block_api::compress512(chain, blocks.as_chunks().0),
        }
    }
}

fn fill<W, const N: usize>(chain: &mut [W], words: &[[u8; N]], read: impl Fn([u8; N]) -> W) {
    for (to, from) in chain.iter_mut().zip(words) {
        *to = read(*from);
    }
}

/// The crate does not offer the compression function, but a core whose state can be set and read.
fn compress_ripemd160(chain: &mut [u32; 5], blocks: &[u8]) {
    let mut state = SerializedState::<Ripemd160Core>::default();
    for (to, word) in state.chunks_exact_mut(4).zip(chain.iter()) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    let Ok(mut core) = Ripemd160Core::deserialize(&state) else { return };
    for block in blocks.as_chunks::<64>().0 {
        core.update_blocks(&[(*block).into()]);
    }
    fill(chain, core.serialize().as_chunks::<4>().0, u32::from_le_bytes);
    state.zeroize();
}

/// A digest in progress.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Chained {
    chain: Chain,
    /// The bytes since the last whole block.
    rest: Vec<u8>,
    block_length: usize,
    /// Bytes taken, the rest included.
    taken: u128,
}

impl Chained {
    pub(super) fn new(algorithm: DigestAlgorithm) -> Self {
        Self {
            chain: Chain::initial(algorithm),
            rest: Vec::with_capacity(BLOCK_LENGTH_MAX),
            block_length: algorithm.block_length(),
            taken: 0,
        }
    }

    pub(super) fn resume(
        algorithm: DigestAlgorithm,
        value: &[u8],
        hashed: &[u8],
    ) -> Result<Self, CryptoError> {
        let mut resumed = Self::new(algorithm);
        let count = count(hashed).filter(|count| resumed.may_have_taken(*count));
        resumed.taken = count.ok_or(CryptoError::IllegalValue)?;
        if algorithm.chaining_length() != Some(value.len()) {
            return Err(CryptoError::IllegalValue);
        }
        resumed.chain.set(value);
        Ok(resumed)
    }

    /// Whether a chaining value may stand for so many bytes: whole blocks, and their bits can be counted.
    fn may_have_taken(&self, count: u128) -> bool {
        let length = u32::try_from(8 * self.count_length()).unwrap_or(u32::MAX);
        let countable = count.leading_zeros() >= 128_u32.saturating_sub(length).saturating_add(3);
        let blocks = u128::try_from(self.block_length).unwrap_or(1);
        count != 0 && countable && count.is_multiple_of(blocks)
    }

    const fn count_length(&self) -> usize {
        if self.block_length == BLOCK_LENGTH_MAX { LONG_COUNT_LENGTH } else { COUNT_LENGTH }
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        self.taken = self.taken.wrapping_add(piece.len() as u128);
        let missing = self.block_length.saturating_sub(self.rest.len());
        let Some((head, tail)) = piece.split_at_checked(missing) else {
            self.rest.extend_from_slice(piece);
            return;
        };
        self.rest.extend_from_slice(head);
        self.chain.compress(&self.rest);
        self.rest.clear();
        let whole = tail.len() - tail.len() % self.block_length;
        let (blocks, rest) = tail.split_at_checked(whole).unwrap_or((&[], tail));
        self.chain.compress(blocks);
        self.rest.extend_from_slice(rest);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let bits = self.taken.wrapping_mul(8);
        self.rest.push(0x80);
        let count_length = self.count_length();
        while !(self.rest.len() + count_length).is_multiple_of(self.block_length) {
            self.rest.push(0);
        }
        if count_length == LONG_COUNT_LENGTH {
            self.rest.extend_from_slice(&bits.to_be_bytes());
        } else {
            self.rest.extend_from_slice(&self.short_count(bits));
        }
        self.chain.compress(&self.rest);
        self.chain.to_bytes()
    }

    /// The count in 64 bits: modulo 2^64, as all these functions have it.
    fn short_count(&self, bits: u128) -> [u8; COUNT_LENGTH] {
        let low = u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
        match self.chain {
            Chain::Md5(_) | Chain::Ripemd160(_) => low.to_le_bytes(),
            _ => low.to_be_bytes(),
        }
    }

    /// The value between two blocks.
    pub(super) fn chaining_value(&self) -> Option<Vec<u8>> {
        self.rest.is_empty().then(|| self.chain.to_bytes())
    }
}

fn count(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0_u128, |count, digit| {
        count.checked_mul(256).map(|count| count | u128::from(*digit))
    })
}
