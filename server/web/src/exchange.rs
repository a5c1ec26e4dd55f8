//! The messages of one operation, over one request and its response.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use token_management::message::{
    ClientMessage, Deframer, ServerMessage, Violation, frame::Payload,
};
use tokio::sync::mpsc;

/// Why there is no message from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The connection ended.
    #[error("the client is gone")]
    Gone,
    /// It broke the rules.
    #[error(transparent)]
    Violation(#[from] Violation),
}

/// The client's end of an operation, over HTTP.
pub struct HttpClient {
    body: Incoming,
    deframer: Deframer,
    /// What came and is no whole message yet.
    received: Bytes,
    messages: mpsc::Sender<Bytes>,
}

impl HttpClient {
    pub(crate) fn new(
        body: Incoming,
        message_length: usize,
        messages: mpsc::Sender<Bytes>,
    ) -> Self {
        Self { body, deframer: Deframer::new(message_length), received: Bytes::new(), messages }
    }

    /// Sends a message, one chunk, and waits for the answer.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn exchange(
        &mut self,
        message: &ServerMessage,
    ) -> Result<ClientMessage, ExchangeError> {
        self.send(message).await?;
        self.receive().await
    }

    /// Sends a message, one chunk.
    ///
    /// # Errors
    /// [`ExchangeError::Gone`].
    pub async fn send(&mut self, message: &ServerMessage) -> Result<(), ExchangeError> {
        let bytes = Bytes::copy_from_slice(&message.encode());
        self.messages.send(bytes).await.map_err(|_| ExchangeError::Gone)
    }

    /// Waits for a message, however it is cut into chunks.
    ///
    /// # Errors
    /// [`ExchangeError`].
    pub async fn receive(&mut self) -> Result<ClientMessage, ExchangeError> {
        loop {
            if let Some(payload) = self.next_payload()? {
                return Ok(ClientMessage::decode(payload.as_bytes())?);
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.received = data;
                    }
                }
                Some(Err(_)) | None => return Err(ExchangeError::Gone),
            }
        }
    }

    fn next_payload(&mut self) -> Result<Option<Payload>, Violation> {
        let mut input: &[u8] = &self.received;
        let payload = self.deframer.next(&mut input)?;
        let rest = input.len();
        self.received = self.received.slice(self.received.len() - rest..);
        Ok(payload)
    }
}
