//! Runs a transcript again and compares.

use std::io::{self, BufRead, Read as _};

use card::Card;
use thiserror::Error;

use super::{Draws, Entry, LINE_LENGTH_MAX, Session, Step, VERSION};
use crate::trace::{CommandLine, Line, Sink};
use crate::{Log, Traced, VirtualCard};

/// Why a transcript cannot be replayed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It cannot be read.
    #[error("line {line}: {error}")]
    Unreadable {
        /// Number of the line, from 1.
        line: usize,
        /// Why.
        error: io::Error,
    },
    /// A line is none of a transcript.
    #[error("line {line} is none of a transcript: {reason}")]
    Malformed {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It was written by another version.
    #[error("the transcript has format {0}, this program reads {VERSION}")]
    OtherVersion(u32),
    /// The card is another one, or in another state.
    #[error(
        "the card is not in the state in which the session began: fingerprint {found}, not {expected}"
    )]
    OtherCard {
        /// The card's fingerprint.
        found: String,
        /// The transcript's.
        expected: String,
    },
    /// The card could not be made.
    #[error("the card cannot be made ready: {0}")]
    Card(String),
}

/// What replaying came to.
#[derive(Debug)]
pub struct Report {
    /// Commands that were sent.
    pub commands: u64,
    /// The first thing that was different; the replay stops there.
    pub difference: Option<Difference>,
    /// Whether the transcript has its end, and the card became the same.
    pub complete: bool,
}

/// Where a replay went another way.
#[derive(Debug)]
pub struct Difference {
    /// Line of the transcript.
    pub line: usize,
    /// What differs.
    pub what: &'static str,
    /// What the transcript has, hex.
    pub expected: String,
    /// What the card did, hex.
    pub found: String,
    /// The command in words, where it is one.
    pub command: Option<Box<CommandLine>>,
}

/// A transcript whose first line was read.
pub struct Opened<R> {
    lines: Lines<R>,
    session: Session,
}

impl<R: BufRead> Opened<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// `Unreadable`, `Malformed`, `OtherVersion`.
    pub fn read(source: R) -> Result<Self, ReplayError> {
        let mut lines = Lines { source, number: 0 };
        match lines.next()? {
            Some(Entry::Session(session)) if session.version == VERSION => {
                Ok(Self { lines, session })
            }
            Some(Entry::Session(session)) => Err(ReplayError::OtherVersion(session.version)),
            _ => Err(lines.malformed(&"the first line has to tell the session")),
        }
    }

    /// With which card the session began.
    pub const fn session(&self) -> &Session {
        &self.session
    }
}

/// Bounded lines of a transcript.
struct Lines<R> {
    source: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<Entry>, ReplayError> {
        self.number += 1;
        let unreadable = |line, error| ReplayError::Unreadable { line, error };
        let mut bytes = Vec::new();
        let limit = u64::try_from(LINE_LENGTH_MAX).unwrap_or(u64::MAX);
        self.source
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| unreadable(self.number, error))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.last() != Some(&b'\n') {
            // A run that was killed leaves its last line unfinished.
            let cut = bytes.len() < LINE_LENGTH_MAX;
            return if cut { Ok(None) } else { Err(self.malformed(&"it is too long")) };
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| self.malformed(&error))
    }

    fn malformed(&self, reason: &dyn ToString) -> ReplayError {
        ReplayError::Malformed { line: self.number, reason: reason.to_string() }
    }

    fn bytes(&self, digits: &str) -> Result<Vec<u8>, ReplayError> {
        hex::decode(digits).map_err(|error| self.malformed(&error))
    }
}

/// Keeps the last line, for the difference.
#[derive(Clone, Default)]
struct Last(std::sync::Arc<std::sync::Mutex<Option<Box<CommandLine>>>>);

impl Last {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Box<CommandLine>>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Sink for Last {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        *self.lock() = match line {
            Line::Command(command) => Some(command.clone()),
            _ => None,
        };
        Ok(())
    }
}

/// Runs a transcript with the card that `make` makes with the transcript's randomness; it has to be as it was when the session began.
///
/// # Errors
/// [`ReplayError`]; a card that answers something else is none.
pub fn replay<R: BufRead>(
    transcript: Opened<R>,
    make: impl FnOnce(Box<dyn card::Random>) -> Result<Card, String>,
) -> Result<Report, ReplayError> {
    let Opened { mut lines, session } = transcript;
    let draws = Draws::default();
    draws.give(&lines.bytes(&session.random)?);
    let card = make(draws.giving()).map_err(ReplayError::Card)?;
    let found = hex::encode(card.fingerprint());
    if found != session.fingerprint {
        return Err(ReplayError::OtherCard { found, expected: session.fingerprint });
    }
    let last = Last::default();
    let log = Log::default();
    let mut card = Traced::new(card, session.card, log).tearing_after(session.tear_after);
    card.trace_to(Box::new(last.clone()));
    let mut report = Report { commands: 0, difference: None, complete: false };
    let different = |line, what, (expected, found): (&str, String)| Difference {
        line,
        what,
        expected: expected.to_owned(),
        found,
        command: last.lock().take(),
    };
    while let Some(entry) = lines.next()? {
        match entry {
            Entry::Session(_) => return Err(lines.malformed(&"a session within a session")),
            Entry::Step(step) => {
                draws.give(&lines.bytes(step.random())?);
                report.commands += u64::from(matches!(step, Step::Command { .. }));
                let found = run(&mut card, &step, &lines)?;
                if !found.eq_ignore_ascii_case(step.answer()) {
                    let (expected, what) = (step.answer(), "the answer");
                    report.difference = Some(different(lines.number, what, (expected, found)));
                    return Ok(report);
                }
                if !draws.are_used_up() {
                    let pair = (step.random(), String::new());
                    report.difference =
                        Some(different(lines.number, "the random numbers that were drawn", pair));
                    return Ok(report);
                }
            }
            Entry::End { fingerprint } => {
                let found = hex::encode(card.card().fingerprint());
                report.complete = found.eq_ignore_ascii_case(&fingerprint);
                if !report.complete {
                    let pair = (fingerprint.as_str(), found);
                    report.difference =
                        Some(different(lines.number, "the state of the card at the end", pair));
                }
                return Ok(report);
            }
        }
    }
    Ok(report)
}

/// Does what a step says, and returns what the card answered, hex.
fn run<R: BufRead>(
    card: &mut Traced,
    step: &Step,
    lines: &Lines<R>,
) -> Result<String, ReplayError> {
    match step {
        Step::PowerOn { .. } => card.power_on(),
        Step::PowerOff { .. } => {
            card.power_off();
            return Ok(String::new());
        }
        Step::Reset { .. } => card.reset(),
        Step::Command { command, .. } => {
            return Ok(hex::encode(card.transmit(&lines.bytes(command)?)));
        }
    }
    Ok(hex::encode(card.atr()))
}
