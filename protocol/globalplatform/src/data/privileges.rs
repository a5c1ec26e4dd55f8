//! Privileges of applications [GPCS 2.3.1 §6.6, §11.1.2].

use core::fmt;

use bitflags::bitflags;
use iso7816::{ParseError, ParseErrorKind};

bitflags! {
    /// The three privilege bytes as one number, the first byte highest.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Privileges: u32 {
        /// Is a security domain.
        const SECURITY_DOMAIN = 0x80_00_00;
        /// Verifies load file signatures; with `SECURITY_DOMAIN`.
        const DAP_VERIFICATION = 0xC0_00_00;
        /// Manages content by tokens; with `SECURITY_DOMAIN`.
        const DELEGATED_MANAGEMENT = 0xA0_00_00;
        /// May lock the card.
        const CARD_LOCK = 0x10_00_00;
        /// May terminate the card.
        const CARD_TERMINATE = 0x08_00_00;
        /// Is selected when the card is reset ("default selected" before).
        const CARD_RESET = 0x04_00_00;
        /// Manages the card-wide PIN.
        const CVM_MANAGEMENT = 0x02_00_00;
        /// Verifies the signatures of every load file; with `DAP_VERIFICATION`.
        const MANDATED_DAP_VERIFICATION = 0xC1_00_00;
        /// Is a trusted path between applications.
        const TRUSTED_PATH = 0x00_80_00;
        /// Manages content without tokens.
        const AUTHORIZED_MANAGEMENT = 0x00_40_00;
        /// Verifies tokens.
        const TOKEN_VERIFICATION = 0x00_20_00;
        /// May delete everything.
        const GLOBAL_DELETE = 0x00_10_00;
        /// May lock and unlock everything.
        const GLOBAL_LOCK = 0x00_08_00;
        /// Sees the whole registry.
        const GLOBAL_REGISTRY = 0x00_04_00;
        /// Remains selectable on a locked card.
        const FINAL_APPLICATION = 0x00_02_00;
        /// Offers a service to other applications.
        const GLOBAL_SERVICE = 0x00_01_00;
        /// Makes receipts.
        const RECEIPT_GENERATION = 0x00_00_80;
        /// Requires encrypted load files.
        const CIPHERED_LOAD_FILE_DATA_BLOCK = 0x00_00_40;
        /// May activate contactless applications.
        const CONTACTLESS_ACTIVATION = 0x00_00_20;
        /// May activate itself on the contactless interface.
        const CONTACTLESS_SELF_ACTIVATION = 0x00_00_10;
    }
}

impl Privileges {
    /// Reads one byte (the old form) or three. The bits that one byte leaves open are not set here: which defaults they get depends
    /// on who installs [GPCS 2.3.1 §11.1.2].
    ///
    /// # Errors
    /// `LengthMismatch` for any other length.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let number = match *bytes {
            [first] => [0, first, 0, 0],
            [first, second, third] => [0, first, second, third],
            _ => return Err(ParseErrorKind::LengthMismatch.at(0)),
        };
        Ok(Self::from_bits_retain(u32::from_be_bytes(number)))
    }

    /// What INSTALL with one byte gives: a supplementary security domain is a trusted path, too, any other application has nothing in
    /// the bytes that are not there [GPCS 2.3.1 §11.1.2].
    #[must_use]
    pub const fn from_one_byte(byte: u8) -> Self {
        let first = Self::from_bits_retain(u32::from_be_bytes([0, byte, 0, 0]));
        if first.contains(Self::SECURITY_DOMAIN) { first.union(Self::TRUSTED_PATH) } else { first }
    }

    /// The three bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 3] {
        let [_, first, second, third] = self.bits().to_be_bytes();
        [first, second, third]
    }

    /// Whether no rule forbids the combination [GPCS 2.3.1 §6.6.2]: authorized, delegated management exclude each other; the latter
    /// excludes token verification and receipt generation; management needs a security domain.
    #[must_use]
    pub const fn are_consistent(self) -> bool {
        let delegated = self.contains(Self::DELEGATED_MANAGEMENT);
        let against_delegated = Self::AUTHORIZED_MANAGEMENT
            .union(Self::TOKEN_VERIFICATION)
            .union(Self::RECEIPT_GENERATION);
        let authorized = self.contains(Self::AUTHORIZED_MANAGEMENT);
        !(delegated && self.intersects(against_delegated))
            && (!authorized || self.contains(Self::SECURITY_DOMAIN))
    }
}

/// Names of the privileges, in the order of their bits [GPCS 2.3.1 §6.6.1].
const NAMES: &[(Privileges, &str)] = &[
    (Privileges::SECURITY_DOMAIN, "security domain"),
    (Privileges::MANDATED_DAP_VERIFICATION, "mandated DAP verification"),
    (Privileges::DAP_VERIFICATION, "DAP verification"),
    (Privileges::DELEGATED_MANAGEMENT, "delegated management"),
    (Privileges::CARD_LOCK, "card lock"),
    (Privileges::CARD_TERMINATE, "card terminate"),
    (Privileges::CARD_RESET, "card reset"),
    (Privileges::CVM_MANAGEMENT, "CVM management"),
    (Privileges::TRUSTED_PATH, "trusted path"),
    (Privileges::AUTHORIZED_MANAGEMENT, "authorized management"),
    (Privileges::TOKEN_VERIFICATION, "token verification"),
    (Privileges::GLOBAL_DELETE, "global delete"),
    (Privileges::GLOBAL_LOCK, "global lock"),
    (Privileges::GLOBAL_REGISTRY, "global registry"),
    (Privileges::FINAL_APPLICATION, "final application"),
    (Privileges::GLOBAL_SERVICE, "global service"),
    (Privileges::RECEIPT_GENERATION, "receipt generation"),
    (Privileges::CIPHERED_LOAD_FILE_DATA_BLOCK, "ciphered load file data block"),
    (Privileges::CONTACTLESS_ACTIVATION, "contactless activation"),
    (Privileges::CONTACTLESS_SELF_ACTIVATION, "contactless self-activation"),
];

impl Privileges {
    /// The privileges by name, in the order of their bits. Mandated DAP verification stands for DAP verification, too.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let mandated = self.contains(Self::MANDATED_DAP_VERIFICATION);
        let has = |bits: Self| self.contains(bits) && !(mandated && bits == Self::DAP_VERIFICATION);
        NAMES.iter().filter(|(bits, _)| has(*bits)).map(|(_, name)| *name).collect()
    }
}

/// The names, separated by commas; `none` for none.
impl fmt::Display for Privileges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names().as_slice() {
            [] => f.write_str("none"),
            names => f.write_str(&names.join(", ")),
        }
    }
}
