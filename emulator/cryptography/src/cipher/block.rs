//! Modes of operation.

use super::{BlockCipher, Direction, Mode, Padding};
use crate::{CryptoError, Key};
use zeroize::Zeroizing;

#[derive(Clone)]
pub(super) struct BlockEngine;
impl BlockEngine {
    pub(super) fn new(
        _a: (BlockCipher, Mode, Padding),
        _key: Key,
        _d: Direction,
        _v: &[u8],
    ) -> Result<Self, CryptoError> {
        Err(CryptoError::NoSuchAlgorithm)
    }
    pub(super) fn update(&mut self, _p: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::default()
    }
    pub(super) fn finish(&mut self, _p: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Err(CryptoError::NoSuchAlgorithm)
    }
}
