//! What TPS says.

use zeroize::Zeroizing;

use super::{
    MessageType, Operation, OperationResult, Sender, Status, Violation, encoding,
    fields::{Fields, Writer},
};

/// Most parameters that EXTENDED_LOGIN_REQUEST may ask for.
pub const LOGIN_PARAMETERS_MAX: usize = 16;

/// One thing that the user is asked for at an extended login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginParameter {
    /// Identifier, which is the field's name in the answer: `UID`, `PASSWORD`.
    pub id: String,
    /// Label.
    pub name: String,
    /// Description.
    pub description: String,
    /// Kind of input: `string`, `integer`, `password`.
    pub kind: String,
    /// Choices, separated by commas; usually empty.
    pub option: String,
}

/// A message from TPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// Asks for user name and password.
    LoginRequest {
        /// The last password was wrong.
        invalid_password: bool,
        /// The user is blocked.
        blocked: bool,
    },
    /// Asks for what a SecurID device shows; no TPS sends it today.
    SecurIdRequest {
        /// Whether the PIN is needed too.
        pin_required: bool,
        /// Whether it is the next value that is needed.
        next_value: bool,
    },
    /// Asks a question; no TPS sends it today.
    AsqRequest {
        /// The question.
        question: String,
    },
    /// A command for the card.
    TokenPduRequest {
        /// Bytes of the command APDU.
        pdu: Vec<u8>,
    },
    /// Asks for a new PIN.
    NewPinRequest {
        /// Fewest characters.
        minimum_length: u32,
        /// Most characters.
        maximum_length: u32,
    },
    /// Ends the operation.
    EndOp {
        /// The operation that was begun.
        operation: Operation,
        /// Whether it was done.
        result: OperationResult,
        /// Why not.
        status: Status,
    },
    /// Says how far the operation is.
    StatusUpdateRequest {
        /// Per cent.
        current_state: u32,
        /// What comes next.
        next_task_name: String,
    },
    /// Asks for what the authentication needs.
    ExtendedLoginRequest {
        /// The last password was wrong.
        invalid_password: bool,
        /// The user is blocked.
        blocked: bool,
        /// Title of the dialogue.
        title: String,
        /// Text of the dialogue.
        description: String,
        /// What is asked for.
        parameters: Vec<LoginParameter>,
    },
}

impl ServerMessage {
    /// Which message this is.
    #[must_use]
    pub const fn message_type(&self) -> MessageType {
        match self {
            Self::LoginRequest { .. } => MessageType::LoginRequest,
            Self::SecurIdRequest { .. } => MessageType::SecurIdRequest,
            Self::AsqRequest { .. } => MessageType::AsqRequest,
            Self::TokenPduRequest { .. } => MessageType::TokenPduRequest,
            Self::NewPinRequest { .. } => MessageType::NewPinRequest,
            Self::EndOp { .. } => MessageType::EndOp,
            Self::StatusUpdateRequest { .. } => MessageType::StatusUpdateRequest,
            Self::ExtendedLoginRequest { .. } => MessageType::ExtendedLoginRequest,
        }
    }

    /// The framed message, `msg_type` first and the rest in the order that clients know.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let writer = Writer::new(self.message_type(), 0);
        let writer = match self {
            Self::LoginRequest { invalid_password, blocked } => {
                writer.flag("invalid_pw", *invalid_password).flag("blocked", *blocked)
            }
            Self::SecurIdRequest { pin_required, next_value } => {
                writer.flag("pin_required", *pin_required).flag("next_value", *next_value)
            }
            Self::AsqRequest { question } => {
                writer.field("question", |to| encoding::append_form(to, question))
            }
            Self::TokenPduRequest { pdu } => {
                writer.pdu_size(pdu).field("pdu_data", |to| encoding::append_bytes(to, pdu))
            }
            Self::NewPinRequest { minimum_length, maximum_length } => writer
                .number("minimum_length", *minimum_length)
                .number("maximum_length", *maximum_length),
            Self::EndOp { operation, result, status } => writer
                .number("operation", operation.number())
                .number("result", *result as u32)
                .number("message", status.code()),
            Self::StatusUpdateRequest { current_state, next_task_name } => writer
                .number("current_state", *current_state)
                .field("next_task_name", |to| encoding::append_form(to, next_task_name)),
            Self::ExtendedLoginRequest {
                invalid_password,
                blocked,
                title,
                description,
                parameters,
            } => {
                let writer = writer
                    .flag("invalid_pw", *invalid_password)
                    .flag("blocked", *blocked)
                    .field("title", |to| encoding::append_form(to, title))
                    .field("description", |to| encoding::append_form(to, description));
                parameters.iter().enumerate().fold(writer, |writer, (number, parameter)| {
                    writer.field(&format!("required_parameter{number}"), |to| parameter.append(to))
                })
            }
        };
        writer.finish()
    }

    /// Reads what follows the size field of a message.
    ///
    /// # Errors
    /// [`Violation`], which names what the server did wrong.
    pub fn decode(payload: &[u8]) -> Result<Self, Violation> {
        let fields = Fields::parse(payload)?;
        match fields.message {
            MessageType::LoginRequest => Ok(Self::LoginRequest {
                invalid_password: fields.flag("invalid_pw")?,
                blocked: fields.flag("blocked")?,
            }),
            MessageType::SecurIdRequest => Ok(Self::SecurIdRequest {
                pin_required: fields.flag("pin_required")?,
                next_value: fields.flag("next_value")?,
            }),
            MessageType::AsqRequest => Ok(Self::AsqRequest { question: fields.text("question")? }),
            MessageType::TokenPduRequest => {
                Ok(Self::TokenPduRequest { pdu: core::mem::take(&mut *fields.pdu()?) })
            }
            MessageType::NewPinRequest => Ok(Self::NewPinRequest {
                minimum_length: fields.number("minimum_length")?,
                maximum_length: fields.number("maximum_length")?,
            }),
            MessageType::EndOp => end_op(&fields),
            MessageType::StatusUpdateRequest => Ok(Self::StatusUpdateRequest {
                current_state: fields.number("current_state")?,
                next_task_name: fields.text("next_task_name")?,
            }),
            MessageType::ExtendedLoginRequest => extended_login_request(&fields),
            other => {
                debug_assert_ne!(other.sender(), Sender::Server);
                Err(Violation::WrongDirection(other))
            }
        }
    }
}

fn end_op(fields: &Fields<'_>) -> Result<ServerMessage, Violation> {
    let number = fields.number("operation")?;
    Ok(ServerMessage::EndOp {
        operation: Operation::from_number(number).ok_or(Violation::UnknownOperation(number))?,
        result: OperationResult::from_number(fields.number("result")?),
        status: Status::from_code(fields.number("message")?),
    })
}

fn extended_login_request(fields: &Fields<'_>) -> Result<ServerMessage, Violation> {
    let parameters = (0..LOGIN_PARAMETERS_MAX)
        .map_while(|number| fields.raw(&format!("required_parameter{number}")))
        .map(LoginParameter::decode)
        .collect();
    Ok(ServerMessage::ExtendedLoginRequest {
        invalid_password: fields.flag("invalid_pw")?,
        blocked: fields.flag("blocked")?,
        title: fields.text("title")?,
        description: fields.text("description")?,
        parameters,
    })
}

impl LoginParameter {
    fn append(&self, to: &mut Vec<u8>) {
        let Self { id, name, description, kind, option } = self;
        let list = format!("id={id}&name={name}&desc={description}&type={kind}&option={option}");
        encoding::append_form(to, &list);
    }

    /// Leniently: what is missing is empty.
    fn decode(field: &[u8]) -> Self {
        let list = String::from_utf8_lossy(&encoding::decode(field)).into_owned();
        let value = |wanted: &str| {
            list.split('&')
                .filter_map(|item| item.split_once('='))
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value.to_owned())
                .unwrap_or_default()
        };
        Self {
            id: value("id"),
            name: value("name"),
            description: value("desc"),
            kind: value("type"),
            option: value("option"),
        }
    }
}
