//! `probe`: what a subject can do.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use cardinal_conformance::{
    case::Effect,
    engine,
    guard::{Guard, Ledger},
    subject::Address,
};
use clap::Args;

use super::open::{open, stopped};

#[derive(Args)]
pub(super) struct ProbeArgs {
    /// in-process[:PROFILE], pcsc:READER or tcp:HOST:PORT
    #[arg(long)]
    subject: Address,
}

pub(super) fn run(args: &ProbeArgs) -> anyhow::Result<ExitCode> {
    let mut subject = open(&args.subject, None, 0)?;
    let mut guard = Guard::new(Ledger::in_memory(), 0, false);
    let profile = engine::probe(&mut *subject, &mut guard, Effect::Read).map_err(stopped)?;
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&profile)?)?;
    Ok(ExitCode::SUCCESS)
}
