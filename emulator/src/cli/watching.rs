//! `run --trace`, `--record`, `--tear-after`: looking on, and pulling the plug.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, ensure};
use card::{Card, Random};
use cardinal_emulator::trace::{Format, JsonLines, Sink, Text};
use cardinal_emulator::transcript::{Draws, Recorded, Recorder};
use cardinal_emulator::{Detail, Log, Traced, random};
use clap::{Args, ValueEnum, ValueHint};

/// The file name that stands for standard error.
const STANDARD_ERROR: &str = "-";

/// How a trace is written.
#[derive(Clone, Copy, Default, ValueEnum)]
enum TraceFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line; docs/trace.md has the schema
    Jsonl,
}

impl From<TraceFormat> for Format {
    fn from(format: TraceFormat) -> Self {
        match format {
            TraceFormat::Text => Self::Text,
            TraceFormat::Jsonl => Self::JsonLines,
        }
    }
}

/// Options that look on.
#[derive(Args)]
pub(super) struct Watching {
    /// Show what each command is and does, on standard error or in FILE; keys and PINs are hidden
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = STANDARD_ERROR, value_hint = ValueHint::FilePath)]
    trace: Option<PathBuf>,
    /// How --trace writes
    #[arg(long, value_name = "FORMAT", requires = "trace", value_enum, default_value_t)]
    trace_format: TraceFormat,
    /// Log all bytes of all commands, one line each, PINs among them
    #[arg(long)]
    pub(super) trace_apdu: bool,
    /// Write a transcript for `replay`. It is as sensitive as the card: its random numbers may be keys that were made on it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    record: Option<PathBuf>,
    /// Let the power fail after the N-th write to persistent memory of this run, once. --trace numbers the writes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    tear_after: Option<u64>,
}

/// Where all cards of a run write their trace.
type Shared = Arc<Mutex<Box<dyn Write + Send>>>;

/// A run's places to write to, opened once.
pub(super) struct Watch {
    trace: Option<(Shared, Format, bool)>,
    record: Option<File>,
    draws: Draws,
    detail: Detail,
    tear_after: Option<u64>,
}

/// The card of a run.
pub(super) type Watched = Recorded<BufWriter<File>>;

impl Watching {
    /// Opens the files that are asked for.
    pub(super) fn open(&self, cards: usize) -> anyhow::Result<Watch> {
        ensure!(
            self.record.is_none() || cards == 1,
            "--record is for one card, a transcript holds one session"
        );
        let trace = self.trace.as_deref().map(|file| self.trace_file(file)).transpose()?;
        let record = self.record.as_deref().map(|file| {
            new_private_file(file).with_context(|| format!("transcript {}", file.display()))
        });
        Ok(Watch {
            trace,
            record: record.transpose()?,
            draws: Draws::default(),
            detail: if self.trace_apdu { Detail::Bytes } else { Detail::Headers },
            tear_after: self.tear_after,
        })
    }

    fn trace_file(&self, file: &Path) -> anyhow::Result<(Shared, Format, bool)> {
        let (out, colours): (Box<dyn Write + Send>, bool) = if file == Path::new(STANDARD_ERROR) {
            (Box::new(io::stderr()), io::stderr().is_terminal())
        } else {
            let opened = private().create(true).truncate(true).open(file);
            (Box::new(opened.with_context(|| format!("trace {}", file.display()))?), false)
        };
        Ok((Arc::new(Mutex::new(out)), self.trace_format.into(), colours))
    }
}

impl Watch {
    /// Randomness for a card of the run.
    pub(super) fn random(&self) -> Box<dyn Random> {
        if self.record.is_some() { self.draws.noting(random()) } else { random() }
    }

    /// The card with everybody who looks on.
    pub(super) fn over(&mut self, card: Card, name: &str) -> anyhow::Result<Watched> {
        let mut traced = Traced::new(card, name, Log(self.detail)).tearing_after(self.tear_after);
        if let Some((out, format, colours)) = &self.trace {
            let sink: Box<dyn Sink> = match format {
                Format::Text => Box::new(Text::new(Arc::clone(out), *colours)),
                Format::JsonLines => Box::new(JsonLines::new(Arc::clone(out))),
            };
            traced.trace_to(sink);
        }
        let recorder = self.record.take().map(|file| {
            Recorder::begin(BufWriter::new(file), self.draws.clone(), &traced)
                .context("writing the transcript")
        });
        Ok(Recorded::new(traced, recorder.transpose()?))
    }
}

/// A file for its owner's eyes only.
fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The same, and new: a file that is there has a mode and a content of its own.
fn new_private_file(path: &Path) -> io::Result<File> {
    private().create_new(true).open(path)
}
