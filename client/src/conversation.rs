//! One token operation, as the client sees it: a state machine over messages.
//!
//! [`Conversation::begin`] gives the first message; [`Conversation::handle`] consumes the conversation and a server message, and
//! gives it back with the answer, or says how the operation ended. Who carries the messages is not its business.

use iso7816::{Atr, Header, Response};
use reader::{CardReader, ReaderError};
use token_management::{
    message::{
        ClientMessage, Extensions, LoginParameter, Operation, OperationResult, ServerMessage,
        Status,
    },
    subsystem::secret::Secret,
};

use crate::{ClientError, Credentials, Progress, credentials::check_new_pin};

/// Most messages that a server may send in one operation; a format needs about 200.
pub const MESSAGES_MAX: u32 = 10_000;
/// Most times that one operation asks for a login.
pub const LOGINS_MAX: u32 = 3;
/// What the client calls itself.
pub const CLIENT_VERSION: &str = concat!("Cardinal ", env!("CARGO_PKG_VERSION"));

/// What the user wants.
#[derive(Clone, Debug)]
pub struct OperationRequest {
    /// Which operation.
    pub operation: Operation,
    /// The kind of token, by which the server chooses a profile.
    pub token_type: Option<String>,
    /// The card's key set, where it is known.
    pub key_set: Option<String>,
    /// Whether the server may ask for more than user name and password.
    pub extended_login: bool,
}

impl OperationRequest {
    /// A request without wishes.
    #[must_use]
    pub const fn new(operation: Operation) -> Self {
        Self { operation, token_type: None, key_set: None, extended_login: true }
    }

    /// The extensions, in the order that ESC sends them.
    fn extensions(&self, atr: &Atr) -> Extensions {
        let atr = hex::encode_upper(atr.as_bytes());
        let mut extensions = Extensions::new();
        if let Some(token_type) = &self.token_type {
            extensions = extensions.with(Extensions::TOKEN_TYPE, token_type);
        }
        extensions = extensions
            .with(Extensions::CLIENT_VERSION, CLIENT_VERSION)
            .with(Extensions::TOKEN_ATR, atr)
            .with(Extensions::STATUS_UPDATE, "true");
        if self.extended_login {
            extensions = extensions.with(Extensions::EXTENDED_LOGIN, "true");
        }
        if let Some(key_set) = &self.key_set {
            extensions = extensions.with(Extensions::KEY_SET, key_set);
        }
        extensions
    }
}

/// Those who take part in an operation besides the server.
pub struct Parties<'a> {
    /// The card.
    pub card: &'a mut dyn CardReader,
    /// The user.
    pub credentials: &'a mut dyn Credentials,
    /// The display.
    pub progress: &'a mut dyn Progress,
}

/// What comes after a server message.
#[derive(Debug)]
pub enum Step {
    /// Send this, then wait for the next message.
    Answer(Conversation, ClientMessage),
    /// The operation is done.
    Done(Status),
}

/// An operation that has begun.
#[derive(Debug)]
pub struct Conversation {
    operation: Operation,
    messages: u32,
    logins: u32,
}

impl Conversation {
    /// Begins an operation with the card that has this ATR.
    #[must_use]
    pub fn begin(request: &OperationRequest, atr: &Atr) -> (Self, ClientMessage) {
        let operation = request.operation;
        let message = ClientMessage::BeginOp { operation, extensions: request.extensions(atr) };
        (Self { operation, messages: 0, logins: 0 }, message)
    }

    /// Takes a server message and finds the answer.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the server ends the operation with an error; others when card, user or server fail. The
    /// connection is then to be dropped, for there is no message by which a client could say so.
    pub fn handle(
        mut self,
        message: ServerMessage,
        parties: &mut Parties<'_>,
    ) -> Result<Step, ClientError> {
        self.messages += 1;
        if self.messages > MESSAGES_MAX {
            return Err(ClientError::ServerMisled("too many messages"));
        }
        let answer = match message {
            ServerMessage::EndOp { result, status, .. } => return self.end(result, status),
            ServerMessage::TokenPduRequest { pdu } => {
                ClientMessage::TokenPduResponse { pdu: transmit(parties.card, &pdu)? }
            }
            ServerMessage::StatusUpdateRequest { current_state, next_task_name } => {
                parties.progress.update(current_state, &next_task_name);
                ClientMessage::StatusUpdateResponse { current_state }
            }
            ServerMessage::LoginRequest { invalid_password, .. } => {
                self.count_login(invalid_password, parties)?;
                ClientMessage::LoginResponse {
                    screen_name: parties.credentials.user()?,
                    password: parties.credentials.password()?,
                }
            }
            ServerMessage::ExtendedLoginRequest { invalid_password, parameters, .. } => {
                self.count_login(invalid_password, parties)?;
                extended_login(parties.credentials, &parameters)?
            }
            ServerMessage::NewPinRequest { minimum_length, maximum_length } => {
                if minimum_length > maximum_length {
                    return Err(ClientError::ServerMisled("a PIN of impossible length"));
                }
                parties.progress.suspend();
                let new_pin = parties.credentials.new_pin(minimum_length, maximum_length)?;
                check_new_pin(&new_pin, minimum_length, maximum_length)?;
                ClientMessage::NewPinResponse { new_pin }
            }
            ServerMessage::SecurIdRequest { pin_required, next_value } => {
                parties.progress.suspend();
                secur_id(parties.credentials, pin_required, next_value)?
            }
            ServerMessage::AsqRequest { question } => {
                parties.progress.suspend();
                let answer = parties.credentials.other(&parameter("ANSWER", &question))?;
                ClientMessage::AsqResponse { answer }
            }
        };
        Ok(Step::Answer(self, answer))
    }

    fn end(self, result: OperationResult, status: Status) -> Result<Step, ClientError> {
        match result {
            OperationResult::Good => Ok(Step::Done(status)),
            OperationResult::Error => {
                Err(ClientError::Refused { operation: self.operation, status })
            }
        }
    }

    fn count_login(&mut self, invalid: bool, parties: &mut Parties<'_>) -> Result<(), ClientError> {
        self.logins += 1;
        if self.logins > LOGINS_MAX {
            return Err(ClientError::Credentials(format!("no login after {LOGINS_MAX} tries")));
        }
        parties.progress.suspend();
        if invalid || self.logins > 1 { parties.credentials.rejected() } else { Ok(()) }
    }
}

/// Sends a command to the card as it is; only GET RESPONSE is added where the card wants it, for no server sends it
/// [ISO 7816-4 §5.3.4].
fn transmit(card: &mut dyn CardReader, pdu: &[u8]) -> Result<Vec<u8>, ClientError> {
    let response = Response::parse(&card.transmit(pdu)?).map_err(ReaderError::Malformed)?;
    let &[cla, ins, p1, p2, ..] = pdu else { return Ok(response.to_bytes()) };
    Ok(card.rest_of(Header::new(cla, ins, p1, p2), response)?.to_bytes())
}

/// Answers under the names that the server gave, in its order.
fn extended_login(
    credentials: &mut dyn Credentials,
    parameters: &[LoginParameter],
) -> Result<ClientMessage, ClientError> {
    let answers = parameters.iter().map(|parameter| {
        let answer = match parameter.id.as_str() {
            "UID" => Secret::new(credentials.user()?.into_bytes()),
            "PASSWORD" => credentials.password()?,
            _ => credentials.other(parameter)?,
        };
        Ok((parameter.id.clone(), answer))
    });
    let parameters = answers.collect::<Result<Vec<_>, ClientError>>()?;
    if parameters.is_empty() {
        return Err(ClientError::ServerMisled("a login that asks for nothing"));
    }
    Ok(ClientMessage::ExtendedLoginResponse { parameters })
}

fn secur_id(
    credentials: &mut dyn Credentials,
    pin_required: bool,
    next_value: bool,
) -> Result<ClientMessage, ClientError> {
    let shown = if next_value { "next SecurID value" } else { "SecurID value" };
    let value = credentials.other(&parameter("VALUE", shown))?;
    let pin = if pin_required {
        credentials.other(&parameter("PIN", "SecurID PIN"))?
    } else {
        Secret::new(Vec::new())
    };
    Ok(ClientMessage::SecurIdResponse { pin, value })
}

/// A question that did not come as a parameter of an extended login.
fn parameter(id: &str, name: &str) -> LoginParameter {
    LoginParameter {
        id: id.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        kind: "password".to_owned(),
        option: String::new(),
    }
}
