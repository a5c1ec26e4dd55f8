//! What happens inside the card, for whoever watches: events of one command, collected until they are taken.
//!
//! [`Card::watch`](crate::Card::watch) turns it on. It costs one look at a flag per event while it is off. Events hold plain commands
//! and responses, PINs and keys among them: whoever shows them must know what to hide (`globalplatform::describe` does).

mod watched;

use std::collections::BTreeMap;

use globalplatform::scp::SecurityLevel;
use iso7816::{Aid, Command, Response, StatusWord};

pub(crate) use self::watched::{Watched, watched};
use crate::{card::Card, channel::Selected, nvm::Owner};

/// Most events that one command may leave; what comes after them is counted only.
pub const EVENTS_MAX: usize = 1024;

/// Something that happened during a command, in the order of events.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A command came out of a secure channel.
    Unwrapped {
        /// The plain command.
        command: Command,
        /// The level of the session.
        level: SecurityLevel,
    },
    /// A response went into a secure channel.
    Wrapped {
        /// The plain response.
        response: Response,
    },
    /// An applet was called.
    Called(Call),
}

/// A call of an applet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The instance.
    pub instance: Aid,
    /// What was called.
    pub entry: EntryPoint,
    /// What it answered; none from a method that does not answer.
    pub status: Option<StatusWord>,
    /// Why the virtual machine ended it, in words: an exception that nobody caught, or a stop.
    pub failure: Option<String>,
    /// What ran in the virtual machine; none for applets in ROM.
    pub machine: Option<MachineRun>,
}

/// What the virtual machine did in a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineRun {
    /// Fuel that was used: one for each bytecode, more for natives that move many bytes.
    pub bytecodes: u64,
    /// Transactions that were committed.
    pub committed: u64,
    /// Transactions that were aborted.
    pub aborted: u64,
}

/// The methods of an applet that the card calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPoint {
    /// `install`.
    Install,
    /// `select`, and `process` of the SELECT command.
    Select,
    /// `process`.
    Process,
    /// `processData`: STORE DATA from its security domain.
    ProcessData,
    /// `deselect`.
    Deselect,
    /// `uninstall`.
    Uninstall,
}

impl EntryPoint {
    /// The name of the method.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Select => "select",
            Self::Process => "process",
            Self::ProcessData => "processData",
            Self::Deselect => "deselect",
            Self::Uninstall => "uninstall",
        }
    }
}

/// Who wrote: an owner of records, or a commit with the mark that ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writer {
    /// Records of this owner, or stores of its applet.
    Owner(Owner),
    /// The mark at the end of a commit.
    Commit,
}

/// What was seen since it was taken last.
#[derive(Default)]
pub struct Seen {
    /// Events in their order.
    pub events: Vec<Event>,
    /// Events beyond [`EVENTS_MAX`].
    pub dropped: usize,
    /// Writes to persistent memory by who did them.
    pub writes: BTreeMap<Writer, u64>,
}

/// What is selected on a logical channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// A security domain.
    Domain(Aid),
    /// An application.
    Application(Aid),
    /// Nothing: the application refused.
    Nothing,
}

impl Card {
    /// What is selected on each logical channel; `None` where it is closed.
    #[must_use]
    pub fn selections(&self) -> Vec<Option<Selection>> {
        let selection = |selected| match selected {
            Selected::Domain(domain) => Selection::Domain(self.registry.aid_of(domain)),
            Selected::Application(aid) => Selection::Application(aid),
            Selected::Nothing => Selection::Nothing,
        };
        let channels = self.channels.iter();
        channels.map(|open| open.as_ref().map(|open| selection(open.selected))).collect()
    }
}

/// The watcher's notebook. It travels with the write log, which everything that acts in the card has at hand.
#[derive(Default)]
pub(crate) struct Trace(Option<Box<Seen>>);

impl Trace {
    pub(crate) fn watch(&mut self, on: bool) {
        self.0 = on.then(Box::default);
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Notes an event; `event` is made only if somebody watches.
    pub(crate) fn note(&mut self, event: impl FnOnce() -> Event) {
        let Some(seen) = &mut self.0 else { return };
        if seen.events.len() < EVENTS_MAX {
            seen.events.push(event());
        } else {
            seen.dropped += 1;
        }
    }

    pub(crate) fn wrote(&mut self, writer: Writer, count: u64) {
        if let Some(seen) = &mut self.0
            && count > 0
        {
            *seen.writes.entry(writer).or_default() += count;
        }
    }

    pub(crate) fn take(&mut self) -> Seen {
        self.0.as_deref_mut().map(core::mem::take).unwrap_or_default()
    }
}
