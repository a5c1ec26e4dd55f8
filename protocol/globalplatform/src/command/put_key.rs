//! PUT KEY: its data field, built by whoever keeps the keys and read by the card [GPCS 2.3.1 §11.8, AmdD 1.1.1 §7.2].

use iso7816::{Command, ParseError, ParseErrorKind};
use zeroize::Zeroizing;

use super::{CommandError, MORE_SEGMENTS, Reader};
use crate::{
    key::{CHECK_VALUE_LENGTH, Key, KeyAlgorithm, KeyError, KeySet},
    scp::{ScpError, SessionKeys},
};

/// Key type: DES in its old coding, "DES – ECB/CBC", which SCP01 hosts send [GPCS 2.3.1 §11.1.8].
pub const KEY_TYPE_DES_ECB_CBC: u8 = 0x81;
/// Key type: DES, mode implicitly known.
pub const KEY_TYPE_DES: u8 = 0x80;
/// Key type: AES of any size.
pub const KEY_TYPE_AES: u8 = 0x88;
/// First byte of a key type in the extended format.
const KEY_TYPE_EXTENDED: u8 = 0xFF;
/// Most key components that one PUT KEY may bring.
pub const COMPONENTS_MAX: usize = 32;

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

/// One key data field: a whole symmetric key, or one component of an asymmetric one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyComponent {
    /// Key type byte [GPCS 2.3.1 §11.1.8].
    pub key_type: u8,
    /// The component: encrypted under the DEK, or in clear where it is public.
    pub block: Vec<u8>,
    /// Whether the next component belongs to the same, asymmetric key: then there is no field for a check value.
    pub continued: bool,
    /// Key check value; may be empty.
    pub check_value: Vec<u8>,
    /// Usage and access bytes of the extended format.
    pub attributes: Option<(Vec<u8>, Vec<u8>)>,
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
        let mut components = Vec::new();
        while !reader.is_empty() {
            if components.len() == COMPONENTS_MAX {
                return Err(ParseErrorKind::OutOfRange.at(reader.offset()).into());
            }
            components.push(KeyComponent::parse(&mut reader)?);
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

    /// What the card answers: the new version, then the check values without lengths [GPCS 2.3.1 §11.8.3.1].
    #[must_use]
    pub fn answer(&self) -> Vec<u8> {
        let values = self.components.iter().flat_map(|component| component.check_value.iter());
        core::iter::once(&self.new_version).chain(values).copied().collect()
    }
}

/// How hosts write a key into PUT KEY. The card reads all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyBlockDialect {
    /// `81 10 key 03 kcv`: SCP01, DES.
    Scp01,
    /// `80 10 key 03 kcv`: SCP02, DES.
    Scp02,
    /// `88 11 10 key 03 kcv`: SCP03, with the length of the plain key before the block [AmdD 1.1.1 §7.2].
    Scp03,
    /// `88 10 key 03 kcv`: SCP03 without that length.
    Scp03WithoutLength,
}

impl KeyComponent {
    /// A symmetric key, encrypted under `dek`.
    ///
    /// # Errors
    /// `NotBlockAligned` when the key does not fill the cipher blocks and the dialect has no room for its length.
    pub fn encrypted(key: &Key, dek: &Key, dialect: KeyBlockDialect) -> Result<Self, KeyError> {
        let block = dek.algorithm().block_length();
        Self::sealed(key, block, dialect, |plain| dek.encrypt_sensitive(plain))
    }

    /// A symmetric key, encrypted by `encrypt`, whose cipher has blocks of `block_length` bytes.
    fn sealed<E: From<KeyError>>(
        key: &Key,
        block_length: usize,
        dialect: KeyBlockDialect,
        encrypt: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let length = key.bytes().len();
        let mut plain = Zeroizing::new(key.bytes().to_vec());
        let mut block = Vec::new();
        if dialect == KeyBlockDialect::Scp03 {
            block.push(u8::try_from(length).map_err(|_| KeyError::WrongLength { length })?);
            plain.resize(length.next_multiple_of(block_length), 0);
        }
        block.extend_from_slice(&encrypt(&plain)?);
        let key_type = match dialect {
            KeyBlockDialect::Scp01 => KEY_TYPE_DES_ECB_CBC,
            _ => key.algorithm().key_type(),
        };
        let check_value = key.check_value().to_vec();
        Ok(Self { key_type, block, continued: false, check_value, attributes: None })
    }

    /// The symmetric key in the component: decrypted by `decrypt`, its check value verified.
    ///
    /// A block that is a whole number of `block_length` bytes is the ciphertext alone; else the length of the plain key stands
    /// before it [GPCS 2.3.1 §11.8.2.3.1].
    ///
    /// # Errors
    /// What `decrypt` says; `Key` for a wrong check value or key size; `Parse` for an impossible inner length.
    pub fn decrypt(
        &self,
        block_length: usize,
        decrypt: impl FnOnce(&[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError>,
    ) -> Result<Key, CommandError> {
        let (length, ciphertext) = if self.block.len().is_multiple_of(block_length) {
            (self.block.len(), self.block.as_slice())
        } else {
            let (length, rest) = self.block.split_first().ok_or(ParseErrorKind::Truncated.at(0))?;
            (usize::from(*length), rest)
        };
        let plain = decrypt(ciphertext)?;
        let bytes = plain.get(..length).ok_or(ParseErrorKind::LengthMismatch.at(0))?;
        let algorithm = match self.key_type {
            KEY_TYPE_AES => KeyAlgorithm::aes(length)?,
            KEY_TYPE_DES..=0x84 => KeyAlgorithm::Des3,
            _ => return Err(ParseErrorKind::UnexpectedByte.at(0).into()),
        };
        let key = Key::new(algorithm, bytes)?;
        key.verify_check_value(&self.check_value)?;
        Ok(key)
    }

    /// Whether other components of the same asymmetric key may follow this one [GPCS 2.3.1 §11.8.2.3].
    const fn may_continue(key_type: u8) -> bool {
        // RSA: modulus before exponent, CRT components up to the last; ECC: point or parameters before the curve reference.
        matches!(key_type, 0xA1 | 0xA2 | 0xA4..=0xA7 | 0xB0..=0xB6)
    }

    fn parse(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let first = reader.byte()?;
        let extended = first == KEY_TYPE_EXTENDED;
        let key_type = if extended { reader.byte()? } else { first };
        let block = reader.long_lv()?.to_vec();
        // 00 is no key type but the length of an absent check value.
        if Self::may_continue(key_type) && !matches!(reader.peek(), None | Some(0)) {
            let check_value = Vec::new();
            return Ok(Self { key_type, block, continued: true, check_value, attributes: None });
        }
        let check_value = reader.lv()?.to_vec();
        if !check_value.is_empty() && check_value.len() != CHECK_VALUE_LENGTH {
            return Err(ParseErrorKind::LengthMismatch.at(reader.offset()));
        }
        let attributes =
            if extended { Some((reader.lv()?.to_vec(), reader.lv()?.to_vec())) } else { None };
        Ok(Self { key_type, block, continued: false, check_value, attributes })
    }

    fn push(&self, data: &mut Vec<u8>) {
        if self.attributes.is_some() {
            data.push(KEY_TYPE_EXTENDED);
        }
        data.push(self.key_type);
        iso7816::tlv::push_length(data, self.block.len());
        data.extend_from_slice(&self.block);
        if self.continued {
            return;
        }
        super::push_lv(data, &self.check_value);
        if let Some((usage, access)) = &self.attributes {
            super::push_lv(data, usage);
            super::push_lv(data, access);
        }
    }
}
