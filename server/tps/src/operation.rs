//! One token operation as a state machine: answers in, effects out.
//!
//! The states are written by the compiler: an operation is a future whose only await points are its own effects. It holds
//! no socket, clock, database or source of randomness, so that the same answers always lead to the same effects, and a run can
//! be replayed from its transcript.

use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context as TaskContext, Poll, Waker},
};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    effect::{Answer, Effect},
    outcome::Outcome,
};

/// What an operation wants next.
#[allow(clippy::large_enum_variant)] // one at a time, consumed at once
pub enum Step {
    /// Perform the effect and hand its answer to [`Operation::resume`].
    Perform(Effect, Operation),
    /// Send the end of the operation; there is nothing else to do.
    Done(Outcome),
}

/// An operation that waits for the answer to its last effect.
pub struct Operation {
    future: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    mailbox: Mailbox,
}

impl Operation {
    /// Starts an operation; `body` performs its effects through the mailbox that it is given, and awaits nothing else.
    pub fn start<F>(body: impl FnOnce(Mailbox) -> F) -> Step
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mailbox = Mailbox::default();
        Self { future: Box::pin(body(mailbox.clone())), mailbox }.advance()
    }

    /// Goes on with the answer to the effect that was yielded with this operation.
    #[must_use]
    pub fn resume(self, answer: Answer) -> Step {
        self.mailbox.put(Letter::Answer(answer));
        self.advance()
    }

    fn advance(mut self) -> Step {
        let mut context = TaskContext::from_waker(Waker::noop());
        match self.future.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => Step::Done(outcome),
            Poll::Pending => match self.mailbox.take_effect() {
                Some(effect) => Step::Perform(effect, self),
                // An await point that is not an effect: a mistake of this crate, and the only safe thing is to stop.
                None => Step::Done(Outcome::stuck()),
            },
        }
    }
}

enum Letter {
    Effect(Effect),
    Answer(Answer),
}

/// Where an operation leaves its effects and finds their answers.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<Option<Letter>>>);

impl Mailbox {
    /// Yields the effect and waits for its answer.
    pub async fn perform(&self, effect: Effect) -> Answer {
        self.put(Letter::Effect(effect));
        poll_fn(|_| self.take_answer().map_or(Poll::Pending, Poll::Ready)).await
    }

    fn put(&self, letter: Letter) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(letter);
    }

    fn take_answer(&self) -> Option<Answer> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match slot.take() {
            Some(Letter::Answer(answer)) => Some(answer),
            other => {
                *slot = other;
                None
            }
        }
    }

    fn take_effect(&self) -> Option<Effect> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match slot.take() {
            Some(Letter::Effect(effect)) => Some(effect),
            other => {
                *slot = other;
                None
            }
        }
    }
}
