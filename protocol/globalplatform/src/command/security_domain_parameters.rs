//! What C9 of INSTALL says to a security domain, as GlobalPlatform's UICC configuration has it.

use iso7816::{
    ParseError, ParseErrorKind,
    tlv::{self, Writer},
};

use super::install_parameters::{write_all, write_optional};

const TAG_CHANNEL: u32 = 0x81;
const TAG_EXTRADITION_HERE: u32 = 0x82;
const TAG_DELETION: u32 = 0x83;
const TAG_PERSONALIZED: u32 = 0x84;
const TAG_CONTROLLING_AUTHORITY: u32 = 0x86;
const TAG_EXTRADITION_AWAY: u32 = 0x87;

/// What a new security domain shall be. The bytes that say under whom something is accepted are kept as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityDomainParameters {
    /// 81: secure channel protocols, each with its option "i".
    pub channels: Vec<(u8, u8)>,
    /// 82: whether applications may be extradited to this domain.
    pub extradition_here: Option<Vec<u8>>,
    /// 83: whether the domain may be deleted.
    pub deletion: Option<Vec<u8>>,
    /// 84: whether the domain becomes PERSONALIZED only when told so.
    pub personalized: Option<Vec<u8>>,
    /// 86: what a controlling authority's domain is told.
    pub controlling_authority: Option<Vec<u8>>,
    /// 87: whether applications of this domain may be extradited away.
    pub extradition_away: Option<Vec<u8>>,
    /// Objects beside them, tag and value, in their order.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl SecurityDomainParameters {
    /// Reads the value of C9. `None` for what is not made of data objects, as the single byte 45 of older cards.
    ///
    /// # Errors
    /// `LengthMismatch` for a protocol without its option.
    pub fn parse(c9: &[u8]) -> Result<Option<Self>, ParseError> {
        let Ok(objects) = tlv::parse(c9).collect::<Result<Vec<_>, _>>() else { return Ok(None) };
        let mut parameters = Self::default();
        for object in objects {
            let value = object.value.to_vec();
            match object.tag.0 {
                TAG_CHANNEL => parameters.channels.extend(channels(object.value)?),
                TAG_EXTRADITION_HERE => parameters.extradition_here = Some(value),
                TAG_DELETION => parameters.deletion = Some(value),
                TAG_PERSONALIZED => parameters.personalized = Some(value),
                TAG_CONTROLLING_AUTHORITY => parameters.controlling_authority = Some(value),
                TAG_EXTRADITION_AWAY => parameters.extradition_away = Some(value),
                tag => parameters.others.push((tag, value)),
            }
        }
        Ok(Some(parameters))
    }

    /// The value of C9: one 81 for each protocol, then the rest in the order of this struct.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        for (protocol, option) in &self.channels {
            writer = writer.object(TAG_CHANNEL, &[*protocol, *option]);
        }
        let objects = [
            (TAG_EXTRADITION_HERE, &self.extradition_here),
            (TAG_DELETION, &self.deletion),
            (TAG_PERSONALIZED, &self.personalized),
            (TAG_CONTROLLING_AUTHORITY, &self.controlling_authority),
            (TAG_EXTRADITION_AWAY, &self.extradition_away),
        ];
        for (tag, value) in objects {
            writer = write_optional(writer, tag, value.as_ref());
        }
        write_all(writer, &self.others).finish()
    }
}

fn channels(value: &[u8]) -> Result<Vec<(u8, u8)>, ParseError> {
    let (pairs, []) = value.as_chunks::<2>() else {
        return Err(ParseErrorKind::LengthMismatch.at(value.len()));
    };
    Ok(pairs.iter().map(|[protocol, option]| (*protocol, *option)).collect())
}
