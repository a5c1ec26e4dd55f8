//! Card capability information, tag 67 [GPCS 2.3.1 §H.4].

use iso7816::{ParseError, ParseErrorKind, tlv};

use super::Privileges;

/// Tag of the data object.
const TAG_CAPABILITY: u32 = 0x67;
const TAG_CHANNEL: u32 = 0xA0;

/// One secure channel protocol that the card offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelCapability {
    /// 80: protocol identifier.
    pub protocol: u8,
    /// 81: options.
    pub options: Vec<u8>,
    /// 82: AES key sizes, 1 for 128, 2 for 192, 4 for 256 bits (SCP03).
    pub key_sizes: Option<u8>,
    /// Objects beside them (83 and 84 for SCP81), tag and value.
    pub others: Vec<(u32, Vec<u8>)>,
}

/// What the card can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardCapability {
    /// A0: secure channel protocols.
    pub channels: Vec<ChannelCapability>,
    /// 81: privileges that a supplementary security domain may get.
    pub domain_privileges: Option<Privileges>,
    /// 82: privileges that an application may get.
    pub application_privileges: Option<Privileges>,
    /// 83: hash algorithms for load files.
    pub hash_algorithms: Vec<u8>,
    /// Objects beside them (84 ciphers, 85 to 87 signatures, 88 key parameters), tag and value.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl CardCapability {
    /// Reads the data object 67; some cards nest it in a second one.
    ///
    /// # Errors
    /// `UnexpectedByte` when it is none; a malformed object inside.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let outer =
            tlv::find(bytes, TAG_CAPABILITY)?.ok_or(ParseErrorKind::UnexpectedByte.at(0))?;
        let value = tlv::find(outer, TAG_CAPABILITY)?.unwrap_or(outer);
        let mut capability = Self::default();
        for object in tlv::parse(value) {
            let object = object?;
            match object.tag.0 {
                TAG_CHANNEL => capability.channels.push(ChannelCapability::parse(object.value)?),
                0x81 => capability.domain_privileges = Some(Privileges::parse(object.value)?),
                0x82 => capability.application_privileges = Some(Privileges::parse(object.value)?),
                0x83 => capability.hash_algorithms = object.value.to_vec(),
                tag => capability.others.push((tag, object.value.to_vec())),
            }
        }
        Ok(capability)
    }

    /// The data object 67.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        tlv::Writer::new().constructed(TAG_CAPABILITY, |writer| self.write(writer)).finish()
    }

    fn write(&self, writer: tlv::Writer) -> tlv::Writer {
        let mut writer = self.channels.iter().fold(writer, |writer, channel| {
            writer.constructed(TAG_CHANNEL, |inner| channel.write(inner))
        });
        for (tag, privileges) in
            [(0x81, self.domain_privileges), (0x82, self.application_privileges)]
        {
            if let Some(privileges) = privileges {
                writer = writer.object(tag, &privileges.to_bytes());
            }
        }
        if !self.hash_algorithms.is_empty() {
            writer = writer.object(0x83, &self.hash_algorithms);
        }
        self.others.iter().fold(writer, |writer, (tag, value)| writer.object(*tag, value))
    }
}

impl ChannelCapability {
    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut channel = Self::default();
        for object in tlv::parse(value) {
            let object = object?;
            match (object.tag.0, object.value) {
                (0x80, [protocol]) => channel.protocol = *protocol,
                (0x81, options) => channel.options = options.to_vec(),
                (0x82, [sizes]) => channel.key_sizes = Some(*sizes),
                (tag, value) => channel.others.push((tag, value.to_vec())),
            }
        }
        Ok(channel)
    }

    fn write(&self, writer: tlv::Writer) -> tlv::Writer {
        let mut writer = writer.object(0x80, &[self.protocol]).object(0x81, &self.options);
        if let Some(sizes) = self.key_sizes {
            writer = writer.object(0x82, &[sizes]);
        }
        self.others.iter().fold(writer, |writer, (tag, value)| writer.object(*tag, value))
    }
}
