//! What the verification of a package may cost: no converter writes code that comes near it.

use core::cell::Cell;

use capfile::CapFile;

use super::error::Reason;

/// What remains, in units of about the time that it takes to see that two cells are the same.
#[derive(Debug)]
pub(super) struct Budget(Cell<u64>);

impl Budget {
    /// To look at an instruction.
    pub(super) const INSTRUCTION: u64 = 128;
    /// To find what two types have in common.
    pub(super) const MERGE: u64 = 256;
    /// For any package.
    const LEAST: u64 = 1 << 25;
    /// For each byte of code.
    const PER_BYTE: u64 = 4096;

    /// The budget of a package.
    pub(super) fn of(cap: &CapFile) -> Self {
        let bytes: usize = cap.method.blocks.iter().map(|block| block.info.len()).sum();
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self(Cell::new(Self::LEAST.saturating_add(bytes.saturating_mul(Self::PER_BYTE))))
    }

    /// Takes from what remains.
    pub(super) fn spend(&self, units: u64) -> Result<(), Reason> {
        let left = self.0.get().checked_sub(units).ok_or(Reason::TooComplex)?;
        self.0.set(left);
        Ok(())
    }
}
