//! The command line: what there is to ask for, and the exit codes.

mod coverage;
mod lint;
mod list;
mod open;
mod play;
mod probe;
mod registry;
mod run;
mod selection;
#[cfg(feature = "mutants")]
mod selftest;
mod server;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use cardinal_conformance::report;
use clap::{CommandFactory as _, Parser, Subcommand};

/// Judges smart cards by clause-numbered cases.
///
/// Nothing is sent that the chosen ceiling does not allow: by default no case changes what is on a card.
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  cardinal-conformance list
  cardinal-conformance run --subject in-process
  cardinal-conformance run --subject in-process:jc305-gp231-scp03 --ceiling irreversible
  cardinal-conformance run --subject 'pcsc:Virtual PCD 00 00' --report html=report.html
  cardinal-conformance run --subject tcp:127.0.0.1:35964 --case SEL- --report json=run.jsonl
  cardinal-conformance run --subject lab --subjects subjects.toml --ceiling persist
  cardinal-conformance run --subject lab --subjects subjects.toml --ceiling persist --resume
  cardinal-conformance report --out report.html run.jsonl
  cardinal-conformance probe --subject 'pcsc:Virtual PCD'
  cardinal-conformance play --subject in-process --library library.let session.apdu

Exit codes: 0 no case blames the card, 1 at least one does, 2 usage, 3 the subject cannot be reached, 4 the harness failed.";

#[derive(Subcommand)]
enum Command {
    /// Lists the cases that a selection takes, without touching a card
    List(selection::SelectionArgs),
    /// Finds out what a subject can do
    Probe(probe::ProbeArgs),
    /// Runs the selected cases on a subject
    Run(Box<run::RunArgs>),
    /// Holds certificates, CRLs and OCSP responses against one lint a clause
    Lint(lint::LintArgs),
    /// Judges a token-management server
    Server(Box<server::ServerArgs>),
    /// Plays APDU scripts on a subject: sessions of hosts, with what the card should answer
    Play(play::PlayArgs),
    /// Makes reports out of runs that were kept, and compares them
    Report(report::command::ReportArgs),
    /// Judges the suite itself: plants faults in the virtual card and sees which cases find them
    #[cfg(feature = "mutants")]
    Selftest(selftest::SelftestArgs),
    /// Shows per specification which clauses have cases
    Coverage(coverage::CoverageArgs),
    /// Prints the registry of identifiers, with cases that it does not know yet
    Registry(registry::RegistryArgs),
    /// Prints a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Exit code: at least one case blames the card.
pub(crate) const CARD: u8 = 1;
/// Exit code: the subject cannot be reached.
pub(crate) const UNREACHABLE: u8 = 3;
/// Exit code: the harness failed.
pub(crate) const HARNESS: u8 = 4;

/// The subject cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("the subject cannot be reached: {0}")]
pub(crate) struct Unreachable(pub(crate) String);

impl Cli {
    pub(crate) fn run(self) -> ExitCode {
        let done = match self.command {
            Command::List(args) => list::run(args),
            Command::Probe(args) => probe::run(&args),
            Command::Run(args) => run::run(&args),
            Command::Lint(args) => lint::run(&args),
            Command::Server(args) => server::run(&args),
            Command::Play(args) => play::run(&args),
            #[cfg(feature = "mutants")]
            Command::Selftest(args) => selftest::run(&args),
            Command::Report(args) => {
                coverage::clauses().and_then(|clauses| report::command::run(&args, &clauses))
            }
            Command::Coverage(args) => coverage::run(&args),
            Command::Registry(args) => registry::run(&args),
            Command::Completions { shell } => {
                clap_complete::generate(
                    shell,
                    &mut Self::command(),
                    "cardinal-conformance",
                    &mut io::stdout(),
                );
                Ok(ExitCode::SUCCESS)
            }
        };
        done.unwrap_or_else(|error| {
            let _ = writeln!(io::stderr(), "cardinal-conformance: {error:#}");
            let unreachable = error.downcast_ref::<Unreachable>().is_some();
            ExitCode::from(if unreachable { UNREACHABLE } else { HARNESS })
        })
    }
}
