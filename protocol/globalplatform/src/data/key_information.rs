//! Key information template, tag E0 [GPCS 2.3.1 §11.3.3.1].

use iso7816::{ParseError, ParseErrorKind, tlv};

use super::{Curve, KeyAttributes};
use crate::command::{KEY_TYPE_ECC_REFERENCE, KEY_TYPE_EXTENDED, Reader};

const TAG_TEMPLATE: u32 = 0xE0;
const TAG_KEY: u32 = 0xC0;
/// Most keys in one template.
const KEYS_MAX: usize = 256;

/// One key of a security domain: where it is and what it is made of, never the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInformation {
    /// Key identifier.
    pub key_index: u8,
    /// Key version number.
    pub key_version: u8,
    /// Its components.
    pub parts: Vec<KeyPart>,
    /// Usage and access: their presence makes the format the extended one.
    pub attributes: Option<KeyAttributes>,
}

/// One component of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPart {
    /// Key type [GPCS 2.3.1 §11.1.8].
    pub key_type: u8,
    /// Length in bytes; 0 stands for "256 or more" in the basic format. Of type F0 the reference of the curve.
    pub length: u16,
}

impl KeyPart {
    /// The curve of an ECC key, which cards tell instead of a length.
    #[must_use]
    pub fn curve(curve: Curve) -> Self {
        Self { key_type: KEY_TYPE_ECC_REFERENCE, length: curve.reference().into() }
    }
}

/// Reads the data object E0.
///
/// # Errors
/// `UnexpectedByte` when it is none; a malformed entry inside.
pub fn parse_key_information(bytes: &[u8]) -> Result<Vec<KeyInformation>, ParseError> {
    let template = tlv::find(bytes, TAG_TEMPLATE)?.ok_or(ParseErrorKind::UnexpectedByte.at(0))?;
    let mut keys = Vec::new();
    for object in tlv::parse(template) {
        let object = object?;
        if object.tag.0 != TAG_KEY || keys.len() == KEYS_MAX {
            return Err(ParseErrorKind::UnexpectedByte.at(0));
        }
        keys.push(KeyInformation::parse(object.value)?);
    }
    Ok(keys)
}

/// The data object E0.
#[must_use]
pub fn key_information(keys: &[KeyInformation]) -> Vec<u8> {
    tlv::Writer::new()
        .constructed(TAG_TEMPLATE, |template| {
            keys.iter().fold(template, |writer, key| writer.object(TAG_KEY, &key.to_value()))
        })
        .finish()
}

impl KeyInformation {
    /// A key of one component.
    #[must_use]
    pub fn symmetric(key_index: u8, key_version: u8, key_type: u8, length: u16) -> Self {
        let parts = vec![KeyPart { key_type, length }];
        Self { key_index, key_version, parts, attributes: None }
    }

    /// The entry in basic or extended format. Real cards mix them: a component after an extended one may have a one-byte type with a
    /// two-byte length.
    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(value);
        let [key_index, key_version] = reader.array()?;
        let mut key = Self { key_index, key_version, parts: Vec::new(), attributes: None };
        let extended = value.get(2) == Some(&KEY_TYPE_EXTENDED);
        let mut probe = value.get(2..).unwrap_or_default();
        while !reader.is_empty() {
            if extended && !key.parts.is_empty() && is_attributes(probe) {
                key.attributes = Some(KeyAttributes::read(&mut reader)?);
                break;
            }
            let first = reader.byte()?;
            let key_type = if first == KEY_TYPE_EXTENDED { reader.byte()? } else { first };
            let length =
                if extended { u16::from_be_bytes(reader.array()?) } else { reader.byte()?.into() };
            key.parts.push(KeyPart { key_type, length });
            probe = value.get(reader.offset()..).unwrap_or_default();
        }
        reader.finish()?;
        if key.parts.is_empty() {
            return Err(ParseErrorKind::Truncated.at(value.len()));
        }
        Ok(key)
    }

    fn to_value(&self) -> Vec<u8> {
        let mut value = vec![self.key_index, self.key_version];
        for part in &self.parts {
            let [high, low] = part.length.to_be_bytes();
            match self.attributes {
                Some(_) => value.extend_from_slice(&[KEY_TYPE_EXTENDED, part.key_type, high, low]),
                None => value.extend_from_slice(&[part.key_type, if high == 0 { low } else { 0 }]),
            }
        }
        if let Some(attributes) = self.attributes {
            attributes.push(&mut value);
        }
        value
    }
}

/// Whether the rest of an extended entry is exactly usage and access.
fn is_attributes(rest: &[u8]) -> bool {
    let mut reader = Reader::new(rest);
    KeyAttributes::read(&mut reader).is_ok() && reader.is_empty()
}
