//! `list`: the cases that a selection takes.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use cardinal_conformance::{catalogue, plan::plan};

use super::selection::SelectionArgs;

pub(super) fn run(args: SelectionArgs) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for step in plan(catalogue::all(), &args.into()) {
        let case = step.case;
        let allowed = if step.allowed { "" } else { " (above the ceiling)" };
        writeln!(
            out,
            "{:<7} {:<34} {:<12} {}{allowed}",
            case.number,
            case.id,
            case.effect.to_string(),
            case.title
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
