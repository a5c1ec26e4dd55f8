//! The listening edge: a card that waits on a TCP port, for [`reader::tcp::TcpReader`] and whatever speaks its messages.
//!
//! One client at a time has the card; others wait until it hangs up, as at a reader with one slot. There is no authentication: whoever
//! reaches the port holds the card, so keep it on a loopback address.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::session::{self, End};
use crate::{Stop, VirtualCard};

/// Time between two looks for a client.
const ACCEPT_INTERVAL: Duration = Duration::from_millis(20);

/// What happened at the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A client powered the card, or asked for its ATR, for the first time.
    Inserted,
    /// The client is gone.
    Removed,
}

/// A port on which a card waits.
pub struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Port {
    /// Listens at `address` (`host:port`; port 0 takes any that is free).
    ///
    /// # Errors
    /// When the address is not ours or taken.
    pub fn bind(address: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `card` to one client after the other until `stop` is requested.
    ///
    /// # Errors
    /// When the port cannot accept any more.
    pub fn run(
        &self,
        card: &mut dyn VirtualCard,
        stop: &Stop,
        mut report: impl FnMut(Event),
    ) -> io::Result<()> {
        while let Some(stream) = self.accept(stop)? {
            let outcome = session::serve(stream, card, stop, &mut || report(Event::Inserted));
            if outcome.inserted {
                report(Event::Removed);
            }
            if let End::Failed(error) = outcome.end {
                tracing::warn!(address = %self.address, %error, "a client's connection failed");
            }
        }
        Ok(())
    }

    /// The next client; none when `stop` is requested.
    fn accept(&self, stop: &Stop) -> io::Result<Option<TcpStream>> {
        while !stop.is_requested() {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    return Ok(Some(stream));
                }
                Err(error) if is_passing(&error) => {
                    stop.sleep(ACCEPT_INTERVAL);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// Nobody is there, or the one who was has gone again.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::Interrupted | ErrorKind::ConnectionAborted
    )
}
