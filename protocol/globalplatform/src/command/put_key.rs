//! PUT KEY: its data field, built by whoever keeps the keys and read by the card [GPCS 2.3.1 §11.8, AmdD 1.1.1 §7.2].

use iso7816::{Command, ParseErrorKind};

use super::{CommandError, KeyBlockDialect, KeyComponent, MORE_SEGMENTS, Reader};
use crate::{
    data::KeyAttributes,
    key::{Key, KeyError, KeySet},
    scp::{ScpError, SessionKeys},
};

/// Most key components that one PUT KEY may bring.
pub const COMPONENTS_MAX: usize = 32;
/// Highest key identifier.
const KEY_INDEX_MAX: u8 = 0x7F;

/// PUT KEY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutKey {
    /// Version of the key set that is replaced; `None` adds one.
    pub replaces: Option<u8>,
    /// Identifier of the first key.
    pub key_index: u8,
    /// Whether several keys come, with identifiers that count up.
    pub several: bool,
    /// Whether more PUT KEY commands belong to this change.
    pub more: bool,
    /// Version number of the new keys.
    pub new_version: u8,
    /// The key components in order.
    pub components: Vec<KeyComponent>,
}

impl PutKey {
    /// INS.
    pub const INS: u8 = 0xD8;
    /// P2: several keys.
    const SEVERAL: u8 = 0x80;

    /// Reads the command. Chained segments are put together before.
    ///
    /// # Errors
    /// `Parse` when the data field is none of PUT KEY.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let header = command.header;
        let mut reader = Reader::new(&command.data);
        let new_version = reader.byte()?;
        let mut components: Vec<KeyComponent> = Vec::new();
        // Whether the key that a component continues began in the extended format.
        let mut continues = None;
        while !reader.is_empty() {
            if components.len() == COMPONENTS_MAX {
                return Err(ParseErrorKind::OutOfRange.at(reader.offset()).into());
            }
            let component = KeyComponent::parse(&mut reader, continues)?;
            let extended = continues.unwrap_or(component.extended);
            continues = component.continued.then_some(extended);
            components.push(component);
        }
        if components.is_empty() {
            return Err(ParseErrorKind::Truncated.at(reader.offset()).into());
        }
        let replaces = header.p1 & !MORE_SEGMENTS;
        Ok(Self {
            replaces: (replaces != 0).then_some(replaces),
            key_index: header.p2 & !Self::SEVERAL,
            several: header.p2 & Self::SEVERAL != 0,
            more: header.p1 & MORE_SEGMENTS != 0,
            new_version,
            components,
        })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let more = if self.more { MORE_SEGMENTS } else { 0 };
        let several = if self.several { Self::SEVERAL } else { 0 };
        let mut data = vec![self.new_version];
        self.components.iter().for_each(|component| component.push(&mut data));
        let p1 = self.replaces.unwrap_or(0) | more;
        Command::new(0x80, Self::INS, p1, self.key_index | several)
            .with_data(data)
            .with_expected(256)
    }

    /// PUT KEY for the three keys of a secure channel, ENC, MAC and DEK, under `dek`, the data encryption key of the session in use.
    ///
    /// # Errors
    /// `KeyError` when a DES key shall go under an AES key in a way the cipher does not allow.
    pub fn for_key_set(
        replaces: Option<u8>,
        new_version: u8,
        keys: &KeySet,
        dek: &Key,
        dialect: KeyBlockDialect,
    ) -> Result<Self, KeyError> {
        Self::for_keys(replaces, new_version, keys, |key| {
            KeyComponent::encrypted(key, dek, dialect)
        })
    }

    /// The same under the data encryption key of a session, in the mode that the session asks for.
    ///
    /// # Errors
    /// `MissingKey` for a session without that key; `Key` as in [`PutKey::for_key_set`].
    pub fn for_session(
        replaces: Option<u8>,
        new_version: u8,
        keys: &KeySet,
        session: &SessionKeys,
        dialect: KeyBlockDialect,
    ) -> Result<Self, ScpError> {
        let block = session.dek()?.algorithm().block_length();
        Self::for_keys(replaces, new_version, keys, |key| {
            KeyComponent::sealed(key, block, dialect, |plain| session.encrypt_sensitive(plain))
        })
    }

    fn for_keys<E>(
        replaces: Option<u8>,
        new_version: u8,
        keys: &KeySet,
        seal: impl Fn(&Key) -> Result<KeyComponent, E>,
    ) -> Result<Self, E> {
        let components = keys.in_order().into_iter().map(seal).collect::<Result<_, _>>()?;
        Ok(Self { replaces, key_index: 1, several: true, more: false, new_version, components })
    }

    /// PUT KEY for one asymmetric key, with the components in order. Attributes call for the extended format.
    #[must_use]
    pub fn for_components(
        replaces: Option<u8>,
        new_version: u8,
        key_index: u8,
        mut components: Vec<KeyComponent>,
        attributes: Option<KeyAttributes>,
    ) -> Self {
        for component in &mut components {
            (component.continued, component.extended) = (true, attributes.is_some());
        }
        if let Some(last) = components.last_mut() {
            (last.continued, last.attributes) = (false, attributes);
        }
        Self { replaces, key_index, several: false, more: false, new_version, components }
    }

    /// The keys with their identifiers, which count up from [`key_index`](Self::key_index) to at most 7F; of each its components.
    pub fn keys(&self) -> impl Iterator<Item = (u8, &[KeyComponent])> {
        // The last component of a key is the one that no other continues.
        let keys = self.components.split_inclusive(|component| !component.continued);
        (self.key_index..=KEY_INDEX_MAX).zip(keys)
    }

    /// What the card answers: the new version, then the check values without lengths [GPCS 2.3.1 §11.8.3.1].
    #[must_use]
    pub fn answer(&self) -> Vec<u8> {
        let values = self.components.iter().flat_map(|component| component.check_value.iter());
        core::iter::once(&self.new_version).chain(values).copied().collect()
    }
}
