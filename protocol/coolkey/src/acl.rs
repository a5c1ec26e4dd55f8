//! Who may do what: identities and access control lists.

use core::fmt;

use iso7816::ParseError;

use crate::cursor::Cursor;

bitflags::bitflags! {
    /// A set of identities: those that are logged in, or those of which an access control list wants at least one.
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    pub struct Identities: u16 {
        /// The holder of PIN 0, who is the user.
        const PIN_0 = 0x0001;
        /// The holder of PIN 1.
        const PIN_1 = 0x0002;
        /// The holder of PIN 2.
        const PIN_2 = 0x0004;
        /// The holder of PIN 3.
        const PIN_3 = 0x0008;
        /// The holder of PIN 4.
        const PIN_4 = 0x0010;
        /// The holder of PIN 5.
        const PIN_5 = 0x0020;
        /// The holder of PIN 6.
        const PIN_6 = 0x0040;
        /// The holder of PIN 7.
        const PIN_7 = 0x0080;
        /// The registration authority: the TPS, on the other end of a secure channel.
        const RA = 0x4000;
        /// Whoever sends a nonce of zeros.
        const DEFAULT = 0x8000;
        // Bits without a name (0100 to 2000) survive parsing: FFFF is common on the wire.
        const _ = !0;
    }
}

impl Identities {
    /// Everybody (FFFF).
    pub const ANYONE: Self = Self::from_bits_retain(0xFFFF);
    /// Nobody (0000).
    pub const NONE: Self = Self::empty();

    /// The holder of a PIN.
    #[must_use]
    pub const fn pin(number: u8) -> Option<Self> {
        if number < crate::PIN_SLOTS { Some(Self::from_bits_retain(1 << number)) } else { None }
    }

    /// Whether an access control list with these identities lets `authenticated` through.
    #[must_use]
    pub const fn admits(self, authenticated: Self) -> bool {
        self.bits() & authenticated.bits() != 0
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({:04X})", self.bits())
    }
}

/// Access control list of an object: `u2 read, u2 write, u2 delete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectAcl {
    /// Who may read.
    pub read: Identities,
    /// Who may write.
    pub write: Identities,
    /// Who may delete.
    pub delete: Identities,
}

/// Access control list of a key: `u2 read, u2 write, u2 use`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyAcl {
    /// Who may export the key.
    pub read: Identities,
    /// Who may replace the key.
    pub write: Identities,
    /// Who may use the key.
    pub usage: Identities,
}

impl ObjectAcl {
    /// What TPS gives certificates, attributes and the combined object: FFFF 4000 4000.
    pub const PUBLIC: Self =
        Self { read: Identities::ANYONE, write: Identities::RA, delete: Identities::RA };
    /// What TPS gives the object that carries a wrapped private key: 4000 4000 4000.
    pub const RA_ONLY: Self =
        Self { read: Identities::RA, write: Identities::RA, delete: Identities::RA };

    /// The six bytes on the wire.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 6] {
        three(self.read, self.write, self.delete)
    }

    /// From the six bytes on the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 6]) -> Self {
        let [read, write, delete] = split(bytes);
        Self { read, write, delete }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.array().map(Self::from_bytes)
    }
}

impl KeyAcl {
    /// Of a private key made by START ENROLLMENT or IMPORT KEY ENCRYPTED: 0000 4000, used by `owner` (a PIN number; 15 is
    /// everybody). `None` for an owner that is neither.
    #[must_use]
    pub fn private(owner: u8) -> Option<Self> {
        let usage = if owner == crate::command::OWNER_ANYONE {
            Identities::ANYONE
        } else {
            Identities::pin(owner)?
        };
        Some(Self { read: Identities::NONE, write: Identities::RA, usage })
    }

    /// Of a public key made by the same commands: FFFF 4000 FFFF.
    pub const PUBLIC: Self =
        Self { read: Identities::ANYONE, write: Identities::RA, usage: Identities::ANYONE };

    /// The six bytes on the wire.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 6] {
        three(self.read, self.write, self.usage)
    }

    /// From the six bytes on the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 6]) -> Self {
        let [read, write, usage] = split(bytes);
        Self { read, write, usage }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.array().map(Self::from_bytes)
    }
}

const fn split([r1, r2, w1, w2, x1, x2]: [u8; 6]) -> [Identities; 3] {
    [
        Identities::from_bits_retain(u16::from_be_bytes([r1, r2])),
        Identities::from_bits_retain(u16::from_be_bytes([w1, w2])),
        Identities::from_bits_retain(u16::from_be_bytes([x1, x2])),
    ]
}

fn three(first: Identities, second: Identities, third: Identities) -> [u8; 6] {
    let [r1, r2] = first.bits().to_be_bytes();
    let [w1, w2] = second.bits().to_be_bytes();
    let [x1, x2] = third.bits().to_be_bytes();
    [r1, r2, w1, w2, x1, x2]
}
