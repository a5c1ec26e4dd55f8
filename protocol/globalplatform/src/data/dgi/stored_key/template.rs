//! Templates of key components: what grouping 00B9 holds [GPCS 2.3.1 §11.11.4, tables 11-92 to 11-104].

use iso7816::{
    ParseError, ParseErrorKind,
    tlv::{self, Writer},
};

use super::StoredKey;
use crate::{
    command::{KEY_TYPE_ECC_REFERENCE, KEY_TYPE_EXTENDED},
    data::{KeyAccess, KeyAttributes, KeyPart, KeyUsage},
};

/// Template of one component, and of what all components of the grouping share (written by newer hosts).
const TAG_COMPONENT: u32 = 0xB9;
const TAG_SHARED: u32 = 0xB7;
/// Objects in them.
const TAG_TYPE: u32 = 0x80;
const TAG_LENGTH: u32 = 0x81;
const TAG_INDEX: u32 = 0x82;
const TAG_VERSION: u32 = 0x83;
const TAG_CHECK_VALUE: u32 = 0x84;
const TAG_REFERENCE: u32 = 0x85;
const TAG_USAGE: u32 = 0x95;
const TAG_ACCESS: u32 = 0x96;
/// Most templates in one grouping.
pub(super) const TEMPLATES_MAX: usize = 32;

/// What a component has from the shared template and from its own, which prevails.
#[derive(Clone, Default)]
pub(super) struct Template {
    pub(super) key_index: Option<u8>,
    pub(super) key_version: Option<u8>,
    pub(super) attributes: KeyAttributes,
    key_type: Option<u8>,
    length: u16,
    reference: Option<u16>,
    check_value: Vec<u8>,
    others: Vec<(u32, Vec<u8>)>,
}

/// Whether a component is a parameter of a curve.
pub(super) const fn is_parameter(key_type: u8) -> bool {
    matches!(key_type, 0xB2..=0xB7)
}

/// The templates of grouping 00B9.
pub(super) fn parse_all(value: &[u8]) -> Result<Vec<Template>, ParseError> {
    let mut shared = Template::default();
    let mut templates = Vec::new();
    for object in tlv::parse(value) {
        let object = object?;
        match object.tag.0 {
            TAG_SHARED => shared.take(object.value)?,
            TAG_COMPONENT if templates.len() == TEMPLATES_MAX => {
                return Err(ParseErrorKind::OutOfRange.at(0));
            }
            TAG_COMPONENT => {
                let mut template = shared.clone();
                template.take(object.value)?;
                templates.push(template);
            }
            _ => return Err(ParseErrorKind::UnexpectedByte.at(0)),
        }
    }
    Ok(templates)
}

impl Template {
    /// The template of a component; only the first one of a key says all of it.
    pub(super) fn of(key: &StoredKey, part: KeyPart, first: bool) -> Self {
        let bare = is_parameter(part.key_type) || part.key_type == KEY_TYPE_ECC_REFERENCE;
        let refers = part.key_type == KEY_TYPE_ECC_REFERENCE;
        Self {
            key_index: (!bare).then_some(key.key_index),
            key_version: (!bare).then_some(key.key_version),
            key_type: Some(part.key_type),
            length: if refers { 0 } else { part.length },
            reference: refers.then_some(part.length),
            attributes: if bare { KeyAttributes::default() } else { key.attributes },
            check_value: if first { key.check_value.clone() } else { Vec::new() },
            others: if first { key.others.clone() } else { Vec::new() },
        }
    }

    fn take(&mut self, value: &[u8]) -> Result<(), ParseError> {
        for object in tlv::parse(value) {
            let object = object?;
            match (object.tag.0, object.value) {
                (TAG_TYPE, &([key_type] | [KEY_TYPE_EXTENDED, key_type])) => {
                    self.key_type = Some(key_type);
                }
                (TAG_LENGTH, &[short]) => self.length = short.into(),
                (TAG_LENGTH, &[high, low]) => self.length = u16::from_be_bytes([high, low]),
                (TAG_REFERENCE, &[short]) => self.reference = Some(short.into()),
                (TAG_REFERENCE, &[high, low]) => {
                    self.reference = Some(u16::from_be_bytes([high, low]));
                }
                (TAG_INDEX, &[index]) => self.key_index = Some(index),
                (TAG_VERSION, &[version]) => self.key_version = Some(version),
                (TAG_TYPE | TAG_LENGTH | TAG_REFERENCE | TAG_INDEX | TAG_VERSION, _) => {
                    return Err(ParseErrorKind::LengthMismatch.at(0));
                }
                (TAG_CHECK_VALUE, value) => self.check_value = value.to_vec(),
                (TAG_USAGE, value) => self.attributes.usage = KeyUsage::parse(value)?,
                (TAG_ACCESS, value) => self.attributes.access = KeyAccess::parse(value)?,
                (tag, value) => self.others.push((tag, value.to_vec())),
            }
        }
        Ok(())
    }

    /// Whether it names its key.
    pub(super) const fn is_numbered(&self) -> bool {
        self.key_index.is_some() && self.key_version.is_some()
    }

    /// Type and length of the component, or the reference of the curve.
    pub(super) fn part(&self) -> Result<KeyPart, ParseError> {
        let truncated = ParseErrorKind::Truncated.at(0);
        let key_type = self.key_type.ok_or(truncated)?;
        let length = if key_type == KEY_TYPE_ECC_REFERENCE {
            self.reference.ok_or(truncated)?
        } else {
            self.length
        };
        Ok(KeyPart { key_type, length })
    }

    /// A key that begins with this component.
    pub(super) fn key(self, part: KeyPart) -> Result<StoredKey, ParseError> {
        let (Some(key_index), Some(key_version)) = (self.key_index, self.key_version) else {
            return Err(ParseErrorKind::Truncated.at(0));
        };
        Ok(StoredKey {
            key_index,
            key_version,
            parts: vec![part],
            check_value: self.check_value,
            attributes: self.attributes,
            others: self.others,
            components: Vec::new(),
        })
    }

    pub(super) fn write(&self, writer: Writer) -> Writer {
        writer.constructed(TAG_COMPONENT, |template| self.write_value(template))
    }

    fn write_value(&self, mut template: Writer) -> Writer {
        let usage = self.attributes.usage.to_bytes();
        if !usage.is_empty() {
            template = template.object(TAG_USAGE, &usage);
        }
        if let Some(KeyAccess(access)) = self.attributes.access {
            template = template.object(TAG_ACCESS, &[access]);
        }
        template = optional(template, TAG_TYPE, self.key_type);
        template = self.write_numbers(template);
        template = optional(template, TAG_INDEX, self.key_index);
        template = optional(template, TAG_VERSION, self.key_version);
        if !self.check_value.is_empty() {
            template = template.object(TAG_CHECK_VALUE, &self.check_value);
        }
        self.others.iter().fold(template, |template, (tag, value)| template.object(*tag, value))
    }

    /// Length and reference, as short as they can be.
    fn write_numbers(&self, template: Writer) -> Writer {
        let length = Some(self.length).filter(|length| *length != 0);
        let numbers = [(TAG_LENGTH, length), (TAG_REFERENCE, self.reference)];
        numbers.into_iter().fold(template, |template, (tag, number)| {
            match number.map(u16::to_be_bytes) {
                None => template,
                Some([0, short]) => template.object(tag, &[short]),
                Some(long) => template.object(tag, &long),
            }
        })
    }
}

fn optional(template: Writer, tag: u32, byte: Option<u8>) -> Writer {
    byte.into_iter().fold(template, |template, byte| template.object(tag, &[byte]))
}
