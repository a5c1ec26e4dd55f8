//! One token object in the compact form: `u4 id, u4 fixed attributes, u2 count, attributes`.

use core::fmt;

use iso7816::{ParseError, ParseErrorKind};

use crate::{
    cursor::{Cursor, push_field},
    object::ObjectId,
};

/// Most attributes that one object may have.
pub const ATTRIBUTES_MAX: usize = 64;

/// One row an attribute: constant, number, PKCS#11 name.
macro_rules! attribute_types {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        impl AttributeType {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// The name in PKCS#11, where the applet's hosts use the attribute.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 { $($value => Some($text),)* _ => None }
            }
        }
    };
}

/// Type of an attribute: a `CKA_` number [PKCS11 2.40 §2].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeType(pub u32);

attribute_types! {
    /// Class of the object.
    CLASS = 0x0000, "CKA_CLASS";
    /// Whether it is on the token.
    TOKEN = 0x0001, "CKA_TOKEN";
    /// Whether it is seen only after login.
    PRIVATE = 0x0002, "CKA_PRIVATE";
    /// Its label.
    LABEL = 0x0003, "CKA_LABEL";
    /// Its value: of a certificate, the DER.
    VALUE = 0x0011, "CKA_VALUE";
    /// Type of a certificate.
    CERTIFICATE_TYPE = 0x0080, "CKA_CERTIFICATE_TYPE";
    /// Issuer of a certificate.
    ISSUER = 0x0081, "CKA_ISSUER";
    /// Serial number of a certificate.
    SERIAL_NUMBER = 0x0082, "CKA_SERIAL_NUMBER";
    /// Type of a key.
    KEY_TYPE = 0x0100, "CKA_KEY_TYPE";
    /// Subject of a certificate or key.
    SUBJECT = 0x0101, "CKA_SUBJECT";
    /// What certificate and keys have in common.
    ID = 0x0102, "CKA_ID";
    /// The key does not leave the token in clear.
    SENSITIVE = 0x0103, "CKA_SENSITIVE";
    /// The key encrypts.
    ENCRYPT = 0x0104, "CKA_ENCRYPT";
    /// The key decrypts.
    DECRYPT = 0x0105, "CKA_DECRYPT";
    /// The key wraps.
    WRAP = 0x0106, "CKA_WRAP";
    /// The key unwraps.
    UNWRAP = 0x0107, "CKA_UNWRAP";
    /// The key signs.
    SIGN = 0x0108, "CKA_SIGN";
    /// The key signs with recovery.
    SIGN_RECOVER = 0x0109, "CKA_SIGN_RECOVER";
    /// The key verifies.
    VERIFY = 0x010A, "CKA_VERIFY";
    /// The key verifies with recovery.
    VERIFY_RECOVER = 0x010B, "CKA_VERIFY_RECOVER";
    /// The key derives.
    DERIVE = 0x010C, "CKA_DERIVE";
    /// RSA modulus.
    MODULUS = 0x0120, "CKA_MODULUS";
    /// RSA public exponent.
    PUBLIC_EXPONENT = 0x0122, "CKA_PUBLIC_EXPONENT";
    /// Parameters of an elliptic curve.
    EC_PARAMS = 0x0180, "CKA_EC_PARAMS";
    /// A point on an elliptic curve.
    EC_POINT = 0x0181, "CKA_EC_POINT";
}

impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "CKA({:08X})", self.0),
        }
    }
}

/// Class of a token object; the numbers are PKCS#11's [PKCS11 2.40 §4.3].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ObjectClass {
    /// Data.
    Data = 0,
    /// A certificate.
    Certificate = 1,
    /// A public key.
    PublicKey = 2,
    /// A private key.
    PrivateKey = 3,
    /// A secret key.
    SecretKey = 4,
}

impl ObjectClass {
    /// From the number of the class.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Data),
            1 => Some(Self::Certificate),
            2 => Some(Self::PublicKey),
            3 => Some(Self::PrivateKey),
            4 => Some(Self::SecretKey),
            _ => None,
        }
    }

    /// Which boolean attributes objects of the class have.
    #[must_use]
    pub const fn flags(self) -> FixedAttributes {
        FixedAttributes::from_bits_retain(match self {
            Self::Data | Self::Certificate => 0x0000_0380,
            Self::PublicKey => 0x000C_5F80,
            Self::PrivateKey => 0x00F3_AF80,
            Self::SecretKey => 0x00F5_FF80,
        })
    }
}

bitflags::bitflags! {
    /// CKA_ID (bits 0 to 3), class (bits 4 to 6) and the boolean attributes of an object.
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    pub struct FixedAttributes: u32 {
        /// CKA_TOKEN.
        const TOKEN = 1 << 7;
        /// CKA_PRIVATE.
        const PRIVATE = 1 << 8;
        /// CKA_MODIFIABLE.
        const MODIFIABLE = 1 << 9;
        /// CKA_DERIVE.
        const DERIVE = 1 << 10;
        /// CKA_LOCAL.
        const LOCAL = 1 << 11;
        /// CKA_ENCRYPT.
        const ENCRYPT = 1 << 12;
        /// CKA_DECRYPT.
        const DECRYPT = 1 << 13;
        /// CKA_WRAP.
        const WRAP = 1 << 14;
        /// CKA_UNWRAP.
        const UNWRAP = 1 << 15;
        /// CKA_SIGN.
        const SIGN = 1 << 16;
        /// CKA_SIGN_RECOVER.
        const SIGN_RECOVER = 1 << 17;
        /// CKA_VERIFY.
        const VERIFY = 1 << 18;
        /// CKA_VERIFY_RECOVER.
        const VERIFY_RECOVER = 1 << 19;
        /// CKA_SENSITIVE.
        const SENSITIVE = 1 << 20;
        /// CKA_ALWAYS_SENSITIVE.
        const ALWAYS_SENSITIVE = 1 << 21;
        /// CKA_EXTRACTABLE.
        const EXTRACTABLE = 1 << 22;
        /// CKA_NEVER_EXTRACTABLE.
        const NEVER_EXTRACTABLE = 1 << 23;
        // The identifier, the class and bits without a meaning survive parsing.
        const _ = !0;
    }
}

impl FixedAttributes {
    /// Largest identifier that fits.
    pub const ID_MAX: u8 = 0x0F;

    /// Identifier, class and those of `flags` that objects of the class have; `None` beyond identifier 15.
    #[must_use]
    pub const fn new(id: u8, class: ObjectClass, flags: Self) -> Option<Self> {
        if id > Self::ID_MAX {
            return None;
        }
        let flags = flags.bits() & class.flags().bits();
        Some(Self::from_bits_retain(flags | (class as u32) << 4 | id as u32))
    }

    /// CKA_ID, the one byte that certificate and keys of a pair have in common.
    #[must_use]
    pub const fn id(self) -> u8 {
        self.bits().to_be_bytes()[3] & 0x0F
    }

    /// CKA_CLASS; `None` for the numbers 5 to 7.
    #[must_use]
    pub const fn class(self) -> Option<ObjectClass> {
        ObjectClass::from_number(self.bits().to_be_bytes()[3] >> 4 & 0x07)
    }
}

impl fmt::Debug for FixedAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FixedAttributes({:08X})", self.bits())
    }
}

/// Value of an attribute, with its type of data: 0 string, 1 integer, 2 false, 3 true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// `00, u2 n, bytes`.
    Bytes(Vec<u8>),
    /// `01, u4`, big-endian as the hosts read it.
    Integer(u32),
    /// `02` or `03`.
    Boolean(bool),
}

/// An attribute that is not among the fixed ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Which.
    pub attribute_type: AttributeType,
    /// Its value.
    pub value: AttributeValue,
}

impl Attribute {
    /// A string.
    #[must_use]
    pub fn bytes(attribute_type: AttributeType, value: impl Into<Vec<u8>>) -> Self {
        Self { attribute_type, value: AttributeValue::Bytes(value.into()) }
    }

    /// An integer.
    #[must_use]
    pub const fn integer(attribute_type: AttributeType, value: u32) -> Self {
        Self { attribute_type, value: AttributeValue::Integer(value) }
    }

    fn write(&self, to: &mut Vec<u8>) -> Result<(), ParseError> {
        to.extend_from_slice(&self.attribute_type.0.to_be_bytes());
        match &self.value {
            AttributeValue::Bytes(bytes) => {
                to.push(0);
                push_field(to, bytes)?;
            }
            AttributeValue::Integer(number) => {
                to.push(1);
                to.extend_from_slice(&number.to_be_bytes());
            }
            AttributeValue::Boolean(value) => to.push(2 + u8::from(*value)),
        }
        Ok(())
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let attribute_type = AttributeType(cursor.u32()?);
        let offset = cursor.offset();
        let value = match cursor.u8()? {
            0 => AttributeValue::Bytes(cursor.field()?.to_vec()),
            1 => AttributeValue::Integer(cursor.u32()?),
            2 => AttributeValue::Boolean(false),
            3 => AttributeValue::Boolean(true),
            _ => return Err(ParseErrorKind::UnexpectedByte.at(offset)),
        };
        Ok(Self { attribute_type, value })
    }
}

/// A token object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSpec {
    /// Its identifier: `c<n>` or `k<slot>`.
    pub id: ObjectId,
    /// Identifier, class and booleans.
    pub fixed: FixedAttributes,
    /// The other attributes, in order.
    pub attributes: Vec<Attribute>,
}

impl ObjectSpec {
    /// The value of an attribute that holds bytes.
    #[must_use]
    pub fn bytes(&self, attribute_type: AttributeType) -> Option<&[u8]> {
        self.attributes.iter().find(|a| a.attribute_type == attribute_type).and_then(|a| {
            match &a.value {
                AttributeValue::Bytes(bytes) => Some(bytes.as_slice()),
                _ => None,
            }
        })
    }

    /// The label, where there is one and it is text.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.bytes(AttributeType::LABEL).and_then(|bytes| core::str::from_utf8(bytes).ok())
    }

    /// Appends the object.
    pub(crate) fn write(&self, to: &mut Vec<u8>) -> Result<(), ParseError> {
        let count = u16::try_from(self.attributes.len())
            .ok()
            .filter(|count| usize::from(*count) <= ATTRIBUTES_MAX)
            .ok_or(ParseErrorKind::OutOfRange.at(to.len()))?;
        to.extend_from_slice(&self.id.0);
        to.extend_from_slice(&self.fixed.bits().to_be_bytes());
        to.extend_from_slice(&count.to_be_bytes());
        self.attributes.iter().try_for_each(|attribute| attribute.write(to))
    }

    /// Reads one object.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let id = ObjectId::read(cursor)?;
        let fixed = FixedAttributes::from_bits_retain(cursor.u32()?);
        let offset = cursor.offset();
        let count = usize::from(cursor.u16()?);
        if count > ATTRIBUTES_MAX {
            return Err(ParseErrorKind::OutOfRange.at(offset));
        }
        let attributes = (0..count).map(|_| Attribute::read(cursor)).collect::<Result<_, _>>()?;
        Ok(Self { id, fixed, attributes })
    }
}
