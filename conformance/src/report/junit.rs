//! JUnit XML, as CI systems read it: a fail of the card is a failure, one of the harness an error, what did not run is skipped.

use std::io::{self, Write};

use crate::{
    engine::Outcome,
    verdict::{Blame, Grade},
};

/// Writes the report.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, subject: &str, outcomes: &[Outcome]) -> io::Result<()> {
    let count =
        |wanted: Outcomes| outcomes.iter().filter(|outcome| kind(outcome) == wanted).count();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuite name="{}" tests="{}" failures="{}" errors="{}" skipped="{}">"#,
        escape(subject),
        outcomes.len(),
        count(Outcomes::Failure),
        count(Outcomes::Error),
        count(Outcomes::Skipped),
    )?;
    outcomes.iter().try_for_each(|outcome| case(out, outcome))?;
    writeln!(out, "</testsuite>")
}

#[derive(PartialEq, Eq)]
enum Outcomes {
    Passed,
    Failure,
    Error,
    Skipped,
}

fn kind(outcome: &Outcome) -> Outcomes {
    match (outcome.verdict.grade.blame(), outcome.verdict.grade) {
        (Blame::Card, _) => Outcomes::Failure,
        (Blame::Harness, _) => Outcomes::Error,
        (_, Grade::Pass | Grade::PassWithObservation | Grade::ConceptuallyPass) => Outcomes::Passed,
        _ => Outcomes::Skipped,
    }
}

fn case(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    let seconds = std::time::Duration::from_micros(outcome.duration_us).as_secs_f64();
    write!(
        out,
        r#"  <testcase classname="{}" name="{}" time="{seconds:.6}""#,
        escape(outcome.case.clause),
        escape(outcome.case.id)
    )?;
    let element = match kind(outcome) {
        Outcomes::Passed => return writeln!(out, "/>"),
        Outcomes::Failure => "failure",
        Outcomes::Error => "error",
        Outcomes::Skipped => "skipped",
    };
    writeln!(
        out,
        r#"><{element} message="{}"/></testcase>"#,
        escape(&format!("{}: {}", outcome.verdict.grade, outcome.verdict.finding))
    )
}

/// XML attribute text [XML 1.0 §2.3]; control characters, which XML cannot hold, become `?`.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            control if control.is_control() => escaped.push('?'),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn attribute_text_is_escaped() {
        assert_eq!(escape("a<b & \"c\"\n"), "a&lt;b &amp; &quot;c&quot;?");
    }
}
