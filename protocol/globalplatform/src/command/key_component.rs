//! The key data fields of PUT KEY, in both formats [GPCS 2.3.1 §11.8.2.3].

use iso7816::{ParseError, ParseErrorKind};
use zeroize::Zeroizing;

use super::{CommandError, Reader, push_lv};
use crate::{
    data::KeyAttributes,
    key::{CHECK_VALUE_LENGTH, Key, KeyAlgorithm, KeyError},
};

/// Key type: DES in its old coding, "DES – ECB/CBC", which SCP01 hosts send [GPCS 2.3.1 §11.1.8].
pub const KEY_TYPE_DES_ECB_CBC: u8 = 0x81;
/// Key type: DES, mode implicitly known.
pub const KEY_TYPE_DES: u8 = 0x80;
/// Key type: AES of any size.
pub const KEY_TYPE_AES: u8 = 0x88;
/// Key type: public exponent of RSA, in clear.
pub const KEY_TYPE_RSA_EXPONENT: u8 = 0xA0;
/// Key type: modulus of a public RSA key, in clear.
pub const KEY_TYPE_RSA_MODULUS: u8 = 0xA1;
/// Key type: public point of an elliptic curve, in clear.
pub const KEY_TYPE_ECC_PUBLIC: u8 = 0xB0;
/// Key type: private key of an elliptic curve.
pub const KEY_TYPE_ECC_PRIVATE: u8 = 0xB1;
/// Key type: reference of a curve, in clear.
pub const KEY_TYPE_ECC_REFERENCE: u8 = 0xF0;
/// First byte of a key type in the extended format.
pub(crate) const KEY_TYPE_EXTENDED: u8 = 0xFF;

/// Whether the type is that of a component of an asymmetric key: RSA A0 to A8, ECC B0 to B7 and F0.
#[must_use]
pub const fn is_asymmetric(key_type: u8) -> bool {
    matches!(key_type, 0xA0..=0xA8 | 0xB0..=0xB7 | KEY_TYPE_ECC_REFERENCE)
}

/// Whether a component of the type is sent encrypted: symmetric keys, the private components of RSA and ECC.
#[must_use]
pub const fn is_secret(key_type: u8) -> bool {
    matches!(key_type, 0xA2..=0xA8 | KEY_TYPE_ECC_PRIVATE) || !is_asymmetric(key_type)
}

/// One key data field: a whole symmetric key, or one component of an asymmetric one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyComponent {
    /// Key type [GPCS 2.3.1 §11.1.8].
    pub key_type: u8,
    /// Whether the type takes two bytes, FF before it: the extended format.
    pub extended: bool,
    /// The component: encrypted under the DEK, or in clear where it is public.
    pub block: Vec<u8>,
    /// Whether the next component belongs to the same, asymmetric key: then there is no field for a check value.
    pub continued: bool,
    /// Key check value; may be empty.
    pub check_value: Vec<u8>,
    /// Usage and access, in the last component of a key in extended format.
    pub attributes: Option<KeyAttributes>,
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
    /// A component in clear: of a public key, or the reference of a curve.
    #[must_use]
    pub fn clear(key_type: u8, value: impl Into<Vec<u8>>) -> Self {
        Self {
            key_type,
            extended: false,
            block: value.into(),
            continued: false,
            check_value: Vec::new(),
            attributes: None,
        }
    }

    /// A secret component of an asymmetric key: filled up to whole blocks of `block_length` bytes, encrypted by `encrypt`, its
    /// length before it.
    ///
    /// # Errors
    /// What `encrypt` says.
    pub fn secret<E>(
        key_type: u8,
        value: &[u8],
        block_length: usize,
        encrypt: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let mut plain = Zeroizing::new(Vec::with_capacity(value.len() + block_length));
        plain.extend_from_slice(value);
        plain.resize(value.len().next_multiple_of(block_length), 0);
        let mut block = Vec::new();
        iso7816::tlv::push_length(&mut block, value.len());
        block.extend_from_slice(&encrypt(&plain)?);
        Ok(Self::clear(key_type, block))
    }

    /// A symmetric key, encrypted under `dek`.
    ///
    /// # Errors
    /// `NotBlockAligned` when the key does not fill the cipher blocks and the dialect has no room for its length.
    pub fn encrypted(key: &Key, dek: &Key, dialect: KeyBlockDialect) -> Result<Self, KeyError> {
        let block = dek.algorithm().block_length();
        Self::sealed(key, block, dialect, |plain| dek.encrypt_sensitive(plain))
    }

    /// A symmetric key, encrypted by `encrypt`, whose cipher has blocks of `block_length` bytes.
    pub(super) fn sealed<E>(
        key: &Key,
        block_length: usize,
        dialect: KeyBlockDialect,
        encrypt: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let key_type = match dialect {
            KeyBlockDialect::Scp01 => KEY_TYPE_DES_ECB_CBC,
            _ => key.algorithm().key_type(),
        };
        let component = if dialect == KeyBlockDialect::Scp03 {
            Self::secret(key_type, key.bytes(), block_length, encrypt)?
        } else {
            Self::clear(key_type, encrypt(key.bytes())?)
        };
        Ok(Self { check_value: key.check_value().to_vec(), ..component })
    }

    /// The symmetric key in the component: decrypted by `decrypt`, its check value verified.
    ///
    /// # Errors
    /// As [`KeyComponent::decrypt_value`]; `Key` for a wrong check value or key size.
    pub fn decrypt(
        &self,
        block_length: usize,
        decrypt: impl FnOnce(&[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError>,
    ) -> Result<Key, CommandError> {
        let plain = self.decrypt_value(block_length, decrypt)?;
        symmetric_key(self.key_type, &plain, &self.check_value)
    }

    /// The plain value of a secret component, decrypted by `decrypt`.
    ///
    /// A block that is a whole number of `block_length` bytes is the ciphertext alone; else the length of the plain value stands
    /// before it [GPCS 2.3.1 §11.8.2.3.1].
    ///
    /// # Errors
    /// What `decrypt` says; `Parse` for an impossible inner length.
    pub fn decrypt_value(
        &self,
        block_length: usize,
        decrypt: impl FnOnce(&[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError>,
    ) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let mut reader = Reader::new(&self.block);
        let length = if self.block.len().is_multiple_of(block_length) {
            self.block.len()
        } else {
            reader.long_length()?
        };
        let mut plain = decrypt(reader.rest())?;
        if plain.len() < length {
            return Err(ParseErrorKind::LengthMismatch.at(0).into());
        }
        plain.truncate(length);
        Ok(plain)
    }

    /// Reads a component; `continues` says whether the key that it belongs to began in the extended format, `None` for a new key.
    ///
    /// Real hosts and cards mix the formats: after a first component in the extended format, others may have types of one byte.
    pub(super) fn parse(
        reader: &mut Reader<'_>,
        continues: Option<bool>,
    ) -> Result<Self, ParseError> {
        let first = reader.byte()?;
        let extended = first == KEY_TYPE_EXTENDED;
        let key_type = if extended { reader.byte()? } else { first };
        let component = Self { extended, ..Self::clear(key_type, reader.long_lv()?) };
        // No check value is as long as these types are high.
        let followed = |next| next == KEY_TYPE_EXTENDED || is_asymmetric(next);
        if is_asymmetric(key_type) && reader.peek().is_some_and(followed) {
            return Ok(Self { continued: true, ..component });
        }
        let check_value = reader.lv()?.to_vec();
        if !check_value.is_empty() && check_value.len() != CHECK_VALUE_LENGTH {
            return Err(ParseErrorKind::LengthMismatch.at(reader.offset()));
        }
        let attributes =
            if continues.unwrap_or(extended) { Some(KeyAttributes::read(reader)?) } else { None };
        Ok(Self { check_value, attributes, ..component })
    }

    pub(super) fn push(&self, data: &mut Vec<u8>) {
        if self.extended {
            data.push(KEY_TYPE_EXTENDED);
        }
        data.push(self.key_type);
        super::push_long_lv(data, &self.block);
        if self.continued {
            return;
        }
        push_lv(data, &self.check_value);
        if let Some(attributes) = self.attributes {
            attributes.push(data);
        }
    }
}

/// A symmetric key of a type byte, its check value verified.
pub(crate) fn symmetric_key(
    key_type: u8,
    bytes: &[u8],
    check_value: &[u8],
) -> Result<Key, CommandError> {
    let algorithm = match key_type {
        KEY_TYPE_AES => KeyAlgorithm::aes(bytes.len())?,
        KEY_TYPE_DES..=0x84 => KeyAlgorithm::Des3,
        _ => return Err(ParseErrorKind::UnexpectedByte.at(0).into()),
    };
    let key = Key::new(algorithm, bytes)?;
    key.verify_check_value(check_value)?;
    Ok(key)
}
