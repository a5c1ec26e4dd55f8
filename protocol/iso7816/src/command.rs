//! Command APDUs: the four cases, short and extended [ISO 7816-4 §5.1, ISO 7816-3 §12.1].

use core::fmt;

use crate::error::{ParseError, ParseErrorKind};

/// Longest command data field, in bytes [ISO 7816-3 §12.1.3].
pub const COMMAND_DATA_MAX: usize = 65_535;
/// Longest data field of a short command, in bytes.
pub const SHORT_DATA_MAX: usize = 255;
/// Largest expected length: Le of a short command, in bytes (coded 00).
pub const SHORT_EXPECTED_MAX: u32 = 256;
/// Largest expected length: Le of an extended command, in bytes (coded 0000).
pub const EXTENDED_EXPECTED_MAX: u32 = 65_536;

/// The four header bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Header {
    /// Class.
    pub cla: u8,
    /// Instruction.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
}

impl Header {
    /// A header from its four bytes.
    #[must_use]
    pub const fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self { cla, ins, p1, p2 }
    }

    /// CLA INS P1 P2.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        [self.cla, self.ins, self.p1, self.p2]
    }

    /// P1 P2 as one number.
    #[must_use]
    pub const fn p1p2(self) -> u16 {
        u16::from_be_bytes([self.p1, self.p2])
    }

    /// The logical channel named in CLA: 0 to 3 in the first interindustry coding, 4 to 19 in the further one
    /// [ISO 7816-4 §5.1.1, GPCS 2.3.1 §11.1.4].
    #[must_use]
    pub const fn channel(self) -> u8 {
        if self.cla & 0x40 == 0 { self.cla & 0x03 } else { 4 + (self.cla & 0x0F) }
    }

    /// The same header on another logical channel, 0 to 19; `None` for any other number. Class, chaining and secure messaging stay;
    /// of the latter the further coding does not tell the kinds apart [ISO 7816-4 §5.1.1, GPCS 2.3.1 §11.1.4].
    #[must_use]
    pub const fn with_channel(self, channel: u8) -> Option<Self> {
        let kept = self.cla & 0x90;
        let cla = match (channel, self.secure_messaging()) {
            (0..=3, _) if self.cla & 0x40 == 0 => self.cla & !0x03 | channel,
            (0..=3, secured) => kept | if secured { 0x04 } else { 0x00 } | channel,
            (4..=19, secured) => kept | if secured { 0x60 } else { 0x40 } | (channel - 4),
            _ => return None,
        };
        Some(Self { cla, ..self })
    }

    /// The class of an interindustry command on the same logical channel, without secure messaging: that of GET RESPONSE
    /// [ISO 7816-4 §5.1.1].
    #[must_use]
    pub const fn interindustry_class(self) -> u8 {
        if self.cla & 0x40 == 0 { self.cla & 0x03 } else { self.cla & 0x4F }
    }

    /// Whether CLA announces secure messaging, in either coding [GPCS 2.3.1 §11.1.4].
    #[must_use]
    pub const fn secure_messaging(self) -> bool {
        if self.cla & 0x40 == 0 { self.cla & 0x0C != 0 } else { self.cla & 0x20 != 0 }
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} {:02X} {:02X} {:02X}", self.cla, self.ins, self.p1, self.p2)
    }
}

/// A command APDU.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// CLA INS P1 P2.
    pub header: Header,
    /// The data field; empty for cases 1 and 2.
    pub data: Vec<u8>,
    /// The largest number of response bytes that is expected (1 to 65,536); `None` for cases 1 and 3.
    pub expected: Option<u32>,
}

impl Command {
    /// A command without data and Le (case 1).
    #[must_use]
    pub const fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self { header: Header::new(cla, ins, p1, p2), data: Vec::new(), expected: None }
    }

    /// The same command with this data field.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = data.into();
        self
    }

    /// The same command with Le for up to `expected` response bytes; 256 is coded 00.
    #[must_use]
    pub const fn with_expected(mut self, expected: u32) -> Self {
        self.expected = Some(expected);
        self
    }

    /// Parses the bytes of a command of any case, short or extended.
    ///
    /// A fifth byte 00 at the end of a 5-byte command is Le; a command whose fifth byte is 00 and that is longer
    /// has extended lengths.
    ///
    /// # Errors
    /// `Truncated` below four bytes; `LengthMismatch` where Lc or Le contradict the bytes that are there.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let (&[cla, ins, p1, p2], body) =
            bytes.split_first_chunk().ok_or(ParseErrorKind::Truncated.at(bytes.len()))?;
        let command = Self::new(cla, ins, p1, p2);
        match body {
            [] => Ok(command),
            [le] => Ok(command.with_expected(short_expected(*le))),
            [0, hi, lo] => Ok(command.with_expected(extended_expected(*hi, *lo))),
            [0, hi, lo, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*hi, *lo]));
                let (data, le) = split_data(rest, length, 7)?;
                match le {
                    [] => Ok(command.with_data(data)),
                    [hi, lo] => {
                        Ok(command.with_data(data).with_expected(extended_expected(*hi, *lo)))
                    }
                    _ => Err(ParseErrorKind::LengthMismatch.at(7 + length)),
                }
            }
            [lc, rest @ ..] => {
                let length = usize::from(*lc);
                let (data, le) = split_data(rest, length, 5)?;
                match le {
                    [] => Ok(command.with_data(data)),
                    [le] => Ok(command.with_data(data).with_expected(short_expected(*le))),
                    _ => Err(ParseErrorKind::LengthMismatch.at(5 + length)),
                }
            }
        }
    }

    /// The bytes on the wire: short where data and Le allow it, else extended.
    ///
    /// Data beyond [`COMMAND_DATA_MAX`] cannot be coded in one command.
    ///
    /// # Errors
    /// `OutOfRange` when the data field or Le is too long for an extended command.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ParseError> {
        let expected = self.expected.unwrap_or(1);
        if expected == 0 || expected > EXTENDED_EXPECTED_MAX {
            return Err(ParseErrorKind::OutOfRange.at(4));
        }
        let lc = u16::try_from(self.data.len()).map_err(|_| ParseErrorKind::OutOfRange.at(4))?;
        let mut bytes = Vec::with_capacity(self.data.len() + 9);
        bytes.extend_from_slice(&self.header.to_bytes());
        if let (Ok(lc), true) = (u8::try_from(lc), expected <= SHORT_EXPECTED_MAX) {
            if lc != 0 {
                bytes.push(lc);
                bytes.extend_from_slice(&self.data);
            }
            bytes.extend(self.expected.map(|n| n.to_be_bytes()[3]));
        } else {
            bytes.push(0);
            if lc != 0 {
                bytes.extend_from_slice(&lc.to_be_bytes());
                bytes.extend_from_slice(&self.data);
            }
            if let Some([_, _, hi, lo]) = self.expected.map(u32::to_be_bytes) {
                bytes.extend_from_slice(&[hi, lo]);
            }
        }
        Ok(bytes)
    }
}

fn short_expected(le: u8) -> u32 {
    if le == 0 { SHORT_EXPECTED_MAX } else { u32::from(le) }
}

fn extended_expected(hi: u8, lo: u8) -> u32 {
    match u16::from_be_bytes([hi, lo]) {
        0 => EXTENDED_EXPECTED_MAX,
        n => u32::from(n),
    }
}

/// Splits `length` bytes of data from what follows them; Lc = 0 before more bytes is no legal coding.
fn split_data(rest: &[u8], length: usize, offset: usize) -> Result<(&[u8], &[u8]), ParseError> {
    if length == 0 {
        return Err(ParseErrorKind::LengthMismatch.at(offset - 1));
    }
    rest.split_at_checked(length).ok_or(ParseErrorKind::LengthMismatch.at(offset + rest.len()))
}

/// Shows header and lengths, never the data: it may hold a PIN or a key.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({:?}, Lc {}", self.header, self.data.len())?;
        if let Some(expected) = self.expected {
            write!(f, ", Le {expected}")?;
        }
        f.write_str(")")
    }
}
