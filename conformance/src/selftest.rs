//! The suite judged by itself: a fault is planted in the virtual card, and the cases that claim its rule must blame the card, and no others.
//!
//! For test builds only (cargo feature `mutants`): the card of a product has no faults to plant.

mod claims;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    thread,
};

use faults::Fault;

pub use self::{
    claims::Claims,
    table::{Row, State},
};
use crate::{
    case::{Case, Effect},
    catalogue,
    engine::{self, Outcome, Runner},
    guard::{Guard, Ledger},
    plan::{Selection, plan},
    subject::InProcess,
    verdict::{Grade, Stop},
};

/// Profiles whose cards the faults are planted in: every secure channel protocol is among them.
pub const PROFILES: &[Option<&str>] =
    &[None, Some("jc222-gp211-scp01"), Some("jc222-gp211-scp02"), Some("jc305-gp231-scp03")];
/// Seed of all runs.
const SEED: u64 = 1;

/// What a run without faults blames the card for, and what all runs with one do.
pub struct Findings {
    /// Numbers of cases that fail without any fault, by profile; there should be none.
    pub baseline: BTreeSet<String>,
    /// Numbers of the cases that blame the card, by fault.
    pub killers: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

/// Plants each fault in cards of each profile and runs all cases. `progress` is called after each fault.
///
/// # Errors
/// When no card can be made.
pub fn run(threads: usize, progress: &(dyn Fn(Fault) + Sync)) -> anyhow::Result<Findings> {
    let mut baseline = BTreeSet::new();
    for profile in PROFILES {
        let failed = failures(*profile)?;
        baseline.extend(
            failed
                .iter()
                .map(|number| format!("{number} on {}", profile.unwrap_or("the default profile"))),
        );
    }
    let left = Mutex::new(Fault::ALL.iter().copied());
    let killers = Mutex::new(BTreeMap::new());
    let work = || -> anyhow::Result<()> {
        loop {
            let next = left.lock().map_err(|_| anyhow::anyhow!("a worker fell"))?.next();
            let Some(fault) = next else { return Ok(()) };
            let killed = killers_of(fault)?;
            killers
                .lock()
                .map_err(|_| anyhow::anyhow!("a worker fell"))?
                .insert(fault.name(), killed);
            progress(fault);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a worker fell"))?)
    })?;
    let killers = killers.into_inner().map_err(|_| anyhow::anyhow!("a worker fell"))?;
    Ok(Findings { baseline, killers })
}

/// The cases that blame a card with this fault, whatever its profile.
fn killers_of(fault: Fault) -> anyhow::Result<BTreeSet<&'static str>> {
    let _planted = faults::plant(fault);
    let mut killers = BTreeSet::new();
    for profile in PROFILES {
        killers.extend(failures(*profile)?);
    }
    Ok(killers)
}

/// Numbers of the cases that blame cards of this profile.
fn failures(profile: Option<&str>) -> anyhow::Result<BTreeSet<&'static str>> {
    let mut subject = InProcess::named(profile, SEED)?;
    let mut guard = Guard::new(Ledger::in_memory(), SEED, true);
    let profile = match engine::probe(&mut subject, &mut guard, Effect::Irreversible) {
        Ok(profile) => profile,
        // The fault is in the way of the probe already: what it can do without keys is looked at all the same.
        Err(Stop::Harness(error)) => return Err(error),
        Err(_) => engine::probe(&mut subject, &mut guard, Effect::Read)
            .map_err(|_| anyhow::anyhow!("a card in this process was lost"))?,
    };
    let selection = Selection { ceiling: Effect::Irreversible, ..Selection::default() };
    let steps = plan(catalogue::all(), &selection);
    let mut runner =
        Runner { subject: &mut subject, profile: &profile, guard: &mut guard, seed: SEED };
    let (outcomes, _) = runner.run(&steps, &mut |_: &Outcome| {})?;
    let blamed = outcomes.iter().filter(|outcome| outcome.verdict.grade == Grade::Fail);
    Ok(blamed.map(|outcome| outcome.case.number).collect())
}

/// The case with this number.
#[must_use]
pub fn case(number: &str) -> Option<&'static Case> {
    catalogue::all().find(|case| case.number == number)
}
