//! No key, PIN or password is in a log or in the database, even when all programs log everything they can.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::fs;

use end_to_end::{
    ServerOptions, Stage, StageError, StageOptions, User,
    secrets::{Secret, search},
};

const PASSWORD: &str = "Ohrwurm-Kaleidoskop-77";
const FIRST_PIN: &str = "Zq7mPx2wKd";
const SECOND_PIN: &str = "Vb4tRn9yHs";
/// The key that cards have from the factory, and with it every static key of this run.
const CARD_KEY: [u8; 16] = [
    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F,
];

#[test]
fn nothing_that_is_written_holds_a_secret() -> Result<(), StageError> {
    let server = ServerOptions {
        plain_http: true,
        log: Some("trace".to_owned()),
        ..ServerOptions::default()
    };
    let mut stage = Stage::start(StageOptions { readers: 0, server, ..StageOptions::default() })?;
    let alice = User::new("alice", PASSWORD);
    stage.server().add_user(&alice)?;
    let card = stage.card("talkative", &[])?;
    let mut emulator = stage.listen(&card)?;
    let client = stage.client().with_debug_log();
    let place = emulator.place().clone();

    let mut written = Vec::new();
    for program in [
        client.format(&place, &alice)?,
        client.enroll(&place, &alice, FIRST_PIN)?,
        client.reset_pin(&place, &alice, SECOND_PIN)?,
        client.list(&place, true)?,
    ] {
        let outcome = program.succeed()?;
        written.extend_from_slice(&outcome.stdout);
        written.extend_from_slice(&outcome.stderr);
    }
    // A wrong password, too: what is refused is a secret as well.
    let wrong = User::new("alice", "Ohrwurm-Kaleidoskop-78");
    let outcome = client.format(&place, &wrong)?.fail()?;
    written.extend_from_slice(&outcome.stderr);
    let client_log = stage.folder().join("client.log");
    fs::write(&client_log, &written).map_err(StageError::io("log of the client"))?;
    let text = String::from_utf8_lossy(&written);
    assert!(text.contains("TRACE") || text.contains("DEBUG"), "the client did not log what it can");

    let database = stage.server().folder().join("cardinal.db");
    let key_file = fs::read(stage.server().folder().join("sealing.key")).unwrap();
    let server_log = stage.server().log();
    let card_log = emulator.process().log().to_owned();
    stage.server().process().stop()?;
    assert!(
        fs::read_to_string(&server_log).unwrap().contains("DEBUG"),
        "the server did not log what it can"
    );

    let secrets = [
        Secret::new("password", PASSWORD.as_bytes()),
        Secret::new("wrong password", wrong.password.as_bytes()),
        Secret::new("first PIN", FIRST_PIN.as_bytes()),
        Secret::new("second PIN", SECOND_PIN.as_bytes()),
        Secret::new("static key of the card", &CARD_KEY),
        Secret::new("sealing key", &key_file),
    ];
    let found = search(&[&client_log, &server_log, &card_log, &database], &secrets)?;
    assert!(found.is_empty(), "{found:#?}");

    // The search itself works: the password is found where it is.
    let planted = stage.folder().join("planted");
    fs::write(&planted, format!("user=alice&password={PASSWORD}")).unwrap();
    assert_eq!(search(&[&planted], &secrets)?.len(), 1);
    Ok(())
}
