//! What an authority publishes, judged on openssl's responder and on lists in files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "documents/openssl.rs"]
#[allow(dead_code)] // one of several users of it
mod openssl;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use cardinal_conformance::{
    catalogue::publication::RULES,
    server::{Tls, publication::Publication},
    verdict::Grade,
};

const ENTITY: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";

/// Answers every GET with this body and type.
fn publish(body: Vec<u8>, kind: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/list", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    address
}

fn publication(ca: &openssl::Authority) -> Publication {
    Publication {
        crl: None,
        ocsp: None,
        tls: Tls::none(),
        patience: Duration::from_secs(5),
        issuer: ca.certificate.clone(),
        certificate: Some(ca.issue("/CN=Ada", ENTITY, &[])),
    }
}

fn grades(publication: &mut Publication) -> Vec<(&'static str, Grade, String)> {
    let judge = |rule: &cardinal_conformance::catalogue::rule::ServerRule<Publication>,
                 publication: &mut Publication| {
        let verdict = (rule.run)(publication)
            .unwrap_or_else(|error| Grade::HarnessError.because(format!("{error:#}")));
        (rule.id, verdict.grade, verdict.finding)
    };
    RULES.iter().map(|rule| judge(rule, publication)).collect()
}

fn failing(publication: &mut Publication) -> Vec<String> {
    let failed = grades(publication).into_iter().filter(|(_, grade, _)| *grade == Grade::Fail);
    failed.map(|(id, _, finding)| format!("{id}: {finding}")).collect()
}

#[test]
fn a_list_is_judged_where_it_is_published() {
    let ca = openssl::Authority::new("ec");
    let mut good = publication(&ca);
    good.crl = Some(publish(ca.crl(&["01"], ""), "application/pkix-crl").parse().unwrap());
    assert_eq!(failing(&mut good), Vec::<String>::new());
    let mut bad = publication(&ca);
    let other = openssl::Authority::new("ec");
    bad.crl = Some(publish(other.crl(&["01"], ""), "text/plain").parse().unwrap());
    let failed = failing(&mut bad);
    assert!(failed.iter().any(|one| one.starts_with("RFC2585-4-crl-type-001")), "{failed:?}");
    assert!(
        failed.iter().any(|one| one.starts_with("RFC5280-5-crl-published-001: RFC5280-6.3.3")),
        "{failed:?}"
    );
}

#[test]
fn the_responder_of_openssl_is_judged() {
    let ca = openssl::Authority::new("ec");
    let mut responder = publication(&ca);
    let (address, mut process) = ca.responder();
    responder.ocsp = Some(address.parse().unwrap());
    let told = grades(&mut responder);
    let _ = process.kill();
    let _ = process.wait();
    let failed: Vec<_> = told
        .iter()
        .filter(|(_, grade, _)| matches!(grade, Grade::Fail | Grade::HarnessError))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let passed = told
        .iter()
        .filter(|(id, grade, _)| id.starts_with("RFC6960") && *grade == Grade::Pass)
        .count();
    assert_eq!(passed, 6, "{told:#?}");
}

#[test]
fn a_responder_that_always_says_the_same_is_caught() {
    let ca = openssl::Authority::new("ec");
    let mut responder = publication(&ca);
    let good = ca.ocsp(responder.certificate.as_ref().unwrap(), &[]);
    responder.ocsp = Some(publish(good, "application/ocsp-response").parse().unwrap());
    let failed = failing(&mut responder);
    for id in [
        "RFC9654-2.1-echo-002",
        "RFC6960-2.3-unknown-001",
        "RFC6960-2.2-not-issued-002",
        "RFC6960-2.3-malformed-002",
    ] {
        assert!(failed.iter().any(|one| one.starts_with(id)), "{id}: {failed:?}");
    }
}
