//! Which cases run, in which order.

use aws_lc_rs::digest;

use crate::case::{Case, Effect};

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Prefixes of identifiers or catalogue numbers; empty means all.
    pub prefixes: Vec<String>,
    /// The strongest effect that a case may have.
    pub ceiling: Effect,
    /// Seed of the order; `None` keeps the catalogue's.
    pub shuffle: Option<u64>,
}

impl Default for Selection {
    /// All cases, up to session effects, in the catalogue's order.
    fn default() -> Self {
        Self { prefixes: Vec::new(), ceiling: Effect::Session, shuffle: None }
    }
}

/// One step of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The case.
    pub case: &'static Case,
    /// Whether the ceiling lets it run.
    pub allowed: bool,
}

/// The cases that match, each with whether it may run.
#[must_use]
pub fn plan(
    catalogue: impl IntoIterator<Item = &'static Case>,
    selection: &Selection,
) -> Vec<Step> {
    let wanted = |case: &Case| {
        selection.prefixes.is_empty()
            || selection.prefixes.iter().any(|prefix| {
                case.id.starts_with(prefix.as_str()) || case.number.starts_with(prefix.as_str())
            })
    };
    let mut steps: Vec<Step> = catalogue
        .into_iter()
        .filter(|case| wanted(case))
        .map(|case| Step { case, allowed: case.effect <= selection.ceiling })
        .collect();
    if let Some(seed) = selection.shuffle {
        // Sorting by a seeded hash of the identifier: the same order for the same seed, whatever else is selected.
        steps.sort_by_key(|step| scramble(seed, step.case.id));
    }
    steps
}

/// A hash of the cases and their order, in hexadecimal.
#[must_use]
pub fn hash(steps: &[Step]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for step in steps {
        context.update(step.case.id.as_bytes());
        context.update(b"\n");
    }
    hex::encode(context.finish())
}

/// FNV-1a over seed and identifier; quality enough for an order, and for a seed that no other case has.
pub(crate) fn scramble(seed: u64, id: &str) -> u64 {
    seed.to_be_bytes().iter().chain(id.as_bytes()).fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
