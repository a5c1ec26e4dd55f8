//! What a flow sees of the world: one method an effect, answers typed, failures turned into faults.

mod records;
mod subsystems;

use std::sync::Arc;

use iso7816::{Command, Response};
use token_management::{
    message::{ClientMessage, Extensions, Operation, ServerMessage, Status},
    subsystem::secret::Secret,
};

use crate::{
    config::Config,
    effect::{Answer, Claim, ClientFault, Effect},
    operation::Mailbox,
    outcome::Fault,
    users::LoginError,
};

/// Most parts of a response that is fetched with GET RESPONSE.
const RESPONSE_PARTS_MAX: usize = 8;

/// What the client asked for, and who it is.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Which operation.
    pub operation: Operation,
    /// What BEGIN_OP says besides.
    pub extensions: Extensions,
    /// Address of the client, for the records.
    pub client: String,
}

/// The surroundings of one operation.
pub(crate) struct Context {
    mailbox: Mailbox,
    pub(crate) config: Arc<Config>,
    pub(crate) begin: Begin,
}

fn wrong_answer() -> Fault {
    Fault::new(Status::Snac, "an effect was answered with what belongs to another")
}

impl Context {
    pub(crate) const fn new(mailbox: Mailbox, config: Arc<Config>, begin: Begin) -> Self {
        Self { mailbox, config, begin }
    }

    async fn exchange(&self, message: ServerMessage) -> Result<ClientMessage, Fault> {
        match self.mailbox.perform(Effect::Exchange(message)).await {
            Answer::Client(Ok(message)) => Ok(message),
            Answer::Client(Err(fault @ ClientFault::Gone)) => {
                Err(Fault::new(Status::ConnectionLost, fault.to_string()))
            }
            Answer::Client(Err(fault @ ClientFault::Malformed)) => {
                Err(Fault::new(Status::CannotPerformOperation, fault.to_string()))
            }
            _ => Err(wrong_answer()),
        }
    }

    /// Tells the client how far the operation is, where it wants to know.
    pub(crate) async fn progress(&self, percent: u32, task: &str) -> Result<(), Fault> {
        if !self.begin.extensions.status_update() {
            return Ok(());
        }
        let request = ServerMessage::StatusUpdateRequest {
            current_state: percent,
            next_task_name: task.into(),
        };
        match self.exchange(request).await? {
            ClientMessage::StatusUpdateResponse { current_state } if current_state == percent => {
                Ok(())
            }
            other => Err(out_of_order(&other)),
        }
    }

    /// Asks for user name and password, in the form that the client wishes.
    pub(crate) async fn ask_for_login(&self) -> Result<(String, Secret), Fault> {
        if self.begin.extensions.extended_login() {
            return crate::login::extended(self.exchange(crate::login::extended_request()).await?);
        }
        let request = ServerMessage::LoginRequest { invalid_password: false, blocked: false };
        match self.exchange(request).await? {
            ClientMessage::LoginResponse { screen_name, password } => Ok((screen_name, password)),
            other => Err(out_of_order(&other)),
        }
    }

    /// Asks for a new PIN.
    pub(crate) async fn ask_for_pin(&self, minimum: u8, maximum: u8) -> Result<Secret, Fault> {
        let request = ServerMessage::NewPinRequest {
            minimum_length: minimum.into(),
            maximum_length: maximum.into(),
        };
        match self.exchange(request).await? {
            ClientMessage::NewPinResponse { new_pin } => Ok(new_pin),
            other => Err(out_of_order(&other)),
        }
    }

    /// Sends a command to the card. Of the transport's own status words, 6Cxx repeats the command with the right Le, and 61xx
    /// fetches the rest [ISO 7816-3 §12.2].
    pub(crate) async fn transmit(&self, command: &Command) -> Result<Response, Fault> {
        let mut response = self.transmit_once(command).await?;
        if let Some(exact) = response.status.exact_le()
            && command.header.cla & 0x04 == 0
        {
            let again = command.clone().with_expected(if exact == 0 { 256 } else { exact.into() });
            response = self.transmit_once(&again).await?;
        }
        for _ in 0..RESPONSE_PARTS_MAX {
            let Some(available) = response.status.bytes_available() else { return Ok(response) };
            let rest = Command::new(0x00, 0xC0, 0x00, 0x00).with_expected(available.into());
            let part = self.transmit_once(&rest).await?;
            response.data.extend_from_slice(&part.data);
            response.status = part.status;
        }
        Err(Fault::new(Status::ReadBufferOverflow, "the card's answer does not end"))
    }

    async fn transmit_once(&self, command: &Command) -> Result<Response, Fault> {
        let pdu = command
            .to_bytes()
            .map_err(|e| Fault::new(Status::CannotPerformOperation, e.to_string()))?;
        match self.exchange(ServerMessage::TokenPduRequest { pdu }).await? {
            ClientMessage::TokenPduResponse { pdu } => Response::parse(&pdu).map_err(|_| {
                Fault::new(Status::CannotPerformOperation, "the card's answer has no status word")
            }),
            other => Err(out_of_order(&other)),
        }
    }

    /// Keeps other operations off.
    pub(crate) async fn claim(&self, claim: Claim) -> Result<(), Fault> {
        match self.mailbox.perform(Effect::Claim(claim)).await {
            Answer::Claimed(true) => Ok(()),
            Answer::Claimed(false) => Err(Fault::new(
                Status::CannotPerformOperation,
                "another operation on the same token or user goes on",
            )),
            _ => Err(wrong_answer()),
        }
    }

    /// Checks a password.
    pub(crate) async fn authenticate(&self, user: String, password: Secret) -> Result<(), Fault> {
        match self.mailbox.perform(Effect::Authenticate { user, password }).await {
            Answer::Login(Ok(())) => Ok(()),
            Answer::Login(Err(LoginError::Store(cause))) => Err(Fault::new(Status::Db, cause)),
            Answer::Login(Err(error)) => Err(Fault::new(Status::Login, error.to_string())),
            _ => Err(wrong_answer()),
        }
    }
}

/// The client sent a message that is not the answer to what it was asked.
pub(crate) fn out_of_order(message: &ClientMessage) -> Fault {
    Fault::new(
        Status::CannotPerformOperation,
        format!("the client sent {} out of order", message.message_type()),
    )
}
