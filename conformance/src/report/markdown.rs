//! A summary in Markdown: the tally of each subject, what is to be looked at, and where subjects disagree.

use std::io::{self, Write};

use super::{
    Input, Kind, clauses,
    comparison::{ABSENT, Disagreement, disagreements},
    record::{CaseRecord, Run},
    tally, transcript,
};

/// Writes the report.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
    writeln!(out, "# Conformance")?;
    for run in input.runs {
        summary(out, run)?;
    }
    coverage(out, input)?;
    if input.runs.len() > 1 {
        writeln!(out, "\n## Where the subjects disagree\n")?;
        differences(out, input.runs)?;
    }
    Ok(())
}

fn summary(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let header = &run.header;
    writeln!(out, "\n## {}\n", escape(&header.subject))?;
    if !run.complete {
        writeln!(out, "**The run did not come to its end.**\n")?;
    }
    let started = header.started.as_deref().map(|at| format!(", {at}")).unwrap_or_default();
    let seconds = std::time::Duration::from_micros(run.duration_us()).as_secs_f64();
    let count = run.cases.len();
    writeln!(
        out,
        "{count} cases in {seconds:.2} s, suite {}{}\n",
        escape(&header.suite),
        escape(&started)
    )?;
    writeln!(out, "| verdict | cases |\n|---|--:|")?;
    for (grade, count) in tally(run.cases.iter().map(|case| case.grade)) {
        writeln!(out, "| {grade} | {count} |")?;
    }
    let blamed: Vec<&CaseRecord> = run
        .cases
        .iter()
        .filter(|case| matches!(Kind::of(case.grade), Kind::Failed | Kind::Broken))
        .collect();
    if blamed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### To look at\n\n| case | clause | verdict | finding |\n|---|---|---|---|")?;
    for case in &blamed {
        let (id, clause, finding) = (escape(&case.id), escape(&case.clause), escape(&case.finding));
        writeln!(out, "| {id} | {clause} | {} | {finding} |", case.grade)?;
    }
    blamed.iter().filter(|case| !case.transcript.is_empty()).try_for_each(|case| shown(out, case))
}

/// The transcript, folded.
fn shown(out: &mut dyn Write, case: &CaseRecord) -> io::Result<()> {
    let text = transcript::text(&case.transcript);
    writeln!(out, "\n<details><summary>{}</summary>\n\n```text", escape(&case.id))?;
    writeln!(out, "{}```\n\n</details>", text.replace('`', "'"))
}

fn coverage(out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
    if input.clauses.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Coverage\n\n| specification | clauses with a case | all |\n|---|--:|--:|")?;
    clauses::coverage(input).iter().try_for_each(|account| {
        let specification = escape(account.specification);
        writeln!(out, "| {specification} | {} | {} |", account.covered, account.all)
    })
}

/// The table of cases in which the subjects disagree.
///
/// # Errors
/// When `out` cannot be written to.
pub fn differences(out: &mut dyn Write, runs: &[Run]) -> io::Result<()> {
    let disagreements = disagreements(runs);
    if disagreements.is_empty() {
        return writeln!(out, "Nowhere: same verdicts, same status words.");
    }
    let subjects: Vec<_> = runs.iter().map(|run| escape(&run.header.subject)).collect();
    writeln!(out, "| case | {} | first answer that differs |", subjects.join(" | "))?;
    writeln!(out, "|---|{}---|", "---|".repeat(subjects.len()))?;
    for one in &disagreements {
        let grades: Vec<_> =
            one.grades.iter().map(|grade| grade.map_or(ABSENT, |grade| grade.name())).collect();
        let id = escape(&one.case.id);
        writeln!(out, "| {id} | {} | {} |", grades.join(" | "), escape(&answers(one)))?;
    }
    Ok(())
}

/// `80CA006600: 9000 / 6A88`.
pub(crate) fn answers(disagreement: &Disagreement<'_>) -> String {
    let Some(answers) = &disagreement.answers else { return String::new() };
    let status: Vec<_> =
        answers.status.iter().map(|status| status.as_deref().unwrap_or("none")).collect();
    format!("{}: {}", shortened(&answers.command), status.join(" / "))
}

/// Enough of a command to know it by.
fn shortened(command: &str) -> String {
    const SHOWN_MAX: usize = 40;
    match command.get(..SHOWN_MAX) {
        Some(start) if command.len() > SHOWN_MAX => format!("{start}…"),
        _ => command.to_owned(),
    }
}

/// Text of a table's cell: nothing in it is markup [CommonMark 0.31 §2.4].
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' => {
                escaped.extend(['\\', character]);
            }
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{escape, write};
    use crate::{
        report::{
            Input,
            samples::{case, run},
        },
        verdict::Grade,
    };

    #[test]
    fn a_cell_has_no_markup() {
        assert_eq!(escape("a|b\n<b> `x` [y](z)"), "a\\|b &lt;b> \\`x\\` \\[y\\](z)");
    }

    #[test]
    fn what_is_to_be_looked_at_and_what_differs_is_told() {
        let fail = |subject, status| {
            run(subject, vec![case("A-1", Grade::Fail, &[("80CA006600", status)])])
        };
        let runs = [fail("one|two", "6A88"), fail("b", "9000")];
        let mut out = Vec::new();
        write(&mut out, &Input { runs: &runs, clauses: &[] }).unwrap();
        let text = String::from_utf8(out).unwrap();
        for told in [
            "## one\\|two",
            "| fail | 1 |",
            "| A-1 | GPCS 2.3.1 §11.3 | fail | why |",
            "6A88 referenced data not found",
            "80CA006600: 6A88 / 9000",
        ] {
            assert!(text.contains(told), "{told} is not in\n{text}");
        }
    }
}
