//! What the card's Java Card runtime environment is like.

use jcvm::Limits;
use serde::{Deserialize, Serialize};

use super::ProfileError;
use crate::domain::LoadPolicy;

/// The protocol between reader and card. Commands come whole and responses leave whole whatever it is: applets are told, and under T=0
/// the card answers `61xx` and `6Cxx` as its commands of one length do [ISO 7816-3 §12.2].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transmission {
    /// T=0: a command with data gets its response by GET RESPONSE.
    #[serde(rename = "T=0")]
    T0,
    /// T=1: commands and responses in one piece.
    #[default]
    #[serde(rename = "T=1")]
    T1,
    /// ISO 14443-4 type A.
    #[serde(rename = "contactless-A")]
    ContactlessA,
    /// ISO 14443-4 type B.
    #[serde(rename = "contactless-B")]
    ContactlessB,
}

/// The Java Card runtime environment of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JavaCardProfile {
    /// What is done with load files: `load` runs them in the virtual machine; `rom-stands-in` keeps a file whose package is in ROM and
    /// runs the package in ROM; `refuse` refuses all.
    pub load: LoadPolicy,
    /// Whether bytecode is verified when a load file is loaded.
    pub verify: bool,
    /// Protocol that applets see: `T=0`, `T=1`, `contactless-A` or `contactless-B`.
    pub protocol: Transmission,
    /// Transient memory that is cleared on reset, in bytes.
    pub transient_reset: u32,
    /// Transient memory that is cleared on deselection, in bytes.
    pub transient_deselect: u32,
    /// What one transaction may overwrite, in bytes.
    pub commit_buffer: u32,
    /// Instructions that one command may run before it is ended with 6F00.
    pub instructions: u64,
}

/// Most memory of each volatile kind, in bytes.
const VOLATILE_MAX: u32 = 1 << 20;

impl Default for JavaCardProfile {
    fn default() -> Self {
        Self {
            load: LoadPolicy::default(),
            verify: true,
            protocol: Transmission::default(),
            transient_reset: 16 * 1024,
            transient_deselect: 16 * 1024,
            commit_buffer: 4 * 1024,
            instructions: 1 << 30,
        }
    }
}

impl JavaCardProfile {
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        let sizes = [self.transient_reset, self.transient_deselect, self.commit_buffer];
        if sizes.iter().any(|size| *size > VOLATILE_MAX) || self.instructions == 0 {
            return Err(ProfileError::ValueOutOfRange);
        }
        Ok(())
    }

    pub(crate) fn limits(&self) -> Limits {
        let bytes = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
        Limits {
            transient_reset: bytes(self.transient_reset),
            transient_deselect: bytes(self.transient_deselect),
            commit_buffer: bytes(self.commit_buffer),
            fuel: self.instructions,
        }
    }
}
