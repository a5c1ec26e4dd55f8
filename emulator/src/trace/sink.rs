//! Where a trace goes.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Line, text};

/// Text or JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    JsonLines,
}

/// Somebody who gets every line of a trace.
pub trait Sink: Send {
    /// The next line.
    ///
    /// # Errors
    /// When it cannot be written; the trace ends then.
    fn line(&mut self, line: &Line) -> io::Result<()>;
}

/// A writer that several cards of a run share: each line is whole.
type Shared<W> = Arc<Mutex<W>>;

fn write<W: Write>(out: &Shared<W>, text: &str) -> io::Result<()> {
    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The trace as text.
pub struct Text<W> {
    out: Shared<W>,
    colours: bool,
}

impl<W: Write + Send> Text<W> {
    /// Writes to `out`, in colours or without.
    pub const fn new(out: Shared<W>, colours: bool) -> Self {
        Self { out, colours }
    }
}

impl<W: Write + Send> Sink for Text<W> {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        write(&self.out, &text::render(line, self.colours))
    }
}

/// The trace as JSON lines.
pub struct JsonLines<W> {
    out: Shared<W>,
}

impl<W: Write + Send> JsonLines<W> {
    /// Writes to `out`.
    pub const fn new(out: Shared<W>) -> Self {
        Self { out }
    }
}

impl<W: Write + Send> Sink for JsonLines<W> {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        write(&self.out, &text)
    }
}
