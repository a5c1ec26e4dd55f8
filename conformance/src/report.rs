//! Reports of a run: JSON lines for programs, JUnit XML for CI, text for people.

pub mod json_lines;
pub mod junit;
pub mod text;

use std::collections::BTreeMap;

use crate::{engine::Outcome, verdict::Grade};

/// How many outcomes there are of each grade; grades that did not occur are left out.
#[must_use]
pub fn tally(outcomes: &[Outcome]) -> BTreeMap<Grade, usize> {
    outcomes.iter().fold(BTreeMap::new(), |mut tally, outcome| {
        *tally.entry(outcome.verdict.grade).or_default() += 1;
        tally
    })
}
