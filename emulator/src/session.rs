//! One connection to a card, from insertion to removal, in vpcd's message format.

use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use reader::tcp::{PAYLOAD_LENGTH_MAX, acknowledge_at_once};
use socket2::{SockRef, TcpKeepalive};
use vpicc::{Connection, VSmartCard};

use crate::{Stop, VirtualCard};

/// Status word of an answer that cannot be sent: no precise diagnosis [ISO 7816-4 §5.1.3].
const UNKNOWN: [u8; 2] = [0x6F, 0x00];

/// After this silence the system asks whether the peer still lives; a peer that vanished without a word is a removal.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(10);

/// Time between two such questions.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// Why a session ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer closed the connection.
    Closed,
    /// The connection failed, or the peer sent what is no message.
    Failed(io::Error),
}

/// What a session came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Whether the peer asked anything of the card at all.
    pub(crate) inserted: bool,
    /// Whether the card's power failed.
    pub(crate) power_failed: bool,
    /// Why it ended.
    pub(crate) end: End,
}

/// Serves `card` on `stream` until either side ends it. `inserted` is called when the peer's first message is answered.
pub(crate) fn serve(
    stream: TcpStream,
    card: &mut dyn VirtualCard,
    stop: &Stop,
    inserted: &mut dyn FnMut(),
) -> Outcome {
    let mut outcome = Outcome { inserted: false, power_failed: false, end: End::Closed };
    let served = exchange_messages(stream, card, stop, &mut || {
        outcome.inserted = true;
        inserted();
    });
    outcome.power_failed = card.is_mute();
    card.power_off();
    if let Err(error) = served {
        outcome.end = classify(error);
    }
    outcome
}

/// Returns only when the connection ends.
fn exchange_messages(
    stream: TcpStream,
    card: &mut dyn VirtualCard,
    stop: &Stop,
    inserted: &mut dyn FnMut(),
) -> io::Result<()> {
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_INTERVAL);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    stream.set_nodelay(true)?;
    let _guard = stop.guard(&stream)?;
    // vpicc keeps the stream to itself; this handle is the same socket.
    let socket = stream.try_clone()?;
    let mut connection = Connection::from(stream);
    let mut card = Plugged { card, socket: &socket };
    acknowledge_at_once(&socket)?;
    connection.poll(&mut card)?;
    inserted();
    loop {
        acknowledge_at_once(&socket)?;
        connection.poll(&mut card)?;
    }
}

fn classify(error: io::Error) -> End {
    match error.kind() {
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe => End::Closed,
        _ => End::Failed(error),
    }
}

/// A card as vpicc wants it.
struct Plugged<'a> {
    card: &'a mut dyn VirtualCard,
    socket: &'a TcpStream,
}

impl VSmartCard for Plugged<'_> {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn power_on(&mut self) {
        self.card.power_on();
    }

    fn power_off(&mut self) {
        self.card.power_off();
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    /// An empty answer would hang pcscd for good, one beyond 65,535 bytes would be cut: neither leaves this edge.
    fn execute(&mut self, command: &[u8]) -> Vec<u8> {
        let response = self.card.transmit(command);
        if self.card.is_mute() {
            // The card is gone before it has answered. That the peer hears nothing more is all that matters.
            let _ = self.socket.shutdown(Shutdown::Both);
        }
        if (UNKNOWN.len()..=PAYLOAD_LENGTH_MAX).contains(&response.len()) {
            response
        } else {
            tracing::error!(length = response.len(), "the card's answer fits no message");
            UNKNOWN.to_vec()
        }
    }
}
