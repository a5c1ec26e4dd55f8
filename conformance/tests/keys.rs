//! Keys, logical channels, status and robustness on virtual cards of every protocol: nothing is blamed, nothing is broken.
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

/// The groups that this file is about.
const GROUPS: [&str; 5] = ["GS-", "GD-", "PK-", "CH-", "NEG-"];

fn outcomes(profile: Option<&str>) -> Vec<Outcome> {
    let mut subject = InProcess::named(profile, 1).unwrap();
    let mut guard = Guard::new(Ledger::in_memory(), 1, true);
    let probed = engine::probe(&mut subject, &mut guard, Effect::Irreversible).unwrap();
    let selection = Selection {
        prefixes: GROUPS.map(str::to_owned).to_vec(),
        ceiling: Effect::Irreversible,
        shuffle: None,
    };
    let steps = plan(catalogue::all(), &selection);
    let mut runner = Runner { subject: &mut subject, profile: &probed, guard: &mut guard, seed: 1 };
    runner.run(&steps, &mut |_: &Outcome| {}).unwrap().0
}

/// Nobody is blamed, and most cases come to a verdict.
fn judge(profile: Option<&str>) {
    let outcomes = outcomes(profile);
    let line = |outcome: &Outcome| {
        format!("{} {}: {}", outcome.case.number, outcome.verdict.grade, outcome.verdict.finding)
    };
    for outcome in outcomes.iter().filter(|outcome| outcome.verdict.grade != Grade::Pass) {
        println!("{}", line(outcome));
    }
    let blamed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.verdict.grade.blame() != Blame::Nobody)
        .map(line)
        .collect();
    assert!(blamed.is_empty(), "{blamed:#?}");
    let passed = outcomes.iter().filter(|outcome| {
        matches!(
            outcome.verdict.grade,
            Grade::Pass | Grade::PassWithObservation | Grade::ConceptuallyPass
        )
    });
    assert!(passed.count() * 4 >= outcomes.len() * 3, "too few cases come to a verdict");
}

#[test]
fn the_default_card_is_not_blamed() {
    judge(None);
}

#[test]
fn a_card_of_scp01_is_not_blamed() {
    judge(Some("jc222-gp211-scp01"));
}

#[test]
fn a_card_of_scp02_with_initial_keys_is_not_blamed() {
    judge(Some("jc222-gp211-scp02"));
}

#[test]
fn a_card_of_scp03_is_not_blamed() {
    judge(Some("jc305-gp231-scp03"));
}
