//! `run`: the selected cases on a subject.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use cardinal_conformance::{
    case::Effect,
    catalogue,
    engine::{self, End, Outcome, Runner},
    expectations::{self, Expectations, Standing},
    guard::{Guard, Ledger},
    plan::plan,
    registry::Registry,
    report,
    strictness::Strictness,
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
    /// How much counts: what specifications give, customs too, or status words to the letter
    #[arg(long, default_value = "should")]
    strict: Strictness,
    /// What is known and waived of this subject; another verdict, or one past its date, fails the run
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
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
    let expectations = args.expect.as_deref().map(read_expectations).transpose()?;
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
        broken_pipe = report::text::outcome(&mut out, &taken(args.strict, outcome.clone()));
    })?;
    broken_pipe?;
    let outcomes: Vec<Outcome> =
        outcomes.into_iter().map(|outcome| taken(args.strict, outcome)).collect();
    report::text::summary(&mut out, &outcomes)?;
    let header = report::record::Header::new(&args.subject.to_string(), &profile);
    let runs = [report::record::Run::new(header, &outcomes)];
    report::write_all(&args.reports, &report::Input { runs: &runs, clauses: &clauses()? })?;
    if let End::Stopped(why) | End::Interrupted(why) = &end {
        writeln!(io::stderr(), "cardinal-conformance: the run did not end: {why}")?;
    }
    let blames = blames(&outcomes, &expectations.unwrap_or_default())?;
    Ok(ExitCode::from(exit_code(&blames, &end)))
}

fn read_expectations(path: &Path) -> anyhow::Result<Expectations> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(expectations::FILE_MAX + 1).read_to_string(&mut text))
        .with_context(|| format!("cannot read {}", path.display()))?;
    anyhow::ensure!(
        text.len() as u64 <= expectations::FILE_MAX,
        "{} is longer than {} bytes",
        path.display(),
        expectations::FILE_MAX
    );
    let registry = Registry::embedded()?.with(catalogue::all());
    Expectations::parse(&text, &registry).with_context(|| path.display().to_string())
}

fn taken(strictness: Strictness, outcome: Outcome) -> Outcome {
    let verdict = strictness.take(outcome.case.level, outcome.verdict);
    Outcome { verdict, ..outcome }
}

/// Whom each outcome blames, in the light of what is expected; a surprise is told and blames the card.
fn blames(outcomes: &[Outcome], expectations: &Expectations) -> anyhow::Result<Vec<Blame>> {
    let now = expectations::now()?;
    let blame = |outcome: &Outcome| {
        let (id, grade) = (outcome.case.id, outcome.verdict.grade);
        Ok(match expectations.judge(id, grade, now) {
            Standing::Unlisted => grade.blame(),
            Standing::Expected => Blame::Nobody,
            surprise => {
                writeln!(io::stderr(), "cardinal-conformance: {id} is {grade}: {surprise}")?;
                Blame::Card
            }
        })
    };
    outcomes.iter().map(blame).collect()
}

fn exit_code(all: &[Blame], end: &End) -> u8 {
    let blames = |blame| all.contains(&blame);
    match end {
        End::Interrupted(_) => UNREACHABLE,
        _ if blames(Blame::Card) => CARD,
        _ if blames(Blame::Harness) => HARNESS,
        _ => 0,
    }
}
