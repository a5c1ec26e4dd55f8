//! A client: logs in, relays commands to the card, and sometimes misbehaves.

use token_management::{
    message::{ClientMessage, ServerMessage},
    subsystem::secret::Secret,
};
use tps::{driver::Client, effect::ClientFault};

use crate::card::Card;

pub(crate) const PASSWORD: &str = "Secret.123";

/// What a client does at one of its answers.
#[derive(Clone, Debug)]
pub(crate) enum Mischief {
    /// It is gone from then on.
    Vanishes,
    /// It sends what is no message.
    Babbles,
    /// The card answers this instead.
    CardAnswers(Vec<u8>),
    /// It sends this instead.
    Sends(ClientMessage),
}

/// A client with a card.
pub(crate) struct TestClient<'a> {
    pub(crate) card: &'a mut Card,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) pin: String,
    /// At which answer (from 0) it does what.
    pub(crate) mischief: Option<(usize, Mischief)>,
    /// How many answers it was asked for.
    pub(crate) asked: usize,
    /// Progress that it was told.
    pub(crate) progress: Vec<(u32, String)>,
    /// The last message.
    pub(crate) end: Option<ServerMessage>,
}

impl<'a> TestClient<'a> {
    pub(crate) fn new(card: &'a mut Card, user: &str) -> Self {
        Self {
            card,
            user: user.to_owned(),
            password: PASSWORD.to_owned(),
            pin: "1234".to_owned(),
            mischief: None,
            asked: 0,
            progress: Vec::new(),
            end: None,
        }
    }

    pub(crate) fn with_mischief(mut self, at: usize, mischief: Mischief) -> Self {
        self.mischief = Some((at, mischief));
        self
    }

    fn answer(&mut self, message: &ServerMessage) -> ClientMessage {
        let secret = |text: &str| Secret::new(text.as_bytes().to_vec());
        match message {
            ServerMessage::TokenPduRequest { pdu } => {
                ClientMessage::TokenPduResponse { pdu: self.card.transmit(pdu) }
            }
            ServerMessage::LoginRequest { .. } => ClientMessage::LoginResponse {
                screen_name: self.user.clone(),
                password: secret(&self.password),
            },
            ServerMessage::ExtendedLoginRequest { parameters, .. } => {
                let values = [secret(&self.user), secret(&self.password)];
                let names = parameters.iter().map(|parameter| parameter.id.clone());
                ClientMessage::ExtendedLoginResponse { parameters: names.zip(values).collect() }
            }
            ServerMessage::NewPinRequest { .. } => {
                ClientMessage::NewPinResponse { new_pin: secret(&self.pin) }
            }
            ServerMessage::StatusUpdateRequest { current_state, next_task_name } => {
                self.progress.push((*current_state, next_task_name.clone()));
                ClientMessage::StatusUpdateResponse { current_state: *current_state }
            }
            other => panic!("{:?} is not for this client", other.message_type()),
        }
    }
}

impl Client for TestClient<'_> {
    async fn exchange(&mut self, message: &ServerMessage) -> Result<ClientMessage, ClientFault> {
        let turn = self.asked;
        self.asked += 1;
        match &self.mischief {
            Some((at, Mischief::Vanishes)) if turn >= *at => Err(ClientFault::Gone),
            Some((at, Mischief::Babbles)) if turn == *at => Err(ClientFault::Malformed),
            Some((at, Mischief::Sends(other))) if turn == *at => Ok(other.clone()),
            Some((at, Mischief::CardAnswers(pdu)))
                if turn == *at && matches!(message, ServerMessage::TokenPduRequest { .. }) =>
            {
                Ok(ClientMessage::TokenPduResponse { pdu: pdu.clone() })
            }
            _ => Ok(self.answer(message)),
        }
    }

    async fn finish(&mut self, end: &ServerMessage) {
        self.end = Some(end.clone());
    }
}
