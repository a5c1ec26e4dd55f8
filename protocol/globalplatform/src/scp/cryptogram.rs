//! Authentication cryptograms, challenges and MACs as they go over the wire: 8 or 16 bytes.

use core::fmt;

use subtle::ConstantTimeEq;

use super::error::ScpError;

/// Longest cryptogram, in bytes: SCP03 in S16 mode.
const CRYPTOGRAM_LENGTH_MAX: usize = 16;

/// A card or host cryptogram: 8 bytes, or 16 under SCP03 in S16 mode. Compared in constant time.
#[derive(Clone, Copy)]
pub struct Cryptogram {
    // Invariant: length is 8 or 16, bytes beyond it are zero.
    bytes: [u8; CRYPTOGRAM_LENGTH_MAX],
    length: usize,
}

impl Cryptogram {
    /// A cryptogram from its bytes.
    ///
    /// # Errors
    /// `WrongLength` unless there are 8 or 16.
    pub fn new(bytes: &[u8]) -> Result<Self, ScpError> {
        if !matches!(bytes.len(), 8 | CRYPTOGRAM_LENGTH_MAX) {
            return Err(ScpError::WrongLength { length: bytes.len() });
        }
        let mut copy = [0; CRYPTOGRAM_LENGTH_MAX];
        copy.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(Self { bytes: copy, length: bytes.len() })
    }

    /// The bytes of the cryptogram.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}

impl PartialEq for Cryptogram {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for Cryptogram {}

impl From<[u8; 8]> for Cryptogram {
    fn from(short: [u8; 8]) -> Self {
        let mut bytes = [0; CRYPTOGRAM_LENGTH_MAX];
        bytes.iter_mut().zip(short).for_each(|(to, from)| *to = from);
        Self { bytes, length: short.len() }
    }
}

impl TryFrom<Cryptogram> for [u8; 8] {
    type Error = ScpError;

    fn try_from(cryptogram: Cryptogram) -> Result<Self, ScpError> {
        let bytes = cryptogram.as_bytes();
        bytes.try_into().map_err(|_| ScpError::WrongLength { length: bytes.len() })
    }
}

impl fmt::Debug for Cryptogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cryptogram({} bytes)", self.length)
    }
}
