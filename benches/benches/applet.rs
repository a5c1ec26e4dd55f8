//! Applets in the virtual machine as their users meet them: one command, a start from a saved image, ten thousand cards at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::fs;
use std::time::{Duration, Instant};

use capfile::assemble::{FRAMEWORK, Package};
use card::{Card, CardProfile, RedbImage};
use cardinal_emulator::{modules, random};
use criterion::{Criterion, Throughput};
use iso7816::Aid;

/// Cards that are alive at the same time.
const CARDS: usize = 10_000;
/// Memory that they may take, in MiB.
const CARDS_MEMORY_MEBIBYTES_MAX: u64 = 1024;
const PACKAGE: &[u8] = b"\xD2\x76\x00\x00\x85\x01";
const APPLET: &[u8] = b"\xD2\x76\x00\x00\x85\x01\x01";

/// A package with an applet that sends back what it gets.
fn echo() -> Vec<u8> {
    let mut package = Package::new(PACKAGE);
    package.import("framework", FRAMEWORK, 1, 0);
    package.applet(APPLET, "Echo.install");
    let class = package.class("Echo");
    class.extends("framework:3");
    class.constructor("()V").code("aload_0; invokespecial @framework:3.0()V; return");
    class.static_method("install", "([BSB)V").code(
        "new @Echo; dup; invokespecial @Echo.<init>()V; invokevirtual @framework:3.1()V; return",
    );
    // setIncomingAndReceive is 6, setOutgoingAndSend 8, selectingApplet 3.
    class.virtual_method("process", "(Lframework:10;)V").token(7).code(
        "        aload_0; invokevirtual @framework:3.3()Z; ifne End
                 aload_1; invokevirtual @framework:10.6()S; sstore_2
                 aload_1; sconst_5; sload_2; invokevirtual @framework:10.8(SS)V
         End:    return",
    );
    package.build().expect("the applet assembles").ijc()
}

fn card_with(file: &[u8]) -> Card {
    let mut card = Card::new(&CardProfile::default(), modules(), random()).unwrap();
    put_on(&mut card, file);
    card.power_on();
    card
}

fn put_on(card: &mut Card, file: &[u8]) {
    card.load(file).expect("the package loads");
    let applet = Aid::new(APPLET).unwrap();
    card.install(applet, applet, &[]).expect("the applet installs");
}

fn select(card: &mut Card) {
    let mut command = vec![0x00, 0xA4, 0x04, 0x00, 0x07];
    command.extend_from_slice(APPLET);
    assert!(card.transmit(&command).ends_with(&[0x90, 0x00]), "SELECT failed");
}

/// One command of sixteen bytes, in process.
fn command(criterion: &mut Criterion, file: &[u8]) {
    let mut card = card_with(file);
    select(&mut card);
    let mut command = vec![0x80, 0x01, 0x00, 0x00, 0x10];
    command.extend(0..16);
    command.push(0);
    assert_eq!(card.transmit(&command).len(), 18);
    let mut group = criterion.benchmark_group("applet");
    group.throughput(Throughput::Elements(1));
    group.bench_function("echo", |bencher| bencher.iter(|| card.transmit(&command)));
    group.finish();
}

/// From a saved image to the selected applet.
fn start(criterion: &mut Criterion, file: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.img");
    {
        let image = RedbImage::open_or_create(&path).unwrap();
        let mut card =
            Card::create(&CardProfile::default(), Box::new(image), modules(), random()).unwrap();
        put_on(&mut card, file);
    }
    criterion.bench_function("applet/start", |bencher| {
        bencher.iter_custom(|iterations| {
            let mut total = Duration::ZERO;
            for _ in 0..iterations {
                let started = Instant::now();
                let image = RedbImage::open(&path).unwrap();
                let mut card = Card::open(Box::new(image), modules(), random()).unwrap();
                card.power_on();
                select(&mut card);
                // Closing the image, which waits for the disk, is no part of a start.
                total += started.elapsed();
            }
            total
        });
    });
}

/// Resident memory of this process, in MiB.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

/// Many cards in one process, each with its applet, each of which has answered.
fn many(file: &[u8]) {
    let Some(before) = resident() else {
        println!("applet/many: skipped, this system does not tell how much memory a process has");
        return;
    };
    let mut cards: Vec<Card> = (0..CARDS).map(|_| card_with(file)).collect();
    for card in &mut cards {
        select(card);
        assert_eq!(card.transmit(&[0x80, 0x01, 0, 0, 1, 7, 0]), [7, 0x90, 0x00]);
    }
    let used = resident().unwrap_or(0).saturating_sub(before);
    println!("applet/many: {CARDS} cards with an applet each take {used} MiB");
    assert!(used < CARDS_MEMORY_MEBIBYTES_MAX, "more than {CARDS_MEMORY_MEBIBYTES_MAX} MiB");
}

fn main() {
    let file = echo();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots()
        .configure_from_args();
    command(&mut criterion, &file);
    start(&mut criterion, &file);
    criterion.final_summary();
    many(&file);
}
