//! Key commands: generation, import, clearing of slots.

use core::fmt;

use super::{Command, CommandError, Encoded, Fields};
use crate::{
    acl::KeyAcl,
    cursor::{Cursor, push_short_field},
    object::ObjectId,
};

/// Bytes of the challenge of START ENROLLMENT.
pub const ENROLLMENT_CHALLENGE_LENGTH: usize = 16;
/// Owner "everybody" in [`KeySlots::owner`].
pub const OWNER_ANYONE: u8 = 15;
/// Length of START ENROLLMENT's data field, in bytes.
const ENROLLMENT_LENGTH: usize = 23;

/// Where a key pair goes: P1 = owner << 4 | private slot, P2 = usage << 4 | public slot.
///
/// A slot is a nibble here, so of the 24 slots commands with this form reach the first 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySlots {
    /// Who may use the private key: a PIN number, or [`OWNER_ANYONE`].
    pub owner: u8,
    /// Slot of the private key, 0 to 15.
    pub private: u8,
    /// Usage bits, 0 to 15; TPS sends what its profile says (0).
    pub usage: u8,
    /// Slot of the public key, 0 to 15.
    pub public: u8,
}

impl KeySlots {
    const fn from_parameters(p1: u8, p2: u8) -> Self {
        // P1 = P2 = 0 stands for slots 0 and 1, open to everybody.
        if p1 == 0 && p2 == 0 {
            return Self { owner: OWNER_ANYONE, private: 0, usage: 0, public: 1 };
        }
        Self { owner: p1 >> 4, private: p1 & 0x0F, usage: p2 >> 4, public: p2 & 0x0F }
    }

    const fn parameters(self) -> (u8, u8) {
        (self.owner << 4 | self.private & 0x0F, self.usage << 4 | self.public & 0x0F)
    }
}

/// The algorithm byte of IMPORT KEY ENCRYPTED: how the symmetric key wraps the private key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WrappingAlgorithm(pub u8);

impl WrappingAlgorithm {
    /// Triple DES by default (80).
    pub const DEFAULT: Self = Self(0x80);
    /// Triple DES, CBC with the transmitted vector (81).
    pub const DES3: Self = Self(0x81);
    /// AES key wrap with padding [RFC 5649] (88).
    pub const AES_KEY_WRAP_PADDED: Self = Self(0x88);
    /// AES-CBC with a zero vector, PKCS#7 padding (89).
    pub const AES_CBC: Self = Self(0x89);

    /// Whether the symmetric key is an AES key.
    #[must_use]
    pub const fn is_aes(self) -> bool {
        matches!(self, Self::AES_KEY_WRAP_PADDED | Self::AES_CBC)
    }
}

impl fmt::Debug for WrappingAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappingAlgorithm({:02X})", self.0)
    }
}

/// START ENROLLMENT: `u1 algorithm, u2 bits, u1 option, u1 type, u1 16, wrapped challenge, u1 0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrollment {
    /// Where the pair goes.
    pub slots: KeySlots,
    /// 80 for RSA; the applet of 1.5 wants it, older ones ignore it.
    pub algorithm: u8,
    /// Size of the modulus in bits.
    pub bits: u16,
    /// Option, 0.
    pub option: u8,
    /// Type, 0.
    pub key_type: u8,
    /// The challenge under the card's key-encryption key.
    pub wrapped_challenge: [u8; ENROLLMENT_CHALLENGE_LENGTH],
}

impl Enrollment {
    /// The algorithm byte for RSA without a key check value.
    pub const RSA: u8 = 0x80;
}

pub(super) fn enrollment(fields: &Fields<'_>) -> Result<Enrollment, CommandError> {
    if fields.data.len() != ENROLLMENT_LENGTH {
        return Err(CommandError::WrongLength);
    }
    let mut cursor = Cursor::new(fields.data);
    let algorithm = cursor.u8()?;
    let bits = cursor.u16()?;
    let option = cursor.u8()?;
    let key_type = cursor.u8()?;
    if usize::from(cursor.u8()?) != ENROLLMENT_CHALLENGE_LENGTH {
        return Err(CommandError::KeySize);
    }
    let wrapped_challenge = cursor.array()?;
    if cursor.u8()? != 0 {
        return Err(CommandError::Unsupported);
    }
    let slots = KeySlots::from_parameters(fields.p1, fields.p2);
    Ok(Enrollment { slots, algorithm, bits, option, key_type, wrapped_challenge })
}

pub(super) fn encode_enrollment(enrollment: &Enrollment) -> Encoded {
    let (p1, p2) = enrollment.slots.parameters();
    let mut data = Vec::with_capacity(ENROLLMENT_LENGTH);
    data.push(enrollment.algorithm);
    data.extend_from_slice(&enrollment.bits.to_be_bytes());
    data.extend_from_slice(&[enrollment.option, enrollment.key_type, 16]);
    data.extend_from_slice(&enrollment.wrapped_challenge);
    data.push(0);
    Encoded::new(p1, p2).data(data).answer(2)
}

/// IMPORT KEY ENCRYPTED: `u4 object, u1 algorithm, u1 n, key, u1 n, check value, u1 n, vector`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportKeyEncrypted {
    /// Where the pair goes.
    pub slots: KeySlots,
    /// The object that holds the blob, [`ObjectId::WRAPPED_KEY`] from TPS.
    pub blob: ObjectId,
    /// How the private key is wrapped.
    pub algorithm: WrappingAlgorithm,
    /// The symmetric key under the card's key-encryption key.
    pub wrapped_key: Vec<u8>,
    /// Check value of the symmetric key, 3 bytes or none.
    pub check_value: Vec<u8>,
    /// Initialisation vector, 8 or 16 bytes.
    pub iv: Vec<u8>,
}

pub(super) fn import_encrypted(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let read = || {
        let mut cursor = Cursor::new(fields.data);
        let import = ImportKeyEncrypted {
            slots: KeySlots::from_parameters(fields.p1, fields.p2),
            blob: ObjectId::read(&mut cursor)?,
            algorithm: WrappingAlgorithm(cursor.u8()?),
            wrapped_key: cursor.short_field()?.to_vec(),
            check_value: cursor.short_field()?.to_vec(),
            iv: cursor.short_field()?.to_vec(),
        };
        cursor.finish().map(|()| Command::ImportKeyEncrypted(import))
    };
    // Every length that does not add up is 6700 here, not 9C0F.
    read().map_err(|_: iso7816::ParseError| CommandError::WrongLength)
}

pub(super) fn encode_import_encrypted(
    import: &ImportKeyEncrypted,
) -> Result<Encoded, CommandError> {
    let (p1, p2) = import.slots.parameters();
    let mut data = import.blob.0.to_vec();
    data.push(import.algorithm.0);
    for field in [&import.wrapped_key, &import.check_value, &import.iv] {
        push_short_field(&mut data, field)?;
    }
    Ok(Encoded::new(p1, p2).data(data))
}

pub(super) fn import(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let mut cursor = Cursor::new(fields.data);
    let blob = ObjectId::read(&mut cursor)?;
    let acl = KeyAcl::read(&mut cursor)?;
    let public_acl = match cursor.remainder() {
        [] => None,
        rest => {
            let bytes = rest.try_into().map_err(|_| CommandError::InvalidParameter)?;
            Some(KeyAcl::from_bytes(bytes))
        }
    };
    Ok(Command::ImportKey { key: fields.p1, mate: fields.p2, blob, acl, public_acl })
}

pub(super) fn encode_import(
    key: u8,
    mate: u8,
    blob: ObjectId,
    acl: KeyAcl,
    public_acl: Option<KeyAcl>,
) -> Encoded {
    let mut data = [&blob.0[..], &acl.to_bytes()].concat();
    data.extend(public_acl.iter().flat_map(|acl| acl.to_bytes()));
    Encoded::new(key, mate).data(data)
}

pub(super) fn clear_slots(fields: &Fields<'_>) -> Result<Command, CommandError> {
    if fields.data.is_empty() || !fields.data.len().is_multiple_of(2) {
        return Err(CommandError::InvalidParameter);
    }
    Ok(Command::ClearKeySlots { keep: fields.data.to_vec() })
}
