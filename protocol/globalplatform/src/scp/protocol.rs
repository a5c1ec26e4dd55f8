//! Protocol identifiers, their options `i`, and security levels.

use bitflags::bitflags;

use super::error::ScpError;
use crate::key::KeyAlgorithm;

bitflags! {
    /// Security level of a session [GPCS 2.3.1 §10.6].
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SecurityLevel: u8 {
        /// Commands carry a MAC.
        const C_MAC = 0x01;
        /// Command data are encrypted.
        const C_DECRYPTION = 0x02;
        /// Responses carry a MAC.
        const R_MAC = 0x10;
        /// Response data are encrypted.
        const R_ENCRYPTION = 0x20;
        /// Somebody other than the application's provider is authenticated.
        const ANY_AUTHENTICATED = 0x40;
        /// The application's provider is authenticated.
        const AUTHENTICATED = 0x80;
    }
}

impl SecurityLevel {
    /// C-MAC and command encryption: what most hosts use.
    pub const C_MAC_C_DECRYPTION: Self = Self::C_MAC.union(Self::C_DECRYPTION);
}

/// A secure channel protocol with its option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// SCP01, option 05 or 15 [GPCS 2.3.1 §D].
    Scp01 {
        /// Option byte.
        i: u8,
    },
    /// SCP02: explicit initiation with C-MAC on the modified APDU, or implicit initiation with C-MAC on the unmodified APDU and the
    /// first chaining value made of the AID [GPCS 2.3.1 §E.1.1].
    Scp02 {
        /// Option byte.
        i: u8,
    },
    /// SCP03 [AmdD 1.1.1 §5.1].
    Scp03 {
        /// Option byte.
        i: u8,
    },
}

/// SCP01, SCP02: the initial chaining value is encrypted before each C-MAC [GPCS 2.3.1 §D.1.1, §E.1.1].
pub(super) const ICV_ENCRYPTION: u8 = 0x10;
/// SCP02: bits that may vary: three keys, ICV encryption, R-MAC, pseudo-random challenge.
const SCP02_OPTIONAL: u8 = 0x71;
/// SCP02: bits that go together: explicit initiation; or C-MAC on the unmodified APDU, first chaining value from the AID.
const SCP02_EXPLICIT: u8 = 0x04;
const SCP02_IMPLICIT: u8 = 0x0A;
/// SCP03: 16-byte challenges, cryptograms and MACs [AmdD 1.2 §5.1].
const SCP03_S16: u8 = 0x01;
/// SCP03: the card challenge is derived from the sequence counter.
const SCP03_PSEUDO_RANDOM: u8 = 0x10;
/// SCP03: R-MAC, and R-encryption, which needs the former.
const SCP03_RMAC: u8 = 0x20;
const SCP03_RENC: u8 = 0x40;

/// P1 of EXTERNAL AUTHENTICATE for each protocol [GPCS 2.3.1 §D.4.2.3, §E.5.2.3, AmdD 1.1.1 §7.1.2.2].
const SCP01_LEVELS: &[u8] = &[0x00, 0x01, 0x03];
const SCP02_LEVELS: &[u8] = &[0x00, 0x01, 0x03, 0x10, 0x11, 0x13];
const SCP03_LEVELS: &[u8] = &[0x00, 0x01, 0x03, 0x11, 0x13, 0x33];

impl Protocol {
    /// A protocol from its identifier (1 to 3) and option.
    ///
    /// # Errors
    /// `UnsupportedProtocol`: unknown identifier or undefined option.
    pub const fn new(id: u8, i: u8) -> Result<Self, ScpError> {
        match (id, i) {
            (1, 0x05 | 0x15) => Ok(Self::Scp01 { i }),
            (2, _) if matches!(i & !SCP02_OPTIONAL, SCP02_EXPLICIT | SCP02_IMPLICIT) => {
                Ok(Self::Scp02 { i })
            }
            (3, _) if matches!(i & !SCP03_S16, 0x00 | 0x10 | 0x20 | 0x30 | 0x60 | 0x70) => {
                Ok(Self::Scp03 { i })
            }
            _ => Err(ScpError::UnsupportedProtocol { id, i }),
        }
    }

    /// The identifier: 1, 2 or 3.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Scp01 { .. } => 1,
            Self::Scp02 { .. } => 2,
            Self::Scp03 { .. } => 3,
        }
    }

    /// The option byte.
    #[must_use]
    pub const fn i(self) -> u8 {
        match self {
            Self::Scp01 { i } | Self::Scp02 { i } | Self::Scp03 { i } => i,
        }
    }

    /// Whether the first command with secure messaging opens the channel, not INITIALIZE UPDATE: SCP02 only
    /// [GPCS 2.3.1 §E.1.2.2].
    #[must_use]
    pub const fn is_implicit(self) -> bool {
        matches!(self, Self::Scp02 { i } if i & SCP02_EXPLICIT == 0)
    }

    pub(super) const fn check_explicit(self) -> Result<(), ScpError> {
        if self.is_implicit() { Err(self.unsupported()) } else { Ok(()) }
    }

    pub(super) const fn check_implicit(self) -> Result<(), ScpError> {
        if self.is_implicit() { Ok(()) } else { Err(self.unsupported()) }
    }

    const fn unsupported(self) -> ScpError {
        ScpError::UnsupportedProtocol { id: self.id(), i: self.i() }
    }

    /// Whether C-MAC covers the command as it was before protection: CLA without secure messaging, Lc of the plain data.
    #[must_use]
    pub const fn macs_unmodified(self) -> bool {
        matches!(self, Self::Scp02 { i } if i & 0x02 != 0)
    }

    /// Whether SCP02 derives all session keys from one base key.
    #[must_use]
    pub const fn base_key(self) -> bool {
        matches!(self, Self::Scp02 { i } if i & 0x01 == 0)
    }

    /// Whether the chaining value of C-MAC is encrypted between commands.
    #[must_use]
    pub const fn encrypts_icv(self) -> bool {
        match self {
            Self::Scp01 { i } | Self::Scp02 { i } => i & ICV_ENCRYPTION != 0,
            Self::Scp03 { .. } => false,
        }
    }

    /// Whether the card challenge is derived from the sequence counter, so that a host can foretell it.
    #[must_use]
    pub const fn pseudo_random_challenge(self) -> bool {
        match self {
            Self::Scp01 { .. } => false,
            Self::Scp02 { i } => i & 0x40 != 0,
            Self::Scp03 { i } => i & SCP03_PSEUDO_RANDOM != 0,
        }
    }

    /// Whether responses can carry a MAC.
    #[must_use]
    pub const fn supports_rmac(self) -> bool {
        match self {
            Self::Scp01 { .. } => false,
            Self::Scp02 { i } | Self::Scp03 { i } => i & SCP03_RMAC != 0,
        }
    }

    /// Whether responses can be encrypted.
    #[must_use]
    pub const fn supports_rencryption(self) -> bool {
        matches!(self, Self::Scp03 { i } if i & SCP03_RENC != 0)
    }

    /// Length of the host challenge, the cryptograms and the MACs, in bytes: 8, or 16 under SCP03 S16.
    #[must_use]
    pub const fn mac_length(self) -> usize {
        match self {
            Self::Scp03 { i } if i & SCP03_S16 != 0 => 16,
            _ => 8,
        }
    }

    /// Length of the card challenge, in bytes.
    #[must_use]
    pub const fn card_challenge_length(self) -> usize {
        match self {
            Self::Scp02 { .. } => 6,
            _ => self.mac_length(),
        }
    }

    /// The largest sequence counter, where the protocol has one [GPCS 2.3.1 §E.1.2.1, AmdD 1.1.1 §6.2.2.1].
    #[must_use]
    pub const fn sequence_counter_max(self) -> Option<u32> {
        match self {
            Self::Scp01 { .. } => None,
            Self::Scp02 { .. } => Some(0xFFFF),
            Self::Scp03 { .. } => Some(0xFF_FFFF),
        }
    }

    /// Whether a session key set of this algorithm fits the protocol.
    #[must_use]
    pub const fn accepts(self, algorithm: KeyAlgorithm) -> bool {
        matches!(self, Self::Scp03 { .. }) == algorithm.is_aes()
    }

    /// Checks P1 of EXTERNAL AUTHENTICATE.
    ///
    /// # Errors
    /// `UnsupportedLevel` when the protocol or its option does not offer the level; always where initiation is implicit.
    pub fn security_level(self, p1: u8) -> Result<SecurityLevel, ScpError> {
        let levels = match self {
            _ if self.is_implicit() => &[],
            Self::Scp01 { .. } => SCP01_LEVELS,
            Self::Scp02 { .. } => SCP02_LEVELS,
            Self::Scp03 { .. } => SCP03_LEVELS,
        };
        let level = SecurityLevel::from_bits_truncate(p1);
        let offered = levels.contains(&p1)
            && (self.supports_rmac() || !level.contains(SecurityLevel::R_MAC))
            && (self.supports_rencryption() || !level.contains(SecurityLevel::R_ENCRYPTION));
        if offered { Ok(level) } else { Err(ScpError::UnsupportedLevel(p1)) }
    }

    /// Largest plain data field of a command that still fits a short APDU at this level, in bytes.
    #[must_use]
    pub const fn max_command_data(self, level: SecurityLevel) -> usize {
        let body = if level.contains(SecurityLevel::C_MAC) { 255 - self.mac_length() } else { 255 };
        if !level.contains(SecurityLevel::C_DECRYPTION) {
            return body;
        }
        match self {
            // SCP01: one length byte and no padding where that fills the blocks; SCP02: at least one byte of padding.
            Self::Scp01 { .. } | Self::Scp02 { .. } => body / 8 * 8 - 1,
            Self::Scp03 { .. } => body / 16 * 16 - 1,
        }
    }
}
