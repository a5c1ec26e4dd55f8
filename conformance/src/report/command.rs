//! `cardinal-conformance report`: reports out of JSON lines that runs have left.

use std::{
    fs::File,
    io::{self, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{
    Format, Input, Request, clauses::Clause, comparison, json_lines, markdown, record::Run,
    write_all,
};

const HELP: &str = "\
Examples:
  cardinal-conformance run --subject in-process --report json=virtual.jsonl
  cardinal-conformance report --out report.html virtual.jsonl plastic.jsonl
  cardinal-conformance report --format badge --out badge.svg virtual.jsonl
  cardinal-conformance report diff virtual.jsonl plastic.jsonl

Exit codes: 0 done, 1 'diff' found differences, 2 usage, 4 a report cannot be read or written.";

/// What the command is given.
#[derive(Args, Debug)]
#[command(after_help = HELP, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ReportArgs {
    #[command(subcommand)]
    what: Option<What>,
    /// Reports in JSON lines, as `run --report json=FILE` writes them; each adds a subject
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The format; by default what the ending of --out says, or Markdown
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The file to write, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Shows the cases whose verdicts or status words differ between runs
    Diff {
        /// Two or more reports in JSON lines
        #[arg(required = true, num_args = 2.., value_name = "RUN")]
        runs: Vec<PathBuf>,
    },
}

/// Runs the command.
///
/// # Errors
/// When a report cannot be read or written.
pub fn run(args: &ReportArgs, clauses: &[Clause]) -> anyhow::Result<ExitCode> {
    if let Some(What::Diff { runs }) = &args.what {
        return diff(&read_all(runs)?);
    }
    let runs = read_all(&args.runs)?;
    let input = Input { runs: &runs, clauses };
    let ending = args.out.as_deref().and_then(Format::of_file);
    let format = args.format.or(ending).unwrap_or(Format::Markdown);
    match &args.out {
        Some(path) => write_all(&[Request { format, path: path.clone() }], &input)?,
        None => format.write(&mut io::stdout().lock(), &input).context("cannot write")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn diff(runs: &[Run]) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(runs.len() > 1, "a comparison needs two runs");
    markdown::differences(&mut io::stdout().lock(), runs).context("cannot write")?;
    Ok(ExitCode::from(u8::from(!comparison::disagreements(runs).is_empty())))
}

/// Reads the runs of all files.
fn read_all(paths: &[PathBuf]) -> anyhow::Result<Vec<Run>> {
    let mut runs = Vec::new();
    for path in paths {
        runs.extend(read_file(path)?);
        anyhow::ensure!(
            runs.len() <= json_lines::RUNS_MAX,
            "more than {} runs",
            json_lines::RUNS_MAX
        );
    }
    Ok(runs)
}

/// Reads the runs of one file.
///
/// # Errors
/// When it cannot be read, is no report, or holds no run.
pub fn read_file(path: &Path) -> anyhow::Result<Vec<Run>> {
    let name = || path.display().to_string();
    let file = File::open(path).with_context(name)?;
    let runs = json_lines::read(BufReader::new(file)).with_context(name)?;
    anyhow::ensure!(!runs.is_empty(), "{} holds no run", name());
    Ok(runs)
}
