//! The answer of a security domain to SELECT [GPCS 2.3.1 §11.9.3.1].

use iso7816::{Aid, ParseError, ParseErrorKind, tlv};

use super::CardRecognitionData;

const TAG_FCI: u32 = 0x6F;
const TAG_AID: u32 = 0x84;
const TAG_PROPRIETARY: u32 = 0xA5;
const TAG_CARD_DATA: u32 = 0x73;
const TAG_PRODUCTION: u32 = 0x9F6E;
const TAG_LENGTH_MAX: u32 = 0x9F65;

/// File control information, tag 6F.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileControlInformation {
    /// 84: AID of the selected application; some cards leave it empty.
    pub aid: Option<Aid>,
    /// A5, 73: security domain management data.
    pub card_data: Option<CardRecognitionData>,
    /// A5, 9F6E: application production life cycle data.
    pub production_life_cycle: Option<Vec<u8>>,
    /// A5, 9F65: longest data field of a command, in bytes.
    pub data_length_max: Option<usize>,
}

impl FileControlInformation {
    /// Reads the answer to SELECT.
    ///
    /// # Errors
    /// `UnexpectedByte` when it does not start with 6F; a malformed object inside.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let fci = tlv::find(bytes, TAG_FCI)?.ok_or(ParseErrorKind::UnexpectedByte.at(0))?;
        let aid = match tlv::find(fci, TAG_AID)? {
            None | Some([]) => None,
            Some(aid) => Some(Aid::new(aid)?),
        };
        let proprietary = tlv::find(fci, TAG_PROPRIETARY)?.unwrap_or_default();
        let length = tlv::find(proprietary, TAG_LENGTH_MAX)?;
        Ok(Self {
            aid,
            card_data: tlv::find(proprietary, TAG_CARD_DATA)?
                .map(CardRecognitionData::parse_value)
                .transpose()?,
            production_life_cycle: tlv::find(proprietary, TAG_PRODUCTION)?.map(<[u8]>::to_vec),
            data_length_max: length.map(number).transpose()?,
        })
    }

    /// The data object.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        tlv::Writer::new()
            .constructed(TAG_FCI, |fci| {
                fci.object(TAG_AID, self.aid.as_ref().map_or(&[], Aid::as_bytes))
                    .constructed(TAG_PROPRIETARY, |inner| self.write_proprietary(inner))
            })
            .finish()
    }

    fn write_proprietary(&self, mut writer: tlv::Writer) -> tlv::Writer {
        if let Some(card_data) = &self.card_data {
            writer = writer.object(TAG_CARD_DATA, &card_data.to_value());
        }
        if let Some(production) = &self.production_life_cycle {
            writer = writer.object(TAG_PRODUCTION, production);
        }
        match self.data_length_max {
            Some(length) => {
                let [.., high, low] = length.to_be_bytes();
                let bytes = if high == 0 { vec![low] } else { vec![high, low] };
                writer.object(TAG_LENGTH_MAX, &bytes)
            }
            None => writer,
        }
    }
}

fn number(value: &[u8]) -> Result<usize, ParseError> {
    if value.is_empty() || value.len() > 4 {
        return Err(ParseErrorKind::LengthMismatch.at(0));
    }
    Ok(value.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}
