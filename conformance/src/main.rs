//! `cardinal-conformance`: the command line of the suite.

#[path = "cli/lint.rs"]
mod lint;
#[path = "cli/server.rs"]
mod server;

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use apdu_script::Library;
use cardinal_conformance::{
    case::Effect,
    catalogue, engine,
    plan::{Selection, plan},
    probe, report,
    script::{self, Outcome},
    subject::Subject,
    verdict::Blame,
};
use clap::{Args, CommandFactory as _, Parser, Subcommand};

/// Judges smart cards by clause-numbered cases.
///
/// Cases that are run today send read-only commands: they are safe on a card that you have paid for.
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  cardinal-conformance list
  cardinal-conformance run --subject in-process
  cardinal-conformance run --subject 'pcsc:Virtual PCD 00 00' --report html=report.html
  cardinal-conformance run --subject tcp:127.0.0.1:35964 --case SEL- --report json=run.jsonl
  cardinal-conformance report --out report.html run.jsonl
  cardinal-conformance probe --subject 'pcsc:Virtual PCD'
  cardinal-conformance play --subject in-process --library library.let session.apdu

Exit codes: 0 no case blames the card, 1 at least one does, 2 usage, 3 the subject cannot be reached, 4 the harness failed.";

#[derive(Subcommand)]
enum Command {
    /// Lists the cases that a selection takes, without touching a card
    List(SelectionArgs),
    /// Finds out what a subject can do, by read-only commands
    Probe {
        /// in-process, pcsc:READER or tcp:HOST:PORT
        #[arg(long)]
        subject: Subject,
    },
    /// Runs the selected cases on a subject
    Run(RunArgs),
    /// Holds certificates, CRLs and OCSP responses against one lint a clause
    Lint(lint::LintArgs),
    /// Judges a token-management server
    Server(Box<server::ServerArgs>),
    /// Plays APDU scripts on a subject: sessions of hosts, with what the card should answer
    Play(PlayArgs),
    /// Makes reports out of runs that were kept, and compares them
    Report(report::command::ReportArgs),
    /// Prints a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Args)]
struct SelectionArgs {
    /// Take only cases whose identifier or number begins so; may be given several times
    #[arg(long = "case", value_name = "PREFIX")]
    prefixes: Vec<String>,
    /// The strongest effect on the card that a case may have
    #[arg(long, default_value = "session")]
    ceiling: Effect,
    /// Shuffle the order with this seed
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
}

impl From<SelectionArgs> for Selection {
    fn from(args: SelectionArgs) -> Self {
        Self { prefixes: args.prefixes, ceiling: args.ceiling, shuffle: args.shuffle }
    }
}

#[derive(Args)]
struct RunArgs {
    /// in-process, pcsc:READER or tcp:HOST:PORT
    #[arg(long)]
    subject: Subject,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Write a report, e.g. html=report.html; may be given several times
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    reports: Vec<report::Request>,
}

#[derive(Args)]
#[command(after_help = PLAY_HELP)]
struct PlayArgs {
    /// The scripts
    #[arg(required = true, value_name = "FILE")]
    scripts: Vec<PathBuf>,
    /// in-process, pcsc:READER or tcp:HOST:PORT
    #[arg(long)]
    subject: Subject,
    /// Constants that the scripts share
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
    /// Describes the card and its keys in one line: card scp=03 i=70 version=30 keys=...
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    /// The strongest effect on the card that is allowed: scripts may lock the card and replace its keys
    #[arg(long, default_value = "session")]
    ceiling: Effect,
}

const PLAY_HELP: &str = "\
Scripts change content, keys and life cycle, some of them for good: outside this process they are played with --ceiling irreversible only.

Example:
  cardinal-conformance play --subject in-process --library library.let gppro-content.apdu

Exit codes: 0 the card answers as the scripts say, 1 it does not, 2 usage, 3 the subject cannot be reached, 4 the harness failed.";

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::List(args) => list(args),
        Command::Probe { subject } => show_probe(&subject),
        Command::Run(args) => run(args),
        Command::Play(args) => play(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Server(args) => server::run(&args),
        Command::Report(args) => report::command::run(&args, &[]),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Cli::command(),
                "cardinal-conformance",
                &mut io::stdout(),
            );
            Ok(ExitCode::SUCCESS)
        }
    };
    result.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::from(if error.is::<Unreachable>() { 3 } else { 4 })
    })
}

/// The subject cannot be reached; carries the exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("cannot reach {subject}; is the reader there and the card in it? ({cause:#})")]
struct Unreachable {
    subject: Subject,
    cause: anyhow::Error,
}

fn open(subject: &Subject) -> Result<Box<dyn reader::CardReader>, Unreachable> {
    subject.open().map_err(|cause| Unreachable { subject: subject.clone(), cause })
}

fn list(args: SelectionArgs) -> anyhow::Result<ExitCode> {
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

fn show_probe(subject: &Subject) -> anyhow::Result<ExitCode> {
    let profile = probe::probe(&mut *open(subject)?)?;
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&profile)?)?;
    Ok(ExitCode::SUCCESS)
}

fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let mut reader = open(&args.subject)?;
    let profile = probe::probe(&mut *reader)?;
    let steps = plan(catalogue::all(), &args.selection.into());
    anyhow::ensure!(!steps.is_empty(), "no case matches; see 'cardinal-conformance list'");
    let mut out = io::stdout().lock();
    let mut broken_pipe = Ok(());
    let outcomes = engine::run(&mut *reader, &profile, &steps, |outcome| {
        broken_pipe = report::text::outcome(&mut out, outcome);
    });
    broken_pipe?;
    report::text::summary(&mut out, &outcomes)?;
    let header = report::record::Header::new(&args.subject.to_string(), &profile);
    let runs = [report::record::Run::new(header, &outcomes)];
    report::write_all(&args.reports, &report::Input { runs: &runs, clauses: &[] })?;
    Ok(ExitCode::from(exit_code(&outcomes)))
}

fn play(args: &PlayArgs) -> anyhow::Result<ExitCode> {
    let in_process = args.subject == Subject::InProcess;
    anyhow::ensure!(
        in_process || args.ceiling == Effect::Irreversible,
        "scripts may change the card for good; allow it with --ceiling irreversible"
    );
    let card = match &args.card {
        Some(path) => script::read_card(&read(path)?)
            .with_context(|| format!("card file {}", path.display()))?,
        None if in_process => script::in_process_card()?,
        None => anyhow::bail!("name the card and its keys with --card FILE"),
    };
    let library = match &args.library {
        Some(path) => Library::parse(&read(path)?).with_context(|| path.display().to_string())?,
        None => Library::default(),
    };
    let (mut out, mut differ) = (io::stdout().lock(), false);
    for path in &args.scripts {
        let name = path.display();
        // In this process every script has a card of its own.
        let mut reader = open(&args.subject)?;
        match script::run(&read(path)?, &library, &card, &mut *reader)
            .with_context(|| name.to_string())?
        {
            Outcome::Answered(played) => {
                writeln!(out, "ok      {name}: {} commands", played.commands)?;
            }
            Outcome::Differs(failure) => {
                differ = true;
                writeln!(out, "DIFFERS {name}, {failure}")?;
            }
            Outcome::Unfit => writeln!(out, "unfit   {name}: its keys are for another protocol")?,
        }
    }
    Ok(ExitCode::from(u8::from(differ)))
}

fn read(path: &PathBuf) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn exit_code(outcomes: &[engine::Outcome]) -> u8 {
    let blames = |blame| outcomes.iter().any(|outcome| outcome.verdict.grade.blame() == blame);
    match (blames(Blame::Card), blames(Blame::Harness)) {
        (true, _) => 1,
        (false, true) => 4,
        (false, false) => 0,
    }
}
