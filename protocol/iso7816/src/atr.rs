//! The answer to reset [ISO 7816-3 §8].

use core::fmt;

use crate::error::{ParseError, ParseErrorKind};

/// Longest ATR, in bytes [ISO 7816-3 §8.2.1].
pub const ATR_LENGTH_MAX: usize = 33;

/// A well-formed answer to reset.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Atr {
    bytes: Vec<u8>,
    // Offsets into `bytes`; invariant: start <= end <= bytes.len().
    historical: (usize, usize),
    protocols: Vec<u8>,
}

impl Atr {
    /// Checks and takes apart the bytes of an ATR.
    ///
    /// # Errors
    /// `UnexpectedByte` when TS is neither 3B nor 3F; `Truncated` or `TrailingBytes` when the bytes are not as many as T0 and
    /// the TDi announce; `BadChecksum` when TCK is there and wrong; `OutOfRange` beyond 33 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() > ATR_LENGTH_MAX {
            return Err(ParseErrorKind::OutOfRange.at(ATR_LENGTH_MAX));
        }
        let byte = |at: usize| bytes.get(at).copied().ok_or(ParseErrorKind::Truncated.at(at));
        if !matches!(byte(0)?, 0x3B | 0x3F) {
            return Err(ParseErrorKind::UnexpectedByte.at(0));
        }
        let t0 = byte(1)?;
        let mut offset = 2;
        let mut announced = t0 >> 4;
        let mut protocols = Vec::new();
        while announced != 0 {
            // TAi, TBi and TCi are skipped; only TDi says what follows.
            offset += usize::try_from((announced & 0x7).count_ones()).unwrap_or(0);
            if announced & 0x8 == 0 {
                break;
            }
            let td = byte(offset)?;
            offset += 1;
            protocols.push(td & 0x0F);
            announced = td >> 4;
        }
        if protocols.is_empty() {
            protocols.push(0);
        }
        let end = offset + usize::from(t0 & 0x0F);
        let checked = protocols.iter().any(|protocol| *protocol != 0);
        let total = end + usize::from(checked);
        if bytes.len() < total {
            return Err(ParseErrorKind::Truncated.at(bytes.len()));
        }
        if bytes.len() > total {
            return Err(ParseErrorKind::TrailingBytes.at(total));
        }
        if checked && bytes.iter().skip(1).fold(0, |sum, byte| sum ^ byte) != 0 {
            return Err(ParseErrorKind::BadChecksum.at(end));
        }
        Ok(Self { bytes: bytes.to_vec(), historical: (offset, end), protocols })
    }

    /// All bytes, TS first.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The historical bytes.
    #[must_use]
    pub fn historical_bytes(&self) -> &[u8] {
        self.bytes.get(self.historical.0..self.historical.1).unwrap_or_default()
    }

    /// The protocols T that TD1, TD2, … name, in order; T=0 alone when there is no TD1.
    #[must_use]
    pub fn protocols(&self) -> &[u8] {
        &self.protocols
    }
}

impl fmt::Display for Atr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.bytes.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Atr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Atr({self})")
    }
}
