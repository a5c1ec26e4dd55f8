//! `play`: APDU scripts on a subject.

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
    script::{self, Outcome},
    subject::Address,
};
use clap::Args;

use super::open::open;

#[derive(Args)]
#[command(after_help = PLAY_HELP)]
pub(super) struct PlayArgs {
    /// The scripts
    #[arg(required = true, value_name = "FILE")]
    scripts: Vec<PathBuf>,
    /// in-process[:PROFILE], pcsc:READER or tcp:HOST:PORT
    #[arg(long)]
    subject: Address,
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

pub(super) fn run(args: &PlayArgs) -> anyhow::Result<ExitCode> {
    let default_card = args.subject == Address::InProcess(None);
    let in_process = matches!(args.subject, Address::InProcess(_));
    anyhow::ensure!(
        in_process || args.ceiling == Effect::Irreversible,
        "scripts may change the card for good; allow it with --ceiling irreversible"
    );
    let card = match &args.card {
        Some(path) => script::read_card(&read(path)?)
            .with_context(|| format!("card file {}", path.display()))?,
        None if default_card => script::in_process_card()?,
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
        let mut subject = open(&args.subject, None, 0)?;
        match script::run(&read(path)?, &library, &card, subject.reader())
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
