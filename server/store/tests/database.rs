//! The database as its users see it: what was said to be done is there, and half-done things are not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use jiff::Timestamp;
use store::{
    Database, StoreError,
    ca::{CertificateFilter, CertificateRecord, CertificateStore as _, Revocation, RevocationList},
    drm::{ArchiveEvent, ArchiveEventKind, ArchiveStore as _, ArchivedKey},
    page::{PAGE_MAX, Page},
    secrets::{SealedKey, SealedKeyStore as _},
};
use token_management::subsystem::ca::RevocationReason;

const CUID: [u8; 10] = [0x40, 0x90, 0x61, 0x45, 0xC7, 0x62, 0x24, 0x19, 0x2D, 0x2B];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn certificate(serial: u8) -> CertificateRecord {
    CertificateRecord {
        serial: vec![serial],
        subject: "UID=alice,O=Token Key User".to_owned(),
        user: "alice".to_owned(),
        cuid: CUID,
        profile: "caTokenUserSigningKeyEnrollment".to_owned(),
        der: vec![0x30, serial],
        not_before: at(0),
        not_after: at(1000),
        created: at(i64::from(serial)),
        revocation: None,
    }
}

fn revoked(reason: RevocationReason, second: i64) -> Revocation {
    Revocation { reason, at: at(second) }
}

#[tokio::test]
async fn a_database_is_found_again_and_a_newer_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let database = Database::open(&path).await.unwrap();
    database.put_authority_certificate("root", &[1]).await.unwrap();
    database.put_authority_certificate("root", &[2]).await.unwrap();
    database.close().await;

    let database = Database::open(&path).await.unwrap();
    assert_eq!(database.authority_certificate("root").await.unwrap(), Some(vec![2]));
    assert_eq!(database.authority_certificate("issuing").await.unwrap(), None);
    database.close().await;

    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'later', 1, x'00', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let refused = Database::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::NewerSchema { found: 999, .. }), "{refused}");
}

/// The bytes on the disk at any moment after a method returned are a database in which it has happened: what `kill -9` leaves.
#[tokio::test]
async fn what_was_said_to_be_done_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let database = Database::open(&path).await.unwrap();
    for serial in 1..=5 {
        database.add_certificate(&certificate(serial)).await.unwrap();
        let copy = tempfile::tempdir().unwrap();
        for name in ["db", "db-wal"] {
            std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        let after = Database::open(&copy.path().join("db")).await.unwrap();
        let all = after.issued_certificates(&CertificateFilter::default(), Page::first()).await;
        assert_eq!(all.unwrap().total, u64::from(serial));
    }
}

#[tokio::test]
async fn serial_numbers_are_unique_and_lists_are_pages() {
    let database = Database::in_memory().await.unwrap();
    for serial in 1..=30 {
        database.add_certificate(&certificate(serial)).await.unwrap();
    }
    let twice = database.add_certificate(&certificate(7)).await.unwrap_err();
    assert!(matches!(twice, StoreError::AlreadyExists("certificate")), "{twice}");

    let filter = CertificateFilter { user: Some("alice".to_owned()), cuid: Some(CUID) };
    let page = database.issued_certificates(&filter, Page::new(10, 5)).await.unwrap();
    assert_eq!(page.total, 30);
    assert_eq!(page.entries.iter().map(|c| c.serial[0]).collect::<Vec<_>>(), [11, 12, 13, 14, 15]);
    let nobody = CertificateFilter { user: Some("bob".to_owned()), cuid: None };
    assert_eq!(database.issued_certificates(&nobody, Page::first()).await.unwrap().total, 0);
    assert_eq!(Page::new(0, u32::MAX).size(), PAGE_MAX);
    assert_eq!(database.issued_certificate(&[9]).await.unwrap(), Some(certificate(9)));
}

#[tokio::test]
async fn a_hold_can_be_lifted_and_a_revocation_cannot() {
    use RevocationReason::{CertificateHold, KeyCompromise, Superseded};
    let database = Database::in_memory().await.unwrap();
    for serial in [1, 2] {
        database.add_certificate(&certificate(serial)).await.unwrap();
    }
    let count = || async { database.revocation_count().await.unwrap() };

    database.revoke_certificate(&[1], revoked(CertificateHold, 10)).await.unwrap();
    assert_eq!(count().await, 1);
    database.release_certificate(&[1]).await.unwrap();
    assert_eq!(count().await, 2);
    database.release_certificate(&[1]).await.unwrap();
    assert_eq!(count().await, 2, "nothing changed");

    database.revoke_certificate(&[1], revoked(CertificateHold, 20)).await.unwrap();
    database.revoke_certificate(&[1], revoked(KeyCompromise, 30)).await.unwrap();
    database.revoke_certificate(&[1], revoked(Superseded, 40)).await.unwrap();
    let entries = database.revocations(at(500)).await.unwrap();
    assert_eq!(entries.count, 4);
    assert_eq!(entries.entries[0].revocation, revoked(KeyCompromise, 30));
    assert!(matches!(database.release_certificate(&[1]).await, Err(StoreError::NotOnHold)));
    assert!(matches!(
        database.revoke_certificate(&[9], revoked(Superseded, 1)).await,
        Err(StoreError::NotFound(_))
    ));
    assert!(database.revocations(at(2000)).await.unwrap().entries.is_empty(), "expired");
}

#[tokio::test]
async fn the_last_lists_of_revoked_certificates_are_kept() {
    let database = Database::in_memory().await.unwrap();
    assert_eq!(database.last_revocation_list().await.unwrap(), None);
    let list = |number| RevocationList {
        number,
        covers: 3,
        this_update: at(1),
        next_update: at(2),
        der: vec![0x30],
    };
    for number in 1..=15 {
        database.add_revocation_list(&list(number)).await.unwrap();
    }
    assert_eq!(database.last_revocation_list().await.unwrap(), Some(list(15)));
    let twice = database.add_revocation_list(&list(15)).await;
    assert!(matches!(twice, Err(StoreError::AlreadyExists(_))));
}

#[tokio::test]
async fn a_key_is_archived_with_its_line_or_not_at_all() {
    let database = Database::in_memory().await.unwrap();
    let key = ArchivedKey {
        id: "a".to_owned(),
        cuid: CUID,
        user: "alice".to_owned(),
        public_key: vec![1, 2, 3],
        wrapped_session_key: vec![4],
        wrapped_private_key: vec![5],
        wrapping: "w".to_owned(),
        created: at(1),
    };
    let event = ArchiveEvent {
        kind: ArchiveEventKind::Generated,
        key: Some("a".to_owned()),
        cuid: CUID,
        user: "alice".to_owned(),
        granted: true,
        created: at(1),
    };
    database.archive_key(&key, &event).await.unwrap();
    let twice = ArchivedKey { id: "b".to_owned(), ..key.clone() };
    let refused = database.archive_key(&twice, &event).await;
    assert!(matches!(refused, Err(StoreError::AlreadyExists("archived key"))));
    assert_eq!(database.archive_events(Page::first()).await.unwrap().entries, [event]);
    assert_eq!(database.archived_key(&[1, 2, 3]).await.unwrap(), Some(key.clone()));
    assert_eq!(database.archived_key(&[1, 2]).await.unwrap(), None);
    assert_eq!(database.archived_keys(Some("alice"), Page::first()).await.unwrap().entries, [key]);
    assert_eq!(database.archived_keys(Some("bob"), Page::first()).await.unwrap().total, 0);
}

#[tokio::test]
async fn sealing_parameters_are_written_once() {
    let database = Database::in_memory().await.unwrap();
    assert_eq!(database.sealing_parameters().await.unwrap(), None);
    database.put_sealing_parameters(&[1]).await.unwrap();
    assert!(database.put_sealing_parameters(&[2]).await.is_err());
    assert_eq!(database.sealing_parameters().await.unwrap(), Some(vec![1]));
    let key = SealedKey {
        name: "k".to_owned(),
        kind: "master".to_owned(),
        visible: vec![1],
        sealed: vec![2],
        created: at(3),
    };
    database.put_sealed_key(&key).await.unwrap();
    assert!(matches!(database.put_sealed_key(&key).await, Err(StoreError::AlreadyExists("key"))));
    assert_eq!(database.sealed_key("k").await.unwrap(), Some(key));
}

/// Writers at the same time wait for each other; none fails, none is lost.
#[tokio::test(flavor = "multi_thread")]
async fn many_writers_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("db")).await.unwrap();
    let writers: Vec<_> = (1..=40)
        .map(|serial| {
            let database = database.clone();
            tokio::spawn(async move {
                database.add_certificate(&certificate(serial)).await.unwrap();
                let reason = RevocationReason::Superseded;
                database.revoke_certificate(&[serial], revoked(reason, 1)).await.unwrap();
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let revocations = database.revocations(at(0)).await.unwrap();
    assert_eq!((revocations.count, revocations.entries.len()), (40, 40));
}

#[tokio::test]
async fn only_its_owner_may_read_a_database_and_its_log() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("private.db")).await.unwrap();
    database.add_certificate(&certificate(1)).await.unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        files += 1;
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} has mode {mode:o}", entry.file_name());
    }
    assert!(files >= 2, "the database has a write-ahead log beside it");
}
