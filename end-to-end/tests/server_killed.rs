//! `kill -9` of the server at random points of fifty enrolments loses no certificate that was issued and no key that was archived, and
//! leaves a token that the next operation repairs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::{fs, path::Path, thread, time::Duration};

use end_to_end::{Stage, StageError, StageOptions, User};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use store::{
    Database,
    ca::{CertificateFilter, CertificateStore as _},
    drm::ArchiveStore as _,
    page::Page,
};

/// How many kills must hit an enrolment that runs.
const KILLS: usize = 50;
/// Most enrolments that are begun for that.
const ENROLMENTS_MAX: usize = 250;
/// Longest time from the start of an enrolment to the kill, in milliseconds: a little more than an enrolment takes.
const KILL_AFTER_MS_MAX: u64 = 800;
/// Environment variable that repeats a run.
const SEED_VARIABLE: &str = "STAGE_SEED";
const PIN: &str = "654321";

/// What the server said it did. It says so only after the record of it is durable.
#[derive(Debug)]
struct Told {
    issued: usize,
    archived: usize,
}

fn told(log: &Path) -> Told {
    let log = fs::read_to_string(log).unwrap();
    let lines = |wanted: &str| log.lines().filter(|line| line.contains(wanted)).count();
    Told { issued: lines("certificate issued"), archived: lines("key pair made") }
}

/// Serial numbers of the certificates on the token, as its holder's client sees them.
fn serials_on_token(list: &str) -> Vec<Vec<u8>> {
    let readers: serde_json::Value = serde_json::from_str(list).unwrap();
    let certificates = readers[0]["applet"]["certificates"].as_array().unwrap();
    certificates.iter().map(|one| hex::decode(one["serial"].as_str().unwrap()).unwrap()).collect()
}

#[test]
fn fifty_kills_lose_nothing() -> Result<(), StageError> {
    let seed = std::env::var(SEED_VARIABLE)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| rand::make_rng::<StdRng>().random());
    println!("{SEED_VARIABLE}={seed} repeats this run's choices");
    let mut random = StdRng::seed_from_u64(seed);
    let mut stage = Stage::start(StageOptions { readers: 0, ..StageOptions::default() })?;
    let alice = User::new("alice", "correct horse");
    stage.server().add_user(&alice)?;
    let card = stage.card("killed", &[])?;
    let emulator = stage.listen(&card)?;
    let client = stage.client();

    let mut interrupted = 0;
    let mut begun = 0;
    while interrupted < KILLS && begun < ENROLMENTS_MAX {
        begun += 1;
        let enrolment = client.enroll(emulator.place(), &alice, PIN)?.start()?;
        thread::sleep(Duration::from_millis(random.random_range(0..KILL_AFTER_MS_MAX)));
        stage.server().process().kill()?;
        interrupted += usize::from(!enrolment.wait()?.status.success());
        stage.server().restart()?;
    }
    println!("{interrupted} of {begun} enrolments were interrupted");
    assert_eq!(interrupted, KILLS, "too few kills hit an enrolment");

    // The next operation repairs the token, whatever the last kill left.
    client.enroll(emulator.place(), &alice, PIN)?.succeed()?;
    let list = client.list(emulator.place(), true)?.succeed()?;
    let serials = serials_on_token(&String::from_utf8_lossy(&list.stdout));
    assert_eq!(
        serials.len(),
        2,
        "a repaired token has a certificate for signatures and one for encryption"
    );

    let told = told(&stage.server().log());
    let folder = stage.server().folder().to_owned();
    stage.server().process().stop()?;
    check_records(&folder.join("cardinal.db"), &told, &serials);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn check_records(database: &Path, told: &Told, on_token: &[Vec<u8>]) {
    let database = Database::open(database).await.unwrap();
    let all = CertificateFilter::default();
    let issued = database.issued_certificates(&all, Page::first()).await.unwrap();
    let archived = database.archived_keys(Some("alice"), Page::first()).await.unwrap();
    println!("{told:?}; in the database: {} certificates, {} keys", issued.total, archived.total);
    // More than was told may be there, when the kill came between the record and the word about it; never less.
    assert!(issued.total >= told.issued as u64, "certificates were lost");
    assert!(archived.total >= told.archived as u64, "archived keys were lost");
    let mut recoverable = 0;
    for serial in on_token {
        let record = database
            .issued_certificate(serial)
            .await
            .unwrap()
            .expect("a certificate on the token is unknown");
        assert_eq!((record.user.as_str(), record.revocation), ("alice", None));
        let public_key = public_key_of(&record.der);
        recoverable += usize::from(database.archived_key(&public_key).await.unwrap().is_some());
    }
    assert_eq!(
        recoverable, 1,
        "the encryption key on the token must be archived, the signing key must not"
    );
}

/// DER of the SubjectPublicKeyInfo in a certificate, by the `openssl` program.
fn public_key_of(certificate: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("certificate"), certificate).unwrap();
    let script = "openssl x509 -inform DER -in certificate -pubkey -noout | openssl pkey -pubin -outform DER";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}
