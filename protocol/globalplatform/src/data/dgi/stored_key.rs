//! Keys in data groupings: templates in 00B9, then a grouping for each component [GPCS 2.3.1 §11.11.4].

use iso7816::{
    ParseError, ParseErrorKind,
    tlv::{self, Writer},
};
use zeroize::Zeroizing;

use super::{DataGrouping, KEY_TEMPLATES, SYMMETRIC_KEY};
use crate::{
    command::{CommandError, KEY_TYPE_EXTENDED, symmetric_key},
    data::{KeyAccess, KeyAttributes, KeyUsage},
    key::Key,
};

/// Template of one key, and of what all keys of the grouping share (written by newer hosts).
const TAG_KEY: u32 = 0xB9;
const TAG_SHARED: u32 = 0xB7;
/// Objects in them.
const TAG_TYPE: u32 = 0x80;
const TAG_LENGTH: u32 = 0x81;
const TAG_INDEX: u32 = 0x82;
const TAG_VERSION: u32 = 0x83;
const TAG_CHECK_VALUE: u32 = 0x84;
const TAG_USAGE: u32 = 0x95;
const TAG_ACCESS: u32 = 0x96;
/// Most keys in one grouping.
const KEYS_MAX: usize = 32;

/// A key that STORE DATA brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredKey {
    /// 82: key identifier.
    pub key_index: u8,
    /// 83: key version number.
    pub key_version: u8,
    /// 80: key type [GPCS 2.3.1 §11.1.8].
    pub key_type: u8,
    /// 81: length of the key in bytes; 0 where nothing is said.
    pub length: u16,
    /// 84: key check value; may be empty.
    pub check_value: Vec<u8>,
    /// 95 and 96: usage and access.
    pub attributes: KeyAttributes,
    /// Objects beside them (97, the purpose), tag and value.
    pub others: Vec<(u32, Vec<u8>)>,
    /// The components: 8113 for a symmetric key; 0010, 0011, 8112, 8121 to 8125 for RSA; 0030 to 003F and 8130 to 813F for ECC.
    pub components: Vec<DataGrouping>,
}

impl StoredKey {
    /// A symmetric key, encrypted by `encrypt`, whose cipher has blocks of `block_length` bytes.
    ///
    /// # Errors
    /// What `encrypt` says.
    pub fn symmetric<E>(
        (key_index, key_version): (u8, u8),
        key: &Key,
        block_length: usize,
        encrypt: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let algorithm = key.algorithm();
        let mut plain = Zeroizing::new(Vec::with_capacity(key.bytes().len() + block_length));
        plain.extend_from_slice(key.bytes());
        plain.resize(key.bytes().len().next_multiple_of(block_length), 0);
        Ok(Self {
            key_index,
            key_version,
            key_type: algorithm.key_type(),
            length: u16::try_from(algorithm.key_length()).unwrap_or(0),
            check_value: key.check_value().to_vec(),
            components: vec![DataGrouping::new(SYMMETRIC_KEY, encrypt(&plain)?)],
            ..Self::default()
        })
    }

    /// Reads keys: any number of groupings 00B9, each with the components of its keys after it, key by key.
    ///
    /// # Errors
    /// `UnexpectedByte` for a grouping that belongs to no key; `Truncated` for a key without components, identifier, version or type;
    /// `OutOfRange` for more than 32 keys in a grouping; a malformed template. Offsets are those in the grouping.
    pub fn parse_all(groupings: &[DataGrouping]) -> Result<Vec<Self>, ParseError> {
        let mut keys: Vec<Self> = Vec::new();
        let mut waiting = Vec::new().into_iter();
        // How many keys there were before the templates that are being filled.
        let mut before = 0;
        for grouping in groupings {
            if grouping.identifier == KEY_TEMPLATES {
                all_served(&waiting)?;
                (waiting, before) = (templates(&grouping.value)?.into_iter(), keys.len());
                continue;
            }
            let current = keys.get(before..).and_then(<[Self]>::last);
            if !current.is_some_and(|key| key.takes(grouping.identifier)) {
                let next = waiting.next().filter(|key| key.takes(grouping.identifier));
                keys.push(next.ok_or(ParseErrorKind::UnexpectedByte.at(0))?);
            }
            if let Some(key) = keys.last_mut() {
                key.components.push(grouping.clone());
            }
        }
        all_served(&waiting)?;
        Ok(keys)
    }

    /// The groupings of keys: one 00B9 with a template each, then the components.
    #[must_use]
    pub fn write_all(keys: &[Self]) -> Vec<DataGrouping> {
        let templates = keys.iter().fold(Writer::new(), |writer, key| {
            writer.constructed(TAG_KEY, |template| key.write_template(template))
        });
        let mut groupings = vec![DataGrouping::new(KEY_TEMPLATES, templates.finish())];
        groupings.extend(keys.iter().flat_map(|key| key.components.iter().cloned()));
        groupings
    }

    /// The component with this identifier.
    #[must_use]
    pub fn component(&self, identifier: u16) -> Option<&DataGrouping> {
        self.components.iter().find(|component| component.identifier == identifier)
    }

    /// The symmetric key, decrypted by `decrypt`, its check value verified.
    ///
    /// # Errors
    /// What `decrypt` says; `Key` for a wrong check value or key size; `Parse` where there is no such key.
    pub fn decrypt(
        &self,
        decrypt: impl FnOnce(&[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError>,
    ) -> Result<Key, CommandError> {
        let component =
            self.component(SYMMETRIC_KEY).ok_or(ParseErrorKind::UnexpectedByte.at(0))?;
        let mut plain = decrypt(&component.value)?;
        let length = usize::from(self.length);
        if length > plain.len() {
            return Err(ParseErrorKind::LengthMismatch.at(0).into());
        }
        if length != 0 {
            plain.truncate(length);
        }
        symmetric_key(self.key_type, &plain, &self.check_value)
    }

    /// Whether a grouping is a component of a key of this type, and not there yet.
    fn takes(&self, identifier: u16) -> bool {
        let of_type = match self.key_type {
            0xA0..=0xA8 => matches!(identifier, 0x0010 | 0x0011 | 0x8112 | 0x8121..=0x8125),
            0xB0..=0xB7 | 0xF0 => matches!(identifier & 0x7FFF, 0x0030..=0x003F | 0x0130..=0x013F),
            _ => identifier == SYMMETRIC_KEY,
        };
        of_type && self.component(identifier).is_none()
    }

    fn write_template(&self, mut template: Writer) -> Writer {
        let usage = self.attributes.usage.to_bytes();
        if !usage.is_empty() {
            template = template.object(TAG_USAGE, &usage);
        }
        if let Some(KeyAccess(access)) = self.attributes.access {
            template = template.object(TAG_ACCESS, &[access]);
        }
        template = template.object(TAG_TYPE, &[self.key_type]);
        template = match self.length.to_be_bytes() {
            [0, 0] => template,
            [0, short] => template.object(TAG_LENGTH, &[short]),
            long => template.object(TAG_LENGTH, &long),
        };
        template = template.object(TAG_INDEX, &[self.key_index]);
        template = template.object(TAG_VERSION, &[self.key_version]);
        if !self.check_value.is_empty() {
            template = template.object(TAG_CHECK_VALUE, &self.check_value);
        }
        self.others.iter().fold(template, |template, (tag, value)| template.object(*tag, value))
    }
}

/// Whether every key of the last templates has components.
fn all_served(waiting: &impl ExactSizeIterator) -> Result<(), ParseError> {
    if waiting.len() == 0 { Ok(()) } else { Err(ParseErrorKind::Truncated.at(0)) }
}

/// The templates of grouping 00B9, without components.
fn templates(value: &[u8]) -> Result<Vec<StoredKey>, ParseError> {
    let mut shared = Template::default();
    let mut keys = Vec::new();
    for object in tlv::parse(value) {
        let object = object?;
        match object.tag.0 {
            TAG_SHARED => shared.take(object.value)?,
            TAG_KEY if keys.len() == KEYS_MAX => return Err(ParseErrorKind::OutOfRange.at(0)),
            TAG_KEY => {
                let mut template = shared.clone();
                template.take(object.value)?;
                keys.push(template.key()?);
            }
            _ => return Err(ParseErrorKind::UnexpectedByte.at(0)),
        }
    }
    Ok(keys)
}

/// What a key has from the shared template and from its own, which prevails.
#[derive(Clone, Default)]
struct Template {
    key_index: Option<u8>,
    key_version: Option<u8>,
    key_type: Option<u8>,
    rest: StoredKey,
}

impl Template {
    fn take(&mut self, value: &[u8]) -> Result<(), ParseError> {
        for object in tlv::parse(value) {
            let object = object?;
            match (object.tag.0, object.value) {
                (TAG_TYPE, &([key_type] | [KEY_TYPE_EXTENDED, key_type])) => {
                    self.key_type = Some(key_type);
                }
                (TAG_LENGTH, &[short]) => self.rest.length = short.into(),
                (TAG_LENGTH, &[high, low]) => self.rest.length = u16::from_be_bytes([high, low]),
                (TAG_INDEX, &[index]) => self.key_index = Some(index),
                (TAG_VERSION, &[version]) => self.key_version = Some(version),
                (TAG_TYPE | TAG_LENGTH | TAG_INDEX | TAG_VERSION, _) => {
                    return Err(ParseErrorKind::LengthMismatch.at(0));
                }
                (TAG_CHECK_VALUE, value) => self.rest.check_value = value.to_vec(),
                (TAG_USAGE, value) => self.rest.attributes.usage = KeyUsage::parse(value)?,
                (TAG_ACCESS, value) => self.rest.attributes.access = KeyAccess::parse(value)?,
                (tag, value) => self.rest.others.push((tag, value.to_vec())),
            }
        }
        Ok(())
    }

    fn key(self) -> Result<StoredKey, ParseError> {
        match (self.key_index, self.key_version, self.key_type) {
            (Some(key_index), Some(key_version), Some(key_type)) => {
                Ok(StoredKey { key_index, key_version, key_type, ..self.rest })
            }
            _ => Err(ParseErrorKind::Truncated.at(0)),
        }
    }
}
