//! Ending edges from another thread: a flag that wakes sleepers and closes sockets.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A request to stop. Clones share it.
#[derive(Clone, Default)]
pub struct Stop {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    requested: bool,
    // Sockets that somebody may block on, by the number of their guard.
    sockets: HashMap<u64, TcpStream>,
    next: u64,
}

impl Stop {
    /// A request that nobody made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request: sleeps end, guarded sockets are shut down.
    pub fn request(&self) {
        let mut state = self.state();
        state.requested = true;
        for socket in state.sockets.values() {
            // A socket whose peer is gone is shut down already.
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.shared.changed.notify_all();
    }

    /// Whether the request was made.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.state().requested
    }

    /// Sleeps for `duration`, or until the request is made. Returns whether it was.
    pub fn sleep(&self, duration: Duration) -> bool {
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.state(), duration, |state| !state.requested);
        waited.unwrap_or_else(PoisonError::into_inner).0.requested
    }

    /// Lets the request shut `socket` down, for as long as the guard lives.
    ///
    /// # Errors
    /// When the socket's handle cannot be duplicated.
    pub(crate) fn guard(&self, socket: &TcpStream) -> io::Result<SocketGuard> {
        let socket = socket.try_clone()?;
        let mut state = self.state();
        if state.requested {
            let _ = socket.shutdown(Shutdown::Both);
        }
        let number = state.next;
        state.next += 1;
        state.sockets.insert(number, socket);
        drop(state);
        Ok(SocketGuard { stop: self.clone(), number })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent after every statement, so a panic elsewhere cannot have broken it.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct SocketGuard {
    stop: Stop,
    number: u64,
}

impl Drop for SocketGuard {
    fn drop(&mut self) {
        self.stop.state().sockets.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_request_ends_a_sleep_and_a_read() {
        let stop = Stop::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut socket, _) = listener.accept().unwrap();
        let guard = stop.guard(&socket).unwrap();
        let sleeper = {
            let stop = stop.clone();
            std::thread::spawn(move || stop.sleep(Duration::from_hours(1)))
        };
        let blocked = std::thread::spawn(move || socket.read(&mut [0]).unwrap());
        stop.request();
        assert!(sleeper.join().unwrap());
        assert_eq!(blocked.join().unwrap(), 0, "the socket reads as closed");
        drop(guard);
        assert!(stop.state().sockets.is_empty());
    }

    #[test]
    fn a_socket_guarded_after_the_request_is_closed_at_once() {
        let stop = Stop::new();
        stop.request();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut socket, _) = listener.accept().unwrap();
        let _guard = stop.guard(&socket).unwrap();
        assert_eq!(socket.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn a_sleep_without_request_runs_its_time() {
        assert!(!Stop::new().sleep(Duration::from_millis(1)));
    }
}
