//! The TCP edge: a card that listens on a socket.
//!
//! # Messages
//! The card listens, the reader connects; one connection is one insertion, and its end a removal. Both directions carry messages of
//! two bytes of length (big endian, of what follows) and a payload of at most 65,535 bytes. It is the format of vsmartcard's vpcd with
//! the calling direction reversed, so that any card program for `vpcd` in its reversed mode can be driven.
//!
//! | reader to card | payload | card to reader |
//! |---|---|---|
//! | power off | `00` | nothing |
//! | power on | `01` | nothing |
//! | reset | `02` | nothing |
//! | ask for the ATR | `04` | the ATR, 1 to 33 bytes |
//! | command | two bytes or more | the response, two bytes or more |
//!
//! The card never speaks first. The control bytes are in [`Control`].

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use iso7816::Atr;
use socket2::SockRef;

use crate::{CardReader, ReaderError};

/// Longest payload of a message, in bytes: its length is coded in 16 bits.
pub const PAYLOAD_LENGTH_MAX: usize = 65_535;

/// Bytes before the payload: its length.
const PREFIX_LENGTH: usize = 2;
/// Times that signals may interrupt one attempt to connect.
const INTERRUPTIONS_MAX: usize = 100;

/// A payload of one byte that is not a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Control {
    /// Take power from the card.
    PowerOff = 0x00,
    /// Give power to the card.
    PowerOn = 0x01,
    /// Warm reset.
    Reset = 0x02,
    /// Send the ATR.
    Atr = 0x04,
}

/// How long the edge waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection to the card.
    pub connect: Duration,
    /// For one exchange. A card that makes an RSA key takes seconds.
    pub exchange: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), exchange: Duration::from_mins(1) }
    }
}

/// A card that listens on TCP, seen as a reader.
pub struct TcpReader {
    address: String,
    timeouts: Timeouts,
    link: Option<Link>,
}

impl TcpReader {
    /// A reader for the card at `address` (`host:port`). Nothing is connected before [`CardReader::connect`].
    #[must_use]
    pub fn new(address: impl Into<String>, timeouts: Timeouts) -> Self {
        Self { address: address.into(), timeouts, link: None }
    }

    /// One exchange with the connected card. After a failure the link is forgotten, for its messages may be out of step.
    fn with_link<T>(
        &mut self,
        exchange: impl FnOnce(&mut Link) -> Result<T, ReaderError>,
    ) -> Result<T, ReaderError> {
        let mut link = self.link.take().ok_or_else(|| ReaderError::NoCard(self.address.clone()))?;
        let answer = exchange(&mut link)?;
        self.link = Some(link);
        Ok(answer)
    }
}

impl CardReader for TcpReader {
    fn name(&self) -> &str {
        &self.address
    }

    fn connect(&mut self) -> Result<Atr, ReaderError> {
        if self.link.is_none() {
            self.link = Some(Link::open(&self.address, self.timeouts)?);
        }
        self.with_link(|link| Ok(link.atr.clone()))
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.with_link(|link| link.transmit(command))
    }

    fn reset(&mut self) -> Result<Atr, ReaderError> {
        if self.link.is_none() {
            return self.connect();
        }
        self.with_link(|link| link.start(Control::Reset))
    }

    fn disconnect(&mut self) -> Result<(), ReaderError> {
        let Some(mut link) = self.link.take() else { return Ok(()) };
        link.send(&[Control::PowerOff as u8])
    }
}

/// An open connection to a powered card.
struct Link {
    stream: TcpStream,
    atr: Atr,
    timeout: Duration,
    buffer: Vec<u8>,
}

impl Link {
    fn open(address: &str, timeouts: Timeouts) -> Result<Self, ReaderError> {
        let stream = dial(address, timeouts.connect)
            .map_err(|error| ReaderError::Transport(format!("no card at {address}: {error}")))?;
        stream
            .set_nodelay(true)
            .and_then(|()| stream.set_write_timeout(Some(timeouts.exchange)))
            .map_err(failure)?;
        let mut link = Self {
            stream,
            atr: Atr::parse(&[0x3B, 0x00]).map_err(ReaderError::Malformed)?,
            timeout: timeouts.exchange,
            buffer: vec![0; PREFIX_LENGTH + PAYLOAD_LENGTH_MAX],
        };
        link.start(Control::PowerOn)?;
        Ok(link)
    }

    /// Powers or resets the card and reads its ATR.
    fn start(&mut self, control: Control) -> Result<Atr, ReaderError> {
        self.send(&[control as u8])?;
        self.send(&[Control::Atr as u8])?;
        self.atr = Atr::parse(self.receive()?).map_err(ReaderError::Malformed)?;
        Ok(self.atr.clone())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        // One byte would be taken for a control code.
        if command.len() < 2 {
            return Err(ReaderError::Transport("a command has four bytes at least".into()));
        }
        self.send(command)?;
        let response = self.receive()?;
        if response.len() < 2 {
            return Err(ReaderError::Transport("the card answered without a status word".into()));
        }
        Ok(response.to_vec())
    }

    fn send(&mut self, payload: &[u8]) -> Result<(), ReaderError> {
        let length = u16::try_from(payload.len()).map_err(|_| {
            ReaderError::Transport(format!("a command of {} bytes is too long", payload.len()))
        })?;
        // One write, one segment: two would wait for the peer's delayed ACK.
        let message = [&length.to_be_bytes()[..], payload].concat();
        self.stream.write_all(&message).map_err(|error| self.blame(&error))
    }

    /// The payload of one message, within the time of an exchange, however slowly its bytes come.
    fn receive(&mut self) -> Result<&[u8], ReaderError> {
        let start = Instant::now();
        let mut filled = 0;
        let mut total = PREFIX_LENGTH;
        while filled < total {
            let left = self.timeout.saturating_sub(start.elapsed());
            let read = self.read_some(filled, left).map_err(|error| self.blame(&error))?;
            filled += read;
            if let Some([high, low]) = self.buffer.get(..filled).and_then(|b| b.first_chunk()) {
                total = PREFIX_LENGTH + usize::from(u16::from_be_bytes([*high, *low]));
            }
        }
        if filled > total {
            return Err(ReaderError::Transport("the card spoke without being asked".into()));
        }
        Ok(self.buffer.get(PREFIX_LENGTH..total).unwrap_or_default())
    }

    fn read_some(&mut self, filled: usize, left: Duration) -> io::Result<usize> {
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        acknowledge_at_once(&self.stream)?;
        let room = self.buffer.get_mut(filled..).unwrap_or_default();
        match self.stream.read(room) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => Ok(read),
            // A signal to this process came in between; the caller asks again and keeps the time.
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn blame(&self, error: &io::Error) -> ReaderError {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                ReaderError::Timeout(u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX))
            }
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => ReaderError::CardRemoved,
            _ => ReaderError::Transport(error.to_string()),
        }
    }
}

/// Makes the kernel acknowledge what it receives at once, until it forgets it: the option must be set before every read.
///
/// A peer that writes a message in two pieces with Nagle's algorithm on (Debian's vpcd does) otherwise waits some 40 ms for a delayed
/// acknowledgement between the two. No-op where the system has no such option.
///
/// # Errors
/// When the socket is no longer usable.
pub fn acknowledge_at_once(stream: &TcpStream) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    SockRef::from(stream).set_tcp_quickack(true)?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = SockRef::from(stream);
    Ok(())
}

/// Tries all addresses of a name, each for `timeout`.
/// Connects to the first address of `host:port` that answers within `timeout`.
///
/// # Errors
/// Why the last address did not answer, or that there is none.
pub fn dial(address: &str, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for resolved in address.to_socket_addrs()? {
        // A signal to this process may interrupt an attempt; that says nothing of the peer.
        let again = |error: &io::Error| error.kind() == ErrorKind::Interrupted;
        let mut tried = TcpStream::connect_timeout(&resolved, timeout);
        for _ in 0..INTERRUPTIONS_MAX {
            if !tried.as_ref().is_err_and(again) {
                break;
            }
            tried = TcpStream::connect_timeout(&resolved, timeout);
        }
        match tried {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
fn failure(error: io::Error) -> ReaderError {
    ReaderError::Transport(error.to_string())
}
