//! Verification of the structure.
use crate::{component::CapFile, error::CapError};
impl CapFile {
    /// Verifies.
    ///
    /// # Errors
    /// [`CapError`].
    pub fn verify_structure(&self) -> Result<(), CapError> {
        Ok(())
    }
}
