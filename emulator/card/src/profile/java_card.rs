//! What the card's Java Card runtime environment is like.

use jcvm::Limits;
use serde::{Deserialize, Serialize};

use super::{Algorithms, JavaCardLevel, ProfileError, Transmission};
use crate::domain::LoadPolicy;

/// The Java Card runtime environment of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JavaCardProfile {
    /// Version of the Java Card platform: `2.1.1`, `2.2.1`, `2.2.2`, `3.0.1`, `3.0.4`, `3.0.5`, `3.1` or `3.2`. It is in the card
    /// recognition data and in `JCSystem.getVersion`, and a load file that imports later versions of the packages
    /// `javacard.framework`, `javacard.security` or `javacardx.crypto` is refused.
    pub level: JavaCardLevel,
    /// What is done with load files: `load` runs them in the virtual machine; `rom-stands-in` keeps a file whose package is in ROM and
    /// runs the package in ROM; `refuse` refuses all.
    pub load: LoadPolicy,
    /// Whether bytecode is verified when a load file is loaded.
    pub verify: bool,
    /// How commands come to the card and what applets see: `APDU`, `T=0`, `T=1`, `contactless-A` or `contactless-B`. All but the
    /// first must be what the ATR offers.
    pub protocol: Transmission,
    /// Transient memory that is cleared on reset, in bytes.
    pub transient_reset: u32,
    /// Transient memory that is cleared on deselection, in bytes.
    pub transient_deselect: u32,
    /// What one transaction may overwrite, in bytes.
    pub commit_buffer: u32,
    /// Instructions that one command may run before it is ended with 6F00.
    pub instructions: u64,
    /// What applets can compute.
    pub algorithms: Algorithms,
}

/// Most memory of each volatile kind, in bytes.
const VOLATILE_MAX: u32 = 1 << 20;

impl Default for JavaCardProfile {
    fn default() -> Self {
        Self {
            level: JavaCardLevel::default(),
            load: LoadPolicy::default(),
            verify: true,
            protocol: Transmission::default(),
            transient_reset: 16 * 1024,
            transient_deselect: 16 * 1024,
            commit_buffer: 4 * 1024,
            instructions: 1 << 30,
            algorithms: Algorithms::default(),
        }
    }
}

impl JavaCardProfile {
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        let sizes = [
            (self.transient_reset, "personality.java_card.transient_reset"),
            (self.transient_deselect, "personality.java_card.transient_deselect"),
            (self.commit_buffer, "personality.java_card.commit_buffer"),
        ];
        for (size, field) in sizes {
            ProfileError::unless(size <= VOLATILE_MAX, field, "0 to 1048576 bytes")?;
        }
        let field = "personality.java_card.instructions";
        ProfileError::unless(self.instructions > 0, field, "1 and more")?;
        self.algorithms.check()
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
