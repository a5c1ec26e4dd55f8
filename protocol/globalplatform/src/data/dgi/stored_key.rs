//! Keys in data groupings: templates in 00B9, then a grouping for each component [GPCS 2.3.1 §11.11.4].

mod template;

use std::collections::VecDeque;

use iso7816::{ParseError, ParseErrorKind, tlv::Writer};
use zeroize::Zeroizing;

use self::template::{Template, is_parameter};
use super::{DataGrouping, KEY_TEMPLATES, SYMMETRIC_KEY};
use crate::{
    command::{CommandError, KEY_TYPE_ECC_REFERENCE, is_asymmetric, symmetric_key},
    data::{KeyAttributes, KeyPart},
    key::Key,
};

/// The groupings of the components of asymmetric keys, and the types of these [GPCS 2.3.1 tables 11-95, 11-97, 11-99, 11-101, 11-103,
/// 11-105].
const COMPONENTS: [(u16, u8); 16] = [
    (0x0010, 0xA1),
    (0x0011, 0xA0),
    (0x8112, 0xA3),
    (0x8121, 0xA6),
    (0x8122, 0xA8),
    (0x8123, 0xA7),
    (0x8124, 0xA5),
    (0x8125, 0xA4),
    (0x0030, 0xB2),
    (0x0031, 0xB3),
    (0x0032, 0xB4),
    (0x0033, 0xB5),
    (0x0034, 0xB6),
    (0x0035, 0xB7),
    (0x0036, 0xB0),
    (0x8137, 0xB1),
];

/// A component of a key in clear.
pub struct PlainComponent {
    /// Its type [GPCS 2.3.1 §11.1.8].
    pub key_type: u8,
    /// Its value.
    pub value: Zeroizing<Vec<u8>>,
}

/// A key that STORE DATA brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredKey {
    /// 82: key identifier.
    pub key_index: u8,
    /// 83: key version number.
    pub key_version: u8,
    /// 80 and 81 of each template: type and length of a component, of type F0 the reference of the curve (85). The length is 0 where
    /// nothing is said.
    pub parts: Vec<KeyPart>,
    /// 84: key check value; may be empty.
    pub check_value: Vec<u8>,
    /// 95 and 96: usage and access.
    pub attributes: KeyAttributes,
    /// Objects beside them (97, the purpose), tag and value.
    pub others: Vec<(u32, Vec<u8>)>,
    /// The components: 8113 for a symmetric key; 0010, 0011, 8112, 8121 to 8125 for RSA; 0030 to 0036 and 8137 for ECC.
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
        let length = u16::try_from(algorithm.key_length()).unwrap_or(0);
        Ok(Self {
            key_index,
            key_version,
            parts: vec![KeyPart { key_type: algorithm.key_type(), length }],
            check_value: key.check_value().to_vec(),
            components: vec![DataGrouping::new(SYMMETRIC_KEY, encrypt(&plain)?)],
            ..Self::default()
        })
    }

    /// Reads keys: any number of groupings 00B9, each with the components of its templates after it, key by key.
    ///
    /// Templates with the same identifier and version, one after the other, are the components of one asymmetric key; those of curve
    /// parameters and of a reference to a curve have neither and belong to the key before.
    ///
    /// # Errors
    /// `UnexpectedByte` for a grouping or a template that belongs to no key, and for one that contradicts the key; `Truncated` for a key
    /// without components, identifier, version or type; `OutOfRange` for more than 32 templates in a grouping; a malformed template.
    /// Offsets are those in the grouping.
    pub fn parse_all(groupings: &[DataGrouping]) -> Result<Vec<Self>, ParseError> {
        let mut keys: Vec<Self> = Vec::new();
        // Which key waits for a component of which type.
        let mut waiting: VecDeque<(usize, u8)> = VecDeque::new();
        for grouping in groupings {
            if grouping.identifier != KEY_TEMPLATES {
                take_component(&mut keys, &mut waiting, grouping)?;
                continue;
            }
            if !waiting.is_empty() {
                return Err(ParseErrorKind::Truncated.at(0));
            }
            for template in template::parse_all(&grouping.value)? {
                let part = template.part()?;
                add_template(&mut keys, template, part)?;
                if part.key_type != KEY_TYPE_ECC_REFERENCE {
                    waiting.push_back((keys.len().saturating_sub(1), part.key_type));
                }
            }
        }
        if waiting.is_empty() { Ok(keys) } else { Err(ParseErrorKind::Truncated.at(0)) }
    }

    /// The groupings of keys: templates in 00B9, then the components. Symmetric keys share a grouping 00B9; curve parameters have one of
    /// their own.
    #[must_use]
    pub fn write_all(keys: &[Self]) -> Vec<DataGrouping> {
        let mut groupings = Vec::new();
        let runs = keys.chunk_by(|one, next| one.is_symmetric() && next.is_symmetric());
        for run in runs.flat_map(|run| run.chunks(template::TEMPLATES_MAX)) {
            for parameters in [false, true] {
                let chosen = |part: &&KeyPart| is_parameter(part.key_type) == parameters;
                let templates = run.iter().fold(Writer::new(), |writer, key| {
                    key.parts.iter().filter(chosen).enumerate().fold(
                        writer,
                        |writer, (at, part)| {
                            let first = at == 0 && !parameters;
                            Template::of(key, *part, first).write(writer)
                        },
                    )
                });
                let templates = templates.finish();
                if !templates.is_empty() {
                    groupings.push(DataGrouping::new(KEY_TEMPLATES, templates));
                }
                let components = run.iter().flat_map(|key| &key.components);
                let belongs = |grouping: &&DataGrouping| {
                    component_type(grouping.identifier).is_some_and(is_parameter) == parameters
                };
                groupings.extend(components.filter(belongs).cloned());
            }
        }
        groupings
    }

    /// The component with this identifier.
    #[must_use]
    pub fn component(&self, identifier: u16) -> Option<&DataGrouping> {
        self.components.iter().find(|component| component.identifier == identifier)
    }

    /// Whether it is a key of a symmetric algorithm.
    #[must_use]
    pub fn is_symmetric(&self) -> bool {
        self.parts.first().is_some_and(|part| !is_asymmetric(part.key_type))
    }

    /// The symmetric key, decrypted by `decrypt`, its check value verified.
    ///
    /// # Errors
    /// What `decrypt` says; `Key` for a wrong check value or key size; `Parse` where there is no such key.
    pub fn decrypt(
        &self,
        decrypt: impl FnMut(&[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError>,
    ) -> Result<Key, CommandError> {
        match self.values(decrypt)?.as_slice() {
            [one] => symmetric_key(one.key_type, &one.value, &self.check_value),
            _ => Err(ParseErrorKind::UnexpectedByte.at(0).into()),
        }
    }

    /// The components in clear, in the order of the templates: what is encrypted comes through `decrypt`, without its
    /// padding.
    ///
    /// # Errors
    /// What `decrypt` says; `Parse` for a component that is shorter than its template says.
    pub fn values(
        &self,
        mut decrypt: impl FnMut(&[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError>,
    ) -> Result<Vec<PlainComponent>, CommandError> {
        let mut values = Vec::new();
        for KeyPart { key_type, length } in self.parts.iter().copied() {
            if key_type == KEY_TYPE_ECC_REFERENCE {
                let reference = length.to_be_bytes();
                let short = usize::from(reference.starts_with(&[0]));
                let value = reference.get(short..).unwrap_or_default().to_vec();
                values.push(PlainComponent { key_type, value: Zeroizing::new(value) });
                continue;
            }
            let of_type = |grouping: &&DataGrouping| is_of_type(grouping.identifier, key_type);
            let component = self.components.iter().find(of_type);
            let component = component.ok_or(ParseErrorKind::Truncated.at(0))?;
            let mut value = if component.is_encrypted() {
                decrypt(&component.value)?
            } else {
                Zeroizing::new(component.value.clone())
            };
            let length = usize::from(length);
            if length > value.len() {
                return Err(ParseErrorKind::LengthMismatch.at(0).into());
            }
            if length != 0 {
                value.truncate(length);
            }
            values.push(PlainComponent { key_type, value });
        }
        Ok(values)
    }

    fn is_numbered(&self, template: &Template) -> bool {
        template.key_index.is_none_or(|index| index == self.key_index)
            && template.key_version.is_none_or(|version| version == self.key_version)
    }

    /// Whether the template is of one more component of this key.
    fn takes(&self, template: &Template, part: KeyPart) -> bool {
        let Some(first) = self.parts.first() else { return false };
        let ecc = matches!(first.key_type, 0xB0 | 0xB1);
        let fits = match part.key_type {
            0xA0..=0xA8 => matches!(first.key_type, 0xA0..=0xA8) && template.is_numbered(),
            // Of the two a key has one.
            0xB2..=0xB7 => ecc && !self.has(|known| known == KEY_TYPE_ECC_REFERENCE),
            KEY_TYPE_ECC_REFERENCE => ecc && !self.has(is_parameter),
            _ => false,
        };
        let usage = template.attributes.usage;
        fits && self.is_numbered(template)
            && (usage.is_empty() || usage == self.attributes.usage)
            && !self.has(|known| known == part.key_type)
    }

    fn has(&self, is_it: impl Fn(u8) -> bool) -> bool {
        self.parts.iter().any(|part| is_it(part.key_type))
    }
}

/// The type of an asymmetric component by its grouping.
fn component_type(identifier: u16) -> Option<u8> {
    COMPONENTS.iter().find(|(known, _)| *known == identifier).map(|(_, key_type)| *key_type)
}

fn is_of_type(identifier: u16, key_type: u8) -> bool {
    if is_asymmetric(key_type) {
        component_type(identifier) == Some(key_type)
    } else {
        identifier == SYMMETRIC_KEY
    }
}

/// A template begins a key, or goes on with the last one.
fn add_template(
    keys: &mut Vec<StoredKey>,
    template: Template,
    part: KeyPart,
) -> Result<(), ParseError> {
    if let Some(last) = keys.last_mut().filter(|last| last.takes(&template, part)) {
        last.parts.push(part);
        return Ok(());
    }
    let begins = !is_parameter(part.key_type) && part.key_type != KEY_TYPE_ECC_REFERENCE;
    let key = template.key(part)?;
    let known = |known: &StoredKey| {
        (known.key_index, known.key_version) == (key.key_index, key.key_version)
    };
    if !begins || keys.iter().any(known) {
        return Err(ParseErrorKind::UnexpectedByte.at(0));
    }
    keys.push(key);
    Ok(())
}

/// A component goes to the first key that still waits for some; those of a key are kept in the order of its templates.
fn take_component(
    keys: &mut [StoredKey],
    waiting: &mut VecDeque<(usize, u8)>,
    grouping: &DataGrouping,
) -> Result<(), ParseError> {
    let unexpected = ParseErrorKind::UnexpectedByte.at(0);
    let (current, _) = *waiting.front().ok_or(unexpected)?;
    let fits = |(key, key_type): &(usize, u8)| {
        *key == current && is_of_type(grouping.identifier, *key_type)
    };
    let at = waiting.iter().position(fits).ok_or(unexpected)?;
    waiting.remove(at);
    let key = keys.get_mut(current).ok_or(unexpected)?;
    key.components.push(grouping.clone());
    let StoredKey { parts, components, .. } = key;
    components.sort_by_key(|component| {
        parts.iter().position(|part| is_of_type(component.identifier, part.key_type))
    });
    Ok(())
}
