//! `server`: a token-management server, judged by the cases about it.

use core::str::FromStr;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use cardinal_conformance::{
    case::{Effect, Level},
    catalogue::{ca, drm, publication, rule::ServerRule, tks, tps},
    document::file,
    server::{
        Address, Tls, User,
        publication::Publication,
        service::Service,
        tps::{DEFAULT_PATH, Tps},
    },
    verdict::{Blame, Grade, Verdict},
};
use clap::Args;
use globalplatform::{Key, KeySet};
use serde::Serialize;
use token_management::subsystem::secret::Secret;
use zeroize::Zeroizing;

/// What `server` is asked for.
#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct ServerArgs {
    /// tps:, tks:, ca: or drm: before https://HOST[:PORT][/PATH]; the path of a service is the one before its forms
    #[arg(long)]
    subject: ServerSubject,
    /// PEM file with the roots that the server's certificate must lead to
    #[arg(long, value_name = "FILE")]
    server_ca: Option<PathBuf>,
    /// PEM file with the certificate by which the client is known to a service
    #[arg(long, value_name = "FILE", requires_all = ["client_key", "server_ca"])]
    client_cert: Option<PathBuf>,
    /// PEM file with its private key
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// File with the key of the cards that requests to a token key service are about, in hexadecimal; without it the well-known one
    #[arg(long, value_name = "FILE")]
    card_key_file: Option<PathBuf>,
    /// Where an authority publishes its list: judged after its forms
    #[arg(long, value_name = "URL", requires = "issuer")]
    crl_url: Option<Address>,
    /// Where an authority answers about certificates by OCSP: judged after its forms
    #[arg(long, value_name = "URL", requires = "issuer")]
    ocsp_url: Option<Address>,
    /// The authority's certificate
    #[arg(long, value_name = "FILE")]
    issuer: Option<PathBuf>,
    /// A certificate that the authority issued, to ask about
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
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
Examples:
  cardinal-conformance server --subject tps:https://localhost:8443/tps/tps --server-ca ca-chain.pem --user ada --password-file ada.txt
  cardinal-conformance server --subject tks:https://localhost:8443/tks/agent/tks --server-ca ca.pem --client-cert tps.crt --client-key tps.key

Exit codes: 0 no case blames the server, 1 at least one does, 2 usage, 4 the harness failed or the server cannot be reached.";

/// The key with which cards leave the factory.
const WELL_KNOWN_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";

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

/// A server, as named on the command line.
#[derive(Clone)]
struct ServerSubject {
    kind: ServerKind,
    address: Address,
}

/// What a server is, with its prefix and usual path; one table for all of it.
#[derive(Clone, Copy)]
enum ServerKind {
    Tps,
    Tks,
    Ca,
    Drm,
}

const KINDS: &[(&str, ServerKind, &str)] = &[
    ("tps:", ServerKind::Tps, DEFAULT_PATH),
    ("tks:", ServerKind::Tks, "/tks/agent/tks"),
    ("ca:", ServerKind::Ca, "/ca"),
    ("drm:", ServerKind::Drm, "/kra/agent/kra"),
];

impl FromStr for ServerSubject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = KINDS.iter().find_map(|(prefix, kind, path)| {
            text.strip_prefix(prefix).map(|address| (kind, address, path))
        });
        let (kind, address, path) =
            found.ok_or("a server is tps:, tks:, ca: or drm: and an address")?;
        let address: Address = address.parse()?;
        let address = if address.path == "/" { address.with_path(*path) } else { address };
        Ok(Self { kind: *kind, address })
    }
}

/// Judges the server.
///
/// # Errors
/// When a file cannot be read, or the report cannot be written.
pub(crate) fn run(args: &ServerArgs) -> anyhow::Result<ExitCode> {
    match args.subject.kind {
        ServerKind::Tps => judge(args, tps::RULES.iter().copied().flatten(), &mut system(args)?),
        ServerKind::Tks => judge(args, tks::RULES, &mut service(args)?),
        ServerKind::Ca => {
            let forms = judge(args, ca::RULES, &mut service(args)?)?;
            let Some(mut published) = publication(args)? else { return Ok(forms) };
            let published = judge(args, publication::RULES, &mut published)?;
            Ok(if forms == ExitCode::SUCCESS { published } else { forms })
        }
        ServerKind::Drm => judge(args, drm::RULES, &mut service(args)?),
    }
}

/// Runs the cases that are wanted.
fn judge<'r, S: 'r>(
    args: &ServerArgs,
    rules: impl IntoIterator<Item = &'r ServerRule<S>>,
    subject: &mut S,
) -> anyhow::Result<ExitCode> {
    let mut report =
        args.report.as_deref().map(File::create).transpose().context("report")?.map(BufWriter::new);
    let (mut out, mut blamed, mut failed) = (io::stdout().lock(), false, false);
    for rule in rules.into_iter().filter(|rule| wanted(args, rule)) {
        let verdict = if rule.effect > args.ceiling {
            Grade::SkippedByGuard.because(format!("effect '{}' is above the ceiling", rule.effect))
        } else {
            (rule.run)(subject)
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
            let ServerRule { number, id, clause, level, effect, title, .. } = *rule;
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

fn wanted<S>(args: &ServerArgs, rule: &ServerRule<S>) -> bool {
    let begins = |prefix: &String| {
        rule.id.starts_with(prefix.as_str()) || rule.number.starts_with(prefix.as_str())
    };
    args.prefixes.is_empty() || args.prefixes.iter().any(begins)
}

fn tls(args: &ServerArgs) -> anyhow::Result<Tls> {
    let client = args.client_cert.as_deref().zip(args.client_key.as_deref());
    args.server_ca.as_deref().map_or_else(|| Ok(Tls::none()), |path| Tls::from_files(path, client))
}

fn system(args: &ServerArgs) -> anyhow::Result<Tps> {
    let password = password(args)?;
    let user = args.user.clone().zip(password).map(|(name, password)| User { name, password });
    // Serial numbers of the virtual cards: other ones in every run.
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(Tps {
        address: args.subject.address.clone(),
        tls: tls(args)?,
        user,
        token_type: args.token_type.clone(),
        patience: Duration::from_secs(args.patience),
        next_serial: u32::try_from(seconds & 0xFFFF_FFFF)?.rotate_left(8),
        transcript: Vec::new(),
    })
}

fn service(args: &ServerArgs) -> anyhow::Result<Service> {
    Ok(Service {
        address: args.subject.address.clone(),
        tls: tls(args)?,
        patience: Duration::from_secs(args.patience),
        card_keys: KeySet::same(&card_key(args)?),
        transcript: Vec::new(),
    })
}

/// What an authority publishes, where something of it is named.
fn publication(args: &ServerArgs) -> anyhow::Result<Option<Publication>> {
    let Some(issuer) =
        args.issuer.as_deref().filter(|_| args.crl_url.is_some() || args.ocsp_url.is_some())
    else {
        return Ok(None);
    };
    Ok(Some(Publication {
        crl: args.crl_url.clone(),
        ocsp: args.ocsp_url.clone(),
        tls: tls(args)?,
        patience: Duration::from_secs(args.patience),
        issuer: certificate(issuer)?,
        certificate: args.certificate.as_deref().map(certificate).transpose()?,
    }))
}

/// The first certificate of a file.
fn certificate(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let first = file::documents(&bytes)?.into_iter().next();
    first.map(|(der, _)| der).with_context(|| format!("no certificate in {}", path.display()))
}

/// The key of the cards: the well-known one unless a file has another.
fn card_key(args: &ServerArgs) -> anyhow::Result<Key> {
    let Some(path) = &args.card_key_file else { return Ok(Key::des3(WELL_KNOWN_KEY)) };
    let name = || path.display().to_string();
    let text = Zeroizing::new(fs::read_to_string(path).with_context(name)?);
    let mut key = Zeroizing::new([0; 16]);
    hex::decode_to_slice(text.trim(), &mut *key).with_context(name)?;
    Ok(Key::des3(*key))
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
