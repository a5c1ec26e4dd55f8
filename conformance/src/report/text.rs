//! Text for people: a line a case, the transcript under what failed, the tally at the end.

use std::io::{self, Write};

use super::tally;
use crate::{
    engine::Outcome,
    verdict::{Blame, Grade},
};

/// Writes the line of one outcome; a failing one is followed by its transcript.
///
/// # Errors
/// When `out` cannot be written to.
pub fn outcome(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    let verdict = &outcome.verdict;
    writeln!(
        out,
        "{:<22} {:<7} {:<34} {}",
        verdict.grade, outcome.case.number, outcome.case.id, outcome.case.title
    )?;
    if !verdict.finding.is_empty() {
        writeln!(out, "{:<22} {:<7} {}", "", "", verdict.finding)?;
    }
    if verdict.grade.blame() == Blame::Nobody {
        return Ok(());
    }
    outcome.transcript.iter().try_for_each(|exchange| {
        writeln!(out, "{:<30} > {}\n{:<30} < {}", "", exchange.command, "", exchange.response)
    })
}

/// Writes the tally.
///
/// # Errors
/// When `out` cannot be written to.
pub fn summary(out: &mut dyn Write, outcomes: &[Outcome]) -> io::Result<()> {
    let tally = tally(outcomes.iter().map(|outcome| outcome.verdict.grade));
    let parts: Vec<String> = Grade::ALL
        .iter()
        .filter_map(|grade| tally.get(grade).map(|count| format!("{count} {grade}")))
        .collect();
    writeln!(out, "{} cases: {}", outcomes.len(), parts.join(", "))
}
