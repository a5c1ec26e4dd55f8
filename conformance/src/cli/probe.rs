//! `probe`: what a subject can do.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use cardinal_conformance::{
    case::Effect,
    engine,
    guard::{Guard, Ledger},
    subject::difference,
};
use clap::Args;

use super::open::{SubjectArgs, stopped};

#[derive(Args)]
pub(super) struct ProbeArgs {
    #[command(flatten)]
    subject: SubjectArgs,
}

pub(super) fn run(args: &ProbeArgs) -> anyhow::Result<ExitCode> {
    let target = args.subject.target()?;
    let mut subject = target.open(0)?;
    let mut guard = Guard::new(Ledger::in_memory(), 0, false);
    let profile = engine::probe(&mut *subject, &mut guard, Effect::Read).map_err(stopped)?;
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&profile)?)?;
    if let Some(refusal) = target.named.as_ref().and_then(|named| difference(named, &profile)) {
        writeln!(io::stderr(), "cardinal-conformance: {refusal}")?;
    }
    Ok(ExitCode::SUCCESS)
}
