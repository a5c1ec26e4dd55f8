//! The private keys of a token are on the card and nowhere else: neither in a log nor in the database, where DRM archives one of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of a test

use std::{fs, path::Path};

use end_to_end::{
    Program, ServerOptions, Stage, StageOptions, User,
    openssl::CertificateFile,
    secrets::{Secret, search},
};
use rsa::BoxedUint;
use store::{
    Database,
    ca::{CertificateFilter, CertificateRecord, CertificateStore as _},
    page::Page,
};

/// Bits of the moduli of this product's default profile.
const MODULUS_BITS: u32 = 2048;
/// Length of a prime of such a modulus, in bytes.
const PRIME_LENGTH: usize = 128;
/// First byte of the smallest prime whose square has all bits of the modulus.
const PRIME_FIRST_BYTE_MIN: u8 = 0xB5;
/// What the log of a program shows at the level of everything.
const EVERYTHING: &str = "trace";

/// The modulus, as openssl prints it.
fn modulus(certificate: &CertificateFile) -> BoxedUint {
    let program = Program::new("openssl").args(["x509", "-noout", "-modulus", "-in"]);
    let text = program.arg(&certificate.pem).succeed().unwrap().text();
    let digits = text.trim().trim_start_matches("Modulus=");
    BoxedUint::from_be_slice(&hex::decode(digits).unwrap(), MODULUS_BITS).unwrap()
}

/// The prime factors of the moduli that are somewhere in the bytes: a chip's memory has its keys, and this finds them there.
fn primes_in(memory: &[u8], moduli: &[BoxedUint]) -> Vec<Vec<u8>> {
    let mut primes: Vec<Vec<u8>> = memory
        .windows(PRIME_LENGTH)
        .filter(|window| window[0] >= PRIME_FIRST_BYTE_MIN && window[PRIME_LENGTH - 1] & 1 == 1)
        .filter(|window| {
            let candidate = BoxedUint::from_be_slice(window, MODULUS_BITS).unwrap();
            let candidate = candidate.to_nz().unwrap();
            moduli.iter().any(|modulus| bool::from(modulus.rem_vartime(&candidate).is_zero()))
        })
        .map(<[u8]>::to_vec)
        .collect();
    primes.sort();
    primes.dedup();
    primes
}

/// The certificates that the CA issued, from its database.
async fn certificates(stage: &Stage) -> Vec<CertificateFile> {
    let database = Database::open(&stage.folder().join("server/cardinal.db")).await.unwrap();
    let all = CertificateFilter::default();
    let issued = database.issued_certificates(&all, Page::first()).await.unwrap();
    database.close().await;
    let certificate = |(number, row): (usize, CertificateRecord)| {
        stage.openssl().certificate(&format!("issued-{number}"), &row.der).unwrap()
    };
    issued.entries.into_iter().enumerate().map(certificate).collect()
}

#[tokio::test]
async fn no_private_key_is_written_anywhere_but_on_the_card() {
    let server = ServerOptions {
        plain_http: true,
        log: Some(EVERYTHING.to_owned()),
        ..ServerOptions::default()
    };
    let mut stage =
        Stage::start(StageOptions { readers: 0, server, ..StageOptions::default() }).unwrap();
    let alice = User::new("alice", "correct horse");
    stage.server().add_user(&alice).unwrap();
    let card = stage.card("token", &[]).unwrap();
    let mut emulator = stage.listen(&card).unwrap();
    let client = stage.client().with_debug_log();
    let enrolled = client.enroll(emulator.place(), &alice, "246810").unwrap().succeed().unwrap();
    let client_log = stage.folder().join("client.log");
    fs::write(&client_log, enrolled.text()).unwrap();

    let moduli: Vec<BoxedUint> = certificates(&stage).await.iter().map(modulus).collect();
    emulator.process().stop().unwrap();
    stage.server().process().stop().unwrap();
    let primes = primes_in(&fs::read(card.path()).unwrap(), &moduli);
    assert_eq!(
        (moduli.len(), primes.len()),
        (2, 4),
        "two keys, each with two primes, are on the card"
    );

    let secrets: Vec<Secret> = primes.iter().map(|prime| Secret::new("prime", prime)).collect();
    let server_folder = stage.folder().join("server");
    let places: [&Path; 3] = [&client_log, emulator.process().log(), &server_folder];
    let found = search(&places, &secrets).unwrap();
    assert!(found.is_empty(), "{found:#?}");
    assert!(!search(&[card.path()], &secrets).unwrap().is_empty(), "the search does not work");
}
