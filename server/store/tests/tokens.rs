//! The token database: states, the journal of operations, and users.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use jiff::{SignedDuration, Timestamp};
use store::{
    Database, StoreError,
    page::Page,
    tps::{
        AGENT_TRANSITIONS, Activity, CertificateStatus, Commit, OPERATION_TRANSITIONS, STATUSES,
        StatusChange, Token, TokenCertificate, TokenCertificateFilter, TokenFilter, TokenStatus,
        TokenStore as _, TryVerdict,
    },
};

const CUID: [u8; 10] = [0x40, 0x90, 0x61, 0x45, 0xC7, 0x62, 0x24, 0x19, 0x2D, 0x2B];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn token(status: TokenStatus) -> Token {
    Token {
        cuid: CUID,
        user: Some("alice".to_owned()),
        token_type: "userKey".to_owned(),
        status,
        reason: None,
        applet: "1.4.58768072".to_owned(),
        key_version: Some(1),
        policy: "RE_ENROLL=YES".to_owned(),
    }
}

fn certificate(serial: u8, status: CertificateStatus) -> TokenCertificate {
    TokenCertificate {
        cuid: CUID,
        serial: vec![serial],
        user: "alice".to_owned(),
        key_type: "signing".to_owned(),
        origin: CUID,
        archived: false,
        status,
        der: vec![0x30, serial],
    }
}

fn activity(operation: &str) -> Activity {
    Activity {
        cuid: CUID,
        user: None,
        client: "127.0.0.1".to_owned(),
        operation: operation.to_owned(),
        success: true,
        message: String::new(),
    }
}

fn change(status: TokenStatus) -> StatusChange {
    StatusChange {
        cuid: CUID,
        status,
        reason: Some("lost in the lake".to_owned()),
        certificates: Vec::new(),
        activity: activity("token_status_change"),
    }
}

async fn database_with(status: TokenStatus) -> Database {
    let database = Database::in_memory().await.unwrap();
    database.add_token(&token(status), at(1)).await.unwrap();
    database
}

#[tokio::test]
async fn every_transition_is_allowed_exactly_where_the_tables_say() {
    for (from, ..) in STATUSES {
        for (to, ..) in STATUSES {
            let database = database_with(from).await;
            let commit = Commit { token: Some(token(to)), ..Commit::default() };
            let allowed = from == to || OPERATION_TRANSITIONS.contains(&(from, to));
            let done = database.commit(&commit, at(2)).await;
            assert_eq!(done.is_ok(), allowed, "operation: {from} to {to}");

            let database = database_with(from).await;
            let done = database.change_status(&change(to), at(2)).await;
            let allowed = AGENT_TRANSITIONS.contains(&(from, to));
            assert_eq!(done.is_ok(), allowed, "agent: {from} to {to}");
            let row = database.token(&CUID).await.unwrap().unwrap();
            assert_eq!(row.token.status, if allowed { to } else { from });
            let lines = database.activities(Some(&CUID), Page::first()).await.unwrap().total;
            assert_eq!(lines, u64::from(allowed), "a refused change leaves no line");
        }
    }
}

#[tokio::test]
async fn a_token_that_becomes_unformatted_loses_its_user() {
    let database = database_with(TokenStatus::Terminated).await;
    database.change_status(&change(TokenStatus::Unformatted), at(5)).await.unwrap();
    let row = database.token(&CUID).await.unwrap().unwrap();
    assert_eq!((row.token.user, row.created, row.modified), (None, at(1), at(5)));
    assert_eq!(row.token.reason.as_deref(), Some("lost in the lake"));
}

#[tokio::test]
async fn an_operation_that_did_not_end_is_handed_to_the_next() {
    let database = Database::in_memory().await.unwrap();
    let first = database.open_operation(&CUID, "enroll", at(1)).await.unwrap();
    assert!(first.interrupted.is_empty());
    database.note_stage(first.id, "certificates", at(2)).await.unwrap();
    let open = database.open_operations(Page::first()).await.unwrap();
    assert_eq!((open.total, open.entries[0].stage.as_str()), (1, "certificates"));

    let second = database.open_operation(&CUID, "format", at(3)).await.unwrap();
    assert_eq!(second.interrupted.len(), 1);
    let interrupted = &second.interrupted[0];
    assert_eq!((interrupted.id, interrupted.kind.as_str()), (first.id, "enroll"));
    assert_eq!((interrupted.stage.as_str(), interrupted.started), ("certificates", at(1)));

    let late = database.note_stage(first.id, "too late", at(4)).await;
    assert!(matches!(late, Err(StoreError::OperationSuperseded)));
    let commit = Commit {
        token: Some(token(TokenStatus::Active)),
        activities: vec![activity("enrollment")],
        closes: Some(first.id),
        ..Commit::default()
    };
    let late = database.commit(&commit, at(4)).await;
    assert!(matches!(late, Err(StoreError::OperationSuperseded)));
    assert_eq!(database.token(&CUID).await.unwrap(), None, "nothing of it happened");

    let commit = Commit { closes: Some(second.id), ..commit };
    database.commit(&commit, at(5)).await.unwrap();
    assert_eq!(database.open_operations(Page::first()).await.unwrap().total, 0);
    assert_eq!(database.activities(None, Page::first()).await.unwrap().total, 1);
    let third = database.open_operation(&CUID, "enroll", at(6)).await.unwrap();
    assert!(third.interrupted.is_empty(), "the second ended");
}

#[tokio::test]
async fn a_commit_happens_as_a_whole_or_not_at_all() {
    let database = database_with(TokenStatus::Formatted).await;
    database
        .put_token_certificate(&certificate(1, CertificateStatus::Pending), at(2))
        .await
        .unwrap();
    let mut commit = Commit {
        token: Some(token(TokenStatus::Active)),
        certificates: vec![
            (CUID, vec![1], CertificateStatus::Active),
            (CUID, vec![9], CertificateStatus::Active),
        ],
        activities: vec![activity("enrollment")],
        closes: None,
    };
    assert!(matches!(database.commit(&commit, at(3)).await, Err(StoreError::NotFound(_))));
    let on_token = TokenCertificateFilter { cuid: Some(CUID), ..Default::default() };
    let rows = database.token_certificates(&on_token, Page::first()).await.unwrap().entries;
    assert_eq!(rows[0].certificate.status, CertificateStatus::Pending);
    let row = database.token(&CUID).await.unwrap().unwrap();
    assert_eq!(row.token.status, TokenStatus::Formatted);

    commit.certificates.pop();
    database.commit(&commit, at(4)).await.unwrap();
    let rows = database.token_certificates(&on_token, Page::first()).await.unwrap().entries;
    assert_eq!(rows[0].certificate.status, CertificateStatus::Active);
    assert_eq!((rows[0].created, rows[0].modified), (at(2), at(4)));
}

#[tokio::test]
async fn the_same_certificate_may_be_on_two_tokens() {
    let database = Database::in_memory().await.unwrap();
    let first = certificate(1, CertificateStatus::Active);
    let second = TokenCertificate { cuid: [7; 10], ..first.clone() };
    for certificate in [&first, &second] {
        database.put_token_certificate(certificate, at(1)).await.unwrap();
    }
    let filter = TokenCertificateFilter { serial: Some(vec![1]), ..Default::default() };
    assert_eq!(database.token_certificates(&filter, Page::first()).await.unwrap().total, 2);
    let filter = TokenCertificateFilter { user: Some("bob".to_owned()), ..Default::default() };
    assert_eq!(database.token_certificates(&filter, Page::first()).await.unwrap().total, 0);
    let revoked = TokenCertificate { status: CertificateStatus::Revoked, ..second.clone() };
    database.put_token_certificate(&revoked, at(2)).await.unwrap();
    let filter = TokenCertificateFilter { cuid: Some([7; 10]), ..Default::default() };
    let rows = database.token_certificates(&filter, Page::first()).await.unwrap();
    assert_eq!((rows.total, &rows.entries[0].certificate), (1, &revoked));
}

#[tokio::test]
async fn tokens_are_found_by_user_and_status() {
    let database = database_with(TokenStatus::Active).await;
    let other = Token { cuid: [7; 10], user: None, ..token(TokenStatus::Unformatted) };
    database.add_token(&other, at(2)).await.unwrap();
    assert!(matches!(database.add_token(&other, at(3)).await, Err(StoreError::AlreadyExists(_))));
    let find = |user: Option<&str>, status| {
        let filter = TokenFilter { user: user.map(str::to_owned), status };
        let database = &database;
        async move { database.tokens(&filter, Page::first()).await.unwrap().entries.len() }
    };
    assert_eq!(find(None, None).await, 2);
    assert_eq!(find(Some("alice"), None).await, 1);
    assert_eq!(find(None, Some(TokenStatus::Unformatted)).await, 1);
    assert_eq!(find(Some("alice"), Some(TokenStatus::Unformatted)).await, 0);
}

#[tokio::test]
async fn wrong_passwords_lock_a_user_for_a_while() {
    let database = Database::in_memory().await.unwrap();
    database.put_user("alice", "$argon2id$", at(0)).await.unwrap();
    let lock = SignedDuration::from_secs(60);
    let counted = |second| database.count_try("alice", 3, lock, at(second));
    for second in 1..=3 {
        assert_eq!(counted(second).await.unwrap(), TryVerdict::Allowed);
    }
    assert_eq!(counted(4).await.unwrap(), TryVerdict::LockedUntil(at(63)));
    assert_eq!(counted(63).await.unwrap(), TryVerdict::Allowed, "one try after the lock");
    assert_eq!(counted(64).await.unwrap(), TryVerdict::LockedUntil(at(123)));

    database.forget_tries("alice").await.unwrap();
    assert_eq!(counted(65).await.unwrap(), TryVerdict::Allowed);
    assert_eq!(database.user("alice").await.unwrap().unwrap().failed_tries, 1);
    database.put_user("alice", "$other$", at(66)).await.unwrap();
    let user = database.user("alice").await.unwrap().unwrap();
    assert_eq!((user.password.as_str(), user.failed_tries), ("$other$", 0));
    assert_eq!(database.user("bob").await.unwrap(), None);
    assert!(matches!(
        database.count_try("bob", 3, lock, at(1)).await,
        Err(StoreError::NotFound("user"))
    ));
}

/// Tries at the same moment do not outrun the limit.
#[tokio::test(flavor = "multi_thread")]
async fn tries_at_once_are_all_counted() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("db")).await.unwrap();
    database.put_user("alice", "$argon2id$", at(0)).await.unwrap();
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let database = database.clone();
            let lock = SignedDuration::from_secs(60);
            tokio::spawn(async move { database.count_try("alice", 5, lock, at(1)).await.unwrap() })
        })
        .collect();
    let mut allowed = 0;
    for one in tries {
        allowed += usize::from(one.await.unwrap() == TryVerdict::Allowed);
    }
    assert_eq!(allowed, 5);
}
