//! Card recognition data, tag 66 [GPCS 2.3.1 §H.2].

use iso7816::{ParseError, ParseErrorKind, tlv};

/// Tag of the data object.
pub const CARD_DATA_TAG: u32 = 0x66;
const TAG_RECOGNITION: u32 = 0x73;
const TAG_OID: u32 = 0x06;
const TAG_MANAGEMENT: u32 = 0x60;
const TAG_IDENTIFICATION: u32 = 0x63;
const TAG_SECURE_CHANNEL: u32 = 0x64;

/// 1.2.840.114283: GlobalPlatform. One more arc says what an identifier is for.
const GLOBALPLATFORM: [u8; 6] = [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B];
const ARC_RECOGNITION: u8 = 1;
const ARC_MANAGEMENT: u8 = 2;
const ARC_IDENTIFICATION: u8 = 3;
const ARC_SECURE_CHANNEL: u8 = 4;
/// Most secure channel protocols that one card may name.
const CHANNELS_MAX: usize = 64;

/// What a card says about itself to whoever wants to talk to its security domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardRecognitionData {
    /// 60: version of GlobalPlatform, e.g. 2 3 1.
    pub version: Vec<u8>,
    /// 63: whether the card can be identified by IIN and CIN.
    pub identified_by_iin_cin: bool,
    /// 64: secure channel protocols and their options, in the card's order.
    pub channels: Vec<(u8, u32)>,
    /// Objects beside them (65 card configuration, 66 chip, 67, 68): tag and value, in their order.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl CardRecognitionData {
    /// Reads the data object 66.
    ///
    /// # Errors
    /// `UnexpectedByte` when it is none; a malformed object inside.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let outer = tlv::find(bytes, CARD_DATA_TAG)?.ok_or(ParseErrorKind::UnexpectedByte.at(0))?;
        let value =
            tlv::find(outer, TAG_RECOGNITION)?.ok_or(ParseErrorKind::UnexpectedByte.at(0))?;
        Self::parse_value(value)
    }

    /// Reads the value of object 73, which 66 and the answer to SELECT have in common.
    ///
    /// # Errors
    /// `UnexpectedByte` when the identifier of card recognition data is missing; a malformed object inside.
    pub fn parse_value(value: &[u8]) -> Result<Self, ParseError> {
        let marker = tlv::find(value, TAG_OID)?.and_then(|oid| arcs(oid, ARC_RECOGNITION));
        if marker != Some(&[]) {
            return Err(ParseErrorKind::UnexpectedByte.at(0));
        }
        let mut data = Self::default();
        for object in tlv::parse(value) {
            let object = object?;
            match object.tag.0 {
                TAG_OID => {}
                TAG_MANAGEMENT => {
                    let version = oid(object.value)?.and_then(|oid| arcs(oid, ARC_MANAGEMENT));
                    data.version = version.unwrap_or_default().to_vec();
                }
                TAG_IDENTIFICATION => {
                    data.identified_by_iin_cin =
                        oid(object.value)?.and_then(|oid| arcs(oid, ARC_IDENTIFICATION)).is_some();
                }
                TAG_SECURE_CHANNEL => data.push_channels(object.value)?,
                tag => data.others.push((tag, object.value.to_vec())),
            }
        }
        Ok(data)
    }

    /// The option of the first entry of this secure channel protocol.
    #[must_use]
    pub fn option(&self, protocol: u8) -> Option<u32> {
        self.channels.iter().find(|(id, _)| *id == protocol).map(|(_, option)| *option)
    }

    /// The data object 66.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let value = self.to_value();
        tlv::Writer::new()
            .constructed(CARD_DATA_TAG, |outer| outer.object(TAG_RECOGNITION, &value))
            .finish()
    }

    /// The value of object 73, one object 64 for each protocol: the order and form that every host reads.
    #[must_use]
    pub fn to_value(&self) -> Vec<u8> {
        let wrapped = |writer: tlv::Writer, tag, arc, rest: &[u8]| {
            writer.constructed(tag, |inner| inner.object(TAG_OID, &identifier(arc, rest)))
        };
        let mut writer = tlv::Writer::new().object(TAG_OID, &identifier(ARC_RECOGNITION, &[]));
        if !self.version.is_empty() {
            writer = wrapped(writer, TAG_MANAGEMENT, ARC_MANAGEMENT, &self.version);
        }
        if self.identified_by_iin_cin {
            writer = wrapped(writer, TAG_IDENTIFICATION, ARC_IDENTIFICATION, &[]);
        }
        for (protocol, option) in &self.channels {
            let mut rest = vec![*protocol];
            push_arc(&mut rest, *option);
            writer = wrapped(writer, TAG_SECURE_CHANNEL, ARC_SECURE_CHANNEL, &rest);
        }
        self.others.iter().fold(writer, |writer, (tag, value)| writer.object(*tag, value)).finish()
    }

    /// One or several identifiers in one object 64; the protocol is one byte, the option an arc in base 128.
    fn push_channels(&mut self, value: &[u8]) -> Result<(), ParseError> {
        for object in tlv::parse(value) {
            let object = object?;
            let Some([protocol, option @ ..]) = arcs(object.value, ARC_SECURE_CHANNEL) else {
                continue;
            };
            if self.channels.len() == CHANNELS_MAX {
                return Err(ParseErrorKind::OutOfRange.at(0));
            }
            self.channels.push((*protocol, read_arc(option)?));
        }
        Ok(())
    }
}

fn oid(value: &[u8]) -> Result<Option<&[u8]>, ParseError> {
    tlv::find(value, TAG_OID)
}

/// What follows GlobalPlatform's prefix and `arc` in an object identifier.
fn arcs(oid: &[u8], arc: u8) -> Option<&[u8]> {
    oid.strip_prefix(&GLOBALPLATFORM)?.strip_prefix(&[arc])
}

fn identifier(arc: u8, rest: &[u8]) -> Vec<u8> {
    [&GLOBALPLATFORM[..], &[arc], rest].concat()
}

fn read_arc(bytes: &[u8]) -> Result<u32, ParseError> {
    if bytes.len() > 4 {
        return Err(ParseErrorKind::OutOfRange.at(0));
    }
    Ok(bytes.iter().fold(0, |arc, byte| arc << 7 | u32::from(byte & 0x7F)))
}

fn push_arc(bytes: &mut Vec<u8>, arc: u32) {
    let groups = [arc >> 28, arc >> 21, arc >> 14, arc >> 7, arc];
    let skip = groups.iter().take(4).take_while(|group| **group == 0).count();
    let count = groups.len() - skip;
    for (index, group) in groups.into_iter().skip(skip).enumerate() {
        let more = if index + 1 < count { 0x80 } else { 0 };
        bytes.push((group & 0x7F).to_be_bytes()[3] | more);
    }
}
