//! Runs for the tests of reports.

use super::record::{CaseRecord, Exchange, FORMAT_VERSION, Header, Run};
use crate::{
    case::{Effect, Level},
    verdict::Grade,
};

pub(super) fn run(subject: &str, cases: Vec<CaseRecord>) -> Run {
    let header = Header {
        version: FORMAT_VERSION,
        subject: subject.to_owned(),
        suite: "0.1.0".to_owned(),
        started: Some("2026-01-02T03:04:05Z".to_owned()),
        seed: Some(7),
        plan: Some("c0ffee".to_owned()),
        profile: serde_json::json!({ "atr": "3B00" }),
    };
    Run { header, cases, complete: true }
}

pub(super) fn case(id: &str, grade: Grade, exchanges: &[(&str, &str)]) -> CaseRecord {
    let exchange = |(command, response): &(&str, &str)| Exchange {
        command: (*command).to_owned(),
        response: (*response).to_owned(),
        opened: None,
    };
    CaseRecord {
        id: id.to_owned(),
        number: "A-01".to_owned(),
        title: format!("about {id}"),
        clause: "GPCS 2.3.1 §11.3".to_owned(),
        level: Level::Must,
        effect: Effect::Read,
        grade,
        finding: if grade == Grade::Pass { String::new() } else { "why".to_owned() },
        duration_us: 1_500,
        transcript: exchanges.iter().map(exchange).collect(),
    }
}
