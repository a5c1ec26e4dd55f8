//! Watching readers: cards that come and go, readers that are plugged in and out.

use std::ffi::CStr;
use std::time::{Duration, Instant};

use ::pcsc::{PNP_NOTIFICATION, ReaderState, State};
use iso7816::Atr;

use super::{Service, text, translate};
use crate::ReaderError;

/// Longest single wait in the service. A reader that appears between listing and waiting is seen after this time at the latest.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// What happened to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A reader was plugged in, or was there when watching began.
    ReaderAdded {
        /// The reader's name.
        reader: String,
    },
    /// A reader was plugged out.
    ReaderRemoved {
        /// The reader's name.
        reader: String,
    },
    /// A card was inserted, or was there when watching began.
    CardInserted {
        /// The reader's name.
        reader: String,
        /// The card's ATR; `None` for a card that does not answer to reset.
        atr: Option<Atr>,
    },
    /// The card was taken out.
    CardRemoved {
        /// The reader's name.
        reader: String,
    },
}

/// What is known of one reader's slot: whether a card is in it, and how many times that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Slot {
    present: bool,
    changes: u32,
}

struct Watched {
    reader: String,
    slot: Slot,
}

/// Reports changes of all readers. The first wait reports what is there.
pub struct Monitor {
    service: Service,
    // Invariant: states[0] is the plug-and-play pseudo reader; states[n + 1] belongs to watched[n].
    states: Vec<ReaderState>,
    watched: Vec<Watched>,
}

impl Monitor {
    pub(super) fn new(service: Service) -> Self {
        let states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        Self { service, states, watched: Vec::new() }
    }

    /// Waits for changes, `timeout` at most. An empty list says that nothing changed in that time.
    ///
    /// # Errors
    /// When the service stops or fails.
    pub fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, ReaderError> {
        let start = Instant::now();
        loop {
            let mut events = self.relist()?;
            let left = timeout.saturating_sub(start.elapsed());
            // What is known already is reported without waiting, together with the cards in new readers.
            let wait = if events.is_empty() { left.min(WAIT_MAX) } else { Duration::ZERO };
            self.wait_once(wait, &mut events)?;
            if !events.is_empty() || start.elapsed() >= timeout {
                return Ok(events);
            }
        }
    }

    /// Brings the watched readers in line with the service's list.
    fn relist(&mut self) -> Result<Vec<Event>, ReaderError> {
        let names = self.service.reader_names()?;
        let mut events = Vec::new();
        for n in (0..self.watched.len()).rev() {
            let gone = self
                .states
                .get(n + 1)
                .is_some_and(|state| !names.iter().any(|name| **name == *state.name()));
            if gone {
                self.states.remove(n + 1);
                let watched = self.watched.remove(n);
                if watched.slot.present {
                    events.push(Event::CardRemoved { reader: watched.reader.clone() });
                }
                events.push(Event::ReaderRemoved { reader: watched.reader });
            }
        }
        for name in names {
            if !self.knows(&name) {
                let reader = text(&name);
                self.states.push(ReaderState::new(name, State::UNAWARE));
                self.watched.push(Watched { reader: reader.clone(), slot: Slot::default() });
                events.push(Event::ReaderAdded { reader });
            }
        }
        Ok(events)
    }

    fn knows(&self, name: &CStr) -> bool {
        self.states.iter().any(|state| state.name() == name)
    }

    fn wait_once(&mut self, wait: Duration, events: &mut Vec<Event>) -> Result<(), ReaderError> {
        match self.service.context.get_status_change(wait, &mut self.states) {
            Ok(()) => {}
            // A reader that vanished since it was listed is noticed by the next listing.
            Err(::pcsc::Error::Timeout | ::pcsc::Error::UnknownReader) => return Ok(()),
            Err(error) => return Err(translate(error, "")),
        }
        for (state, watched) in self.states.iter().skip(1).zip(&mut self.watched) {
            let seen = Slot {
                present: state.event_state().contains(State::PRESENT),
                changes: state.event_count(),
            };
            let (removed, inserted) = transition(watched.slot, seen);
            if removed {
                events.push(Event::CardRemoved { reader: watched.reader.clone() });
            }
            if inserted {
                let atr = Atr::parse(state.atr()).ok();
                events.push(Event::CardInserted { reader: watched.reader.clone(), atr });
            }
            watched.slot = seen;
        }
        self.states.iter_mut().for_each(ReaderState::sync_current_state);
        Ok(())
    }
}

/// (a card was removed, a card was inserted). A card swapped between two looks shows only in the count of changes.
fn transition(before: Slot, after: Slot) -> (bool, bool) {
    let swapped = before.present && after.present && before.changes != after.changes;
    let removed = before.present && (!after.present || swapped);
    let inserted = after.present && (!before.present || swapped);
    (removed, inserted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(present: bool, changes: u32) -> Slot {
        Slot { present, changes }
    }

    #[test]
    fn a_swap_between_two_looks_is_a_removal_and_an_insertion() {
        assert_eq!(transition(slot(true, 1), slot(true, 3)), (true, true));
    }

    #[test]
    fn single_changes_and_no_change() {
        assert_eq!(transition(slot(false, 0), slot(true, 1)), (false, true));
        assert_eq!(transition(slot(true, 1), slot(false, 2)), (true, false));
        assert_eq!(transition(slot(true, 1), slot(true, 1)), (false, false));
        assert_eq!(transition(slot(false, 0), slot(false, 2)), (false, false));
    }
}
