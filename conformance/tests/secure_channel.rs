//! The cases about secure channels on virtual cards of each protocol: none is blamed, and the harness does not fail.
#![allow(clippy::unwrap_used)] // helpers of tests

use cardinal_conformance::{
    case::Effect,
    catalogue,
    engine::{self, Outcome, Runner},
    guard::{Guard, Ledger},
    plan::{Selection, plan},
    subject::InProcess,
    verdict::{Blame, Grade},
};

const PREFIXES: &[&str] = &[
    "S1-", "S2-", "S3-", "GD-04", "GD-11", "GD-18", "GD-21", "SEL-13", "SEL-15", "TP-10", "TP-18",
];

/// Runs the groups on cards of this profile; at least `at_least` of the cases of `group` must pass.
fn blames_nothing(profile: Option<&str>, group: &str, at_least: usize) {
    let mut subject = InProcess::named(profile, 1).unwrap();
    let mut guard = Guard::new(Ledger::in_memory(), 1, true);
    let probed = engine::probe(&mut subject, &mut guard, Effect::Irreversible).unwrap();
    let prefixes = PREFIXES.iter().map(|prefix| (*prefix).to_owned()).collect();
    let selection = Selection { prefixes, ceiling: Effect::Irreversible, shuffle: None };
    let steps = plan(catalogue::all(), &selection);
    let mut runner = Runner { subject: &mut subject, profile: &probed, guard: &mut guard, seed: 1 };
    let (outcomes, _) = runner.run(&steps, &mut |_: &Outcome| {}).unwrap();
    let wrong: Vec<_> = outcomes
        .iter()
        .filter(|outcome| {
            outcome.verdict.grade.blame() != Blame::Nobody
                || outcome.verdict.grade == Grade::Blocked
        })
        .map(|outcome| (outcome.case.number, &outcome.verdict, &outcome.transcript))
        .collect();
    assert!(wrong.is_empty(), "{profile:?}: {wrong:#?}");
    let passed = outcomes
        .iter()
        .filter(|outcome| outcome.case.number.starts_with(group))
        .filter(|outcome| outcome.verdict.grade == Grade::Pass)
        .count();
    assert!(passed >= at_least, "{profile:?}: only {passed} cases of {group} pass");
}

#[test]
fn the_default_card_is_blamed_for_nothing() {
    blames_nothing(None, "S", 10);
}

#[test]
fn a_card_with_scp01_is_blamed_for_nothing() {
    blames_nothing(Some("jc222-gp211-scp01"), "S1-", 5);
}

#[test]
fn a_card_with_scp02_is_blamed_for_nothing() {
    blames_nothing(Some("jc222-gp211-scp02"), "S2-", 14);
}

#[test]
fn a_card_with_scp03_is_blamed_for_nothing() {
    blames_nothing(Some("jc305-gp231-scp03"), "S3-", 12);
}

#[test]
fn a_card_with_scp03_in_s16_mode_is_blamed_for_nothing() {
    blames_nothing(Some("jc310-gp231-scp03-s16"), "S3-", 12);
}
