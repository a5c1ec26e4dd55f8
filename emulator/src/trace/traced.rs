//! A card with somebody who watches, and with a power supply that may fail.

use std::time::Instant;

use card::Card;
use card::trace::{Call, Event, Seen, Selection, Writer};
use globalplatform::SecurityLevel;
use globalplatform::describe::security_level_names;
use iso7816::{Command, Response};

use super::line::{
    AppletCall, CommandLine, Exchange, Line, PowerEvent, PowerLine, SelectedLine, StartLine,
    WriteLine, WriterLine,
};
use super::naming::{Named, masked, reply, target};
use super::{FORMAT_VERSION, Log, Sink};
use crate::VirtualCard;

/// A card whose commands are traced, and whose power can be made to fail after a certain write.
pub struct Traced {
    card: Card,
    name: String,
    log: Log,
    sinks: Vec<Box<dyn Sink>>,
    /// Commands so far.
    number: u64,
    /// Writes of the card before the run; those of the run are counted from here.
    base: u64,
    /// The write of the run after which the power fails.
    tear_after: Option<u64>,
    /// It has failed.
    torn: bool,
    /// The power failed, and nobody has switched it on again.
    mute: bool,
}

/// What the card was like before a command, or a change of power.
struct Before {
    selections: Vec<Option<Selection>>,
    writes: u64,
}

impl Traced {
    /// Logs the commands to `card` under `name`.
    pub fn new(card: Card, name: impl Into<String>, log: Log) -> Self {
        let base = card.writes();
        let (sinks, name) = (Vec::new(), name.into());
        let (number, tear_after, torn, mute) = (0, None, false, false);
        Self { card, name, log, sinks, number, base, tear_after, torn, mute }
    }

    /// Lets the power fail after this write of the run, 1 being the first.
    #[must_use]
    pub const fn tearing_after(mut self, write: Option<u64>) -> Self {
        self.tear_after = write;
        self
    }

    /// Traces to `sink`, too.
    pub fn trace_to(&mut self, sink: Box<dyn Sink>) {
        self.card.watch(true);
        self.sinks.push(sink);
        let (version, writes) = (FORMAT_VERSION, self.writes());
        let (card, atr) = (self.name.clone(), hex::encode_upper(self.card.atr()));
        self.tell(&Line::Start(StartLine { version, card, atr, writes }));
    }

    /// The card.
    #[must_use]
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The write after which the power fails.
    #[must_use]
    pub const fn tear_after(&self) -> Option<u64> {
        self.tear_after
    }

    /// Writes of the run so far.
    fn writes(&self) -> u64 {
        self.card.writes().saturating_sub(self.base)
    }

    /// A sink that cannot be written to is of no use any more; the card goes on.
    fn tell(&mut self, line: &Line) {
        self.sinks.retain_mut(|sink| match sink.line(line) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "the trace ends: it could not be written");
                false
            }
        });
    }

    fn before(&self) -> Before {
        let selections = if self.sinks.is_empty() { Vec::new() } else { self.card.selections() };
        Before { selections, writes: self.writes() }
    }

    /// Every power-up forgets a tear that did not come about; what it wrote itself may have been the write that was meant.
    fn arm(&mut self) {
        if let Some(at) = self.tear_after.filter(|_| !self.torn) {
            self.card.tear_after(at.saturating_sub(self.writes()).max(1));
        }
    }

    fn power(&mut self, event: PowerEvent, change: impl FnOnce(&mut Card)) {
        let before = self.before();
        change(&mut self.card);
        self.mute = false;
        if event != PowerEvent::Off {
            self.arm();
        }
        tracing::debug!(card = self.name, "power {event:?}");
        if self.sinks.is_empty() {
            return;
        }
        let seen = self.card.seen();
        let selected = match event {
            PowerEvent::Off => Vec::new(),
            _ => selected(&[], &self.card.selections()),
        };
        let calls = calls(&seen);
        let writes = self.written(before.writes, &seen);
        let card = self.name.clone();
        self.tell(&Line::Power(PowerLine { card, event, selected, calls, writes }));
    }

    /// The writes since `before`.
    fn written(&self, before: u64, seen: &Seen) -> Option<WriteLine> {
        let last = self.writes();
        let count = last.checked_sub(before).filter(|count| *count > 0)?;
        let by = seen.writes.iter().map(|(writer, count)| WriterLine {
            owner: match writer {
                Writer::Owner(owner) => owner.to_string(),
                Writer::Commit => "commit".to_owned(),
            },
            count: *count,
        });
        Some(WriteLine { count, first: before + 1, last, by: by.collect() })
    }

    fn line(&mut self, before: &Before, command: &[u8], response: &[u8]) -> Line {
        let seen = self.card.seen();
        let parsed = Command::parse(command).ok();
        let channel = parsed.as_ref().map_or(0, |command| command.header.channel());
        let receiver = before.selections.get(usize::from(channel)).copied().flatten();
        let mut after = self.card.selections();
        if self.mute {
            after.clone_from(&before.selections);
        }
        let opened = Opened::of(&seen);
        Line::Command(Box::new(CommandLine {
            card: self.name.clone(),
            number: self.number,
            channel,
            receiver: target(receiver),
            wire: opened.wire(parsed.as_ref(), receiver, command, response),
            plain: opened.plain(receiver),
            security_level: opened.level.map(security_level_names),
            selected: selected(&before.selections, &after),
            calls: calls(&seen),
            dropped: seen.dropped,
            writes: self.written(before.writes, &seen),
            power_failed_after: self.mute.then(|| self.writes()),
        }))
    }
}

/// What came out of the secure channel, and what went into it.
struct Opened<'a> {
    command: Option<&'a Command>,
    level: Option<SecurityLevel>,
    response: Option<&'a Response>,
}

impl<'a> Opened<'a> {
    fn of(seen: &'a Seen) -> Self {
        let mut opened = Self { command: None, level: None, response: None };
        for event in &seen.events {
            match event {
                Event::Unwrapped { command, level } => {
                    (opened.command, opened.level) = (Some(command), Some(*level));
                }
                Event::Wrapped { response } => opened.response = Some(response),
                _ => {}
            }
        }
        opened
    }

    /// The command as it came. What is secret of the plain one is so here, too, unless it is encrypted.
    fn wire(
        &self,
        parsed: Option<&Command>,
        receiver: Option<Selection>,
        command: &[u8],
        response: &[u8],
    ) -> Exchange {
        let mut named = parsed.map(|command| Named::of(command, receiver));
        let length = parsed.map_or(0, |command| command.data.len());
        if let (Some(named), Some(command), Some(plain)) = (&mut named, parsed, self.command) {
            let encrypted =
                self.level.is_some_and(|level| level.contains(SecurityLevel::C_DECRYPTION));
            let secrets = Named::of(plain, receiver).secrets;
            match secrets.as_slice() {
                _ if encrypted => named.secrets.clear(),
                // The last segment of a chain: the offsets are those of the whole.
                [_, ..] if plain.data.len() > length => named.hide_all(command),
                _ => named.secrets = secrets,
            }
        }
        let secrets = named.as_ref().map(|named| named.secrets.clone()).unwrap_or_default();
        let bytes = masked(command, length, &secrets);
        let empty = || Named { name: None, clause: None, fields: Vec::new(), secrets: Vec::new() };
        let response = Response::parse(response)
            .unwrap_or_else(|_| Response::status(iso7816::StatusWord::UNKNOWN));
        let readable = self.response.is_none().then_some(parsed).flatten();
        Exchange {
            command: named.unwrap_or_else(empty).message(bytes),
            response: reply(&response, readable, receiver),
        }
    }

    fn plain(&self, receiver: Option<Selection>) -> Option<Exchange> {
        let (command, response) = (self.command?, self.response?);
        let named = Named::of(command, receiver);
        let bytes = command.to_bytes().unwrap_or_default();
        let bytes = masked(&bytes, command.data.len(), &named.secrets);
        let response = reply(response, Some(command), receiver);
        Some(Exchange { command: named.message(bytes), response })
    }
}

/// What is selected now and was not before.
fn selected(before: &[Option<Selection>], after: &[Option<Selection>]) -> Vec<SelectedLine> {
    let before = before.iter().copied().chain(core::iter::repeat(None));
    let changed = after.iter().zip(before).enumerate();
    changed
        .filter(|(_, (after, before))| **after != *before)
        .map(|(channel, (after, _))| SelectedLine { channel, target: target(*after) })
        .collect()
}

fn calls(seen: &Seen) -> Vec<AppletCall> {
    let called = seen.events.iter().filter_map(|event| match event {
        Event::Called(call) => Some(call),
        _ => None,
    });
    called.map(AppletCall::from).collect()
}

impl From<&Call> for AppletCall {
    fn from(call: &Call) -> Self {
        let some = |count: u64| (count > 0).then_some(count);
        Self {
            applet: call.instance.to_string(),
            method: call.entry.name(),
            status: call.status.map(|status| format!("{:04X}", status.0)),
            failure: call.failure.clone(),
            bytecodes: call.machine.map(|run| run.bytecodes),
            committed: call.machine.and_then(|run| some(run.committed)),
            aborted: call.machine.and_then(|run| some(run.aborted)),
        }
    }
}

impl VirtualCard for Traced {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn power_on(&mut self) {
        self.power(PowerEvent::On, Card::power_on);
    }

    fn power_off(&mut self) {
        if self.card.is_powered() || self.mute {
            self.power(PowerEvent::Off, Card::power_off);
        }
    }

    fn reset(&mut self) {
        // A card whose power has failed comes back with a reset: the reader's power was never off.
        let change = if self.mute { Card::power_on } else { Card::reset };
        self.power(PowerEvent::Reset, change);
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.number += 1;
        let (powered, before, start) = (self.card.is_powered(), self.before(), Instant::now());
        let response = self.card.transmit(command);
        let took = start.elapsed();
        self.mute |= powered && !self.card.is_powered();
        self.torn |= self.mute;
        if Log::is_on() {
            self.log.command(&self.name, command, &response, took);
        }
        if !self.sinks.is_empty() {
            let line = self.line(&before, command, &response);
            self.tell(&line);
        }
        response
    }

    fn is_mute(&self) -> bool {
        self.mute
    }
}
