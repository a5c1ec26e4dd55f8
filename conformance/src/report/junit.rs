//! JUnit XML, in the shape that cargo-nextest writes and CI systems read: a fail of the card is a failure, one of the harness an error,
//! what did not run is skipped; the transcript is the test's output.

use std::io::{self, Write};

use super::{
    Input, Kind,
    record::{CaseRecord, Run},
    transcript,
};

/// Writes the report.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let all: Vec<&CaseRecord> = input.runs.iter().flat_map(|run| &run.cases).collect();
    writeln!(out, r#"<testsuites name="cardinal-conformance" {}>"#, counts(&all))?;
    input.runs.iter().try_for_each(|run| suite(out, run))?;
    writeln!(out, "</testsuites>")
}

/// The attributes that count tests, and how long they took.
fn counts(cases: &[&CaseRecord]) -> String {
    let count = |wanted| cases.iter().filter(|case| Kind::of(case.grade) == wanted).count();
    let duration_us = cases.iter().fold(0, |sum: u64, case| sum.saturating_add(case.duration_us));
    format!(
        r#"tests="{}" failures="{}" errors="{}" skipped="{}" time="{}""#,
        cases.len(),
        count(Kind::Failed),
        count(Kind::Broken),
        count(Kind::DidNotRun),
        seconds(duration_us),
    )
}

fn suite(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let cases: Vec<&CaseRecord> = run.cases.iter().collect();
    let subject = escape(&run.header.subject);
    write!(out, r#"  <testsuite name="{subject}" {}"#, counts(&cases))?;
    if let Some(started) = &run.header.started {
        write!(out, r#" timestamp="{}""#, escape(started))?;
    }
    writeln!(out, ">")?;
    properties(out, run)?;
    run.cases.iter().try_for_each(|record| case(out, record))?;
    writeln!(out, "  </testsuite>")
}

fn properties(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let header = &run.header;
    let seed = header.seed.map(|seed| seed.to_string());
    let known =
        [("suite", Some(&header.suite)), ("seed", seed.as_ref()), ("plan", header.plan.as_ref())];
    writeln!(out, "    <properties>")?;
    for (name, value) in known {
        if let Some(value) = value {
            writeln!(out, r#"      <property name="{name}" value="{}"/>"#, escape(value))?;
        }
    }
    writeln!(out, "    </properties>")
}

fn case(out: &mut dyn Write, case: &CaseRecord) -> io::Result<()> {
    write!(
        out,
        r#"    <testcase classname="{}" name="{}" time="{}""#,
        escape(&case.clause),
        escape(&case.id),
        seconds(case.duration_us),
    )?;
    let element = match Kind::of(case.grade) {
        Kind::Passed => return writeln!(out, "/>"),
        Kind::Failed => "failure",
        Kind::Broken => "error",
        Kind::DidNotRun => "skipped",
    };
    writeln!(out, ">")?;
    let message = escape(&format!("{}: {}", case.grade, case.finding));
    match Kind::of(case.grade) {
        Kind::DidNotRun => writeln!(out, r#"      <{element} message="{message}"/>"#)?,
        _ => writeln!(
            out,
            r#"      <{element} type="{}" message="{message}">{}</{element}>"#,
            case.grade,
            escape(&case.title)
        )?,
    }
    let text = transcript::text(&case.transcript);
    if !text.is_empty() {
        writeln!(out, "      <system-out>{}</system-out>", escape_lines(&text))?;
    }
    writeln!(out, "    </testcase>")
}

/// Microseconds as seconds.
fn seconds(duration_us: u64) -> String {
    format!("{}.{:06}", duration_us / 1_000_000, duration_us % 1_000_000)
}

/// XML attribute text [XML 1.0 §2.3]; what XML cannot hold becomes `?`.
fn escape(text: &str) -> String {
    escape_lines(&text.replace(['\n', '\t'], " "))
}

/// XML text [XML 1.0 §2.4], lines and tabulators as they are.
fn escape_lines(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('?'),
            control if control.is_control() => escaped.push('?'),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::{escape, seconds};

    #[test]
    fn attribute_text_is_escaped() {
        assert_eq!(escape("a<b & \"c\"\n\u{1}\u{FFFE}"), "a&lt;b &amp; &quot;c&quot; ??");
    }

    #[test]
    fn microseconds_are_seconds() {
        assert_eq!(seconds(12), "0.000012");
        assert_eq!(seconds(61_500_000), "61.500000");
    }
}
