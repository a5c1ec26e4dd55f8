//! Framing: `s=<decimal>&`, then as many bytes as the number says.

use zeroize::Zeroizing;

use super::Violation;

/// Largest message that is accepted unless configured otherwise, in bytes after the size field (Dogtag's default).
pub const MESSAGE_SIZE_MAX: usize = 9999;
/// Largest whole message, in bytes, that tpsclient and ESC can take.
pub const CLIENT_MESSAGE_SIZE_MAX: usize = 4095;

/// Takes messages out of a stream of bytes, however it is cut. It holds at most one message of bounded size.
///
/// After a [`Violation`] the stream has no meaning any more; every further call gives the same violation.
#[derive(Debug)]
pub struct Deframer {
    limit: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Before `s`.
    AwaitingStart,
    /// Before `=`.
    AwaitingEquals,
    /// In the digits of the size.
    AwaitingSize { size: usize, digits: u32 },
    /// In the payload, of which so much is still to come.
    AwaitingPayload { payload: Payload, missing: usize },
    /// The other side broke the rules.
    Failed(Violation),
}

/// What follows the size field of one message. It may hold a password, so it is wiped on drop and has no `Debug` of its contents.
pub struct Payload(Zeroizing<Vec<u8>>);

impl Payload {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl core::fmt::Debug for Payload {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

impl Default for Deframer {
    fn default() -> Self {
        Self::new(MESSAGE_SIZE_MAX)
    }
}

impl Deframer {
    /// A deframer that accepts messages of up to `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { limit, state: State::AwaitingStart }
    }

    /// Whether no message has begun: the stream may end here.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.state, State::AwaitingStart)
    }

    /// Consumes bytes from the front of `input` until a message is complete; `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`Violation`] when the bytes are no messages or a message is too large.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Payload>, Violation> {
        loop {
            let state = core::mem::replace(&mut self.state, State::AwaitingStart);
            if let State::AwaitingPayload { mut payload, mut missing } = state {
                let (taken, rest) = input.split_at(missing.min(input.len()));
                payload.0.extend_from_slice(taken);
                missing -= taken.len();
                *input = rest;
                if missing == 0 {
                    return Ok(Some(payload));
                }
                self.state = State::AwaitingPayload { payload, missing };
                return Ok(None);
            }
            if let State::Failed(violation) = state {
                return self.fail(violation);
            }
            let Some((byte, rest)) = input.split_first() else {
                self.state = state;
                return Ok(None);
            };
            *input = rest;
            match self.header(state, *byte) {
                Ok(state) => self.state = state,
                Err(violation) => return self.fail(violation),
            }
        }
    }

    fn fail(&mut self, violation: Violation) -> Result<Option<Payload>, Violation> {
        self.state = State::Failed(violation);
        Err(violation)
    }

    /// One byte of `s=<decimal>&`.
    fn header(&self, state: State, byte: u8) -> Result<State, Violation> {
        let too_large = Violation::MessageTooLarge { limit: self.limit };
        match (state, byte) {
            (State::AwaitingStart, b's') => Ok(State::AwaitingEquals),
            (State::AwaitingEquals, b'=') => Ok(State::AwaitingSize { size: 0, digits: 0 }),
            (State::AwaitingSize { size, digits }, b'0'..=b'9') => {
                // No more digits than the limit has, so that zeros cannot go on for ever.
                if digits > self.limit.checked_ilog10().unwrap_or(0) {
                    return Err(too_large);
                }
                let size = size.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
                if size > self.limit {
                    return Err(too_large);
                }
                Ok(State::AwaitingSize { size, digits: digits + 1 })
            }
            (State::AwaitingSize { size, digits: 1.. }, b'&') => Ok(State::AwaitingPayload {
                payload: Payload(Zeroizing::new(Vec::with_capacity(size))),
                missing: size,
            }),
            (State::AwaitingSize { .. }, found) => Err(Violation::BadSize { found }),
            (_, found) => Err(Violation::BadStart { found }),
        }
    }
}

/// A payload with its size field before it.
#[must_use]
pub fn frame(payload: &[u8]) -> Zeroizing<Vec<u8>> {
    let size = format!("s={}&", payload.len());
    let mut bytes = Zeroizing::new(Vec::with_capacity(size.len() + payload.len()));
    bytes.extend_from_slice(size.as_bytes());
    bytes.extend_from_slice(payload);
    bytes
}
