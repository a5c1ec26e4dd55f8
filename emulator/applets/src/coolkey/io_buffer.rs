//! The I/O buffer: where results too long for one answer wait, under the object identifiers FFFFFFFF and FFFFFFFE.

use ::coolkey::status;
use iso7816::StatusWord;
use zeroize::{Zeroize, Zeroizing};

/// Length of the number before data for COMPUTE CRYPT, in bytes.
const LENGTH_PREFIX: usize = 2;

/// The buffer. What it holds may be a decrypted message: it is wiped on drop.
pub(super) struct IoBuffer {
    // As long as the buffer is, for good.
    bytes: Zeroizing<Vec<u8>>,
    // Invariant: size <= bytes.len().
    size: usize,
}

impl IoBuffer {
    pub(super) fn new(capacity: u16) -> Self {
        Self { bytes: Zeroizing::new(vec![0; usize::from(capacity)]), size: 0 }
    }

    /// Fills the buffer with zeros; its size stays, as it does when the applet is deselected.
    pub(super) fn clear(&mut self) {
        self.bytes.as_mut_slice().zeroize();
    }

    /// What is in the buffer.
    pub(super) fn contents(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }

    /// Sets the size.
    ///
    /// # Errors
    /// 9C01 beyond the capacity.
    pub(super) fn resize(&mut self, size: usize) -> Result<(), StatusWord> {
        if size > self.bytes.len() {
            return Err(status::NO_MEMORY_LEFT);
        }
        self.size = size;
        Ok(())
    }

    /// Writes at `offset`; the size becomes where the data end.
    ///
    /// # Errors
    /// 9C0F beyond the capacity.
    pub(super) fn write(&mut self, offset: usize, data: &[u8]) -> Result<(), StatusWord> {
        let end = offset + data.len();
        self.bytes.get_mut(offset..end).ok_or(status::INVALID_PARAMETER)?.copy_from_slice(data);
        self.size = end;
        Ok(())
    }

    /// The data of `u2 length, data`.
    ///
    /// # Errors
    /// 6700 when there is no length, 9C19 when there is less than it says.
    pub(super) fn counted(&self) -> Result<&[u8], StatusWord> {
        let (length, rest) =
            self.contents().split_first_chunk::<LENGTH_PREFIX>().ok_or(StatusWord::WRONG_LENGTH)?;
        rest.get(..usize::from(u16::from_be_bytes(*length))).ok_or(status::CHUNK_SIZE_INVALID)
    }
}
