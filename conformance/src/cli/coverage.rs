//! `coverage`: which clauses of which specification have cases.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use cardinal_conformance::{
    catalogue,
    report::clauses::Clause,
    specs::{Specifications, coverage},
};
use clap::Args;

#[derive(Args)]
pub(super) struct CoverageArgs {
    /// As JSON, with every clause and its cases
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CoverageArgs) -> anyhow::Result<ExitCode> {
    let coverage = coverage::coverage(&Specifications::embedded()?, catalogue::all());
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&coverage)?)?;
    } else {
        coverage::write_text(&mut out, &coverage)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The clauses that the suite tracks, for reports.
pub(super) fn clauses() -> anyhow::Result<Vec<Clause>> {
    let coverage = coverage::coverage(&Specifications::embedded()?, catalogue::all());
    Ok(coverage::for_reports(&coverage))
}
