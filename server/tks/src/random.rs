//! Fresh keys.

use globalplatform::{Key, KeyAlgorithm};
use keys::random::Randomness;
use zeroize::Zeroizing;

use crate::error::TksError;

/// A fresh key; with odd parity where the algorithm has parity.
pub(crate) fn fresh_key(
    random: &impl Randomness,
    algorithm: KeyAlgorithm,
) -> Result<Key, TksError> {
    let mut bytes = Zeroizing::new(vec![0; algorithm.key_length()]);
    random.fill(&mut bytes)?;
    Ok(Key::new(algorithm, &bytes)?.with_odd_parity())
}

/// The key as DRM gets it: triple DES with its first half repeated, AES as it is.
pub(crate) fn for_drm(key: &Key) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(key.bytes().to_vec());
    if key.algorithm() == KeyAlgorithm::Des3 {
        bytes.extend_from_slice(key.bytes().get(..8).unwrap_or_default());
    }
    bytes
}
