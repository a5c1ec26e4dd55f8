//! MACs of block ciphers [ISO/IEC 9797-1 §7], [NIST SP 800-38B].

use zeroize::Zeroizing;

use crate::{BlockKey, CryptoError, cipher::Padding, signature::MacScheme};

/// A MAC in progress.
#[derive(Clone)]
pub(crate) struct BlockMac {
    key: BlockKey,
    scheme: MacScheme,
    padding: Padding,
    /// Result of the blocks so far.
    chain: Zeroizing<Vec<u8>>,
    /// What follows them; for CMAC the last block is kept back, for it is treated in its own way.
    rest: Zeroizing<Vec<u8>>,
    length: usize,
}
impl BlockMac {
    pub(crate) fn new(
        key: BlockKey,
        scheme: MacScheme,
        padding: Padding,
        vector: &[u8],
    ) -> Result<Self, CryptoError> {
        let _ = vector;
        Ok(Self {
            length: key.block_length(),
            key,
            scheme,
            padding,
            chain: Zeroizing::default(),
            rest: Zeroizing::default(),
        })
    }
    pub(crate) fn truncated(mut self, length: usize) -> Self {
        self.length = length;
        self
    }
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.rest.extend_from_slice(piece);
    }
    pub(crate) fn finish(&mut self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Err(CryptoError::NoSuchAlgorithm)
    }
}
