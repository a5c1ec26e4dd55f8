//! DELETE [GPCS 2.3.1 §11.2].

use iso7816::{Aid, Command, ParseErrorKind, tlv};

use super::CommandError;

/// What shall be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteTarget {
    /// An application or an executable load file.
    Object(Aid),
    /// Keys: of this identifier, of this version, or of both; never neither.
    Key {
        /// Key identifier.
        key_index: Option<u8>,
        /// Key version number.
        key_version: Option<u8>,
    },
}

/// DELETE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// What; several AIDs only where the host says so (some do).
    pub targets: Vec<DeleteTarget>,
    /// Whether what belongs to it goes as well.
    pub related: bool,
    /// Control reference template B6 for delegated management, without tag; may be empty.
    pub reference: Vec<u8>,
    /// Delete token; may be empty.
    pub token: Vec<u8>,
}

/// Most AIDs in one DELETE.
const TARGETS_MAX: usize = 16;
const TAG_AID: u32 = 0x4F;
const TAG_KEY_INDEX: u32 = 0xD0;
const TAG_KEY_VERSION: u32 = 0xD2;
const TAG_REFERENCE: u32 = 0xB6;
pub(super) const TAG_TOKEN: u32 = 0x9E;

impl Delete {
    /// INS.
    pub const INS: u8 = 0xE4;
    /// P2: the object and what belongs to it.
    const RELATED: u8 = 0x80;

    /// DELETE of one application or load file.
    #[must_use]
    pub fn object(aid: Aid, related: bool) -> Self {
        let targets = vec![DeleteTarget::Object(aid)];
        Self { targets, related, reference: Vec::new(), token: Vec::new() }
    }

    /// DELETE of all keys of a version.
    #[must_use]
    pub fn key_version(key_version: u8) -> Self {
        let target = DeleteTarget::Key { key_index: None, key_version: Some(key_version) };
        Self { targets: vec![target], related: false, reference: Vec::new(), token: Vec::new() }
    }

    /// Reads the command.
    ///
    /// # Errors
    /// `UnknownParameters`; `Parse` for a data field that names nothing to delete.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let related = match command.header.p2 {
            0x00 => false,
            Self::RELATED => true,
            _ => return Err(CommandError::UnknownParameters(command.header.p1p2())),
        };
        let mut delete =
            Self { targets: Vec::new(), related, reference: Vec::new(), token: Vec::new() };
        let (mut key_index, mut key_version) = (None, None);
        let mut objects = tlv::parse(&command.data);
        let mut at = objects.offset();
        while let Some(object) = objects.next() {
            let object = object?;
            if !delete.token.is_empty() {
                // The token is the last object: it would not sign what comes after it.
                return Err(ParseErrorKind::TrailingBytes.at(at).into());
            }
            match (object.tag.0, object.value) {
                (TAG_AID, aid) if delete.targets.len() < TARGETS_MAX => {
                    delete.targets.push(DeleteTarget::Object(Aid::new(aid)?));
                }
                (TAG_KEY_INDEX, [index]) => key_index = Some(*index),
                (TAG_KEY_VERSION, [version]) => key_version = Some(*version),
                (TAG_REFERENCE, value) => delete.reference = value.to_vec(),
                (TAG_TOKEN, value) => delete.token = value.to_vec(),
                _ => return Err(ParseErrorKind::UnexpectedByte.at(at).into()),
            }
            at = objects.offset();
        }
        if key_index.is_some() || key_version.is_some() {
            delete.targets.push(DeleteTarget::Key { key_index, key_version });
        }
        if delete.targets.is_empty() {
            return Err(ParseErrorKind::Truncated.at(command.data.len()).into());
        }
        Ok(delete)
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let mut data = self.signed_fields();
        if !self.token.is_empty() {
            data = data.object(TAG_TOKEN, &self.token);
        }
        Command::new(0x80, Self::INS, 0x00, self.p2()).with_data(data.finish()).with_expected(256)
    }

    /// What a delete token for [`to_command`](Self::to_command) signs [GPCS 2.3.1 §C.4.7]; for a command that came see
    /// [`super::token_data_of`].
    #[must_use]
    pub fn token_data(&self) -> Vec<u8> {
        super::token::token_data(0x00, self.p2(), &self.signed_fields().finish())
    }

    const fn p2(&self) -> u8 {
        if self.related { Self::RELATED } else { 0x00 }
    }

    fn signed_fields(&self) -> tlv::Writer {
        let mut fields = tlv::Writer::new();
        for target in &self.targets {
            fields = match target {
                DeleteTarget::Object(aid) => fields.object(TAG_AID, aid.as_bytes()),
                DeleteTarget::Key { key_index, key_version } => {
                    let fields = optional(fields, TAG_KEY_INDEX, *key_index);
                    optional(fields, TAG_KEY_VERSION, *key_version)
                }
            };
        }
        if self.reference.is_empty() {
            return fields;
        }
        fields.object(TAG_REFERENCE, &self.reference)
    }
}

fn optional(fields: tlv::Writer, tag: u32, value: Option<u8>) -> tlv::Writer {
    match value {
        Some(value) => fields.object(tag, &[value]),
        None => fields,
    }
}
