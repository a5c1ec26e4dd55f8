//! `server`: a token-management server, judged by the cases about it.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use cardinal_conformance::{
    case::{Effect, Level},
    catalogue::tps,
    server::{
        Address, Tls, User,
        tps::{DEFAULT_PATH, Tps},
    },
    verdict::{Blame, Grade, Verdict},
};
use clap::Args;
use serde::Serialize;
use token_management::subsystem::secret::Secret;
use zeroize::Zeroizing;

/// What `server` is asked for.
#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct ServerArgs {
    /// tps:https://HOST[:PORT][/PATH] or tps:http://...
    #[arg(long, value_parser = subject)]
    subject: Address,
    /// PEM file with the roots that the server's certificate must lead to
    #[arg(long, value_name = "FILE")]
    server_ca: Option<PathBuf>,
    /// The user who operates tokens
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File with the user's password
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    password_file: Option<PathBuf>,
    /// Environment variable with the user's password
    #[arg(long, value_name = "VARIABLE")]
    password_env: Option<String>,
    /// The kind of token that is asked for
    #[arg(long, default_value = "userKey")]
    token_type: String,
    /// Take only cases whose identifier or number begins so; may be given several times
    #[arg(long = "case", value_name = "PREFIX")]
    prefixes: Vec<String>,
    /// The strongest effect that a case may have: 'session' begins operations and never finishes one, 'persist' formats and enrols
    /// virtual tokens, which the server then has on record
    #[arg(long, default_value = "session")]
    ceiling: Effect,
    /// Seconds that the server may be silent
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    patience: u64,
    /// Write JSON lines to this file, one a case
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

const HELP: &str = "\
Example:
  cardinal-conformance server --subject tps:https://localhost:8443/tps/tps --server-ca ca-chain.pem --user ada --password-file ada.txt

Exit codes: 0 no case blames the server, 1 at least one does, 2 usage, 4 the harness failed or the server cannot be reached.";

/// A line of the report.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    number: &'a str,
    clause: &'a str,
    level: Level,
    effect: Effect,
    title: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

fn subject(text: &str) -> Result<Address, String> {
    let address = text.strip_prefix("tps:").ok_or("a server is tps:https://HOST[:PORT][/PATH]")?;
    let address: Address = address.parse()?;
    Ok(if address.path == "/" { address.with_path(DEFAULT_PATH) } else { address })
}

/// Judges the server.
///
/// # Errors
/// When a file cannot be read, or the report cannot be written.
pub(crate) fn run(args: &ServerArgs) -> anyhow::Result<ExitCode> {
    let mut system = system(args)?;
    let mut report =
        args.report.as_deref().map(File::create).transpose().context("report")?.map(BufWriter::new);
    let (mut out, mut blamed, mut failed) = (io::stdout().lock(), false, false);
    for rule in tps::RULES.iter().copied().flatten().filter(|rule| wanted(args, rule)) {
        system.transcript.clear();
        let verdict = if rule.effect > args.ceiling {
            Grade::SkippedByGuard.because(format!("effect '{}' is above the ceiling", rule.effect))
        } else {
            (rule.run)(&mut system)
                .unwrap_or_else(|error| Grade::HarnessError.because(format!("{error:#}")))
        };
        blamed |= verdict.grade.blame() == Blame::Card && rule.level == Level::Must;
        failed |= verdict.grade.blame() == Blame::Harness;
        writeln!(
            out,
            "{:<22} {:<6} {:<36} {}",
            verdict.grade.name(),
            rule.number,
            rule.id,
            rule.title
        )?;
        if !verdict.finding.is_empty() {
            writeln!(out, "{:<29} {}", "", verdict.finding)?;
        }
        if let Some(report) = &mut report {
            let tps::TpsRule { number, id, clause, level, effect, title, .. } = *rule;
            let line = Line { id, number, clause, level, effect, title, verdict: &verdict };
            serde_json::to_writer(&mut *report, &line)?;
            report.write_all(b"\n")?;
        }
    }
    Ok(ExitCode::from(match (blamed, failed) {
        (true, _) => 1,
        (false, true) => 4,
        (false, false) => 0,
    }))
}

fn wanted(args: &ServerArgs, rule: &tps::TpsRule) -> bool {
    let begins = |prefix: &String| {
        rule.id.starts_with(prefix.as_str()) || rule.number.starts_with(prefix.as_str())
    };
    args.prefixes.is_empty() || args.prefixes.iter().any(begins)
}

fn system(args: &ServerArgs) -> anyhow::Result<Tps> {
    let tls = args
        .server_ca
        .as_deref()
        .map_or_else(|| Ok(Tls::none()), |path| Tls::from_files(path, None))?;
    let password = password(args)?;
    let user = args.user.clone().zip(password).map(|(name, password)| User { name, password });
    // Serial numbers of the virtual cards: other ones in every run.
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(Tps {
        address: args.subject.clone(),
        tls,
        user,
        token_type: args.token_type.clone(),
        patience: Duration::from_secs(args.patience),
        next_serial: u32::try_from(seconds & 0xFFFF_FFFF)?.rotate_left(8),
        transcript: Vec::new(),
    })
}

fn password(args: &ServerArgs) -> anyhow::Result<Option<Secret>> {
    let text = match (&args.password_file, &args.password_env) {
        (Some(path), _) => fs::read_to_string(path).with_context(|| path.display().to_string())?,
        (None, Some(name)) => std::env::var(name).with_context(|| name.clone())?,
        (None, None) => return Ok(None),
    };
    let text = Zeroizing::new(text);
    Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']).as_bytes().to_vec())))
}
