//! The typed commands of the applet.
//!
//! [`Request::parse`] takes an APDU apart (one that came over the secure channel must be unwrapped first);
//! [`Request::to_apdu`] builds it (one for the secure channel must be wrapped afterwards). Values the applet judges only
//! after it looked at its state (key numbers, cipher modes) survive parsing as they came.

mod crypt;
mod key;
mod object;
mod pin;
mod query;

use iso7816::{Command as Apdu, ParseError, ParseErrorKind, StatusWord};

pub use crypt::{CIPHER_MODE_RSA, CryptInput, CryptParameters, CryptStep, Direction, Location};
pub use key::{
    ENROLLMENT_CHALLENGE_LENGTH, Enrollment, ImportKeyEncrypted, KeySlots, OWNER_ANYONE,
    WrappingAlgorithm,
};

use crate::{
    acl::{KeyAcl, ObjectAcl},
    instruction::{CLASS_INITIALIZE, CLASS_PLAIN, CLASS_SECURE, Instruction},
    object::ObjectId,
    pin::{NONCE_LENGTH, Nonce, Pin},
    report::{BuiltinAcl, IssuerInfo},
    status,
};

/// Classes that the applet answers with 9000 without doing anything.
pub const IGNORED_CLASSES: [u8; 2] = [0x00, 0xA4];

/// Most data bytes that hosts put into one WRITE OBJECT.
pub const WRITE_CHUNK_MAX: usize = 240;
/// Data bytes that TPS reads or writes at once over the secure channel: every protocol's MAC and padding fit beside them.
pub const SECURE_CHUNK_MAX: usize = 0xD0;

/// The first item of a list, or the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Sequence {
    /// Start over.
    First = 0,
    /// Go on.
    Next = 1,
}

/// How many bytes GET LIFECYCLE shall answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeCycleForm {
    /// The state alone (Le 1).
    State,
    /// State, login flags and protocol version (Le 4).
    Full,
}

/// A command of the applet, without the question how it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Log in; answered with a nonce.
    VerifyPin {
        /// PIN number, 0 to 7.
        pin: u8,
        /// The PIN.
        value: Pin,
    },
    /// Change a PIN: `u1 length, old, u1 length, new`.
    ChangePin {
        /// PIN number, 0 to 7.
        pin: u8,
        /// The PIN as it is.
        old: Pin,
        /// The PIN as it shall be.
        new: Pin,
    },
    /// Make a PIN.
    CreatePin {
        /// PIN number.
        pin: u8,
        /// Tries.
        tries: u8,
        /// The PIN.
        value: Pin,
    },
    /// Set and unblock a PIN; everybody is logged out of it.
    SetPin {
        /// PIN number.
        pin: u8,
        /// The new PIN.
        value: Pin,
    },
    /// Log out of a PIN.
    Logout {
        /// PIN number.
        pin: u8,
    },
    /// Which PINs there are: `u2` mask.
    ListPins,
    /// Tries left of a PIN: `u1`.
    GetPinTries {
        /// PIN number.
        pin: u8,
    },
    /// The next key: [`crate::report::KeyRecord`], or nothing at the end.
    ListKeys(Sequence),
    /// The next object: [`crate::ObjectRecord`], or 9C12 at the end.
    ListObjects(Sequence),
    /// Versions, memory, logins: [`crate::report::TokenStatus`].
    GetStatus,
    /// Life cycle state: [`crate::report::LifeCycle`].
    GetLifeCycle(LifeCycleForm),
    /// Which build the applet is: `u4`.
    GetBuildId,
    /// The issuer's URL: [`IssuerInfo`].
    GetIssuerInfo,
    /// Who may create what: [`BuiltinAcl`].
    GetBuiltinAcl,
    /// Random bytes.
    GetRandom {
        /// How many, 1 to 256.
        length: u16,
    },
    /// Stir the random generator.
    SeedRandom {
        /// The seed.
        seed: Vec<u8>,
    },
    /// Do nothing.
    Nop,
    /// Sign or decipher.
    ComputeCrypt {
        /// Key slot.
        key: u8,
        /// What to do.
        step: CryptStep,
    },
    /// Make an object: `u4 id, u4 size, ACL`. The ids of the I/O buffer set its size.
    CreateObject {
        /// Its identifier.
        id: ObjectId,
        /// Its size in bytes.
        size: u32,
        /// Who may do what with it.
        acl: ObjectAcl,
    },
    /// Delete an object.
    DeleteObject {
        /// Which.
        id: ObjectId,
        /// Whether its memory is overwritten with zeros.
        zeroize: bool,
    },
    /// Read from an object: `u4 id, u4 offset, u1 length`.
    ReadObject {
        /// Which.
        id: ObjectId,
        /// Where from, in bytes.
        offset: u32,
        /// How many bytes, 0 to 255.
        length: u8,
    },
    /// Write into an object: `u4 id, u4 offset, u1 length, data`.
    WriteObject {
        /// Which.
        id: ObjectId,
        /// Where to, in bytes.
        offset: u32,
        /// What, at most 246 bytes (238 with a nonce).
        data: Vec<u8>,
    },
    /// Import a plain key from an object.
    ImportKey {
        /// Slot for the key (the private one of a pair).
        key: u8,
        /// Slot of its mate.
        mate: u8,
        /// The object that holds the blob.
        blob: ObjectId,
        /// Access to the key.
        acl: KeyAcl,
        /// Access to the public key of a pair.
        public_acl: Option<KeyAcl>,
    },
    /// Make an RSA key pair and prove possession of it; answered with the `u2` length of what is in the I/O buffer.
    StartEnrollment(Enrollment),
    /// The same for EC; no build knows it.
    StartEnrollmentEcc(Enrollment),
    /// Import a key pair under a wrapped symmetric key.
    ImportKeyEncrypted(ImportKeyEncrypted),
    /// Read the I/O buffer, in old builds.
    ReadIoBuffer {
        /// How many bytes.
        length: u8,
        /// Where from, in bytes.
        offset: u16,
    },
    /// Set the life cycle state; 0F is personalised.
    SetLifeCycle {
        /// The state.
        state: u8,
    },
    /// Set the issuer's URL.
    SetIssuerInfo(IssuerInfo),
    /// Set who may create what.
    SetBuiltinAcl(BuiltinAcl),
    /// Clear all key slots but these.
    ClearKeySlots {
        /// Private and public slot, pair by pair.
        keep: Vec<u8>,
    },
    /// INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, BEGIN or END R-MAC SESSION: for the security domain
    /// [GPCS 2.3.1 §11, §D.4, §E.5].
    SecureChannel {
        /// Which of the four.
        instruction: Instruction,
        /// P1.
        p1: u8,
        /// P2.
        p2: u8,
        /// The data field.
        data: Vec<u8>,
    },
}

/// How a command travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Plain, with the nonce of the login where the instruction wants one.
    Plain {
        /// The nonce that came with it; `None` for instructions without one.
        nonce: Option<Nonce>,
    },
    /// Over the secure channel: by the registration authority.
    SecureChannel,
}

/// A command and how it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How it travels.
    pub access: Access,
    /// What to do.
    pub command: Command,
}

/// Why an APDU is no command of the applet: the host is at fault. [`CommandError::status`] is the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// A class that the applet ignores.
    #[error("class {0:02X} is ignored")]
    IgnoredClass(u8),
    /// A P1 that the instruction does not have.
    #[error("incorrect P1")]
    IncorrectP1,
    /// A P2 that the instruction does not have.
    #[error("incorrect P2")]
    IncorrectP2,
    /// A wrong value or length inside the data field.
    #[error("invalid parameter in the data field")]
    InvalidParameter,
    /// A key in the data field has the wrong size.
    #[error("wrong key size in the data field")]
    KeySize,
    /// No nonce of eight bytes at the end.
    #[error("the nonce is missing")]
    MissingNonce,
    /// More data than one short command holds.
    #[error("more data than one command holds")]
    TooLong,
    /// A class that the applet does not know.
    #[error("unknown class {0:02X}")]
    UnknownClass(u8),
    /// An instruction that the applet does not know in this class.
    #[error("unknown instruction {0:02X}")]
    UnknownInstruction(u8),
    /// A feature that the applet does not have.
    #[error("unsupported feature")]
    Unsupported,
    /// Wrong Lc or Le.
    #[error("wrong length")]
    WrongLength,
}

impl CommandError {
    /// The status word with which the applet answers.
    #[must_use]
    pub const fn status(self) -> StatusWord {
        match self {
            Self::IgnoredClass(_) => StatusWord::OK,
            Self::IncorrectP1 => status::INCORRECT_P1,
            Self::IncorrectP2 => status::INCORRECT_P2,
            Self::InvalidParameter => status::INVALID_PARAMETER,
            Self::KeySize => status::KEY_SIZE_INVALID,
            Self::MissingNonce => status::UNAUTHORIZED,
            Self::UnknownClass(_) => StatusWord::CLA_NOT_SUPPORTED,
            Self::UnknownInstruction(_) => StatusWord::INS_NOT_SUPPORTED,
            Self::Unsupported => status::UNSUPPORTED_FEATURE,
            Self::TooLong | Self::WrongLength => StatusWord::WRONG_LENGTH,
        }
    }
}

impl From<CommandError> for StatusWord {
    fn from(error: CommandError) -> Self {
        error.status()
    }
}

/// Inside the data field every shortfall is the same to the applet.
impl From<ParseError> for CommandError {
    fn from(error: ParseError) -> Self {
        match error.kind {
            ParseErrorKind::OutOfRange => Self::TooLong,
            _ => Self::InvalidParameter,
        }
    }
}

/// What an APDU carries besides its instruction, nonce stripped.
struct Fields<'a> {
    p1: u8,
    p2: u8,
    /// The fifth byte of a short APDU: Lc where there is data, else Le.
    p3: u8,
    data: &'a [u8],
}

/// What a command becomes on the wire.
struct Encoded {
    p1: u8,
    p2: u8,
    data: Vec<u8>,
    /// Most bytes of the answer's data field; `None` when there are none.
    answer: Option<u32>,
}

impl Encoded {
    const fn new(p1: u8, p2: u8) -> Self {
        Self { p1, p2, data: Vec::new(), answer: None }
    }

    fn data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = data.into();
        self
    }

    const fn answer(mut self, length: u32) -> Self {
        self.answer = Some(length);
        self
    }
}

impl Request {
    /// Parses an APDU; one of class 84 must have been unwrapped, except EXTERNAL AUTHENTICATE.
    ///
    /// # Errors
    /// [`CommandError`], whose status word is the applet's answer.
    pub fn parse(apdu: &Apdu) -> Result<Self, CommandError> {
        let header = apdu.header;
        let unknown = CommandError::UnknownInstruction(header.ins);
        let instruction = Instruction::from_ins(header.ins);
        let data = apdu.data.as_slice();
        if data.len() > iso7816::command::SHORT_DATA_MAX {
            return Err(CommandError::WrongLength);
        }
        match header.cla {
            CLASS_PLAIN => {
                let instruction = instruction.filter(|i| i.rules().plain).ok_or(unknown)?;
                let (data, nonce) = if instruction.rules().nonce {
                    let (data, nonce) = data
                        .split_last_chunk::<NONCE_LENGTH>()
                        .ok_or(CommandError::MissingNonce)?;
                    (data, Some(Nonce::new(*nonce)))
                } else {
                    (data, None)
                };
                let command = Command::parse(instruction, &fields(apdu, data))?;
                Ok(Self { access: Access::Plain { nonce }, command })
            }
            CLASS_SECURE | CLASS_INITIALIZE => {
                let initialize = header.cla == CLASS_INITIALIZE;
                let instruction = instruction
                    .filter(|i| i.rules().secure)
                    .filter(|i| (*i == Instruction::InitializeUpdate) == initialize)
                    .ok_or(unknown)?;
                let command = Command::parse(instruction, &fields(apdu, data))?;
                Ok(Self { access: Access::SecureChannel, command })
            }
            ignored if IGNORED_CLASSES.contains(&ignored) => {
                Err(CommandError::IgnoredClass(ignored))
            }
            other => Err(CommandError::UnknownClass(other)),
        }
    }

    /// Builds the APDU; one for the secure channel is still to be wrapped.
    ///
    /// Plain commands that are answered with data carry Le; over the secure channel only those without data do, as TPS
    /// sends them.
    ///
    /// # Errors
    /// [`CommandError::TooLong`] when the data does not fit; [`CommandError::MissingNonce`] when the instruction wants one.
    pub fn to_apdu(&self) -> Result<Apdu, CommandError> {
        let instruction = self.command.instruction();
        let Encoded { p1, p2, mut data, answer } = self.command.encode()?;
        let class = match &self.access {
            Access::Plain { nonce } => {
                match (instruction.rules().nonce, nonce) {
                    (true, None) => return Err(CommandError::MissingNonce),
                    (_, Some(nonce)) => data.extend_from_slice(nonce.expose()),
                    (false, None) => {}
                }
                CLASS_PLAIN
            }
            Access::SecureChannel if instruction == Instruction::InitializeUpdate => {
                CLASS_INITIALIZE
            }
            Access::SecureChannel => CLASS_SECURE,
        };
        if data.len() > iso7816::command::SHORT_DATA_MAX {
            return Err(CommandError::TooLong);
        }
        let secured = self.access == Access::SecureChannel;
        let expected = answer.filter(|_| !secured || data.is_empty());
        let mut apdu = Apdu::new(class, instruction.ins(), p1, p2).with_data(data);
        apdu.expected = expected;
        Ok(apdu)
    }
}

fn fields<'a>(apdu: &Apdu, data: &'a [u8]) -> Fields<'a> {
    // Le 256 is coded 00, and so is "no Le": both arrive as 00 in the applet's buffer.
    let p3 = if apdu.data.is_empty() {
        apdu.expected.and_then(|le| u8::try_from(le).ok()).unwrap_or(0)
    } else {
        u8::try_from(data.len()).unwrap_or(u8::MAX)
    };
    Fields { p1: apdu.header.p1, p2: apdu.header.p2, p3, data }
}

impl Command {
    /// The plain APDU of an instruction that wants no nonce.
    ///
    /// # Errors
    /// As [`Request::to_apdu`].
    pub fn plain(self) -> Result<Apdu, CommandError> {
        Request { access: Access::Plain { nonce: None }, command: self }.to_apdu()
    }

    /// The plain APDU with a nonce; [`Nonce::ZERO`] before a login.
    ///
    /// # Errors
    /// As [`Request::to_apdu`].
    pub fn with_nonce(self, nonce: Nonce) -> Result<Apdu, CommandError> {
        Request { access: Access::Plain { nonce: Some(nonce) }, command: self }.to_apdu()
    }

    /// The APDU of class 84 that the secure channel is to wrap.
    ///
    /// # Errors
    /// As [`Request::to_apdu`].
    pub fn secured(self) -> Result<Apdu, CommandError> {
        Request { access: Access::SecureChannel, command: self }.to_apdu()
    }

    /// The instruction of this command.
    #[must_use]
    pub const fn instruction(&self) -> Instruction {
        match self {
            Self::VerifyPin { .. } => Instruction::VerifyPin,
            Self::ChangePin { .. } => Instruction::ChangePin,
            Self::CreatePin { .. } => Instruction::CreatePin,
            Self::SetPin { .. } => Instruction::SetPin,
            Self::Logout { .. } => Instruction::Logout,
            Self::ListPins => Instruction::ListPins,
            Self::GetPinTries { .. } => Instruction::GetPinTries,
            Self::ListKeys(_) => Instruction::ListKeys,
            Self::ListObjects(_) => Instruction::ListObjects,
            Self::GetStatus => Instruction::GetStatus,
            Self::GetLifeCycle(_) => Instruction::GetLifeCycle,
            Self::GetBuildId => Instruction::GetBuildId,
            Self::GetIssuerInfo => Instruction::GetIssuerInfo,
            Self::GetBuiltinAcl => Instruction::GetBuiltinAcl,
            Self::GetRandom { .. } => Instruction::GetRandom,
            Self::SeedRandom { .. } => Instruction::SeedRandom,
            Self::Nop => Instruction::Nop,
            Self::ComputeCrypt { .. } => Instruction::ComputeCrypt,
            Self::CreateObject { .. } => Instruction::CreateObject,
            Self::DeleteObject { .. } => Instruction::DeleteObject,
            Self::ReadObject { .. } => Instruction::ReadObject,
            Self::WriteObject { .. } => Instruction::WriteObject,
            Self::ImportKey { .. } => Instruction::ImportKey,
            Self::StartEnrollment(_) => Instruction::StartEnrollment,
            Self::StartEnrollmentEcc(_) => Instruction::StartEnrollmentEcc,
            Self::ImportKeyEncrypted(_) => Instruction::ImportKeyEncrypted,
            Self::ReadIoBuffer { .. } => Instruction::ReadIoBuffer,
            Self::SetLifeCycle { .. } => Instruction::SetLifeCycle,
            Self::SetIssuerInfo(_) => Instruction::SetIssuerInfo,
            Self::SetBuiltinAcl(_) => Instruction::SetBuiltinAcl,
            Self::ClearKeySlots { .. } => Instruction::ClearKeySlots,
            Self::SecureChannel { instruction, .. } => *instruction,
        }
    }

    fn parse(instruction: Instruction, fields: &Fields<'_>) -> Result<Self, CommandError> {
        match instruction {
            Instruction::VerifyPin => pin::verify(fields),
            Instruction::ChangePin => pin::change(fields),
            Instruction::CreatePin => Ok(pin::create(fields)),
            Instruction::SetPin => pin::set(fields),
            Instruction::Logout => Ok(Self::Logout { pin: fields.p1 }),
            Instruction::ListPins => query::list_pins(fields),
            Instruction::GetPinTries => pin::tries(fields),
            Instruction::ListKeys => query::list_keys(fields),
            Instruction::ListObjects => query::list_objects(fields),
            Instruction::GetStatus => query::status(fields),
            Instruction::GetLifeCycle => Ok(query::life_cycle(fields)),
            Instruction::GetBuildId => query::build_id(fields),
            Instruction::GetIssuerInfo => query::issuer_info(fields),
            Instruction::GetBuiltinAcl => query::builtin_acl(fields),
            Instruction::GetRandom => Ok(query::random(fields)),
            Instruction::SeedRandom => Ok(Self::SeedRandom { seed: fields.data.to_vec() }),
            Instruction::Nop => Ok(Self::Nop),
            Instruction::ComputeCrypt => crypt::parse(fields),
            Instruction::CreateObject => object::create(fields),
            Instruction::DeleteObject => object::delete(fields),
            Instruction::ReadObject => object::read(fields),
            Instruction::WriteObject => object::write(fields),
            Instruction::ImportKey => key::import(fields),
            Instruction::StartEnrollment => key::enrollment(fields).map(Self::StartEnrollment),
            Instruction::StartEnrollmentEcc => {
                key::enrollment(fields).map(Self::StartEnrollmentEcc)
            }
            Instruction::ImportKeyEncrypted => key::import_encrypted(fields),
            Instruction::ReadIoBuffer => object::read_io_buffer(fields),
            Instruction::SetLifeCycle => Ok(Self::SetLifeCycle { state: fields.p1 }),
            Instruction::SetIssuerInfo => query::set_issuer_info(fields),
            Instruction::SetBuiltinAcl => query::set_builtin_acl(fields),
            Instruction::ClearKeySlots => key::clear_slots(fields),
            Instruction::InitializeUpdate
            | Instruction::ExternalAuthenticate
            | Instruction::BeginRmacSession
            | Instruction::EndRmacSession => Ok(Self::SecureChannel {
                instruction,
                p1: fields.p1,
                p2: fields.p2,
                data: fields.data.to_vec(),
            }),
        }
    }

    fn encode(&self) -> Result<Encoded, CommandError> {
        Ok(match self {
            Self::VerifyPin { pin, value } => Encoded::new(*pin, 0).data(value.expose()).answer(8),
            Self::ChangePin { pin, old, new } => pin::encode_change(*pin, old, new)?,
            Self::CreatePin { pin, tries, value } => {
                Encoded::new(*pin, *tries).data(value.expose())
            }
            Self::SetPin { pin, value } => Encoded::new(*pin, 0).data(value.expose()),
            Self::Logout { pin } => Encoded::new(*pin, 0),
            Self::GetPinTries { pin } => Encoded::new(*pin, 0).answer(1),
            Self::SeedRandom { seed } => Encoded::new(0, 0).data(seed.as_slice()),
            Self::Nop => Encoded::new(0, 0),
            Self::ComputeCrypt { key, step } => crypt::encode(*key, step)?,
            Self::CreateObject { id, size, acl } => object::encode_create(*id, *size, *acl),
            Self::DeleteObject { id, zeroize } => Encoded::new(0, u8::from(*zeroize)).data(id.0),
            Self::ReadObject { id, offset, length } => object::encode_read(*id, *offset, *length),
            Self::WriteObject { id, offset, data } => object::encode_write(*id, *offset, data)?,
            Self::ImportKey { key, mate, blob, acl, public_acl } => {
                key::encode_import(*key, *mate, *blob, *acl, *public_acl)
            }
            Self::StartEnrollment(enrollment) | Self::StartEnrollmentEcc(enrollment) => {
                key::encode_enrollment(enrollment)
            }
            Self::ImportKeyEncrypted(import) => key::encode_import_encrypted(import)?,
            Self::ReadIoBuffer { length, offset } => {
                Encoded::new(*length, 0).data(offset.to_be_bytes()).answer(256)
            }
            Self::SetLifeCycle { state } => Encoded::new(*state, 0),
            Self::SetIssuerInfo(info) => Encoded::new(0, 0).data(info.as_bytes().as_slice()),
            Self::SetBuiltinAcl(acl) => Encoded::new(0, 0).data(acl.to_bytes()),
            Self::ClearKeySlots { keep } => Encoded::new(0, 0).data(keep.as_slice()),
            Self::SecureChannel { p1, p2, data, .. } => {
                Encoded::new(*p1, *p2).data(data.as_slice()).answer(256)
            }
            query => query::encode(query),
        })
    }
}
