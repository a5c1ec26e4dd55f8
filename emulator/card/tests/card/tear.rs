//! Power failures: at every write of a command, the card holds the state before the command or the one after it.
//!
//! A state is every record of the image, and what a host sees of it: registry, keys, data objects, applets. Each cut is looked at twice,
//! on the card that got its power back and on another one that opened the image.

mod applets;
mod channels;
mod content;
mod delegated;
mod keys;
mod stage;
mod vault;

use card::{ImageStore, image::Record, info::CardInfo};
use globalplatform::{
    Key, KeyAlgorithm, KeySet,
    command::{GetStatus, StatusScope},
    scp::host::{Channel, Dialect, Handshake},
};
use iso7816::{Aid, Command, Response, StatusWord};

use crate::support::{Bench, TEST_KEY, new_keys};

/// Commands that applets of the tests answer without changing anything.
const READING: [u8; 2] = [0x14, 0x1C];
const SCOPES: [StatusScope; 4] = [
    StatusScope::IssuerSecurityDomain,
    StatusScope::Applications,
    StatusScope::LoadFiles,
    StatusScope::LoadFilesAndModules,
];

/// What may not be half changed.
fn state(bench: &Bench) -> CardInfo {
    let mut info = bench.card.info();
    info.writes = 0;
    info.applications.iter_mut().for_each(|entry| entry.selected = false);
    info
}

/// Every record of the image.
fn records(bench: &Bench) -> Vec<Record> {
    bench.image.snapshot().load().unwrap()
}

/// Owners and keys of records in which two states differ; their values may be keys.
fn differences(left: &[Record], right: &[Record]) -> Vec<String> {
    let one_sided = |these: &[Record], those: &[Record]| {
        let only = these.iter().filter(|record| !those.contains(record));
        only.map(|record| format!("{} {}", record.owner, hex::encode(&record.key)))
            .collect::<Vec<_>>()
    };
    [one_sided(left, right), one_sided(right, left)].concat()
}

/// A session with the issuer's domain, with the keys that it has before or after a change of keys.
fn session(bench: &mut Bench, issuer: Aid) -> Option<Channel> {
    let all = [KeySet::same(&Key::des3(TEST_KEY)), new_keys(KeyAlgorithm::Des3)];
    for keys in all {
        bench.select(issuer);
        let handshake = Handshake::new(&[7; 8]).with_dialect(Dialect::Dogtag);
        let answer = bench.send(&handshake.command());
        let verified = handshake.answer(&answer).ok().and_then(|it| it.verify_with(&keys).ok());
        let Some(verified) = verified else { continue };
        let (authenticate, channel) =
            verified.external_authenticate(globalplatform::SecurityLevel::C_MAC).unwrap();
        // Under SCP02 a set with one key changed proves itself by another one only.
        if bench.send(&authenticate).status.is_ok() {
            return Some(channel);
        }
    }
    None
}

/// What a host sees of the card: each application selected and asked, each scope of GET STATUS in both formats.
fn survey(bench: &mut Bench) -> (CardInfo, Vec<Response>) {
    let info = state(bench);
    let mut answers = Vec::new();
    for application in &info.applications {
        answers.push(bench.select(application.aid));
        for ins in READING {
            answers.push(bench.send(&Command::new(0x80, ins, 1, 0)));
        }
    }
    if let Some(mut channel) = session(bench, info.issuer_domain) {
        for tlv in [true, false] {
            for scope in SCOPES {
                let command = GetStatus { tlv, ..GetStatus::all(scope) }.to_command();
                answers.push(bench.secure(&mut channel, &command));
            }
        }
    }
    (info, answers)
}

/// What is there, whatever the sessions since then have counted.
fn content(bench: &Bench) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut info = state(bench);
    info.keys.iter_mut().for_each(|key| key.counter = 0);
    (info.applications, info.load_files, info.keys, info.life_cycle)
}

/// One command, and how a host comes to it.
struct Sweep<'a, P, C> {
    what: &'a str,
    start: &'a Bench,
    prepare: P,
    command: C,
}

/// How many cuts there were, and how many of them left the state after the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cuts {
    all: usize,
    after: usize,
}

impl std::iter::Sum for Cuts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let add = |a: Self, b: Self| Self { all: a.all + b.all, after: a.after + b.after };
        all.fold(Self::default(), add)
    }
}

/// A state, and what a host sees of it.
struct Outcome {
    records: Vec<Record>,
    seen: (CardInfo, Vec<Response>),
}

impl Outcome {
    fn of(bench: &Bench) -> Self {
        Self { records: records(bench), seen: survey(&mut bench.twin()) }
    }
}

impl<S, P, C> Sweep<'_, P, C>
where
    P: Fn(&mut Bench) -> S,
    C: Fn(&mut Bench, &mut S) -> Response,
{
    /// Cuts the command at each of its writes, until it survives.
    fn run(&self) -> Cuts {
        let Self { what, start, prepare, command } = self;
        let mut whole = start.twin();
        let mut host = prepare(&mut whole);
        let before = Outcome::of(&whole);
        let expected = command(&mut whole, &mut host);
        let after = Outcome::of(&whole);
        let content_after = content(&whole);
        let mut cuts = Cuts::default();
        let mut writes = 0;
        loop {
            writes += 1;
            let what = format!("{what}, cut at write {writes}");
            let mut bench = start.twin();
            let mut host = prepare(&mut bench);
            bench.card.tear_after(writes);
            let answer = command(&mut bench, &mut host);
            if bench.card.is_powered() {
                assert_eq!(answer.status, expected.status, "{what}: it survived");
                assert!(records(&bench) == after.records, "{what}: it survived");
                return cuts;
            }
            assert_eq!(answer.status, StatusWord::UNKNOWN, "{what}: torn");
            cuts.all += 1;
            let found = records(&bench);
            let mut reopened = bench.twin();
            bench.card.power_on();
            assert!(records(&bench) == records(&reopened), "{what}: card and image agree");
            let held = if found == before.records { &before } else { &after };
            let wrong = differences(&found, &held.records);
            assert!(wrong.is_empty(), "{what}: between, {wrong:?}");
            for card in [&mut bench, &mut reopened] {
                assert_eq!(survey(card), held.seen, "{what}");
                if found == before.records && found != after.records {
                    let mut host = prepare(card);
                    let again = command(card, &mut host);
                    assert_eq!(again.status, expected.status, "{what}: again");
                    assert_eq!(content(card), content_after, "{what}: again");
                }
            }
            cuts.after += usize::from(found == after.records);
        }
    }
}

/// A command in a session with the issuer's domain.
fn sweep(what: &str, start: &Bench, command: &Command) -> Cuts {
    Sweep {
        what,
        start,
        prepare: |bench: &mut Bench| session(bench, bench.card.info().issuer_domain).unwrap(),
        command: |bench: &mut Bench, channel: &mut Channel| bench.secure(channel, command),
    }
    .run()
}

/// Tells how many cuts there were; a test that cut nothing tested nothing.
fn report(what: &str, cuts: Cuts, at_least: usize) {
    println!("tear: {} cuts in {what}, {} of them after the mark", cuts.all, cuts.after);
    assert!(cuts.all >= at_least, "{what}: only {} cuts", cuts.all);
    assert!(cuts.after > 0 && cuts.after < cuts.all, "{what}: {cuts:?}");
}
