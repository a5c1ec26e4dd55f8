//! The cases about card content, life cycle and privileges, on fresh virtual cards and on one card that stays.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

use card::CardProfile;
use cardinal_conformance::{
    case::Effect,
    catalogue,
    engine::{self, End, Outcome, Runner},
    guard::{Guard, Ledger},
    plan::{Selection, plan},
    subject::{InProcess, Plugged, Subject, SubjectKeys},
    verdict::{Blame, Grade},
};
use cardinal_emulator::InProcessReader;

fn run(subject: &mut dyn Subject, ceiling: Effect, disposable: bool) -> (Vec<Outcome>, End) {
    let mut guard = Guard::new(Ledger::in_memory(), 1, disposable);
    let profile = engine::probe(subject, &mut guard, ceiling).unwrap();
    let prefixes = ["CM-", "LC-", "PR-"].map(str::to_owned).to_vec();
    let mut steps = plan(catalogue::all(), &Selection { prefixes, ceiling, shuffle: None });
    steps.retain(|step| step.allowed);
    let mut runner = Runner { subject, profile: &profile, guard: &mut guard, seed: 1 };
    runner.run(&steps, &mut |_: &Outcome| {}).unwrap()
}

/// Nothing is blamed, and so many cases pass plainly.
fn all_is_well(outcomes: &[Outcome], passes_min: usize) {
    let blamed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.verdict.grade.blame() != Blame::Nobody)
        .map(|outcome| {
            format!("{} {:?} {:?}", outcome.case.number, outcome.verdict, outcome.transcript.last())
        })
        .collect();
    for outcome in outcomes.iter().filter(|outcome| outcome.verdict.grade != Grade::Pass) {
        println!("{} {:?}", outcome.case.number, outcome.verdict);
    }
    assert!(blamed.is_empty(), "{blamed:#?}");
    let passed = outcomes.iter().filter(|outcome| outcome.verdict.grade == Grade::Pass).count();
    assert!(passed >= passes_min, "only {passed} plain passes");
}

fn on_fresh_cards(profile: Option<&str>, passes_min: usize) {
    let mut subject = InProcess::named(profile, 1).unwrap();
    let (outcomes, end) = run(&mut subject, Effect::Irreversible, true);
    all_is_well(&outcomes, passes_min);
    assert_eq!(end, End::Completed);
}

#[test]
fn the_default_card_is_blamed_for_nothing() {
    on_fresh_cards(None, 20);
}

#[test]
fn a_card_of_globalplatform_2_1_1_is_blamed_for_nothing() {
    on_fresh_cards(Some("jc222-gp211-scp02"), 20);
}

#[test]
fn a_card_of_globalplatform_2_3_1_is_blamed_for_nothing() {
    on_fresh_cards(Some("jc305-gp231-scp03"), 20);
}

#[test]
fn one_card_is_put_right_after_each_case() {
    let profile = CardProfile::default();
    let first = profile.key_sets.first().unwrap();
    let keys = SubjectKeys::of(first.version, first.key_set().unwrap().1);
    let mut subject = Plugged::new(InProcessReader::of(&profile).unwrap(), Some(keys));
    let (outcomes, end) = run(&mut subject, Effect::Persist, false);
    all_is_well(&outcomes, 20);
    assert_eq!(end, End::Completed);
}
