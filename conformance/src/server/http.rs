//! HTTP/1.1 as far as judging a server takes: heads, chunks and bodies, read under bounds [RFC 9112 §6, §7.1].
//!
//! A library would put right what is to be judged, so the bytes are read here.

use std::{
    io::{self, Read as _, Write as _},
    time::Duration,
};

use super::stream::Stream;

/// Most bytes of a response's head.
pub const HEAD_MAX: usize = 32 * 1024;
/// Most bytes of a chunk.
pub const CHUNK_MAX: usize = 1 << 20;
/// Most bytes of a body.
pub const BODY_MAX: usize = 32 << 20;

/// Why there is nothing to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The server ended the connection.
    #[error("the connection ended")]
    Closed,
    /// The server said nothing for too long.
    #[error("the server is silent")]
    Silent,
    /// What came is no HTTP.
    #[error("no HTTP: {0}")]
    Malformed(&'static str),
    /// More came than is read.
    #[error("{0} is too long")]
    TooLong(&'static str),
}

impl From<io::Error> for HttpError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Silent,
            _ => Self::Closed,
        }
    }
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Names, in lower case, and values.
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// The first value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether the body comes in chunks.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        self.field("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }

    fn parse(bytes: &[u8]) -> Result<Self, HttpError> {
        let text = core::str::from_utf8(bytes)
            .map_err(|_| HttpError::Malformed("a head that is no text"))?;
        let mut lines = text.split("\r\n");
        let mut status = lines.next().unwrap_or_default().split(' ');
        let version = status.next().is_some_and(|version| version.starts_with("HTTP/1."));
        let code = status.next().and_then(|code| code.parse().ok()).filter(|_| version);
        let status = code.ok_or(HttpError::Malformed("another status line"))?;
        let fields = lines.filter(|line| !line.is_empty()).map(|line| {
            let (name, value) =
                line.split_once(':').ok_or(HttpError::Malformed("a field without a colon"))?;
            Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        Ok(Self { status, fields: fields.collect::<Result<_, HttpError>>()? })
    }
}

/// A connection on which one request is made.
pub struct Http {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
}

impl Http {
    /// Speaks HTTP over a connection.
    #[must_use]
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, received: Vec::new() }
    }

    /// Sets how long a read may take.
    ///
    /// # Errors
    /// [`HttpError::Closed`] when the socket refuses.
    pub fn set_patience(&mut self, patience: Duration) -> Result<(), HttpError> {
        Ok(self.stream.set_patience(patience)?)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// [`HttpError`] when they cannot be sent.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), HttpError> {
        self.stream.write_all(bytes)?;
        Ok(self.stream.flush()?)
    }

    /// Sends a chunk, in one piece.
    ///
    /// # Errors
    /// [`HttpError`] when it cannot be sent.
    pub fn send_chunk(&mut self, bytes: &[u8]) -> Result<(), HttpError> {
        let mut chunk = zeroize::Zeroizing::new(Vec::with_capacity(bytes.len() + 16));
        chunk.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.send(&chunk)
    }

    /// Reads a head.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn head(&mut self) -> Result<Head, HttpError> {
        let end = self.find(b"\r\n\r\n", HEAD_MAX, "the head")?;
        let head = self.take(end);
        let _ = self.take(4);
        Head::parse(&head)
    }

    /// Reads a chunk; nothing at the end of the body.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        let line = self.line()?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16)
            .map_err(|_| HttpError::Malformed("a chunk without size"))?;
        if size > CHUNK_MAX {
            return Err(HttpError::TooLong("a chunk"));
        }
        if size == 0 {
            while !self.line()?.is_empty() {}
            return Ok(None);
        }
        self.fill(size + 2)?;
        let chunk = self.take(size);
        if self.take(2) != b"\r\n" {
            return Err(HttpError::Malformed("a chunk of another size than it says"));
        }
        Ok(Some(chunk))
    }

    /// Reads a whole body.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn body(&mut self, head: &Head) -> Result<Vec<u8>, HttpError> {
        if head.is_chunked() {
            let mut body = Vec::new();
            while let Some(chunk) = self.chunk()? {
                if body.len() + chunk.len() > BODY_MAX {
                    return Err(HttpError::TooLong("the body"));
                }
                body.extend(chunk);
            }
            return Ok(body);
        }
        match head.field("content-length").map(str::parse::<usize>) {
            Some(Ok(length)) if length <= BODY_MAX => {
                self.fill(length)?;
                Ok(self.take(length))
            }
            Some(Ok(_)) => Err(HttpError::TooLong("the body")),
            Some(Err(_)) => Err(HttpError::Malformed("another Content-Length")),
            None => self.rest(),
        }
    }

    /// Everything until the connection ends.
    fn rest(&mut self) -> Result<Vec<u8>, HttpError> {
        loop {
            match self.more() {
                Ok(()) if self.received.len() <= BODY_MAX => {}
                Ok(()) => return Err(HttpError::TooLong("the body")),
                Err(HttpError::Closed) => return Ok(core::mem::take(&mut self.received)),
                Err(error) => return Err(error),
            }
        }
    }

    fn line(&mut self) -> Result<String, HttpError> {
        let end = self.find(b"\r\n", HEAD_MAX, "a line")?;
        let line = self.take(end);
        let _ = self.take(2);
        String::from_utf8(line).map_err(|_| HttpError::Malformed("a line that is no text"))
    }

    /// Reads until `wanted` is there, and says where.
    fn find(&mut self, wanted: &[u8], most: usize, what: &'static str) -> Result<usize, HttpError> {
        loop {
            let at = self.received.windows(wanted.len()).position(|window| window == wanted);
            match at {
                Some(at) => return Ok(at),
                None if self.received.len() > most => return Err(HttpError::TooLong(what)),
                None => self.more()?,
            }
        }
    }

    fn fill(&mut self, length: usize) -> Result<(), HttpError> {
        while self.received.len() < length {
            self.more()?;
        }
        Ok(())
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        self.received.drain(..length.min(self.received.len())).collect()
    }

    fn more(&mut self) -> Result<(), HttpError> {
        let mut buffer = [0; 8 * 1024];
        let count = self.stream.read(&mut buffer)?;
        if count == 0 {
            return Err(HttpError::Closed);
        }
        self.received.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(())
    }
}
