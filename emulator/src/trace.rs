//! What a card does, command by command: for people, for programs, and in short for the log.
//!
//! [`Traced`] is a card with somebody who watches; each [`Sink`] gets every command once, as a [`Line`]: named and decoded, taken out of
//! its secure channel, with the applets that were called and the writes that it cost. `docs/trace.md` beside the crate documents the
//! lines; secrets are hidden in all of them. [`Log`] is the short form, and the only one that can show all bytes.

mod line;
mod log;
mod naming;
mod sink;
mod text;
mod traced;

pub use line::{
    AppletCall, CommandLine, Exchange, FieldLine, Line, Message, PowerEvent, PowerLine, Reply,
    SelectedLine, StartLine, Target, WriteLine, WriterLine,
};
pub use log::{Detail, Log};
pub use sink::{Format, JsonLines, Sink, Text};
pub use traced::Traced;

/// A command of a trace as text, without colours.
#[must_use]
pub fn render(command: &CommandLine) -> String {
    text::render(&Line::Command(Box::new(command.clone())), false)
}

/// Version of the JSON lines; a new field does not change it, another meaning does.
pub const FORMAT_VERSION: u32 = 1;
