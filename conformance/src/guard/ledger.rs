//! The ledger of tries: how many attempts to authenticate in a row have failed, for each card, across runs.
//!
//! An attempt is written down as failed before it is sent and taken back when the card said 9000, so that neither a crash nor a pulled
//! card makes the count too low.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// A wrong attempt is refused when fewer tries than this would be left after it.
pub const TRIES_LEFT_MIN: u32 = 3;
/// Tries that a card is taken to give when its subject file does not say: few do with less than ten.
const TRIES_DEFAULT: u32 = 10;

/// How many tries a card gives, and how many of them are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Tries in a row that the card gives.
    pub tries: u32,
    /// Tries that have failed since the last good one.
    pub failed: u32,
}

impl Budget {
    /// Tries left.
    #[must_use]
    pub const fn left(self) -> u32 {
        self.tries.saturating_sub(self.failed)
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { tries: TRIES_DEFAULT, failed: 0 }
    }
}

/// The ledger of one card.
#[derive(Debug, Default)]
pub struct Ledger {
    budget: Budget,
    path: Option<PathBuf>,
}

impl Ledger {
    /// A ledger in memory, for a card that lives no longer than the run.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The ledger in this folder of the card with this name, in a file that is made when the first attempt is.
    ///
    /// # Errors
    /// When the file is there and cannot be read: without it nobody knows how many tries are left.
    pub fn open(folder: &Path, card: &str, tries: Option<u32>) -> anyhow::Result<Self> {
        let path = folder.join(format!("{}.ledger.json", file_name(card)));
        let mut budget = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("ledger of tries {}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Budget::default(),
            Err(error) => {
                return Err(error).with_context(|| format!("ledger of tries {}", path.display()));
            }
        };
        budget.tries = tries.unwrap_or(budget.tries);
        Ok(Self { budget, path: Some(path) })
    }

    /// The state of the ledger.
    #[must_use]
    pub const fn budget(&self) -> Budget {
        self.budget
    }

    /// Whether an attempt may be made that will fail.
    #[must_use]
    pub const fn allows_failure(&self) -> bool {
        self.budget.left() > TRIES_LEFT_MIN
    }

    /// Writes an attempt down as failed.
    ///
    /// # Errors
    /// When it cannot be written: then the attempt must not be made.
    pub fn record_attempt(&mut self) -> anyhow::Result<()> {
        self.budget.failed = self.budget.failed.saturating_add(1);
        self.write()
    }

    /// The attempt was good: the card counts from zero again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record_success(&mut self) -> anyhow::Result<()> {
        self.budget.failed = 0;
        self.write()
    }

    /// The card is a new one.
    pub(super) const fn forget(&mut self) {
        self.budget.failed = 0;
    }

    /// Whole or not at all, and on the disk when this returns.
    fn write(&self) -> anyhow::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let failed = || format!("cannot write the ledger of tries {}", path.display());
        let folder = path.parent().context("a ledger has a folder")?;
        fs::create_dir_all(folder).with_context(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
        file.write_all(&serde_json::to_vec(&self.budget)?).with_context(failed)?;
        file.as_file().sync_all().with_context(failed)?;
        file.persist(path).with_context(failed)?;
        Ok(())
    }
}

/// A card's name as the name of a file: letters and digits.
fn file_name(card: &str) -> String {
    card.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::{Ledger, TRIES_LEFT_MIN};

    #[test]
    fn attempts_survive_the_process_and_a_good_one_clears_them() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Ledger::open(folder.path(), "47 90/50", Some(5)).unwrap();
        let mut ledger = open();
        ledger.record_attempt().unwrap();
        ledger.record_attempt().unwrap();
        drop(ledger);
        let mut ledger = open();
        assert_eq!(ledger.budget().left(), TRIES_LEFT_MIN);
        assert!(!ledger.allows_failure());
        ledger.record_success().unwrap();
        assert_eq!(open().budget().failed, 0);
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("card.ledger.json"), "{").unwrap();
        assert!(Ledger::open(folder.path(), "card", None).is_err());
    }
}
