//! Pseudorandom functions in iteration [NIST SP 800-108 §4].

use zeroize::Zeroizing;

use super::{OUTPUT_LENGTH_MAX, Prf};
use crate::CryptoError;

/// What goes into the function at each step besides the counter.
#[derive(Clone, Copy)]
pub enum IterationMode<'a> {
    /// Counter mode, `ALG_KDF_COUNTER_MODE`: fixed data before and after the counter [NIST SP 800-108 §4.1].
    Counter {
        /// Before the counter.
        before: &'a [u8],
        /// After it.
        after: &'a [u8],
    },
    /// Feedback mode, `ALG_KDF_FEEDBACK_MODE` [NIST SP 800-108 §4.2].
    Feedback {
        /// What is fed back at first.
        vector: &'a [u8],
        /// Fixed data.
        data: &'a [u8],
    },
    /// Double-pipeline iteration mode, `ALG_KDF_DPI_MODE` [NIST SP 800-108 §4.3].
    DoublePipeline {
        /// Fixed data.
        data: &'a [u8],
    },
}

/// A derivation by iteration.
#[derive(Clone, Copy)]
pub struct Iteration<'a> {
    /// The function.
    pub prf: &'a Prf,
    /// What goes into it.
    pub mode: IterationMode<'a>,
    /// Length of the counter, in bits: 8, 16, 24 or 32; zero for none, but in counter mode.
    pub counter_bits: usize,
}

/// Longest counter, in bytes.
const COUNTER_LENGTH_MAX: usize = 4;

impl Iteration<'_> {
    /// The first `length` bytes of output.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where the counter has not one of its lengths, or is too short for so much output.
    pub fn derive(&self, length: usize) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let mut output =
            Zeroizing::new(Vec::with_capacity(length.saturating_add(self.prf.length())));
        self.check(length)?;
        let mut fed = match self.mode {
            IterationMode::Feedback { vector, .. } => Zeroizing::new(vector.to_vec()),
            IterationMode::DoublePipeline { data } => self.prf.apply(&[data])?,
            IterationMode::Counter { .. } => Zeroizing::default(),
        };
        let mut step = 0_u32;
        while output.len() < length {
            step = step.checked_add(1).ok_or(CryptoError::IllegalValue)?;
            let counter = step.to_be_bytes();
            let start = COUNTER_LENGTH_MAX.saturating_sub(self.counter_bits / 8);
            let counter = counter.get(start..).unwrap_or_default();
            let block = match self.mode {
                IterationMode::Counter { before, after } => {
                    self.prf.apply(&[before, counter, after])?
                }
                IterationMode::Feedback { data, .. } | IterationMode::DoublePipeline { data } => {
                    self.prf.apply(&[&fed, counter, data])?
                }
            };
            output.extend_from_slice(&block);
            match self.mode {
                IterationMode::Counter { .. } => {}
                IterationMode::Feedback { .. } => fed = block,
                IterationMode::DoublePipeline { .. } => fed = self.prf.apply(&[&fed])?,
            }
        }
        output.truncate(length);
        Ok(output)
    }

    /// Whether the counter has a length of its own, and can count the steps.
    fn check(&self, length: usize) -> Result<(), CryptoError> {
        let steps = length.div_ceil(self.prf.length().max(1));
        let optional = !matches!(self.mode, IterationMode::Counter { .. });
        let counts = match self.counter_bits {
            0 => optional,
            8 | 16 | 24 | 32 => {
                u64::try_from(steps).is_ok_and(|steps| steps >> self.counter_bits == 0)
            }
            _ => false,
        };
        if counts && length <= OUTPUT_LENGTH_MAX { Ok(()) } else { Err(CryptoError::IllegalValue) }
    }
}
