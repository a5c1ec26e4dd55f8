//! `run`: the selected cases on a subject.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use cardinal_conformance::{
    case::Effect,
    catalogue,
    engine::{self, End, Outcome, Runner},
    guard::{Guard, Ledger},
    plan::plan,
    report,
    subject::Address,
    verdict::Blame,
};
use clap::Args;

use super::{
    CARD, HARNESS, UNREACHABLE,
    coverage::clauses,
    open::{open, stopped},
    selection::SelectionArgs,
};

#[derive(Args)]
pub(super) struct RunArgs {
    /// in-process[:PROFILE], pcsc:READER or tcp:HOST:PORT
    #[arg(long)]
    subject: Address,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Seed of challenges and of virtual cards; printed, so that a run can be repeated
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a report, e.g. html=report.html; may be given several times
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    reports: Vec<report::Request>,
}

pub(super) fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let in_process = matches!(args.subject, Address::InProcess(_));
    anyhow::ensure!(
        in_process || args.selection.ceiling <= Effect::Session,
        "cases that change a card need a subject file that names it"
    );
    let mut subject = open(&args.subject, None, args.seed)?;
    let mut guard = Guard::new(Ledger::in_memory(), args.seed, in_process);
    let ceiling = args.selection.ceiling;
    let profile = engine::probe(&mut *subject, &mut guard, ceiling).map_err(stopped)?;
    let steps = plan(catalogue::all(), &args.selection.into());
    anyhow::ensure!(!steps.is_empty(), "no case matches; see 'cardinal-conformance list'");
    let mut out = io::stdout().lock();
    let mut broken_pipe = Ok(());
    let mut runner =
        Runner { subject: &mut *subject, profile: &profile, guard: &mut guard, seed: args.seed };
    let (outcomes, end) = runner.run(&steps, &mut |outcome: &Outcome| {
        broken_pipe = report::text::outcome(&mut out, outcome);
    })?;
    broken_pipe?;
    report::text::summary(&mut out, &outcomes)?;
    let header = report::record::Header::new(&args.subject.to_string(), &profile);
    let runs = [report::record::Run::new(header, &outcomes)];
    report::write_all(&args.reports, &report::Input { runs: &runs, clauses: &clauses()? })?;
    if let End::Stopped(why) | End::Interrupted(why) = &end {
        writeln!(io::stderr(), "cardinal-conformance: the run did not end: {why}")?;
    }
    Ok(ExitCode::from(exit_code(&outcomes, &end)))
}

fn exit_code(outcomes: &[Outcome], end: &End) -> u8 {
    let blames = |blame| outcomes.iter().any(|outcome| outcome.verdict.grade.blame() == blame);
    match end {
        End::Interrupted(_) => UNREACHABLE,
        _ if blames(Blame::Card) => CARD,
        _ if blames(Blame::Harness) => HARNESS,
        _ => 0,
    }
}
