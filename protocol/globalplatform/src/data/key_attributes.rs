//! What a key may be used for, and by whom [GPCS 2.3.1 §11.1.9, §11.1.10].

use bitflags::bitflags;
use iso7816::{ParseError, ParseErrorKind};

use crate::command::{Reader, push_lv};

bitflags! {
    /// Key usage qualifier, tag 95: its two bytes as one number, the first byte highest.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct KeyUsage: u16 {
        /// Verifies or enciphers.
        const VERIFICATION_ENCIPHERMENT = 0x80_00;
        /// Computes or deciphers.
        const COMPUTATION_DECIPHERMENT = 0x40_00;
        /// For secure messaging in responses.
        const RESPONSE_MESSAGING = 0x20_00;
        /// For secure messaging in commands.
        const COMMAND_MESSAGING = 0x10_00;
        /// For confidentiality.
        const CONFIDENTIALITY = 0x08_00;
        /// For cryptographic checksums.
        const CHECKSUM = 0x04_00;
        /// For digital signatures.
        const SIGNATURE = 0x02_00;
        /// For cryptographic authorization.
        const AUTHORIZATION = 0x01_00;
        /// For key agreement.
        const KEY_AGREEMENT = 0x00_80;
    }
}

impl KeyUsage {
    /// Reads the qualifier; no byte means that nothing is said.
    ///
    /// # Errors
    /// `LengthMismatch` for more than two bytes.
    pub const fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let number = match *bytes {
            [] => 0,
            [first] => u16::from_be_bytes([first, 0]),
            [first, second] => u16::from_be_bytes([first, second]),
            _ => return Err(ParseErrorKind::LengthMismatch.at(0)),
        };
        Ok(Self::from_bits_retain(number))
    }

    /// The qualifier: a second byte only where one of its bits is set.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        match self.bits().to_be_bytes() {
            [0, 0] => Vec::new(),
            [first, 0] => vec![first],
            both => both.to_vec(),
        }
    }
}

/// Key access, tag 96: who may use a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyAccess(pub u8);

impl KeyAccess {
    /// 00: the security domain and its applications.
    pub const ALL: Self = Self(0x00);
    /// 01: the security domain alone.
    pub const SECURITY_DOMAIN: Self = Self(0x01);
    /// 02: the applications of the security domain, not itself.
    pub const APPLICATIONS: Self = Self(0x02);
    /// FF: nobody.
    pub const NOBODY: Self = Self(0xFF);

    /// Whether the security domain may use the key.
    #[must_use]
    pub const fn admits_security_domain(self) -> bool {
        matches!(self, Self::ALL | Self::SECURITY_DOMAIN)
    }

    /// Whether an application of the security domain may use the key.
    #[must_use]
    pub const fn admits_applications(self) -> bool {
        matches!(self, Self::ALL | Self::APPLICATIONS)
    }

    /// Reads the byte; `None` where none is there, which means the same as [`KeyAccess::ALL`].
    ///
    /// # Errors
    /// `LengthMismatch` for more than one byte.
    pub const fn parse(bytes: &[u8]) -> Result<Option<Self>, ParseError> {
        match *bytes {
            [] => Ok(None),
            [byte] => Ok(Some(Self(byte))),
            _ => Err(ParseErrorKind::LengthMismatch.at(0)),
        }
    }
}

/// Usage and access together, as the extended formats of PUT KEY and of the key information template have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyAttributes {
    /// What for; empty where nothing is said.
    pub usage: KeyUsage,
    /// By whom; `None` where nothing is said.
    pub access: Option<KeyAccess>,
}

impl KeyAttributes {
    /// Reads the two fields, each with its length.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let at = reader.offset();
        let misplaced = |error: ParseError| error.kind.at(at);
        let usage = KeyUsage::parse(reader.lv()?).map_err(misplaced)?;
        let access = KeyAccess::parse(reader.lv()?).map_err(misplaced)?;
        Ok(Self { usage, access })
    }

    /// Appends the two fields.
    pub(crate) fn push(self, data: &mut Vec<u8>) {
        push_lv(data, &self.usage.to_bytes());
        push_lv(data, self.access.as_ref().map_or(&[], |access| core::slice::from_ref(&access.0)));
    }
}
