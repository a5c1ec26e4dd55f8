//! What the applet says of itself.

use core::fmt;

use iso7816::{ParseError, ParseErrorKind};

use crate::{
    acl::{Identities, KeyAcl},
    cursor::Cursor,
};

/// Answer to GET STATUS.
///
/// `u1 protocol major, u1 minor, u1 applet major, u1 minor, u4 total memory, u4 free memory, u1 PINs, u1 keys, u2 logged in`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenStatus {
    /// Version of the interface, major then minor: 1.1.
    pub protocol: [u8; 2],
    /// Version of the applet, major then minor.
    pub applet: [u8; 2],
    /// Bytes of the object heap.
    pub total_memory: u32,
    /// Bytes of it that are free.
    pub free_memory: u32,
    /// Number of PINs.
    pub pins: u8,
    /// Number of key slots ever used.
    pub keys: u8,
    /// Who is logged in.
    pub logged_in: Identities,
}

impl TokenStatus {
    /// Bytes on the wire.
    pub const LENGTH: usize = 16;

    /// The answer.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            &self.protocol[..],
            &self.applet,
            &self.total_memory.to_be_bytes(),
            &self.free_memory.to_be_bytes(),
            &[self.pins, self.keys],
            &self.logged_in.bits().to_be_bytes(),
        ]
        .concat()
    }

    /// Parses the answer.
    ///
    /// # Errors
    /// Unless there are exactly 16 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let status = Self {
            protocol: cursor.array()?,
            applet: cursor.array()?,
            total_memory: cursor.u32()?,
            free_memory: cursor.u32()?,
            pins: cursor.u8()?,
            keys: cursor.u8()?,
            logged_in: Identities::from_bits_retain(cursor.u16()?),
        };
        cursor.finish()?;
        Ok(status)
    }
}

/// Life cycle states of the applet, which are those of its instance [GPCS 2.3.1 §11.1.1].
pub mod life_cycle {
    /// Installed and selectable: no objects are looked for.
    pub const SELECTABLE: u8 = 0x07;
    /// Personalised: hosts load the objects.
    pub const PERSONALIZED: u8 = 0x0F;
}

/// Answer to GET LIFECYCLE with Le 4: `u1 state, u1 login flags, u1 protocol major, u1 minor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifeCycle {
    /// The state; see [`life_cycle`].
    pub state: u8,
    /// Whether the user must log in (bit 0: there is a PIN).
    pub pin_enabled: bool,
    /// Whether the user may create objects and keys (bit 1).
    pub writable: bool,
    /// Version of the interface, major then minor.
    pub protocol: [u8; 2],
}

impl LifeCycle {
    /// Bytes on the wire of the long form.
    pub const LENGTH: usize = 4;

    /// The answer; its first byte is the short form.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        let flags = self.pin_enabled as u8 | (self.writable as u8) << 1;
        [self.state, flags, self.protocol[0], self.protocol[1]]
    }

    /// Parses the long form.
    ///
    /// # Errors
    /// Unless there are exactly four bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let [state, flags, major, minor] = cursor.array()?;
        cursor.finish()?;
        Ok(Self {
            state,
            pin_enabled: flags & 1 != 0,
            writable: flags & 2 != 0,
            protocol: [major, minor],
        })
    }
}

/// Answer to LIST KEYS: `u1 slot, u1 type, u1 mate, u2 bits, u2 read, u2 write, u2 use`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The slot.
    pub slot: u8,
    /// The type; see [`crate::blob::key_type`].
    pub key_type: u8,
    /// The slot of the other key of the pair.
    pub mate: u8,
    /// Size in bits.
    pub bits: u16,
    /// Who may do what with it.
    pub acl: KeyAcl,
}

impl KeyRecord {
    /// Bytes on the wire.
    pub const LENGTH: usize = 11;

    /// The answer.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&[self.slot, self.key_type, self.mate][..], &self.bits.to_be_bytes(), &self.acl.to_bytes()]
            .concat()
    }

    /// Parses the answer; an empty one is the end of the list and none of this type's business.
    ///
    /// # Errors
    /// Unless there are exactly 11 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let record = Self {
            slot: cursor.u8()?,
            key_type: cursor.u8()?,
            mate: cursor.u8()?,
            bits: cursor.u16()?,
            acl: KeyAcl::read(&mut cursor)?,
        };
        cursor.finish()?;
        Ok(record)
    }
}

/// Who may create what: `u2 objects, u2 keys, u2 PINs, u1 changeable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinAcl {
    /// Who may create objects.
    pub create_object: Identities,
    /// Who may create keys.
    pub create_key: Identities,
    /// Who may create PINs.
    pub create_pin: Identities,
    /// Whether SET BUILTIN ACL is allowed.
    pub changeable: bool,
}

impl BuiltinAcl {
    /// Bytes on the wire.
    pub const LENGTH: usize = 7;
    /// After installation: the registration authority creates everything, for good.
    pub const DEFAULT: Self = Self {
        create_object: Identities::RA,
        create_key: Identities::RA,
        create_pin: Identities::RA,
        changeable: false,
    };

    /// The seven bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 7] {
        let [o1, o2] = self.create_object.bits().to_be_bytes();
        let [k1, k2] = self.create_key.bits().to_be_bytes();
        let [p1, p2] = self.create_pin.bits().to_be_bytes();
        [o1, o2, k1, k2, p1, p2, u8::from(self.changeable)]
    }

    /// Parses the seven bytes.
    ///
    /// # Errors
    /// Unless there are exactly seven.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(bytes);
        let acl = Self {
            create_object: Identities::from_bits_retain(cursor.u16()?),
            create_key: Identities::from_bits_retain(cursor.u16()?),
            create_pin: Identities::from_bits_retain(cursor.u16()?),
            changeable: cursor.u8()? != 0,
        };
        cursor.finish()?;
        Ok(acl)
    }

    /// Whether users may write: both objects and keys may be created by the holder of some PIN.
    #[must_use]
    pub const fn writable(self) -> bool {
        self.create_object.bits() & 0xFF != 0 && self.create_key.bits() & 0xFF != 0
    }
}

/// The applet's build: its version and the Unix time of its making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppletVersion {
    /// Major and minor version, from GET STATUS.
    pub version: [u8; 2],
    /// Answer to GET BUILDID: Unix time in seconds.
    pub build: u32,
}

impl fmt::Display for AppletVersion {
    /// `1.4.58768072`: major, minor, build in lower-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{:08x}", self.version[0], self.version[1], self.build)
    }
}

impl core::str::FromStr for AppletVersion {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = ParseErrorKind::UnexpectedByte.at(0);
        let mut parts = text.splitn(3, '.');
        let mut number = || parts.next().and_then(|part| part.parse().ok());
        let version = [number().ok_or(bad)?, number().ok_or(bad)?];
        let build = parts.next().ok_or(bad)?;
        Ok(Self { version, build: u32::from_str_radix(build, 16).map_err(|_| bad)? })
    }
}

/// The issuer information: a URL in 224 bytes, padded with zeros.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IssuerInfo([u8; IssuerInfo::LENGTH]);

impl IssuerInfo {
    /// Bytes on the wire.
    pub const LENGTH: usize = 224;
    /// None set.
    pub const EMPTY: Self = Self([0; Self::LENGTH]);

    /// Holds a URL.
    ///
    /// # Errors
    /// `OutOfRange` beyond 224 bytes.
    pub fn new(url: &str) -> Result<Self, ParseError> {
        let mut bytes = [0; Self::LENGTH];
        bytes
            .get_mut(..url.len())
            .ok_or(ParseErrorKind::OutOfRange.at(Self::LENGTH))?
            .copy_from_slice(url.as_bytes());
        Ok(Self(bytes))
    }

    /// From the 224 bytes.
    ///
    /// # Errors
    /// `LengthMismatch` unless there are exactly 224.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        bytes.try_into().map(Self).map_err(|_| ParseErrorKind::LengthMismatch.at(bytes.len()))
    }

    /// The 224 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The URL, without padding; empty when none is set, `None` when it is not text.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(Self::LENGTH);
        self.0.get(..end).and_then(|bytes| core::str::from_utf8(bytes).ok())
    }
}

impl fmt::Debug for IssuerInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerInfo({:?})", self.url())
    }
}
