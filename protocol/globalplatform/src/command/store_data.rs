//! STORE DATA [GPCS 2.3.1 §11.11].

use iso7816::Command;

use super::CommandError;

/// How the data of STORE DATA are encrypted: b7 and b6 of P1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreDataEncryption {
    /// 00: nothing said, or plain.
    None,
    /// 20: as the application defines.
    ApplicationDependent,
    /// 60: all values encrypted under the data encryption key.
    Encrypted,
}

/// What the data of STORE DATA are made of: b5 and b4 of P1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreDataFormat {
    /// 00: nothing said.
    Unspecified,
    /// 08: data groupings, a two-byte tag before each.
    Dgi,
    /// 10: BER-TLV data objects.
    BerTlv,
}

/// STORE DATA: one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreData {
    /// Whether this is the last block.
    pub last: bool,
    /// Encryption of the values.
    pub encryption: StoreDataEncryption,
    /// Structure of the data.
    pub format: StoreDataFormat,
    /// Whether response data are wanted (case 4).
    pub response_expected: bool,
    /// Number of the block, from 00.
    pub block: u8,
    /// The data.
    pub data: Vec<u8>,
}

const LAST: u8 = 0x80;
const RESPONSE_EXPECTED: u8 = 0x01;
/// The two fields of P1 as tables for both directions.
const ENCRYPTIONS: [(u8, StoreDataEncryption); 3] = [
    (0x00, StoreDataEncryption::None),
    (0x20, StoreDataEncryption::ApplicationDependent),
    (0x60, StoreDataEncryption::Encrypted),
];
const FORMATS: [(u8, StoreDataFormat); 3] = [
    (0x00, StoreDataFormat::Unspecified),
    (0x08, StoreDataFormat::Dgi),
    (0x10, StoreDataFormat::BerTlv),
];

impl StoreData {
    /// INS.
    pub const INS: u8 = 0xE2;

    /// Reads the command.
    ///
    /// # Errors
    /// `UnknownParameters` for reserved values in P1.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let p1 = command.header.p1;
        let unknown = CommandError::UnknownParameters(command.header.p1p2());
        let encryption = ENCRYPTIONS.iter().find(|(bits, _)| p1 & 0x60 == *bits);
        let format = FORMATS.iter().find(|(bits, _)| p1 & 0x18 == *bits);
        let (Some((_, encryption)), Some((_, format))) = (encryption, format) else {
            return Err(unknown);
        };
        if p1 & 0x06 != 0 {
            return Err(unknown);
        }
        Ok(Self {
            last: p1 & LAST != 0,
            encryption: *encryption,
            format: *format,
            response_expected: p1 & RESPONSE_EXPECTED != 0,
            block: command.header.p2,
            data: command.data.clone(),
        })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let encryption = ENCRYPTIONS.iter().find(|(_, value)| *value == self.encryption);
        let format = FORMATS.iter().find(|(_, value)| *value == self.format);
        let mut p1 = encryption.map_or(0, |(bits, _)| *bits) | format.map_or(0, |(bits, _)| *bits);
        p1 |= if self.last { LAST } else { 0 };
        p1 |= u8::from(self.response_expected);
        let command = Command::new(0x80, Self::INS, p1, self.block).with_data(self.data.clone());
        if self.response_expected { command.with_expected(256) } else { command }
    }
}
