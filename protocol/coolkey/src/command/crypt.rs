//! COMPUTE CRYPT: raw RSA, in steps or at once, with the data in the APDU or in the I/O buffer.

use core::fmt;

use super::{Command, CommandError, Encoded, Fields};
use crate::{
    cursor::{Cursor, push_field},
    status,
};
use iso7816::StatusWord;

/// Cipher mode "RSA without padding", the only one the applet has.
pub const CIPHER_MODE_RSA: u8 = 0;

/// What the cipher is to do. With raw RSA both do the same to a private key, but encrypting is checked with the mate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Direction {
    /// Encrypt: for a private key, sign.
    Encrypt = 3,
    /// Decrypt.
    Decrypt = 4,
}

/// Where input and output are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Location {
    /// In command and answer.
    Apdu = 1,
    /// In the I/O buffer: `u2 length, data`.
    IoBuffer = 2,
}

impl Location {
    /// From its byte.
    ///
    /// # Errors
    /// 9C16 for anything but 1 and 2.
    pub const fn from_byte(byte: u8) -> Result<Self, StatusWord> {
        match byte {
            1 => Ok(Self::Apdu),
            2 => Ok(Self::IoBuffer),
            _ => Err(status::LOCATION_INVALID),
        }
    }
}

/// Mode and direction as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CryptParameters {
    /// Cipher mode; [`CIPHER_MODE_RSA`].
    pub mode: u8,
    /// A [`Direction`].
    pub direction: u8,
}

impl CryptParameters {
    /// Raw RSA in this direction.
    #[must_use]
    pub const fn rsa(direction: Direction) -> Self {
        Self { mode: CIPHER_MODE_RSA, direction: direction as u8 }
    }

    /// Checks the mode, then the direction.
    ///
    /// # Errors
    /// 9C1B for PKCS#1 padding and 9C1C for other modes; 9C13 for the signature directions 1 and 2 and 9C14 for others.
    pub const fn check(self) -> Result<Direction, StatusWord> {
        match (self.mode, self.direction) {
            (CIPHER_MODE_RSA, 3) => Ok(Direction::Encrypt),
            (CIPHER_MODE_RSA, 4) => Ok(Direction::Decrypt),
            (CIPHER_MODE_RSA, 1 | 2) => Err(status::DIRECTION_UNSUPPORTED),
            (CIPHER_MODE_RSA, _) => Err(status::DIRECTION_INVALID),
            (1, _) => Err(status::MODE_UNSUPPORTED),
            _ => Err(status::MODE_INVALID),
        }
    }
}

/// `u1 location, u2 n, n bytes`; with the data in the I/O buffer n is 0.
#[derive(Clone, PartialEq, Eq)]
pub struct CryptInput {
    /// A [`Location`].
    pub location: u8,
    /// The data, empty when it is in the I/O buffer.
    pub data: Vec<u8>,
}

impl CryptInput {
    /// Data in the command.
    #[must_use]
    pub fn apdu(data: impl Into<Vec<u8>>) -> Self {
        Self { location: Location::Apdu as u8, data: data.into() }
    }

    /// Data in the I/O buffer.
    #[must_use]
    pub const fn io_buffer() -> Self {
        Self { location: Location::IoBuffer as u8, data: Vec::new() }
    }
}

/// Shows the length only: what is deciphered or signed may be secret.
impl fmt::Debug for CryptInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CryptInput(location {}, {} bytes)", self.location, self.data.len())
    }
}

/// P2 of COMPUTE CRYPT, with its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CryptStep {
    /// 1: choose cipher and direction.
    Init(CryptParameters, CryptInput),
    /// 2: more data; not for RSA.
    Process(CryptInput),
    /// 3: the last data.
    Final(CryptInput),
    /// 4: all at once.
    OneStep(CryptParameters, CryptInput),
}

fn parameters(cursor: &mut Cursor<'_>) -> Result<CryptParameters, CommandError> {
    Ok(CryptParameters { mode: cursor.u8()?, direction: cursor.u8()? })
}

fn input(mut cursor: Cursor<'_>) -> Result<CryptInput, CommandError> {
    let location = cursor.u8()?;
    let data = cursor.field()?.to_vec();
    cursor.finish()?;
    Ok(CryptInput { location, data })
}

pub(super) fn parse(fields: &Fields<'_>) -> Result<Command, CommandError> {
    let mut cursor = Cursor::new(fields.data);
    let step = match fields.p2 {
        1 => CryptStep::Init(parameters(&mut cursor)?, input(cursor)?),
        2 => CryptStep::Process(input(cursor)?),
        3 => CryptStep::Final(input(cursor)?),
        4 => CryptStep::OneStep(parameters(&mut cursor)?, input(cursor)?),
        _ => return Err(CommandError::IncorrectP2),
    };
    Ok(Command::ComputeCrypt { key: fields.p1, step })
}

pub(super) fn encode(key: u8, step: &CryptStep) -> Result<Encoded, CommandError> {
    let (p2, parameters, input) = match step {
        CryptStep::Init(parameters, input) => (1, Some(parameters), input),
        CryptStep::Process(input) => (2, None, input),
        CryptStep::Final(input) => (3, None, input),
        CryptStep::OneStep(parameters, input) => (4, Some(parameters), input),
    };
    let mut data = Vec::with_capacity(input.data.len() + 5);
    if let Some(CryptParameters { mode, direction }) = parameters {
        data.extend_from_slice(&[*mode, *direction]);
    }
    data.push(input.location);
    push_field(&mut data, &input.data)?;
    Ok(Encoded::new(key, p2).data(data).answer(256))
}
