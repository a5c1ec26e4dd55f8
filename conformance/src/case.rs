//! What a case declares about itself.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    probe::Capability,
    session::Session,
    verdict::{Ruling, Stop},
};

/// How binding the clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The specification gives the value.
    Must,
    /// Customary, or what a real host relies on.
    Should,
    /// Recorded, not judged.
    May,
}

/// What a case may do to the card. Mandatory, so that no case can forget its danger.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// No authentication, no change to non-volatile memory.
    Read,
    /// Authenticates, or fails to: sequence and retry counters move.
    Session,
    /// Changes content or keys, and puts them back.
    Persist,
    /// One-way: may brick the card.
    Irreversible,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "read",
            Self::Session => "session",
            Self::Persist => "persist",
            Self::Irreversible => "irreversible",
        })
    }
}

/// The code of a case, by what it judges.
///
/// An [`Stop::Harness`] is a failure of reader or harness, never of the card.
#[derive(Clone, Copy)]
pub enum Run {
    /// A card, through a session with it.
    Card(fn(&mut Session<'_>) -> Ruling),
}

impl Run {
    /// Runs the case on a card.
    ///
    /// # Errors
    /// As the case; see [`Stop`].
    pub fn on_card(self, session: &mut Session<'_>) -> Result<crate::verdict::Verdict, Stop> {
        match self {
            Self::Card(run) => run(session),
        }
    }
}

/// One case of the catalogue. In reports it is its own declaration.
#[derive(Serialize)]
pub struct Case {
    /// Stable identifier: specification, clause, slug, serial. Never used again for something else.
    pub id: &'static str,
    /// Number in the catalogue of cases, e.g. `TP-01`.
    pub number: &'static str,
    /// What the case is about, in a few words.
    pub title: &'static str,
    /// The clause, e.g. `ISO 7816-3 §8`.
    pub clause: &'static str,
    /// How binding the clause is.
    pub level: Level,
    /// What the case may do to the card.
    pub effect: Effect,
    /// What the subject must be able to do for the case to apply.
    #[serde(skip)]
    pub requires: &'static [Capability],
    /// The case itself.
    #[serde(skip)]
    pub run: Run,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("id", &self.id)
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}
