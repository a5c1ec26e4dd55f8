//! `run`: the selected cases on a subject.

use std::{
    fs::File,
    io::{self, Read as _, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use cardinal_conformance::{
    case::{Case, Effect},
    catalogue,
    engine::{self, End, Observer, Outcome, Runner},
    expectations::{self, Expectations, Standing},
    guard::{Guard, Ledger},
    journal::{self, Journal, Past},
    plan::{self, Step, plan},
    probe::Profile,
    registry::Registry,
    report,
    strictness::Strictness,
    subject::{Subject, admit, difference},
    undo::Undo,
    verdict::Blame,
};
use clap::Args;

use super::{
    CARD, HARNESS, UNREACHABLE, Unreachable,
    coverage::clauses,
    open::{SubjectArgs, Target, state_folder, stopped},
    selection::SelectionArgs,
};

#[derive(Args)]
#[command(after_help = RUN_HELP)]
pub(super) struct RunArgs {
    #[command(flatten)]
    subject: SubjectArgs,
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
    /// The serial of the card that may be lost, in full: for --ceiling irreversible outside this process
    #[arg(long, value_name = "SERIAL")]
    sacrifice: Option<String>,
    /// Folder of ledgers of tries and of journals [default: cardinal in the user's state folder]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Keep the journal of the run here [default: in the state folder; none for cards in this process]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Go on with the run that the journal has, after an interruption
    #[arg(long)]
    resume: bool,
}

const RUN_HELP: &str = "\
A subject file names cards and says where their keys are; it has no keys in it:
  [subject.lab]
  address = \"pcsc:Reader 00 00\"
  atr = \"3B...\"                 # as 'cardinal-conformance probe' shows it
  serial = \"4790...\"            # the same
  tries = 10                      # wrong authentications in a row that the card bears
  [subject.lab.keys]
  version = \"30\"                # 00: the card's default set
  algorithm = \"aes\"             # or des
  diversification = \"none\"      # or emv, visa2, kdf3, nist, gpkmc: then key is the master key
  key = { env = \"CARD_KEY\" }    # in hexadecimal; or { file = \"key.hex\" }; or enc, mac and dek, each so

Cases that change a card outside this process need atr and serial in the file; those that may end its life also --sacrifice SERIAL.";

pub(super) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let expectations = args.expect.as_deref().map(read_expectations).transpose()?;
    let target = args.subject.target()?;
    let mut subject = target.open(args.seed)?;
    let (mut guard, profile) = args.guarded(&target, &mut *subject)?;
    let ceiling = args.selection.ceiling;
    let steps = plan(catalogue::all(), &args.selection.clone().into());
    anyhow::ensure!(!steps.is_empty(), "no case matches; see 'cardinal-conformance list'");
    let head = journal::Head {
        version: journal::FORMAT_VERSION,
        plan: plan::hash(&steps),
        ceiling,
        subject: args.subject.name().to_owned(),
        atr: profile.atr.clone(),
        serial: profile.serial.clone(),
        seed: args.seed,
    };
    let (journal, past) = args.journal(&target, head, &steps)?;
    let mut out = io::stdout().lock();
    let mut follower = Follower { journal, out: &mut out, strict: args.strict };
    let mut runner =
        Runner { subject: &mut *subject, profile: &profile, guard: &mut guard, seed: args.seed };
    let (outcomes, end) = match past {
        Some(past) => past.go_on(&mut runner, &steps, &mut follower)?,
        None => runner.run(&steps, &mut follower)?,
    };
    let outcomes: Vec<Outcome> =
        outcomes.into_iter().map(|outcome| taken(args.strict, outcome)).collect();
    report::text::summary(&mut out, &outcomes)?;
    args.report(&profile, &steps, &outcomes, &end)?;
    if let End::Stopped(why) | End::Interrupted(why) = &end {
        writeln!(io::stderr(), "cardinal-conformance: the run did not end: {why}")?;
    }
    let blames = blames(&outcomes, &expectations.unwrap_or_default())?;
    Ok(ExitCode::from(exit_code(&blames, &end)))
}

impl RunArgs {
    /// Probes the subject: first without keys, to see which card it is and whether the ceiling is for it.
    fn guarded(
        &self,
        target: &Target,
        subject: &mut dyn Subject,
    ) -> anyhow::Result<(Guard, Profile)> {
        let ceiling = self.selection.ceiling;
        let in_process = target.is_in_process();
        let mut guard = Guard::new(Ledger::in_memory(), self.seed, in_process);
        if !in_process {
            let profile = engine::probe(subject, &mut guard, Effect::Read).map_err(stopped)?;
            let named = target.named.as_ref();
            admit(named, &profile, ceiling, self.sacrifice.as_deref())
                .map_err(|refusal| Unreachable(refusal.to_string()))?;
            if let Some(refusal) = named.and_then(|named| difference(named, &profile)) {
                writeln!(io::stderr(), "cardinal-conformance: {refusal}")?;
            }
            let tries = named.and_then(|named| named.tries);
            let ledger = Ledger::open(&self.state_folder()?, card(&profile), tries)?;
            guard = Guard::new(ledger, self.seed, false);
        }
        let profile = engine::probe(subject, &mut guard, ceiling).map_err(stopped)?;
        Ok((guard, profile))
    }

    fn state_folder(&self) -> anyhow::Result<PathBuf> {
        state_folder(self.state.as_deref())
    }

    /// The journal, and what it has of a run that goes on.
    fn journal(
        &self,
        target: &Target,
        head: journal::Head,
        steps: &[Step],
    ) -> anyhow::Result<(Option<Journal>, Option<Past>)> {
        let path = match &self.journal {
            Some(path) => path.clone(),
            None if target.is_in_process() => {
                anyhow::ensure!(!self.resume, "name the journal to go on from with --journal");
                return Ok((None, None));
            }
            None => {
                let card = head.serial.as_deref().unwrap_or(&head.atr);
                let name: String = card.chars().filter(char::is_ascii_alphanumeric).collect();
                self.state_folder()?.join(format!("{name}.journal.jsonl"))
            }
        };
        if self.resume {
            let (journal, past) = Journal::resume(&path, &head, steps)?;
            return Ok((Some(journal), Some(past)));
        }
        Ok((Some(Journal::create(&path, head)?), None))
    }

    fn report(
        &self,
        profile: &Profile,
        steps: &[Step],
        outcomes: &[Outcome],
        end: &End,
    ) -> anyhow::Result<()> {
        let mut header = report::record::Header::new(self.subject.name(), profile);
        (header.seed, header.plan) = (Some(self.seed), Some(plan::hash(steps)));
        let mut run = report::record::Run::new(header, outcomes);
        run.complete = *end == End::Completed;
        report::write_all(&self.reports, &report::Input { runs: &[run], clauses: &clauses()? })
    }
}

/// What tells the card from others, as well as it can be told.
fn card(profile: &Profile) -> &str {
    profile.serial.as_deref().unwrap_or(&profile.atr)
}

/// Follows the run with a journal and the terminal.
struct Follower<'a> {
    journal: Option<Journal>,
    out: &'a mut dyn Write,
    strict: Strictness,
}

impl Observer for Follower<'_> {
    fn begins(&mut self, case: &'static Case) -> anyhow::Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.begins(case))
    }

    fn promises(&mut self, case: &'static Case, undo: &Undo) -> anyhow::Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.promises(case, undo))
    }

    fn stops(&mut self, why: &str) -> anyhow::Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.stops(why))
    }

    fn ends(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.ends(outcome))?;
        Ok(report::text::outcome(self.out, &taken(self.strict, outcome.clone()))?)
    }
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
