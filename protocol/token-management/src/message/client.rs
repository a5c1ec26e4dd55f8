//! What the client says.

use zeroize::Zeroizing;

use super::{
    Extensions, MessageType, Operation, Sender, Violation, encoding,
    fields::{Fields, Writer, text},
};
use crate::subsystem::secret::Secret;

/// How a client writes its messages; a server reads both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The Enterprise Security Client: values escaped, `pdu_size` before `pdu_data`.
    Esc,
    /// tpsclient: most values raw, `pdu_data` before `pdu_size`.
    TpsClient,
}

/// A message from the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Begins an operation; always the first message.
    BeginOp {
        /// Which operation.
        operation: Operation,
        /// Wishes and facts.
        extensions: Extensions,
    },
    /// Answers LOGIN_REQUEST.
    LoginResponse {
        /// The user's name.
        screen_name: String,
        /// The user's password.
        password: Secret,
    },
    /// Answers SECUREID_REQUEST.
    SecurIdResponse {
        /// The PIN.
        pin: Secret,
        /// The value that the user's device shows.
        value: Secret,
    },
    /// Answers ASQ_REQUEST.
    AsqResponse {
        /// The answer.
        answer: Secret,
    },
    /// Answers TOKEN_PDU_REQUEST: what the card said, status word included.
    TokenPduResponse {
        /// Bytes of the response APDU.
        pdu: Vec<u8>,
    },
    /// Answers NEW_PIN_REQUEST.
    NewPinResponse {
        /// The new PIN.
        new_pin: Secret,
    },
    /// Answers STATUS_UPDATE_REQUEST.
    StatusUpdateResponse {
        /// The same state.
        current_state: u32,
    },
    /// Answers EXTENDED_LOGIN_REQUEST.
    ExtendedLoginResponse {
        /// Identifiers of the parameters, and what the user entered.
        parameters: Vec<(String, Secret)>,
    },
}

impl ClientMessage {
    /// Which message this is.
    #[must_use]
    pub const fn message_type(&self) -> MessageType {
        match self {
            Self::BeginOp { .. } => MessageType::BeginOp,
            Self::LoginResponse { .. } => MessageType::LoginResponse,
            Self::SecurIdResponse { .. } => MessageType::SecurIdResponse,
            Self::AsqResponse { .. } => MessageType::AsqResponse,
            Self::TokenPduResponse { .. } => MessageType::TokenPduResponse,
            Self::NewPinResponse { .. } => MessageType::NewPinResponse,
            Self::StatusUpdateResponse { .. } => MessageType::StatusUpdateResponse,
            Self::ExtendedLoginResponse { .. } => MessageType::ExtendedLoginResponse,
        }
    }

    /// The framed message.
    ///
    /// A new PIN goes raw in both dialects, as no server unescapes it: one with `&` or `=` must be refused before.
    #[must_use]
    pub fn encode(&self, dialect: Dialect) -> Zeroizing<Vec<u8>> {
        let value = |to: &mut Vec<u8>, bytes: &[u8]| match dialect {
            Dialect::Esc => encoding::append_esc(to, bytes),
            Dialect::TpsClient => to.extend_from_slice(bytes),
        };
        let writer = Writer::new(self.message_type(), self.secret_length());
        let writer = match self {
            Self::BeginOp { operation, extensions } => writer
                .number("operation", operation.number())
                .field("extensions", |to| extensions.append(to, dialect)),
            Self::LoginResponse { screen_name, password } => writer
                .field("screen_name", |to| value(to, screen_name.as_bytes()))
                .field("password", |to| value(to, password.expose())),
            Self::SecurIdResponse { pin, value: shown } => {
                let pin = |to: &mut Vec<u8>| value(to, pin.expose());
                let shown = |to: &mut Vec<u8>| value(to, shown.expose());
                match dialect {
                    Dialect::Esc => writer.field("pin", pin).field("value", shown),
                    Dialect::TpsClient => writer.field("value", shown).field("pin", pin),
                }
            }
            Self::AsqResponse { answer } => writer.field("answer", |to| value(to, answer.expose())),
            Self::TokenPduResponse { pdu } => {
                let data = |to: &mut Vec<u8>| encoding::append_esc(to, pdu);
                match dialect {
                    Dialect::Esc => writer.pdu_size(pdu).field("pdu_data", data),
                    Dialect::TpsClient => writer.field("pdu_data", data).pdu_size(pdu),
                }
            }
            Self::NewPinResponse { new_pin } => {
                writer.field("new_pin", |to| to.extend_from_slice(new_pin.expose()))
            }
            Self::StatusUpdateResponse { current_state } => {
                writer.number("current_state", *current_state)
            }
            Self::ExtendedLoginResponse { parameters } => {
                parameters.iter().fold(writer, |writer, (name, entered)| {
                    // The server made up the names: one with `&` in it must not become two fields.
                    let mut escaped = Vec::new();
                    encoding::append_form(&mut escaped, name);
                    let escaped = String::from_utf8_lossy(&escaped);
                    writer.field(&escaped, |to| value(to, entered.expose()))
                })
            }
        };
        writer.finish()
    }

    /// Bytes of the secrets in this message and of the names beside them.
    fn secret_length(&self) -> usize {
        match self {
            Self::LoginResponse { screen_name, password } => {
                screen_name.len() + password.expose().len()
            }
            Self::SecurIdResponse { pin, value } => pin.expose().len() + value.expose().len(),
            Self::AsqResponse { answer } => answer.expose().len(),
            Self::TokenPduResponse { pdu } => pdu.len(),
            Self::NewPinResponse { new_pin } => new_pin.expose().len(),
            Self::ExtendedLoginResponse { parameters } => {
                parameters.iter().map(|(name, value)| name.len() + value.expose().len() + 2).sum()
            }
            Self::BeginOp { .. } | Self::StatusUpdateResponse { .. } => 0,
        }
    }

    /// Reads what follows the size field of a message.
    ///
    /// # Errors
    /// [`Violation`], which names what the client did wrong.
    pub fn decode(payload: &[u8]) -> Result<Self, Violation> {
        let fields = Fields::parse(payload)?;
        match fields.message {
            MessageType::BeginOp => begin_op(&fields),
            MessageType::LoginResponse => Ok(Self::LoginResponse {
                screen_name: fields.text("screen_name")?,
                password: fields.secret("password")?,
            }),
            MessageType::SecurIdResponse => Ok(Self::SecurIdResponse {
                pin: fields.secret("pin")?,
                value: fields.secret("value")?,
            }),
            MessageType::AsqResponse => asq_response(&fields),
            MessageType::TokenPduResponse => {
                Ok(Self::TokenPduResponse { pdu: core::mem::take(&mut *fields.pdu()?) })
            }
            MessageType::NewPinResponse => Ok(Self::NewPinResponse {
                new_pin: Secret::new(fields.required("new_pin")?.to_vec()),
            }),
            MessageType::StatusUpdateResponse => {
                Ok(Self::StatusUpdateResponse { current_state: fields.number("current_state")? })
            }
            MessageType::ExtendedLoginResponse => extended_login_response(&fields),
            other => {
                debug_assert_ne!(other.sender(), Sender::Client);
                Err(Violation::WrongDirection(other))
            }
        }
    }
}

fn begin_op(fields: &Fields<'_>) -> Result<ClientMessage, Violation> {
    let number = fields.number("operation")?;
    let operation = Operation::from_number(number).ok_or(Violation::UnknownOperation(number))?;
    let extensions = fields.raw("extensions").map(Extensions::decode).unwrap_or_default();
    Ok(ClientMessage::BeginOp { operation, extensions })
}

/// The Java classes call the field `question`.
fn asq_response(fields: &Fields<'_>) -> Result<ClientMessage, Violation> {
    let answer = fields
        .secret("answer")
        .or_else(|missing| fields.secret("question").map_err(|_| missing))?;
    Ok(ClientMessage::AsqResponse { answer })
}

fn extended_login_response(fields: &Fields<'_>) -> Result<ClientMessage, Violation> {
    let mut parameters: Vec<(String, Secret)> = Vec::new();
    for (name, value) in fields.others() {
        let name = text("required parameter", &encoding::decode(name))?;
        // Two names may differ in their escapes only.
        if parameters.iter().any(|(other, _)| *other == name) {
            return Err(Violation::DuplicateField);
        }
        parameters.push((name, encoding::decode(value).into()));
    }
    Ok(ClientMessage::ExtendedLoginResponse { parameters })
}
