//! What keeps the suite from harming a card, held against readers that count, lie and lose their card; and runs that go on after it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "guard/bench.rs"]
mod bench;
#[path = "guard/resume.rs"]
mod resume;

use bench::{Bench, case, install, instance};
use cardinal_conformance::{
    case::{Case, Effect},
    catalogue,
    engine::End,
    guard::{Danger, Ledger, danger},
    plan::{Selection, plan},
    session::Session,
    undo::Undo,
    verdict::{Grade, Ruling, Stop, Verdict},
};
use globalplatform::{Key, KeySet};
use iso7816::Command;

/// PUT KEY, as far as a guard looks.
const PUT_KEY: u8 = 0xD8;
const DELETE: u8 = 0xE4;
const EXTERNAL_AUTHENTICATE: u8 = 0x82;

static PUTS_KEYS: Case = case("TEST-put-key", Effect::Read, |session| {
    session.send_raw(&[0x80, PUT_KEY, 0x00, 0x81, 0x00])?;
    Ok(Verdict::pass())
});
static INSTALLS: Case = case("TEST-install", Effect::Persist, |session| {
    let mut secure = session.open_mac()?;
    install(session, &mut secure, 1)?;
    Ok(Verdict::pass())
});
static INSTALLS_TWO_AND_FAILS: Case = case("TEST-install-fail", Effect::Persist, |session| {
    let mut secure = session.open_mac()?;
    install(session, &mut secure, 1)?;
    install(session, &mut secure, 2)?;
    Err(Stop::fail("on purpose"))
});
static FORGETS_TO_UNDO: Case = case("TEST-forget", Effect::Persist, |session| {
    let mut secure = session.open_mac()?;
    let command = bench::installation(&instance(3)).command(0x0C);
    session.must(&mut secure, "INSTALL", &command)?;
    Ok(Verdict::pass())
});
static OPENS: Case = case("TEST-open", Effect::Session, |session| {
    session.open_mac()?;
    Ok(Verdict::pass())
});
static READS: Case = case("TEST-read", Effect::Read, |session| {
    session.select_issuer_security_domain()?;
    Ok(Verdict::pass())
});
static AUTHENTICATES_WRONGLY_TWICE: Case = case("TEST-wrong", Effect::Session, |session| {
    wrong_attempt(session)?;
    wrong_attempt(session)
});
static PROVOKES: Case = case("TEST-provoke", Effect::Read, |session| {
    let delete = Command::new(0x80, DELETE, 0x00, 0x00).with_data(vec![0x4F, 5, 1, 2, 3, 4, 5]);
    let answer = session.provoke(&delete)?;
    Ok(Verdict::require(!answer.status.is_ok(), || "DELETE without authentication".to_owned()))
});

fn wrong_attempt(session: &mut Session<'_>) -> Ruling {
    session.reset()?;
    session.select_issuer_security_domain()?;
    session.initialize_update(0, 0)?;
    let wrong = Command::new(0x84, EXTERNAL_AUTHENTICATE, 0x01, 0x00).with_data(vec![0; 16]);
    let answer = session.fail_to_authenticate(&wrong)?;
    Ok(Verdict::require(!answer.status.is_ok(), || "taken".to_owned()))
}

#[test]
fn by_default_nothing_that_lasts_gets_through() {
    let mut bench = Bench::new();
    let selection = Selection::default();
    let steps = plan(catalogue::all().chain([&INSTALLS]), &selection);
    let (outcomes, end) = bench.run(selection.ceiling, &steps);
    assert_eq!(end, End::Completed);
    assert_eq!(outcomes.last().unwrap().verdict.grade, Grade::SkippedByGuard);
    let wire = bench.wire.borrow();
    assert!(wire.exchanges.len() > 100);
    for (command, answer) in &wire.exchanges {
        let lasting =
            matches!(danger(command), Danger::Content | Danger::LifeCycle | Danger::Termination);
        assert!(!lasting || !answer.ends_with(&[0x90, 0x00]), "{command:02X?}");
    }
    assert_eq!(wire.count(0xE6), 0, "INSTALL of the case above the ceiling");
}

#[test]
fn what_a_case_did_not_declare_never_reaches_the_reader() {
    let mut bench = Bench::new();
    let (outcomes, end) = bench.run_all(Effect::Irreversible, &[&PUTS_KEYS, &READS]);
    assert_eq!((outcomes[0].verdict.grade, end), (Grade::HarnessError, End::Completed));
    assert_eq!(outcomes[1].verdict.grade, Grade::Pass);
    assert_eq!(bench.wire.borrow().count(PUT_KEY), 0);
}

#[test]
fn wrong_keys_are_noticed_before_the_card_does() {
    let mut bench = Bench::new();
    bench.keys = KeySet::same(&Key::des3([0x11; 16]));
    assert!(matches!(bench.probe(Effect::Session), Err(Stop::Abort(_))));
    // Whoever goes on without a probe is stopped at the first case.
    let profile = bench.probe(Effect::Read).unwrap();
    let steps = bench::steps(&[&OPENS, &READS]);
    let (outcomes, end) = bench.run_with(&profile, &steps);
    assert!(matches!(end, End::Stopped(_)), "{end:?}");
    assert_eq!(outcomes.len(), 1);
    assert_eq!(bench.wire.borrow().count(EXTERNAL_AUTHENTICATE), 0);
}

#[test]
fn what_a_failing_case_did_is_undone_latest_first() {
    let mut bench = Bench::new();
    let (outcomes, end) = bench.run_all(Effect::Persist, &[&INSTALLS_TWO_AND_FAILS, &READS]);
    assert_eq!(end, End::Completed, "{outcomes:#?}");
    assert_eq!(outcomes[0].verdict, Grade::Fail.because("on purpose"));
    let wire = bench.wire.borrow();
    let deleted = wire.sent(DELETE).map(|(command, answer)| {
        assert!(answer.ends_with(&[0x90, 0x00]), "{answer:02X?}");
        (1..=2).find(|number| holds(command, &instance(*number))).unwrap()
    });
    assert_eq!(deleted.collect::<Vec<_>>(), [2, 1]);
}

fn holds(command: &[u8], aid: &[u8]) -> bool {
    command.windows(aid.len()).any(|window| window == aid)
}

#[test]
fn what_a_case_forgets_to_undo_stops_the_run() {
    let mut bench = Bench::new();
    let (outcomes, end) = bench.run_all(Effect::Persist, &[&FORGETS_TO_UNDO, &READS]);
    assert!(matches!(&end, End::Stopped(why) if why.contains("applications")), "{end:?}");
    assert_eq!((outcomes.len(), outcomes[0].verdict.grade), (1, Grade::Fail));
}

#[test]
fn a_wrong_attempt_needs_tries_and_is_not_made_again() {
    for (tries, wrong) in [(3, 0), (4, 1), (5, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let mut bench = Bench::new();
        bench.ledger = Some((folder.path().to_owned(), tries));
        let (outcomes, end) =
            bench.run_all(Effect::Session, &[&AUTHENTICATES_WRONGLY_TWICE, &OPENS]);
        assert_eq!(end, End::Completed);
        let expected = if wrong == 2 { Grade::Pass } else { Grade::SkippedByGuard };
        assert_eq!(outcomes[0].verdict.grade, expected, "{tries}");
        assert_eq!(outcomes[1].verdict.grade, Grade::Pass);
        let wire = bench.wire.borrow();
        let failed = wire
            .sent(EXTERNAL_AUTHENTICATE)
            .filter(|(_, answer)| !answer.ends_with(&[0x90, 0x00]))
            .count();
        assert_eq!(failed, wrong, "{tries}");
        // A good one has followed.
        let ledger = Ledger::open(folder.path(), "card", Some(tries)).unwrap();
        assert_eq!(ledger.budget().failed, 0);
    }
}

#[test]
fn a_card_that_took_what_it_must_refuse_ends_the_run() {
    let mut bench = Bench::new();
    bench.wire.borrow_mut().accepts = Some(DELETE);
    let (outcomes, end) = bench.run_all(Effect::Session, &[&READS, &PROVOKES, &READS]);
    assert!(matches!(end, End::Stopped(_)), "{end:?}");
    assert_eq!(outcomes.len(), 2);
    assert_eq!(outcomes[1].verdict.grade, Grade::Fail);
}

#[test]
fn undoing_what_was_never_done_is_fine() {
    let mut bench = Bench::new();
    let undo = [Undo::delete_application(&instance(1)), Undo::delete_application(&instance(2))];
    let profile = bench.probe(Effect::Session).unwrap();
    bench.with_runner(&profile, |runner| runner.undo(&undo)).unwrap();
    assert_eq!(bench.wire.borrow().count(DELETE), 2);
}
