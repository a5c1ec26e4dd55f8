//! Randomness as a value that is passed in, so that a run can be replayed from its transcript.

use core::convert::Infallible;

use rand_core::{CryptoRng, TryCryptoRng, TryRng};

/// Where the card takes random bytes from: challenges, nonces, keys.
///
/// Every `rand_core::CryptoRng` is one, a seeded one in tests.
pub trait Random: Send {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<R: CryptoRng + Send> Random for R {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.fill_bytes(bytes);
    }
}

/// The card's randomness in the shape that key generation asks for.
pub struct CardRng<'a>(pub(crate) &'a mut dyn Random);

impl TryRng for CardRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for CardRng<'_> {}
