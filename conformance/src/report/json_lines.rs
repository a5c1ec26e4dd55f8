//! One JSON object a line: the capability profile first, then an object an outcome.

use std::io::{self, Write};

use serde::Serialize;

use crate::{engine::Outcome, probe::Profile};

/// A line of the report.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'a> {
    Subject { name: &'a str, profile: &'a Profile },
    Outcome(&'a Outcome),
}

/// Writes the report.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(
    out: &mut dyn Write,
    subject: &str,
    profile: &Profile,
    outcomes: &[Outcome],
) -> io::Result<()> {
    line(out, &Line::Subject { name: subject, profile })?;
    outcomes.iter().try_for_each(|outcome| line(out, &Line::Outcome(outcome)))
}

fn line(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
