//! What keeps the suite from harming a card: nothing is sent that the case's effect does not allow, and attempts to authenticate are
//! counted before they are made.
//!
//! The guard sits between a session and the reader and sees every command. It classifies by class and instruction, which secure
//! messaging leaves in the clear.

mod danger;
mod ledger;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

pub use self::{
    danger::{Danger, danger},
    ledger::{Budget, Ledger, TRIES_LEFT_MIN},
};
use crate::{
    case::{Case, Effect},
    undo::Undo,
    verdict::{Grade, Stop},
};

/// What a case expects of an attempt to authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is right: the card has been checked, the keys are the card's.
    Right,
    /// It is wrong, or may be: it costs one of the card's tries.
    Wrong,
}

/// The guard of a run.
pub struct Guard {
    ledger: Ledger,
    random: StdRng,
    /// Whether the next case gets a fresh card, so that nothing that happens to this one matters.
    disposable: bool,
    effect: Effect,
    provoking: bool,
    attempt: Option<Attempt>,
    /// Whether the case has locked the card and promised to unlock it, see [`Undo`].
    restores_life_cycle: bool,
    failures: u32,
    poisoned: Option<String>,
}

impl Guard {
    /// A guard with this ledger, whose random numbers come from the run's seed. `disposable` says that each case gets a card of its own.
    #[must_use]
    pub fn new(ledger: Ledger, seed: u64, disposable: bool) -> Self {
        Self {
            ledger,
            random: StdRng::seed_from_u64(seed),
            disposable,
            effect: Effect::Read,
            provoking: false,
            attempt: None,
            restores_life_cycle: false,
            failures: 0,
            poisoned: None,
        }
    }

    /// A case begins: what it sends is held against what it declares. Its random numbers depend on the seed and its identifier only,
    /// not on what ran before.
    pub fn begin(&mut self, case: &Case, seed: u64) {
        self.effect = case.effect;
        self.random = StdRng::seed_from_u64(crate::plan::scramble(seed, case.id));
        (self.provoking, self.attempt, self.restores_life_cycle) = (false, None, false);
        (self.failures, self.poisoned) = (0, None);
        if self.disposable {
            self.ledger.forget();
        }
    }

    /// What the harness does between cases, to put things back or to look whether all is well, has this effect.
    pub const fn between_cases(&mut self, effect: Effect) {
        self.effect = effect;
        (self.provoking, self.attempt) = (false, None);
    }

    /// Why the card is no longer what it was before the case, where that is so.
    #[must_use]
    pub fn poisoned(&self) -> Option<&str> {
        if self.disposable { None } else { self.poisoned.as_deref() }
    }

    /// Whether the case has made attempts that failed, which a good one has to follow.
    #[must_use]
    pub const fn owes_authentication(&self) -> bool {
        self.failures > 0
    }

    /// How many attempts at what are left, for whoever wants to know before a case.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(bytes.as_mut_slice());
        bytes
    }

    pub(crate) const fn provoking(&mut self, on: bool) {
        self.provoking = on;
    }

    pub(crate) fn will_undo(&mut self, undo: &Undo) {
        self.restores_life_cycle |= undo.commands.iter().any(|command| {
            hex::decode(command).is_ok_and(|bytes| danger(&bytes) == Danger::LifeCycle)
        });
    }

    /// An attempt begins, or, with `None`, ends.
    pub(crate) fn attempting(&mut self, attempt: Option<Attempt>) -> Result<(), Stop> {
        if attempt == Some(Attempt::Wrong) && !self.ledger.allows_failure() {
            let left = self.ledger.budget().left();
            return Err(Grade::SkippedByGuard
                .because(format!("{left} tries are left for this card; a wrong one needs more"))
                .into());
        }
        self.attempt = attempt;
        Ok(())
    }

    /// Looks at a command before it is sent.
    pub(crate) fn before(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let danger = danger(bytes);
        if danger == Danger::Authentication {
            return self.before_attempt();
        }
        let allowed = match danger {
            Danger::LifeCycle if self.restores_life_cycle => Effect::Persist,
            other => other.effect(),
        };
        if allowed <= self.effect || self.provoking {
            return Ok(());
        }
        Err(anyhow::anyhow!(
            "the guard stops {}: it has effect '{allowed}', the case declares '{}'",
            crate::session::transcript::masked(bytes.get(..4).unwrap_or(bytes)),
            self.effect
        )
        .into())
    }

    fn before_attempt(&mut self) -> Result<(), Stop> {
        if self.attempt.is_none() && !self.provoking {
            return Err(anyhow::anyhow!(
                "the guard stops an attempt to authenticate that nobody announced"
            )
            .into());
        }
        if self.effect < Effect::Session && !self.provoking {
            return Err(anyhow::anyhow!(
                "the guard stops an attempt in a case of effect '{}'",
                self.effect
            )
            .into());
        }
        // Recorded as failed before it is sent: a run that is killed in between has counted it.
        Ok(self.ledger.record_attempt()?)
    }

    /// Looks at the answer to a command.
    pub(crate) fn after(&mut self, bytes: &[u8], answer: &[u8]) -> Result<(), Stop> {
        let accepted = answer.ends_with(&[0x90, 0x00]) || matches!(answer, [0x61, _]);
        let danger = danger(bytes);
        if danger == Danger::Authentication {
            if accepted {
                self.failures = 0;
                self.ledger.record_success()?;
            } else {
                self.failures += 1;
            }
        } else if accepted && self.provoking && danger.effect() > self.effect {
            let header = hex::encode_upper(bytes.get(..4).unwrap_or(bytes));
            self.poisoned = Some(format!("{header} was accepted, which it should not have been"));
        }
        Ok(())
    }
}
