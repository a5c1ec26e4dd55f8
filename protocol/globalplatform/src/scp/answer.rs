//! What a card answers to INITIALIZE UPDATE.

use iso7816::{ParseError, ParseErrorKind};

use super::{cryptogram::Cryptogram, error::ScpError, protocol::Protocol};
use crate::diversification::DIVERSIFICATION_DATA_LENGTH;

/// The answer to INITIALIZE UPDATE, of any of the three protocols [GPCS 2.3.1 §D.4.1.6, §E.5.1.6, AmdD 1.1.1 §7.1.1.6].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitializeUpdateAnswer {
    /// Key diversification data.
    pub kdd: [u8; DIVERSIFICATION_DATA_LENGTH],
    /// Version number of the key set that the card used.
    pub key_version: u8,
    /// Protocol and option. The card tells the option itself under SCP03 only.
    pub protocol: Protocol,
    /// Sequence counter: SCP02, and SCP03 with pseudo-random challenge.
    pub sequence_counter: Option<u32>,
    /// Card challenge: 8 bytes (SCP01, SCP03), 6 (SCP02) or 16 (SCP03 S16).
    pub card_challenge: Vec<u8>,
    /// Card cryptogram.
    pub card_cryptogram: Cryptogram,
}

/// The option to assume for SCP01 and SCP02 when nobody told one.
const SCP01_DEFAULT_OPTION: u8 = 0x05;
const SCP02_DEFAULT_OPTION: u8 = 0x15;

impl InitializeUpdateAnswer {
    /// Parses the data field of the answer, without status word.
    ///
    /// `option` is `i` for SCP01 and SCP02, as the card recognition data tell it; 00 stands for "unknown" and means 05 under SCP01
    /// and 15 under SCP02. SCP03 tells its own.
    ///
    /// # Errors
    /// `MalformedAnswer`, or `UnsupportedProtocol`.
    pub fn parse(bytes: &[u8], option: u8) -> Result<Self, ScpError> {
        let mut fields = Fields { bytes, offset: 0 };
        let kdd = fields.array()?;
        let [key_version, id] = fields.array()?;
        let protocol = match (id, option) {
            (1, 0) => Protocol::new(id, SCP01_DEFAULT_OPTION)?,
            (2, 0) => Protocol::new(id, SCP02_DEFAULT_OPTION)?,
            (3, _) => Protocol::new(id, fields.array::<1>()?[0])?,
            _ => Protocol::new(id, option)?,
        };
        protocol.check_explicit()?;
        let mut sequence_counter = match protocol {
            Protocol::Scp02 { .. } => Some(u16::from_be_bytes(fields.array()?).into()),
            _ => None,
        };
        let card_challenge = fields.slice(protocol.card_challenge_length())?.to_vec();
        let card_cryptogram = Cryptogram::new(fields.slice(protocol.mac_length())?)?;
        if protocol.id() == 3 && protocol.pseudo_random_challenge() {
            let [high, middle, low] = fields.array()?;
            sequence_counter = Some(u32::from_be_bytes([0, high, middle, low]));
        }
        fields.finish()?;
        Ok(Self { kdd, key_version, protocol, sequence_counter, card_challenge, card_cryptogram })
    }

    /// The data field of the answer.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.kdd.to_vec();
        bytes.extend_from_slice(&[self.key_version, self.protocol.id()]);
        match self.protocol {
            Protocol::Scp01 { .. } => {}
            Protocol::Scp02 { .. } => bytes.extend(self.counter_bytes::<2>()),
            Protocol::Scp03 { i } => bytes.push(i),
        }
        bytes.extend_from_slice(&self.card_challenge);
        bytes.extend_from_slice(self.card_cryptogram.as_bytes());
        if self.protocol.id() == 3 && self.protocol.pseudo_random_challenge() {
            bytes.extend(self.counter_bytes::<3>());
        }
        bytes
    }

    /// The last `N` bytes of the sequence counter, big-endian.
    pub(crate) fn counter_bytes<const N: usize>(&self) -> [u8; N] {
        let bytes = self.sequence_counter.unwrap_or(0).to_be_bytes();
        let mut last = [0; N];
        last.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
        last
    }
}

/// Reads fields in order, keeping the offset for errors.
struct Fields<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Fields<'a> {
    fn slice(&mut self, length: usize) -> Result<&'a [u8], ScpError> {
        let (field, rest) = self.bytes.split_at_checked(length).ok_or_else(|| {
            malformed(ParseErrorKind::Truncated.at(self.offset + self.bytes.len()))
        })?;
        self.bytes = rest;
        self.offset += length;
        Ok(field)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ScpError> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(N)?);
        Ok(array)
    }

    fn finish(self) -> Result<(), ScpError> {
        if self.bytes.is_empty() {
            Ok(())
        } else {
            Err(malformed(ParseErrorKind::TrailingBytes.at(self.offset)))
        }
    }
}

const fn malformed(error: ParseError) -> ScpError {
    ScpError::MalformedAnswer(error)
}
