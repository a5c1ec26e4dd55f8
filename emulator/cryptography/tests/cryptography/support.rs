//! What the tests have in common.

use core::convert::Infallible;

use cryptography::{
    BlockKey, Cipher, CipherAlgorithm, CryptoError, Direction, Key, Purpose, Signature,
    SignatureAlgorithm, Zeroizing,
};
use rand::{SeedableRng, rngs::StdRng};
use rand_core::{TryCryptoRng, TryRng};

/// Randomness that is the same in every run.
pub(crate) fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// Randomness that is given: for published vectors that state what was drawn.
pub(crate) struct Given(pub(crate) Vec<u8>);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0.drain(..bytes.len()).collect::<Vec<_>>());
        Ok(())
    }
}

impl TryCryptoRng for Given {}

pub(crate) fn aes(key: &[u8]) -> Key {
    Key::Block(BlockKey::aes(key).unwrap())
}

pub(crate) fn des(key: &[u8]) -> Key {
    Key::Block(BlockKey::des(key).unwrap())
}

pub(crate) fn secret(key: &[u8]) -> Key {
    Key::Secret(Zeroizing::new(key.to_vec()))
}

/// A cipher's whole output, from its constant.
pub(crate) fn crypt(
    constant: u8,
    key: Key,
    direction: Direction,
    vector: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let mut cipher = Cipher::new(CipherAlgorithm::from_constant(constant).unwrap());
    cipher.init(key, direction, vector)?;
    Ok(cipher.finish(&mut rng(), message)?.to_vec())
}

/// A signature or MAC, from its constant.
pub(crate) fn sign(constant: u8, key: Key, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let mut signature = Signature::new(SignatureAlgorithm::from_constant(constant).unwrap());
    signature.init(key, Purpose::Sign, &[])?;
    Ok(signature.sign(&mut rng(), message)?.to_vec())
}

/// Whether a signature or MAC verifies, from its constant.
pub(crate) fn verify(
    constant: u8,
    key: Key,
    message: &[u8],
    received: &[u8],
) -> Result<bool, CryptoError> {
    let mut signature = Signature::new(SignatureAlgorithm::from_constant(constant).unwrap());
    signature.init(key, Purpose::Verify, &[])?;
    signature.verify(message, received)
}
