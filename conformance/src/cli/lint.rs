//! `lint`: documents in files, held against the lints.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use cardinal_conformance::{
    case::Level,
    catalogue::{self, rule::Rule},
    document::{Document, Kind, file},
    verdict::{Grade, Verdict},
};
use clap::Args;
use serde::Serialize;

/// What `lint` is asked for.
#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct LintArgs {
    /// Certificates, CRLs, OCSP responses: DER, PEM, or a bundle of PEM
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The certificate of the issuer; without it chains are not followed
    #[arg(long, value_name = "FILE")]
    issuer: Option<PathBuf>,
    /// What the files are, where it is not what they look like
    #[arg(long)]
    kind: Option<Kind>,
    /// Take only lints whose identifier or number begins so; may be given several times
    #[arg(long = "case", value_name = "PREFIX")]
    prefixes: Vec<String>,
    /// Show the lints that pass or do not apply, too
    #[arg(long)]
    all: bool,
    /// Count broken recommendations as failures
    #[arg(long)]
    strict: bool,
    /// Write JSON lines to this file, one a lint and document
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

const HELP: &str = "\
Examples:
  cardinal-conformance lint certificate.pem --issuer ca.pem
  cardinal-conformance lint --kind crl list.der --report lints.jsonl

Exit codes: 0 no document breaks a rule, 1 at least one does (with --strict also a recommendation), 2 usage, 4 a file cannot be read.";

/// A line of the report.
#[derive(Serialize)]
struct Line<'a> {
    document: &'a str,
    kind: Kind,
    id: &'a str,
    number: &'a str,
    clause: &'a str,
    level: Level,
    title: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

/// Lints the files.
///
/// # Errors
/// When a file cannot be read or the report cannot be written.
pub(crate) fn run(args: &LintArgs) -> anyhow::Result<ExitCode> {
    let issuer =
        args.issuer.as_deref().map(|path| documents(path)?.into_iter().next().context("no issuer"));
    let issuer = issuer.transpose()?.map(|(der, _)| der);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut report =
        args.report.as_deref().map(File::create).transpose().context("report")?.map(BufWriter::new);
    let (mut out, mut broken) = (io::stdout().lock(), 0);
    for path in &args.files {
        for (at, (der, kind)) in documents(path)?.into_iter().enumerate() {
            let name = if at == 0 {
                path.display().to_string()
            } else {
                format!("{}#{}", path.display(), at + 1)
            };
            let document = Document::read(&der, args.kind.or(kind), issuer.as_deref(), now);
            broken += judge(args, &name, &document, &mut out, report.as_mut())?;
        }
    }
    Ok(ExitCode::from(u8::from(broken > 0)))
}

fn documents(path: &Path) -> anyhow::Result<Vec<(Vec<u8>, Option<Kind>)>> {
    let name = || path.display().to_string();
    let length = fs::metadata(path).with_context(name)?.len();
    anyhow::ensure!(length <= file::FILE_MAX, "{} has more than {} bytes", name(), file::FILE_MAX);
    file::documents(&fs::read(path).with_context(name)?).with_context(name)
}

/// Holds a document against the lints; how many rules it breaks.
fn judge(
    args: &LintArgs,
    name: &str,
    document: &Document<'_>,
    out: &mut dyn Write,
    mut report: Option<&mut BufWriter<File>>,
) -> anyhow::Result<usize> {
    let wanted = |rule: &&Rule| {
        let begins = |prefix: &String| {
            rule.id.starts_with(prefix.as_str()) || rule.number.starts_with(prefix.as_str())
        };
        args.prefixes.is_empty() || args.prefixes.iter().any(begins)
    };
    let (mut judged, mut broken, mut advised) = (0, 0, 0);
    for rule in catalogue::lints().filter(wanted) {
        let Some(verdict) = rule.lint.judge(document) else { continue };
        judged += 1;
        let failed = verdict.grade == Grade::Fail;
        let advice = failed && rule.level != Level::Must;
        broken += usize::from(failed && (!advice || args.strict));
        advised += usize::from(advice);
        if args.all || !matches!(verdict.grade, Grade::Pass | Grade::NotApplicable | Grade::Blocked)
        {
            let grade = if advice { "recommendation" } else { verdict.grade.name() };
            writeln!(
                out,
                "{name}: {grade} {} {} [{}] {}",
                rule.id, rule.title, rule.clause, verdict.finding
            )?;
        }
        if let Some(report) = report.as_mut() {
            let Rule { number, id, clause, level, title, .. } = *rule;
            let kind = document.kind();
            let line =
                Line { document: name, kind, id, number, clause, level, title, verdict: &verdict };
            serde_json::to_writer(&mut **report, &line)?;
            report.write_all(b"\n")?;
        }
    }
    writeln!(
        out,
        "{name}: {judged} lints, {broken} broken, {advised} recommendations not followed"
    )?;
    Ok(broken)
}
