//! Runs that are interrupted and go on.

use std::{fs, io::Write as _, path::Path};

use cardinal_conformance::{
    case::{Case, Effect},
    engine::{End, Outcome},
    journal::{FORMAT_VERSION, Head, Journal, LOST_TWICE},
    plan,
    verdict::{Grade, Verdict},
};

use super::{
    INSTALLS, INSTALLS_TWO_AND_FAILS, OPENS, PROVOKES, READS,
    bench::{Bench, case, steps},
};

static CASES: [&Case; 5] = [&READS, &INSTALLS, &OPENS, &INSTALLS_TWO_AND_FAILS, &PROVOKES];
static KILLS: Case = case("TEST-kill", Effect::Read, |session| {
    session.transmit(&[0x80, 0xFC, 0x00, 0x00])?;
    Ok(Verdict::pass())
});

/// Probes and runs; `resume` says whether to go on from the journal.
fn process(
    bench: &mut Bench,
    cases: &[&'static Case],
    path: &Path,
    resume: bool,
) -> anyhow::Result<(Vec<Outcome>, End)> {
    let profile = match bench.probe(Effect::Session) {
        Ok(profile) => profile,
        Err(stop) => return Ok((vec![], End::Interrupted(format!("{stop:?}")))),
    };
    let steps = steps(cases);
    let head = Head {
        version: FORMAT_VERSION,
        plan: plan::hash(&steps),
        ceiling: Effect::Persist,
        subject: "bench".to_owned(),
        atr: profile.atr.clone(),
        serial: profile.serial.clone(),
        seed: 1,
    };
    bench.with_runner(&profile, |runner| {
        if resume {
            let (mut journal, past) = Journal::resume(path, &head, &steps)?;
            past.go_on(runner, &steps, &mut journal)
        } else {
            runner.run(&steps, &mut Journal::create(path, head)?)
        }
    })
}

fn verdicts(outcomes: &[Outcome]) -> Vec<(&'static str, Verdict)> {
    outcomes.iter().map(|outcome| (outcome.case.id, outcome.verdict.clone())).collect()
}

fn put_back(bench: &Bench) {
    bench.wire.borrow_mut().out = false;
}

#[test]
fn a_card_pulled_at_any_command_makes_no_difference_after_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal.jsonl");
    let mut bench = Bench::new();
    bench.probe(Effect::Session).unwrap();
    let before = bench.wire.borrow().exchanges.len();
    let (outcomes, end) = process(&mut bench, &CASES, &path, false).unwrap();
    assert_eq!(end, End::Completed);
    let whole = verdicts(&outcomes);
    let commands = bench.wire.borrow().exchanges.len() - before;
    assert!(commands > 50, "{commands}");
    let mut interrupted = 0;
    for at in (before + 1..commands).step_by(3) {
        let mut bench = Bench::new();
        fs::remove_file(&path).unwrap();
        bench.wire.borrow_mut().pulled_after = Some(at);
        let (outcomes, end) = process(&mut bench, &CASES, &path, false).unwrap();
        assert!(matches!(end, End::Interrupted(_)), "{at}: {end:?}");
        assert!(outcomes.len() < CASES.len());
        interrupted += 1;
        put_back(&bench);
        let (outcomes, end) = process(&mut bench, &CASES, &path, true).unwrap();
        assert_eq!((verdicts(&outcomes), end), (whole.clone(), End::Completed), "pulled at {at}");
    }
    assert!(interrupted > 10);
}

#[test]
fn a_case_that_loses_the_card_twice_is_blamed_and_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let cases: [&Case; 3] = [&READS, &KILLS, &OPENS];
    let mut bench = Bench::new();
    bench.wire.borrow_mut().pulled_at = Some(0xFC);
    for resume in [false, true] {
        let (_, end) = process(&mut bench, &cases, &path, resume).unwrap();
        assert!(matches!(end, End::Interrupted(_)), "{end:?}");
        put_back(&bench);
    }
    let (outcomes, end) = process(&mut bench, &cases, &path, true).unwrap();
    assert_eq!(end, End::Completed);
    let found: Vec<_> = outcomes.iter().map(|outcome| outcome.verdict.grade).collect();
    assert_eq!(found, [Grade::Pass, Grade::Fail, Grade::Pass]);
    assert_eq!(outcomes[1].verdict.finding, LOST_TWICE);
}

/// A journal of a run that was interrupted in its second case.
fn interrupted(folder: &Path) -> (Bench, [&'static Case; 2], std::path::PathBuf) {
    let path = folder.join("journal");
    let mut bench = Bench::new();
    bench.wire.borrow_mut().pulled_at = Some(0xFC);
    process(&mut bench, &[&READS, &KILLS], &path, false).unwrap();
    put_back(&bench);
    bench.wire.borrow_mut().pulled_at = None;
    (bench, [&READS, &KILLS], path)
}

fn append(path: &Path, text: &str) {
    fs::OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn half_a_line_at_the_end_is_nothing_and_any_other_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (mut bench, cases, path) = interrupted(folder.path());
    let kept = fs::read(&path).unwrap();
    for wrong in [
        "garbage\n",
        "{\"entry\":\"begins\",\"case\":\"TEST-read\"}\n",
        "{\"entry\":\"ends\"}\n{",
        "\n",
    ] {
        append(&path, wrong);
        assert!(process(&mut bench, &cases, &path, true).is_err(), "{wrong}");
        fs::write(&path, &kept).unwrap();
    }
    append(&path, "{\"entry\":\"ends\",\"rec");
    let (outcomes, end) = process(&mut bench, &cases, &path, true).unwrap();
    assert_eq!((outcomes.len(), end), (2, End::Completed));
    // What was appended follows whole lines: it reads back.
    let (outcomes, _) = process(&mut bench, &cases, &path, true).unwrap();
    assert_eq!(outcomes.len(), 2);
}

#[test]
fn a_journal_is_of_one_plan_and_one_card_and_not_lost_by_accident() {
    let folder = tempfile::tempdir().unwrap();
    let (mut bench, cases, path) = interrupted(folder.path());
    let error = |result: anyhow::Result<_>| format!("{:#}", Result::<(), _>::unwrap_err(result));
    let other = process(&mut bench, &[&KILLS, &READS], &path, true).map(|_| ());
    assert!(error(other).contains("another plan"));
    let anew = process(&mut bench, &cases, &path, false).map(|_| ());
    assert!(error(anew).contains("--resume"));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"atr\":\"3B", "\"atr\":\"3F", 1)).unwrap();
    let other = process(&mut bench, &cases, &path, true).map(|_| ());
    assert!(error(other).contains("another card"));
}

#[test]
fn a_run_that_was_stopped_for_the_cards_sake_does_not_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut bench = Bench::new();
    bench.wire.borrow_mut().accepts = Some(super::DELETE);
    let cases: [&Case; 2] = [&PROVOKES, &READS];
    let (_, end) = process(&mut bench, &cases, &path, false).unwrap();
    assert!(matches!(end, End::Stopped(_)), "{end:?}");
    assert!(process(&mut bench, &cases, &path, true).is_err());
}
