//! The random numbers of a session: noted while it is recorded, given again while it is replayed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use card::Random;
use zeroize::Zeroize;

use super::RANDOM_LENGTH_MAX;

/// Random bytes on their way between a card and a transcript.
#[derive(Clone, Default)]
pub struct Draws(Arc<Mutex<Bytes>>);

#[derive(Default)]
struct Bytes {
    queue: VecDeque<u8>,
    /// More were drawn than a transcript holds, or than it has.
    overdrawn: bool,
}

impl Draws {
    fn lock(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Randomness for a card that is recorded: what `inner` gives is noted.
    #[must_use]
    pub fn noting(&self, inner: Box<dyn Random>) -> Box<dyn Random> {
        Box::new(Noting { inner, draws: self.clone() })
    }

    /// Randomness for a card that is replayed: what was [given](Self::give), in order; zeros when there is no more.
    #[must_use]
    pub fn giving(&self) -> Box<dyn Random> {
        Box::new(Giving(self.clone()))
    }

    /// The next bytes that the card draws.
    pub fn give(&self, bytes: &[u8]) {
        let mut held = self.lock();
        held.queue.clear();
        held.queue.extend(bytes);
        held.overdrawn = false;
    }

    /// Whether the card has drawn all that it was given, and no more.
    #[must_use]
    pub fn are_used_up(&self) -> bool {
        let held = self.lock();
        held.queue.is_empty() && !held.overdrawn
    }

    /// What was drawn since this was asked last; `None` when it was more than [`RANDOM_LENGTH_MAX`].
    #[must_use]
    pub fn take(&self) -> Option<Vec<u8>> {
        let mut held = self.lock();
        let bytes: Vec<u8> = held.queue.drain(..).collect();
        (!core::mem::take(&mut held.overdrawn)).then_some(bytes)
    }
}

struct Noting {
    inner: Box<dyn Random>,
    draws: Draws,
}

impl Random for Noting {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.inner.fill(bytes);
        let mut held = self.draws.lock();
        if held.queue.len() + bytes.len() > RANDOM_LENGTH_MAX {
            held.overdrawn = true;
        } else {
            held.queue.extend(&*bytes);
        }
    }
}

struct Giving(Draws);

impl Random for Giving {
    fn fill(&mut self, bytes: &mut [u8]) {
        let mut held = self.0.lock();
        bytes.zeroize();
        for byte in bytes {
            match held.queue.pop_front() {
                Some(next) => *byte = next,
                None => held.overdrawn = true,
            }
        }
    }
}
