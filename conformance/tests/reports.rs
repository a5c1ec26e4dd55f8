//! Reports of real runs: every format holds every case, JSON lines satisfy their schema and read back, scripts play, secrets stay secret.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "../../emulator/tests/inside/schema.rs"]
mod schema;

use std::io::BufReader;

use apdu_script::Library;
use cardinal_conformance::{
    case::Effect,
    catalogue,
    engine::{self, Outcome, Runner},
    guard::{Guard, Ledger},
    plan::{Selection, plan},
    report::{
        Format, Input, json_lines,
        record::{Exchange, Header, Opened, Run},
    },
    script,
    subject::InProcess,
    verdict::Grade,
};
use cardinal_emulator::InProcessReader;
use reader::CardReader as _;
use serde_json::Value;

fn judged() -> Run {
    let mut subject = InProcess::named(None, 1).unwrap();
    let mut guard = Guard::new(Ledger::in_memory(), 1, true);
    let profile = engine::probe(&mut subject, &mut guard, Effect::Session).unwrap();
    let steps = plan(catalogue::all(), &Selection::default());
    let mut runner =
        Runner { subject: &mut subject, profile: &profile, guard: &mut guard, seed: 1 };
    let (outcomes, _) = runner.run(&steps, &mut |_: &Outcome| {}).unwrap();
    let mut header = Header::new("in <process>", &profile);
    header.started = Some("2026-01-02T03:04:05Z".to_owned());
    header.seed = Some(u64::MAX);
    header.plan = Some("c0ffee".to_owned());
    Run::new(header, &outcomes)
}

fn written(format: Format, runs: &[Run]) -> String {
    let mut out = Vec::new();
    format.write(&mut out, &Input { runs, clauses: &[] }).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn json_lines_satisfy_their_schema_and_read_back() {
    let schema: Value = serde_json::from_str(include_str!("../docs/report.schema.json")).unwrap();
    let violation = |line: &Value| schema::violation(&schema, &schema, line);
    let mut run = judged();
    let opened = Opened { command: "80F2**".to_owned(), response: "9000".to_owned() };
    run.cases[0].transcript[0].opened = Some(opened);
    let text = written(Format::Json, std::slice::from_ref(&run));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), run.cases.len() + 2);
    for line in &lines {
        assert_eq!(violation(line), None, "{line}");
    }
    let mut wrong = lines[1].clone();
    wrong["grade"] = "passed".into();
    assert!(violation(&wrong).is_some());
    let grades: Vec<_> = schema["$defs"]["grade"]["enum"].as_array().unwrap().clone();
    assert_eq!(grades, Grade::ALL.iter().map(|grade| grade.name()).collect::<Vec<_>>());
    assert_eq!(json_lines::read(BufReader::new(text.as_bytes())).unwrap(), [run]);
}

#[test]
fn every_format_holds_every_case() {
    let run = judged();
    let count = run.cases.len();
    assert!(count >= 30);
    let text = |format| written(format, std::slice::from_ref(&run));
    for format in [Format::Html, Format::Junit, Format::Tap] {
        let text = text(format);
        for case in &run.cases {
            assert!(text.contains(&case.id), "{format} lacks {}", case.id);
        }
        assert!(!text.contains("in <process>") || format == Format::Tap, "{format}");
    }
    let junit = text(Format::Junit);
    assert_eq!(junit.matches("<testcase ").count(), count);
    assert!(junit.contains(&format!("tests=\"{count}\" failures=\"0\"")), "{junit}");
    assert_eq!(text(Format::Html).matches("<details class=\"case ").count(), count);
    let tap = text(Format::Tap);
    assert!(tap.starts_with(&format!("TAP version 14\n1..{count}\nok 1 - ")));
    assert_eq!(tap.lines().filter(|line| line.starts_with("ok ")).count(), count);
    assert!(text(Format::Markdown).contains(&format!("{count} cases in ")));
    assert!(text(Format::Badge).contains(" pass</text>"));
}

#[test]
fn what_failed_becomes_a_script_that_plays() {
    let mut run = judged();
    // Counters move in the others: on one card their answers differ the second time.
    run.cases.retain(|case| case.effect == Effect::Read);
    for case in &mut run.cases {
        case.grade = Grade::Fail;
    }
    let text = written(Format::Apdu, &[run]);
    let mut reader = InProcessReader::blank().unwrap();
    reader.connect().unwrap();
    let card = script::in_process_card().unwrap();
    let played = script::run(&text, &Library::default(), &card, &mut reader)
        .unwrap_or_else(|error| panic!("{error:#}\n{text}"));
    let script::Outcome::Answered(played) = played else { panic!("{played:?}\n{text}") };
    assert!(played.compared > 50, "{played:?}");
}

#[test]
fn secrets_are_in_no_format() {
    // Digits that no answer and no identifier has.
    let (pin, key) = ("39343731", "F1E2D3C4B5A6978878695A4B3C2D1E0F");
    let commands = [
        format!("0020000104{pin}"),
        format!("8024000108{pin}{pin}"),
        format!("80D8010116018010{key}03AABBCC00"),
        format!("84D8010116018010{key}03AABBCC00"),
        format!("84E2600010{key}"),
    ];
    let mut run = judged();
    let exchange = |command: &String| Exchange {
        command: command.clone(),
        response: "9000".to_owned(),
        opened: Some(Opened { command: command.clone(), response: "9000".to_owned() }),
    };
    run.cases[0].grade = Grade::Fail;
    run.cases[0].transcript = commands.iter().map(exchange).collect();
    // A report from elsewhere may hold what this suite would have hidden.
    let foreign = written(Format::Json, &[run]);
    let runs = json_lines::read(BufReader::new(foreign.as_bytes())).unwrap();
    for format in Format::ALL {
        let text = written(*format, &runs);
        assert!(!text.contains(pin), "{format} tells the PIN");
        assert!(!text.contains(key), "{format} tells the key");
        assert!(!text.to_uppercase().contains(&key[..16]), "{format} tells half of the key");
    }
}
