//! Runs an operation from its first message to its end.

use token_management::message::{ClientMessage, ServerMessage, Status};

use crate::{
    ClientError,
    conversation::{Conversation, OperationRequest, Parties, Step},
};

/// Carries messages between client and server. They take turns.
pub trait Channel {
    /// Sends a message and waits for the server's next one.
    ///
    /// # Errors
    /// When the server cannot be reached, vanishes, is silent or misbehaves.
    fn exchange(&mut self, message: &ClientMessage) -> Result<ServerMessage, ClientError>;

    /// The operation is over: nothing more is sent.
    fn finish(&mut self) {}
}

/// Runs an operation. The card is connected if it is not.
///
/// # Errors
/// [`ClientError`]; the card is left as it is then.
pub fn run(
    request: &OperationRequest,
    channel: &mut dyn Channel,
    parties: &mut Parties<'_>,
) -> Result<Status, ClientError> {
    let atr = parties.card.connect()?;
    let (mut conversation, mut message) = Conversation::begin(request, &atr);
    loop {
        tracing::debug!(message = %message.message_type(), "to the server");
        let answer = channel.exchange(&message)?;
        tracing::debug!(message = %answer.message_type(), "from the server");
        match conversation.handle(answer, parties)? {
            Step::Answer(next, answer) => (conversation, message) = (next, answer),
            Step::Done(status) => {
                channel.finish();
                return Ok(status);
            }
        }
    }
}
