//! The suite on the virtual card, and on cards that are wrong on purpose: what it says of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::collections::BTreeSet;

use cardinal_conformance::{
    case::Effect,
    catalogue,
    engine::{self, Outcome, Runner},
    guard::{Guard, Ledger},
    plan::{Selection, plan},
    probe::Profile,
    script,
    subject::Plugged,
    verdict::{Blame, Grade},
};
use cardinal_emulator::InProcessReader;
use iso7816::Atr;
use reader::{CardReader, ReaderError};

/// Probes and runs, one card for all cases and without keys.
fn probe_and_run(reader: impl CardReader, selection: &Selection) -> (Profile, Vec<Outcome>) {
    let mut subject = Plugged::new(reader, None);
    let mut guard = Guard::new(Ledger::in_memory(), 1, false);
    let profile = engine::probe(&mut subject, &mut guard, Effect::Read).unwrap();
    let steps = plan(catalogue::all(), selection);
    let mut runner =
        Runner { subject: &mut subject, profile: &profile, guard: &mut guard, seed: 1 };
    let (outcomes, _) = runner.run(&steps, &mut |_: &Outcome| {}).unwrap();
    (profile, outcomes)
}

fn run(reader: impl CardReader, selection: &Selection) -> Vec<Outcome> {
    probe_and_run(reader, selection).1
}

/// The virtual card with one answer changed: what `change` makes of command and answer.
struct Mutant<F> {
    card: InProcessReader,
    change: F,
}

impl<F: FnMut(&[u8], Vec<u8>) -> Vec<u8>> CardReader for Mutant<F> {
    fn name(&self) -> &'static str {
        "mutant"
    }
    fn connect(&mut self) -> Result<Atr, ReaderError> {
        self.card.connect()
    }
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let answer = self.card.transmit(command)?;
        Ok((self.change)(command, answer))
    }
    fn reset(&mut self) -> Result<Atr, ReaderError> {
        self.card.reset()
    }
    fn disconnect(&mut self) -> Result<(), ReaderError> {
        self.card.disconnect()
    }
}

/// Catalogue numbers of the cases that blame this mutant.
fn killed_by(change: impl FnMut(&[u8], Vec<u8>) -> Vec<u8>) -> BTreeSet<&'static str> {
    let mutant = Mutant { card: InProcessReader::blank().unwrap(), change };
    run(mutant, &Selection::default())
        .iter()
        .filter(|outcome| outcome.verdict.grade == Grade::Fail)
        .map(|outcome| outcome.case.number)
        .collect()
}

#[test]
fn identifiers_are_unique_and_the_first_thirty_cases_are_there() {
    let ids: BTreeSet<_> = catalogue::all().map(|case| case.id).collect();
    let numbers: BTreeSet<_> = catalogue::all().map(|case| case.number).collect();
    assert_eq!(ids.len(), catalogue::all().count());
    assert_eq!(numbers.len(), ids.len());
    assert!(catalogue::all().filter(|case| case.effect == Effect::Read).count() >= 30);
}

#[test]
fn the_virtual_card_is_blamed_for_nothing() {
    let outcomes = run(InProcessReader::blank().unwrap(), &Selection::default());
    let blamed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.verdict.grade.blame() != Blame::Nobody)
        .map(|outcome| (outcome.case.number, &outcome.verdict, &outcome.transcript))
        .collect();
    assert!(blamed.is_empty(), "{blamed:#?}");
    let passed = outcomes.iter().filter(|outcome| outcome.verdict.grade == Grade::Pass).count();
    assert!(passed >= 20, "only {passed} plain passes");
}

#[test]
fn a_card_that_lists_without_authentication_is_caught_by_that_case_alone() {
    let killed =
        killed_by(
            |command, answer| {
                if command.starts_with(&[0x80, 0xF2]) { vec![0x90, 0x00] } else { answer }
            },
        );
    assert_eq!(killed, BTreeSet::from(["GS-01"]));
}

#[test]
fn a_card_that_accepts_any_instruction_is_caught() {
    let killed = killed_by(|command, answer| {
        if answer == [0x6D, 0x00] && command[0] == 0x80 { vec![0x90, 0x00] } else { answer }
    });
    assert!(killed.contains("TP-14"), "{killed:?}");
}

#[test]
fn a_card_that_knows_every_application_is_caught() {
    let killed = killed_by(|command, answer| {
        if command.starts_with(&[0x00, 0xA4, 0x04, 0x00]) && answer == [0x6A, 0x82] {
            vec![0x90, 0x00]
        } else {
            answer
        }
    });
    assert!(killed.contains("SEL-08"), "{killed:?}");
}

#[test]
fn a_card_whose_fci_is_cut_is_caught() {
    let killed = killed_by(|command, answer| {
        if command.starts_with(&[0x00, 0xA4]) && answer.len() > 10 {
            [&answer[..9], &[0x90, 0x00]].concat()
        } else {
            answer
        }
    });
    assert!(killed.contains("SEL-01") && killed.contains("SEL-04"), "{killed:?}");
}

#[test]
fn a_card_that_falls_mute_stops_the_run_at_the_culprit() {
    let mut mute = false;
    let mutant = Mutant {
        card: InProcessReader::blank().unwrap(),
        change: move |command: &[u8], answer: Vec<u8>| {
            mute |= command.starts_with(&[0x80, 0xFC]);
            if mute { Vec::new() } else { answer }
        },
    };
    let outcomes = run(mutant, &Selection::default());
    let last = outcomes.last().unwrap();
    assert_eq!((last.case.number, last.verdict.grade), ("TP-14", Grade::Fail));
    assert!(outcomes.len() < catalogue::all().count());
}

#[test]
fn the_ceiling_skips_and_the_selection_selects() {
    let only = Selection { prefixes: vec!["SEL-".to_owned()], ..Selection::default() };
    let outcomes = run(InProcessReader::blank().unwrap(), &only);
    assert_eq!(outcomes.len(), 14);
    let shuffled = |seed| {
        let selection = Selection { shuffle: Some(seed), ..Selection::default() };
        plan(catalogue::all(), &selection).iter().map(|step| step.case.id).collect::<Vec<_>>()
    };
    assert_eq!(shuffled(1), shuffled(1));
    assert_ne!(shuffled(1), shuffled(2));
}

#[test]
fn scripts_are_played_and_differences_are_told() {
    let play = |text: &str| {
        let mut reader = InProcessReader::blank().unwrap();
        reader.connect().unwrap();
        let card = script::in_process_card().unwrap();
        script::run(text, &apdu_script::Library::default(), &card, &mut reader)
    };
    let session = "select $isd => 6F * 9000\nopen 00 03\n80 F2 80 02 (4F00) 00 => E3 * 9000\nreset\n80 F2 80 02 (4F00) 00 => 6982\n";
    assert!(matches!(play(session).unwrap(), script::Outcome::Answered(all) if all.compared == 4));
    let differs = play("select $isd => 6F * 9000\n80 CA 0066 00 => 6A88").unwrap();
    assert!(matches!(differs, script::Outcome::Differs(failure) if failure.line == 2));
    let unfit = play("keys long 000102030405060708090A0B0C0D0E0F1011121314151617").unwrap();
    assert_eq!(unfit, script::Outcome::Unfit);
    assert!(play("open").is_err(), "no script");
}

#[test]
fn a_card_file_has_one_card() {
    assert!(script::read_card("# mine\ncard scp=03 i=70 version=30\n").is_ok());
    for text in
        ["", "card scp=03", "card scp=03 i=70\ncard scp=02 i=15", "card scp=03 i=70 keys=00"]
    {
        let error = script::read_card(text).unwrap_err();
        assert!(!format!("{error:#}").contains("keys=00"), "{text}");
    }
}
