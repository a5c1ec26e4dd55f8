//! Bounds of the edge.

use std::time::Duration;

/// Most bytes of a request's head.
pub const HEAD_LENGTH_MAX: usize = 16 * 1024;

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// Largest message, in bytes after its size field.
    pub message_length: usize,
    /// Time for a TLS handshake, and for the head of a request.
    pub head: Duration,
    /// Time for BEGIN_OP.
    pub begin: Duration,
    /// Life of a connection; one in use then gets as much again to finish what it is at.
    pub connection: Duration,
    /// Time that running operations get when the server stops.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            message_length: token_management::message::MESSAGE_SIZE_MAX,
            head: Duration::from_secs(10),
            begin: Duration::from_secs(30),
            connection: Duration::from_mins(15),
            shutdown: Duration::from_secs(30),
        }
    }
}
