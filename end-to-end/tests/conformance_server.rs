//! The conformance suite judges our server: every case about a token processing system, and every lint of what the authority published.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use conformance::{
    catalogue::{self, tps},
    document::{Document, file},
    server::{Address, Tls, User, tps::Tps},
    verdict::{Grade, Verdict},
};
use end_to_end::{Stage, StageOptions, User as Holder};
use token_management::subsystem::secret::Secret;

fn stage() -> Stage {
    Stage::start(StageOptions { readers: 0, ..StageOptions::default() }).unwrap()
}

fn holder() -> Holder {
    Holder { name: "ada".to_owned(), password: "Correct.Horse.42".to_owned() }
}

fn system(stage: &mut Stage) -> Tps {
    let server = stage.server();
    server.add_user(&holder()).unwrap();
    Tps {
        address: server.url().parse::<Address>().unwrap(),
        tls: Tls::from_files(&server.chain(), None).unwrap(),
        user: Some(User {
            name: holder().name,
            password: Secret::new(holder().password.into_bytes()),
        }),
        token_type: "userKey".to_owned(),
        patience: Duration::from_secs(20),
        next_serial: 0x4000_0000,
        transcript: Vec::new(),
    }
}

#[test]
fn our_token_processing_system_passes_every_case() {
    let mut stage = stage();
    let mut system = system(&mut stage);
    let mut told = Vec::new();
    for rule in tps::RULES.iter().copied().flatten() {
        let verdict = (rule.run)(&mut system).unwrap();
        println!(
            "{:<6} {:<38} {:<22} {}",
            rule.number,
            rule.id,
            verdict.grade.name(),
            verdict.finding
        );
        told.push((rule.id, verdict));
    }
    let good = |verdict: &Verdict| {
        matches!(verdict.grade, Grade::Pass | Grade::PassWithObservation | Grade::ConceptuallyPass)
    };
    let bad: Vec<_> = told.iter().filter(|(_, verdict)| !good(verdict)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(told.len() >= 25);
}

#[test]
fn what_our_authority_publishes_has_no_flaw() {
    let mut stage = stage();
    let server = stage.server();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let chain = file::documents(&std::fs::read(server.chain()).unwrap()).unwrap();
    let mut documents: Vec<(String, Vec<u8>)> =
        chain.into_iter().enumerate().map(|(at, (der, _))| (format!("chain {at}"), der)).collect();
    let issuer = server.fetch("/ca/ca.crt").unwrap();
    let root = documents.iter().map(|(_, der)| der.clone()).find(|der| *der != issuer).unwrap();
    documents.push(("CRL".to_owned(), server.fetch("/ca/crl").unwrap()));
    for (name, der) in &documents {
        let is_list = name == "CRL";
        let by = if is_list { &issuer } else { &root };
        let document = Document::read(der, None, Some(by), now);
        let bad: Vec<String> = catalogue::lints()
            .filter_map(|rule| Some((rule.id, rule.lint.judge(&document)?)))
            .filter(|(_, verdict)| matches!(verdict.grade, Grade::Fail | Grade::Inconclusive))
            .map(|(id, verdict)| format!("{id}: {}", verdict.finding))
            .collect();
        assert!(bad.is_empty(), "{name}: {bad:#?}");
    }
}
