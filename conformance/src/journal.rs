//! The journal of a run: JSON lines, each on the disk before the run goes on. A run that was interrupted, by a pulled card or a killed
//! process, goes on from it: what the last case promised to undo is undone, and what was judged is not judged again.

mod past;

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub use self::past::{LOST_TWICE, Past};
use crate::{
    case::{Case, Effect},
    engine::{Observer, Outcome},
    plan::Step,
    report::record::CaseRecord,
    undo::Undo,
};

/// Version of the format.
pub const FORMAT_VERSION: u32 = 1;
/// Most bytes of a journal that is read back.
const JOURNAL_MAX: u64 = 1 << 30;

/// What must be the same for a run to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Version of the format.
    pub version: u32,
    /// Hash of the plan.
    pub plan: String,
    /// The strongest effect that cases may have.
    pub ceiling: Effect,
    /// The subject, as it was named.
    pub subject: String,
    /// The card's ATR.
    pub atr: String,
    /// The card's serial, where it has one.
    pub serial: Option<String>,
    /// Seed of challenges.
    pub seed: u64,
}

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case", deny_unknown_fields)]
enum Entry {
    Head(Head),
    Begins { case: String },
    Promises { case: String, undo: Undo },
    Stops { why: String },
    Ends { record: Box<CaseRecord> },
}

/// The journal of a run, open for writing.
pub struct Journal {
    file: File,
}

impl Journal {
    /// A new journal. One that is there already is replaced, unless it is of a run that was interrupted within a case: nobody else
    /// knows what that case left on the card.
    ///
    /// # Errors
    /// When it cannot be written, or what is there is no journal or of such a run.
    pub fn create(path: &Path, head: Head) -> anyhow::Result<Self> {
        let context = || format!("journal {}", path.display());
        if path.try_exists().with_context(context)? {
            let (_, past) = read(&open(path)?).with_context(context)?;
            anyhow::ensure!(
                !past.is_within_a_case(),
                "{} is of a run that was interrupted within a case; go on with --resume",
                path.display()
            );
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).with_context(context)?;
        }
        let mut journal = Self { file: private().truncate(true).open(path).with_context(context)? };
        journal.write(&Entry::Head(head)).with_context(context)?;
        Ok(journal)
    }

    /// The journal of a run that goes on, and what happened so far. A line that was only half written is cut off.
    ///
    /// # Errors
    /// When it cannot be read, is malformed, or is of another run or card; when the run was stopped for the card's sake.
    pub fn resume(path: &Path, head: &Head, steps: &[Step]) -> anyhow::Result<(Self, Past)> {
        let context = || format!("journal {}", path.display());
        let file = open(path).with_context(context)?;
        let (length, past) = read(&file).with_context(context)?;
        past.must_be_of(head, steps).with_context(context)?;
        file.set_len(length).with_context(context)?;
        let mut journal = Self { file };
        journal.file.seek(std::io::SeekFrom::End(0)).with_context(context)?;
        Ok((journal, past))
    }

    fn write(&mut self, entry: &Entry) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.write_all(&line).context("cannot write the journal")?;
        self.file.sync_data().context("cannot write the journal")
    }
}

impl Observer for Journal {
    fn begins(&mut self, case: &'static Case) -> anyhow::Result<()> {
        self.write(&Entry::Begins { case: case.id.to_owned() })
    }

    fn promises(&mut self, case: &'static Case, undo: &Undo) -> anyhow::Result<()> {
        self.write(&Entry::Promises { case: case.id.to_owned(), undo: undo.clone() })
    }

    fn stops(&mut self, why: &str) -> anyhow::Result<()> {
        self.write(&Entry::Stops { why: why.to_owned() })
    }

    fn ends(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        self.write(&Entry::Ends { record: Box::new(CaseRecord::from(outcome)) })
    }
}

/// Nobody else's to read: what is to be undone may have keys in it, encrypted though they are.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn open(path: &Path) -> anyhow::Result<File> {
    Ok(OpenOptions::new().read(true).write(true).open(path)?)
}

/// What whole lines tell, and how many bytes they are.
fn read(file: &File) -> anyhow::Result<(u64, Past)> {
    anyhow::ensure!(file.metadata()?.len() <= JOURNAL_MAX, "more than {JOURNAL_MAX} bytes");
    let mut bytes = Vec::new();
    file.take(JOURNAL_MAX).read_to_end(&mut bytes)?;
    let mut length = 0_u64;
    let mut past = None;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(whole) = line.strip_suffix(b"\n") else { break };
        length = length.saturating_add(u64::try_from(line.len())?);
        let context = || format!("line {}", number.saturating_add(1));
        let entry: Entry = serde_json::from_slice(whole).with_context(context)?;
        past = Some(Past::told(past, entry).with_context(context)?);
    }
    Ok((length, past.context("no header")?))
}
