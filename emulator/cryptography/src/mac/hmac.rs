//! HMAC over any digest [RFC 2104 §2].

use zeroize::Zeroizing;

use crate::{DigestAlgorithm, MessageDigest};

/// The byte that the key is combined with inside.
const INNER: u8 = 0x36;
/// The byte that the key is combined with outside.
const OUTER: u8 = 0x5C;

/// An HMAC in progress.
#[derive(Clone)]
pub(crate) struct Hmac {
    /// After the padded key, before the message.
    keyed_inner: MessageDigest,
    /// After the padded key, before the inner digest.
    keyed_outer: MessageDigest,
    inner: MessageDigest,
}

impl Hmac {
    pub(crate) fn new(algorithm: DigestAlgorithm, key: &[u8]) -> Self {
        let length = algorithm.block_length();
        let mut padded = if key.len() > length {
            MessageDigest::digest(algorithm, key)
        } else {
            Zeroizing::new(key.to_vec())
        };
        // The whole block at once, so that no copy of the key is left behind by growing.
        let mut block = Zeroizing::new(vec![0; length]);
        for (to, from) in block.iter_mut().zip(padded.iter()) {
            *to = *from;
        }
        core::mem::swap(&mut block, &mut padded);
        let keyed = |with: u8| {
            let mut digest = MessageDigest::new(algorithm);
            digest
                .update(&Zeroizing::new(padded.iter().map(|byte| byte ^ with).collect::<Vec<_>>()));
            digest
        };
        let keyed_inner = keyed(INNER);
        Self { inner: keyed_inner.clone(), keyed_inner, keyed_outer: keyed(OUTER) }
    }

    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.inner.update(piece);
    }

    /// The MAC; the engine then starts anew with the same key.
    pub(crate) fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let mut inner = core::mem::replace(&mut self.inner, self.keyed_inner.clone());
        let mut outer = self.keyed_outer.clone();
        outer.update(&inner.finish());
        outer.finish()
    }

    /// The MAC of the pieces of a message.
    pub(crate) fn mac(
        algorithm: DigestAlgorithm,
        key: &[u8],
        pieces: &[&[u8]],
    ) -> Zeroizing<Vec<u8>> {
        let mut mac = Self::new(algorithm, key);
        for piece in pieces {
            mac.update(piece);
        }
        mac.finish()
    }
}
