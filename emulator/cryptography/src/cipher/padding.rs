//! Paddings of block ciphers: what is added to a message, and what is taken off it.

use super::Padding;
use crate::CryptoError;

/// First byte of the padding of method 2 [ISO/IEC 9797-1 §6.3.3].
const MARK: u8 = 0x80;

impl Padding {
    /// Whether something is taken off on decryption: zeros of method 1 cannot be told from the message's own.
    pub(crate) const fn is_removable(self) -> bool {
        matches!(self, Self::Iso9797M2 | Self::Pkcs5)
    }

    /// Brings the end of a message to whole blocks.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalUse`] where it is not, and there is no padding.
    pub(crate) fn add(self, end: &mut Vec<u8>, block_length: usize) -> Result<(), CryptoError> {
        let missing = block_length - end.len() % block_length;
        let aligned = missing == block_length;
        match self {
            Self::None | Self::Iso9797M1 if aligned => {}
            Self::None => return Err(CryptoError::IllegalUse),
            Self::Iso9797M1 => end.resize(end.len() + missing, 0),
            Self::Iso9797M2 => {
                end.push(MARK);
                end.resize(end.len() + missing - 1, 0);
            }
            Self::Pkcs5 => {
                let value = u8::try_from(missing).map_err(|_| CryptoError::IllegalUse)?;
                end.resize(end.len() + missing, value);
            }
        }
        Ok(())
    }

    /// Takes the padding off the last block.
    ///
    /// # Errors
    ///
    /// [`CryptoError::IllegalUse`] where it is not as it should be.
    pub(crate) fn remove(self, last: &mut Vec<u8>) -> Result<(), CryptoError> {
        let length = match self {
            Self::None | Self::Iso9797M1 => Some(last.len()),
            Self::Iso9797M2 => {
                let mark = last.iter().rposition(|byte| *byte != 0);
                mark.filter(|mark| last.get(*mark) == Some(&MARK))
            }
            Self::Pkcs5 => last.last().copied().and_then(|value| {
                let length = last.len().checked_sub(usize::from(value))?;
                let padding = last.get(length..)?;
                (value != 0 && padding.iter().all(|byte| *byte == value)).then_some(length)
            }),
        };
        last.truncate(length.ok_or(CryptoError::IllegalUse)?);
        Ok(())
    }
}
