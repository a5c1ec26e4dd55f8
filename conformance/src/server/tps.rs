//! Token operations: one chunked POST whose two bodies run at the same time, a message a chunk.

mod course;
mod link;

use std::time::Duration;

use card::CardProfile;
use cardinal_emulator::InProcessReader;
use reader::CardReader;
use token_management::message::{ClientMessage, Dialect, Extensions, Operation, ServerMessage};
use token_management::subsystem::secret::Secret;

pub use self::{
    course::{After, Course, End},
    link::{Heard, Link},
};
use super::{Address, Tls, User};
use crate::session::Exchange;

/// Path of token operations when an address has none.
pub const DEFAULT_PATH: &str = "/tps/tps";
/// Most messages of one operation; a format with an applet of 20 KiB takes about 250.
pub const MESSAGES_MAX: usize = 5_000;
/// The PIN that tokens of the suite get: of digits, and longer than any minimum seen.
const NEW_PIN: &[u8] = b"4937206518";

/// A token processing system.
pub struct Tps {
    /// Where it is.
    pub address: Address,
    /// How it is reached.
    pub tls: Tls,
    /// Who operates tokens, where somebody is known.
    pub user: Option<User>,
    /// The kind of token that is asked for.
    pub token_type: String,
    /// How long it may be silent.
    pub patience: Duration,
    /// Serial number of the next card; every card is another one.
    pub next_serial: u32,
    /// What went to and fro, secrets left out.
    pub transcript: Vec<Exchange>,
}

/// What the client says to a message.
pub enum Reply {
    /// A message.
    Message(ClientMessage),
    /// These bytes, whatever they are, as one chunk.
    Bytes(Vec<u8>),
    /// Nothing any more: it ends the connection.
    HangUp,
}

/// What becomes of an honest reply before it is sent.
pub type Twist<'t> = dyn FnMut(&ServerMessage, ClientMessage) -> Reply + 't;

/// Sends every reply as it is.
#[must_use]
pub fn honest(_: &ServerMessage, reply: ClientMessage) -> Reply {
    Reply::Message(reply)
}

impl Tps {
    /// A fresh virtual card with the well-known keys, which no server has seen before.
    ///
    /// # Errors
    /// When the card cannot be made.
    pub fn card(&mut self) -> anyhow::Result<InProcessReader> {
        let serial = self.next_serial;
        self.next_serial = self.next_serial.wrapping_add(1);
        let mut card = InProcessReader::of(&CardProfile::default().with_serial(serial))?;
        card.connect()?;
        Ok(card)
    }

    /// The extensions that a usual client sends, with progress reports if wanted.
    #[must_use]
    pub fn extensions(&self, status_update: bool) -> Extensions {
        let extensions = Extensions::new()
            .with(Extensions::TOKEN_TYPE, &self.token_type)
            .with(Extensions::CLIENT_VERSION, "Cardinal conformance");
        if status_update { extensions.with(Extensions::STATUS_UPDATE, "true") } else { extensions }
    }

    /// Connects and sends the head of the POST.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn open(&mut self) -> anyhow::Result<Link> {
        Link::open(&self.address, &self.tls, self.patience)
    }

    /// Runs an operation with a card to its end.
    ///
    /// # Errors
    /// When the server cannot be reached, or the card behind the client fails.
    pub fn operate(
        &mut self,
        operation: Operation,
        extensions: Extensions,
        card: &mut dyn CardReader,
        twist: &mut Twist<'_>,
    ) -> anyhow::Result<Course> {
        let begin = ClientMessage::BeginOp { operation, extensions };
        self.operate_from(&begin.encode(Dialect::Esc), card, twist)
    }

    /// Runs an operation that begins with these bytes.
    ///
    /// # Errors
    /// As [`Tps::operate`].
    pub fn operate_from(
        &mut self,
        begin: &[u8],
        card: &mut dyn CardReader,
        twist: &mut Twist<'_>,
    ) -> anyhow::Result<Course> {
        let mut link = self.open()?;
        let mut course = Course::default();
        link.send(begin);
        for _ in 0..MESSAGES_MAX {
            let Some(message) = course.hear(link.hear()) else { break };
            let reply = self.reply(&message, card)?;
            let Some(reply) = reply else {
                course.after_end(&mut link, self.patience);
                break;
            };
            self.note(&message, &reply);
            match twist(&message, reply) {
                Reply::Message(reply) => link.send(&reply.encode(Dialect::Esc)),
                Reply::Bytes(bytes) => link.send(&bytes),
                Reply::HangUp => {
                    course.end = Some(End::HungUp);
                    break;
                }
            }
        }
        course.head = link.head().cloned();
        course.message_a_chunk = link.message_a_chunk;
        Ok(course)
    }

    /// What an honest client answers; nothing to END_OP.
    ///
    /// # Errors
    /// When the card behind the client fails.
    pub fn reply(
        &self,
        message: &ServerMessage,
        card: &mut dyn CardReader,
    ) -> anyhow::Result<Option<ClientMessage>> {
        let user = self.user.as_ref();
        let name = user.map(|user| user.name.clone()).unwrap_or_default();
        let password = user.map_or_else(|| Secret::new(Vec::new()), |user| user.password.clone());
        Ok(Some(match message {
            ServerMessage::EndOp { .. } => return Ok(None),
            ServerMessage::TokenPduRequest { pdu } => {
                ClientMessage::TokenPduResponse { pdu: card.transmit(pdu)? }
            }
            ServerMessage::LoginRequest { .. } => {
                ClientMessage::LoginResponse { screen_name: name, password }
            }
            ServerMessage::ExtendedLoginRequest { parameters, .. } => {
                let value = |kind: &str| {
                    if kind == "password" {
                        password.clone()
                    } else {
                        Secret::new(name.clone().into_bytes())
                    }
                };
                let parameters = parameters.iter().map(|one| (one.id.clone(), value(&one.kind)));
                ClientMessage::ExtendedLoginResponse { parameters: parameters.collect() }
            }
            ServerMessage::NewPinRequest { maximum_length, .. } => {
                let length =
                    usize::try_from(*maximum_length).unwrap_or(usize::MAX).min(NEW_PIN.len());
                let pin = NEW_PIN.iter().copied().take(length).collect();
                ClientMessage::NewPinResponse { new_pin: Secret::new(pin) }
            }
            ServerMessage::StatusUpdateRequest { current_state, .. } => {
                ClientMessage::StatusUpdateResponse { current_state: *current_state }
            }
            ServerMessage::SecurIdRequest { .. } => {
                ClientMessage::SecurIdResponse { pin: password.clone(), value: password }
            }
            ServerMessage::AsqRequest { .. } => ClientMessage::AsqResponse { answer: password },
        }))
    }

    /// Records a message and its answer; only what the card says is shown.
    fn note(&mut self, message: &ServerMessage, reply: &ClientMessage) {
        let (command, response) = match (message, reply) {
            (
                ServerMessage::TokenPduRequest { pdu },
                ClientMessage::TokenPduResponse { pdu: answer },
            ) => (hex::encode_upper(pdu), hex::encode_upper(answer)),
            _ => (message.message_type().to_string(), reply.message_type().to_string()),
        };
        if self.transcript.len() < crate::session::EXCHANGES_MAX {
            self.transcript.push(Exchange { command, response, opened: None });
        }
    }
}
