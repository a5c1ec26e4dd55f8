//! TAP 14, with a YAML block of diagnostics a case. JSON strings are YAML's double-quoted ones.

use std::io::{self, Write};

use super::{Input, Kind, record::CaseRecord, transcript};

/// Writes the report: one numbering over all runs, the subject in the diagnostics.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
    let count: usize = input.runs.iter().map(|run| run.cases.len()).sum();
    writeln!(out, "TAP version 14\n1..{count}")?;
    let cases = input
        .runs
        .iter()
        .flat_map(|run| run.cases.iter().map(move |case| (run.header.subject.as_str(), case)));
    for (index, (subject, record)) in cases.enumerate() {
        case(out, index + 1, subject, record)?;
    }
    for run in input.runs.iter().filter(|run| !run.complete) {
        writeln!(out, "# the run on {} did not come to its end", plain(&run.header.subject))?;
    }
    Ok(())
}

fn case(out: &mut dyn Write, number: usize, subject: &str, case: &CaseRecord) -> io::Result<()> {
    let kind = Kind::of(case.grade);
    let result = match kind {
        Kind::Passed | Kind::DidNotRun => "ok",
        Kind::Failed | Kind::Broken => "not ok",
    };
    write!(out, "{result} {number} - {}: {}", plain(&case.id), plain(&case.title))?;
    match kind {
        Kind::DidNotRun => writeln!(out, " # SKIP {} {}", case.grade, plain(&case.finding))?,
        _ => writeln!(out)?,
    }
    writeln!(out, "  ---")?;
    let fields = [
        ("subject", subject),
        ("clause", &case.clause),
        ("grade", case.grade.name()),
        ("finding", &case.finding),
    ];
    for (name, value) in fields {
        writeln!(out, "  {name}: {}", serde_json::to_string(value)?)?;
    }
    writeln!(out, "  duration_us: {}", case.duration_us)?;
    if matches!(kind, Kind::Failed | Kind::Broken) && !case.transcript.is_empty() {
        writeln!(out, "  transcript: |")?;
        for line in transcript::text(&case.transcript).lines() {
            writeln!(out, "    {line}")?;
        }
    }
    writeln!(out, "  ...")
}

/// Text outside the YAML block: on one line, a number sign is no directive.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '#') {
            escaped.push('\\');
        }
        escaped.push(if character.is_control() { ' ' } else { character });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_description_is_no_directive() {
        assert_eq!(plain("a # SKIP\nnot ok \\"), "a \\# SKIP not ok \\\\");
    }
}
