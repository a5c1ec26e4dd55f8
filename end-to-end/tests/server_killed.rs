//! `kill -9` of the server at random points of fifty enrolments loses no certificate that was issued and no key that was archived, and
//! leaves a token that the next operation repairs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::{collections::BTreeSet, fs, path::Path, thread, time::Duration};

use end_to_end::{Client, Place, Stage, StageError, StageOptions, User, tell};
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
/// Enrolments that are left alone first, to see how long one takes.
const UNDISTURBED: usize = 5;
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

/// Serial numbers of the certificates on the token, as its holder's client sees them. A token in the middle of something has none.
fn serials_on_token(client: &Client, place: &Place) -> Result<Vec<Vec<u8>>, StageError> {
    let list = client.list(place, true)?.succeed()?;
    let readers: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let certificates = readers[0]["applet"]["certificates"].as_array().cloned().unwrap_or_default();
    let serial = |one: &serde_json::Value| hex::decode(one["serial"].as_str().unwrap()).unwrap();
    Ok(certificates.iter().map(serial).collect())
}

fn seed() -> u64 {
    let given = std::env::var(SEED_VARIABLE).ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| rand::make_rng::<StdRng>().random());
    tell(&format!("{SEED_VARIABLE}={seed} repeats this run's choices"));
    seed
}

#[test]
fn fifty_kills_lose_nothing() -> Result<(), StageError> {
    let mut random = StdRng::seed_from_u64(seed());
    let mut stage = Stage::start(StageOptions { readers: 0, ..StageOptions::default() })?;
    let alice = User::new("alice", "correct horse");
    stage.server().add_user(&alice)?;
    let card = stage.card("killed", &[])?;
    let emulator = stage.listen(&card)?;
    let (client, place) = (stage.client(), emulator.place().clone());
    client.format(&place, &alice)?.succeed()?;
    // Enrolments vary, for keys are found by chance: kills come until somewhat after the end of a short one.
    let mut shortest = Duration::MAX;
    for _ in 0..UNDISTURBED {
        shortest = shortest.min(client.enroll(&place, &alice, PIN)?.succeed()?.elapsed);
    }
    let latest = u64::try_from(shortest.as_micros()).unwrap() * 2;

    let mut seen = BTreeSet::from_iter(serials_on_token(&client, &place)?);
    let (mut interrupted, mut begun) = (0, 0);
    while interrupted < KILLS && begun < ENROLMENTS_MAX {
        begun += 1;
        let enrolment = client.enroll(&place, &alice, PIN)?.start()?;
        thread::sleep(Duration::from_micros(random.random_range(0..latest)));
        stage.server().process().kill()?;
        interrupted += usize::from(!enrolment.wait()?.status.success());
        stage.server().restart()?;
        seen.extend(serials_on_token(&client, &place)?);
    }
    tell(&format!("{interrupted} of {begun} enrolments were interrupted"));
    assert_eq!(interrupted, KILLS, "too few kills hit an enrolment");

    // The next operation repairs the token, whatever the last kill left.
    client.enroll(&place, &alice, PIN)?.succeed()?;
    let whole = serials_on_token(&client, &place)?;
    assert_eq!(whole.len(), 2, "one certificate for signatures and one for encryption");
    seen.extend(whole.iter().cloned());

    // What was archived comes back onto another card.
    stage.server().command(&["token", "lost", card.cuid()])?.succeed()?;
    let another = stage.listen(&stage.card("another", &[])?)?;
    client.enroll(another.place(), &alice, PIN)?.succeed()?;
    let recovered = serials_on_token(&client, another.place())?;
    assert_eq!(recovered.iter().filter(|serial| whole.contains(serial)).count(), 1);

    let told = told(&stage.server().log());
    let folder = stage.server().folder().to_owned();
    stage.server().process().stop()?;
    check_records(&folder.join("cardinal.db"), &told, &seen);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn check_records(database: &Path, told: &Told, seen: &BTreeSet<Vec<u8>>) {
    let database = Database::open(database).await.unwrap();
    let all = CertificateFilter::default();
    let issued = database.issued_certificates(&all, Page::first()).await.unwrap();
    let archived = database.archived_keys(Some("alice"), Page::first()).await.unwrap();
    tell(&format!(
        "{told:?}; in the database: {} certificates, {} keys; on the token at one time or another: {}",
        issued.total,
        archived.total,
        seen.len()
    ));
    // More than was told may be there, when the kill came between the record and the word about it; never less.
    assert!(issued.total >= told.issued as u64, "certificates were lost");
    assert!(archived.total >= told.archived as u64, "archived keys were lost");
    for serial in seen {
        let record = database
            .issued_certificate(serial)
            .await
            .unwrap()
            .expect("a certificate on the token is unknown");
        assert_eq!(record.user, "alice");
        let archived = database.archived_key(&public_key_of(&record.der)).await.unwrap().is_some();
        let made_by_server = record.profile.contains("Encryption");
        assert_eq!(archived, made_by_server, "a key of profile {}", record.profile);
    }
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
