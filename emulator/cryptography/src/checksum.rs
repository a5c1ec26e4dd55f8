//! Checksums of `javacard.security.Checksum`.

use crate::CryptoError;

/// A cyclic redundancy check [ISO/IEC 3309 §4].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ChecksumAlgorithm {
    /// CRC-16, `ALG_ISO3309_CRC16`: x^16 + x^12 + x^5 + 1, highest bit first, complemented at the end.
    Crc16 = 1,
    /// CRC-32, `ALG_ISO3309_CRC32`: Ethernet's polynomial, lowest bit first, complemented at the end. From the initial value
    /// `FFFFFFFF` it is the checksum of ZIP files.
    Crc32 = 2,
}

impl ChecksumAlgorithm {
    /// The algorithm of `Checksum.ALG_*`.
    #[must_use]
    pub const fn from_constant(constant: u8) -> Option<Self> {
        match constant {
            1 => Some(Self::Crc16),
            2 => Some(Self::Crc32),
            _ => None,
        }
    }

    /// Its `Checksum.ALG_*`.
    #[must_use]
    pub const fn constant(self) -> u8 {
        self as u8
    }

    /// Length of the checksum, in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Crc16 => 2,
            Self::Crc32 => 4,
        }
    }

    const fn mask(self) -> u32 {
        match self {
            Self::Crc16 => 0xFFFF,
            Self::Crc32 => u32::MAX,
        }
    }
}

/// A checksum that takes its message in pieces.
#[derive(Clone)]
pub struct Checksum {
    algorithm: ChecksumAlgorithm,
    register: u32,
}

impl Checksum {
    /// A checksum with the initial value zero, as `getInstance` leaves it [JCAPI 3.0.5 javacard.security.Checksum].
    #[must_use]
    pub const fn new(algorithm: ChecksumAlgorithm) -> Self {
        Self { algorithm, register: 0 }
    }

    /// The algorithm that the checksum was made for.
    #[must_use]
    pub const fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// Starts from an initial value, big-endian.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalValue`] where it has not the length of the checksum.
    pub fn init(&mut self, value: &[u8]) -> Result<(), CryptoError> {
        if value.len() != self.algorithm.length() {
            return Err(CryptoError::IllegalValue);
        }
        self.register = value.iter().fold(0, |register, byte| register << 8 | u32::from(*byte));
        Ok(())
    }

    /// Takes the next piece of the message.
    pub fn update(&mut self, piece: &[u8]) {
        for byte in piece {
            self.register = match self.algorithm {
                ChecksumAlgorithm::Crc16 => crc16(self.register, *byte),
                ChecksumAlgorithm::Crc32 => crc32(self.register, *byte),
            };
        }
    }

    /// The checksum, big-endian; the engine then starts anew from zero.
    pub fn finish(&mut self) -> Vec<u8> {
        let value = (!self.register & self.algorithm.mask()).to_be_bytes();
        self.register = 0;
        let start = value.len() - self.algorithm.length();
        value.get(start..).unwrap_or_default().to_vec()
    }
}

fn crc16(register: u32, byte: u8) -> u32 {
    (0..8).fold(register ^ u32::from(byte) << 8, |register, _| {
        let carry = register & 0x8000 != 0;
        register << 1 & 0xFFFF ^ if carry { 0x1021 } else { 0 }
    })
}

/// The polynomial has its lowest term in the highest bit here, for the lowest bit goes first.
fn crc32(register: u32, byte: u8) -> u32 {
    (0..8).fold(register ^ u32::from(byte), |register, _| {
        let carry = register & 1 == 1;
        register >> 1 ^ if carry { 0xEDB8_8320 } else { 0 }
    })
}
