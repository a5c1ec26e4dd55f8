//! One POST to TPS, message by message.

use std::time::Duration;

use token_management::message::{Deframer, ServerMessage, Violation};

use crate::server::{
    Address, Tls, connect,
    http::{Head, Http, HttpError},
};

/// Largest message that is read, in bytes after its size field: more than any client takes.
const MESSAGE_MAX: usize = 99_999;

/// What came from the server.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A message, with the bytes after its size field.
    Message(ServerMessage, Vec<u8>),
    /// A status other than 200.
    Refused(u16),
    /// The end of the response, or of the connection.
    Ended,
    /// Nothing for too long.
    Silent,
    /// Something else, in words.
    Nonsense(String),
}

/// The two bodies of the POST.
pub struct Link {
    http: Http,
    head: Option<Head>,
    deframer: Deframer,
    /// What came and is no whole message yet.
    received: Vec<u8>,
    /// Whether every chunk so far was one message.
    pub message_a_chunk: bool,
}

impl Link {
    /// Connects and sends the head.
    pub(super) fn open(address: &Address, tls: &Tls, patience: Duration) -> anyhow::Result<Self> {
        let mut http = Http::new(connect(address, tls, patience)?);
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n",
            address.path,
            address.authority()
        );
        http.send(head.as_bytes())?;
        Ok(Self {
            http,
            head: None,
            deframer: Deframer::new(MESSAGE_MAX),
            received: Vec::new(),
            message_a_chunk: true,
        })
    }

    /// Sends bytes as one chunk. That the server is gone is heard from what it says.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.http.send_chunk(bytes);
    }

    /// The head of the response, once it was there.
    #[must_use]
    pub const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Sets how long the server may be silent.
    pub fn set_patience(&mut self, patience: Duration) {
        let _ = self.http.set_patience(patience);
    }

    /// Waits for a message.
    pub fn hear(&mut self) -> Heard {
        if self.head.is_none() {
            match self.http.head() {
                Ok(head) if head.status == 200 => self.head = Some(head),
                Ok(head) => return Heard::Refused(head.status),
                Err(error) => return failed(error),
            }
        }
        loop {
            match self.next_message() {
                Ok(Some(heard)) => return heard,
                Ok(None) => {}
                Err(violation) => return Heard::Nonsense(violation.to_string()),
            }
            match self.http.chunk() {
                Ok(Some(chunk)) => {
                    // A second message in a chunk, or a part of one, and a strict client is lost.
                    self.message_a_chunk &= is_one_message(&chunk);
                    self.received = chunk;
                }
                Ok(None) => return Heard::Ended,
                Err(error) => return failed(error),
            }
        }
    }

    fn next_message(&mut self) -> Result<Option<Heard>, Violation> {
        let mut unread: &[u8] = &self.received;
        let payload = self.deframer.next(&mut unread)?;
        self.received = unread.to_vec();
        let Some(payload) = payload else { return Ok(None) };
        let message = ServerMessage::decode(payload.as_bytes())?;
        Ok(Some(Heard::Message(message, payload.as_bytes().to_vec())))
    }
}

fn is_one_message(chunk: &[u8]) -> bool {
    let mut rest = chunk;
    let whole = Deframer::new(MESSAGE_MAX).next(&mut rest).is_ok_and(|payload| payload.is_some());
    whole && rest.is_empty()
}

fn failed(error: HttpError) -> Heard {
    match error {
        HttpError::Closed => Heard::Ended,
        HttpError::Silent => Heard::Silent,
        other => Heard::Nonsense(other.to_string()),
    }
}
