//! What an applet gets from its host.

use globalplatform::scp::host::Handshake;
use iso7816::{Command, Response, StatusWord};

use crate::support::{Bench, ISD, MODULE, OTHER, keys_for, scp};

fn command(ins: u8, p1: u8, p2: u8, data: &[u8]) -> Command {
    Command::new(0x80, ins, p1, p2).with_data(data)
}

#[test]
fn a_failed_command_undoes_its_writes_unless_they_were_committed() {
    let mut bench = Bench::new();
    bench.install(MODULE);
    let get = command(0x14, 1, 0, &[]);
    assert_eq!(bench.send(&command(0x10, 1, 1, b"undone")).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.send(&get).status, StatusWord::NOT_FOUND);
    assert_eq!(bench.send(&command(0x12, 1, 1, b"kept")).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.send(&get).data, b"kept");
    assert!(bench.send(&command(0x10, 1, 0, b"newer")).status.is_ok());
    assert_eq!(bench.twin().card.info().applications.len(), 1);
    let mut twin = bench.twin();
    twin.select(MODULE);
    assert_eq!(twin.send(&get).data, b"newer");
    assert!(bench.send(&command(0x16, 1, 0, &[])).status.is_ok());
    assert_eq!(bench.send(&get).status, StatusWord::NOT_FOUND);
}

#[test]
fn instances_have_records_of_their_own() {
    let mut bench = Bench::new();
    bench.install(OTHER);
    bench.send(&command(0x10, 1, 0, b"other"));
    bench.install(MODULE);
    assert_eq!(bench.send(&command(0x14, 1, 0, &[])).status, StatusWord::NOT_FOUND);
    assert_eq!(bench.send(&command(0x24, 0, 0, &[])).data, b"born");
}

#[test]
fn volatile_state_goes_with_reset() {
    let mut bench = Bench::new();
    bench.install(MODULE);
    let count = command(0x1E, 0, 0, &[]);
    assert_eq!(bench.send(&count).data, [1]);
    assert_eq!(bench.send(&count).data, [2]);
    bench.card.reset();
    bench.select(MODULE);
    assert_eq!(bench.send(&count).data, [1]);
}

#[test]
fn the_applet_opens_channels_of_its_security_domain() {
    let protocol = scp(2, 0x15);
    let keys = keys_for(protocol);
    let mut bench = Bench::new();
    bench.install(MODULE);
    let mut channel = bench.open(Handshake::new(&[1; 8]), &keys, 0x03);
    let echoed = bench.secure(&mut channel, &command(0x22, 0, 0, b"through the channel"));
    assert_eq!(echoed, Response::ok(b"through the channel".to_vec()));
    let level = bench.secure(&mut channel, &command(0x28, 0, 0, &[]));
    assert_eq!(level.data, [0x83]);
    let secret = channel.keys().unwrap().encrypt_sensitive(&[9; 16]).unwrap();
    assert_eq!(bench.secure(&mut channel, &command(0x20, 0, 0, &secret)).data, [9; 16]);
    // Plain commands are the applet's business.
    assert_eq!(bench.send(&command(0x28, 0, 0, &[])).data, [0x83]);
    bench.select(MODULE);
    assert_eq!(bench.send(&command(0x28, 0, 0, &[])).data, [0]);
}

#[test]
fn the_challenge_of_a_channel_names_the_applet() {
    let protocol = scp(3, 0x70);
    let mut bench = Bench::speaking(protocol);
    bench.install(MODULE);
    let handshake = Handshake::new(&[1; 8]);
    let answer = bench.send(&handshake.command());
    let authenticating = handshake.answer(&answer).unwrap();
    assert!(authenticating.challenge_is_derived(&keys_for(protocol), &MODULE).unwrap());
    assert!(!authenticating.challenge_is_derived(&keys_for(protocol), &ISD).unwrap());
}

#[test]
fn the_applet_sets_its_own_life_cycle_within_the_rules() {
    let mut bench = Bench::new();
    bench.install(MODULE);
    assert_eq!(bench.send(&command(0x1A, 0x0F, 0, &[])).data, [0x0F]);
    assert_eq!(bench.send(&command(0x1A, 0x03, 0, &[])).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.send(&command(0x1A, 0x87, 0, &[])).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.send(&command(0x1A, 0x8F, 0, &[])).data, [0x8F]);
    assert_eq!(bench.send(&command(0x1A, 0x0F, 0, &[])).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.card.applications()[0].life_cycle, 0x8F);
    bench.select(ISD);
    assert_eq!(bench.select(MODULE).status, StatusWord::NOT_FOUND);
}

#[test]
fn memory_is_bounded_accounted_and_given_back() {
    let mut bench = small_card();
    let before = bench.card.memory();
    bench.install(MODULE);
    fill(&mut bench);
    let full = bench.card.memory();
    assert!(full.used <= full.capacity && full.capacity - full.used < 1024 + 300);
    assert!(bench.send(&command(0x14, 0, 0, &[])).status.is_ok(), "what was written is there");
    bench.select(ISD);
    let mut channel = bench.authenticate();
    assert_eq!(bench.secure(&mut channel, &crate::support::delete(MODULE, 0)).data, [0]);
    let after = bench.card.memory();
    let counter_record = 2 + 8 + 1;
    assert_eq!(after.used, before.used + counter_record);
    assert_eq!(after.by_owner.len(), 1, "the instance owns nothing any more");
}

fn small_card() -> Bench {
    let mut profile = card::CardProfile::default();
    profile.personality.memory = card::profile::MEMORY_MIN;
    Bench::with(&profile)
}

fn fill(bench: &mut Bench) {
    let mut answers = (0..=255).map(|record| bench.send(&command(0x10, record, 0, &[0; 200])));
    let refused = answers.find(|answer| !answer.status.is_ok()).unwrap();
    assert_eq!(refused.status, StatusWord::NO_MEMORY);
}

#[test]
fn a_full_card_still_authenticates() {
    let mut bench = small_card();
    bench.install(MODULE);
    fill(&mut bench);
    bench.select(ISD);
    bench.authenticate();
}

#[test]
fn a_failing_applet_does_not_take_a_counter_back() {
    let mut bench = Bench::speaking(scp(3, 0x70));
    bench.install(MODULE);
    let handshake = Command::new(0xB0, 0x50, 0, 0).with_data([1; 8]);
    assert_eq!(bench.send(&handshake).status, StatusWord::CONDITIONS_OF_USE);
    assert_eq!(bench.card.keys()[0].counter, 1);
    assert_eq!(bench.twin().card.keys()[0].counter, 1);
}
