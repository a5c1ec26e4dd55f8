//! One SELECT, from the client's call to the answer: in process, over TCP, and through a real pcscd with Debian's vpcd.
//!
//! Beside our card, the second slot of the same reader holds a plain card: a client of vpcd as its documentation shows it, which does
//! not ask for quick acknowledgements. Both are measured in the same run, by the same client.
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use card::{Card, CardProfile};
use cardinal_emulator::listen::Port;
use cardinal_emulator::{InProcessReader, Stop, modules, random, vpcd};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use end_to_end::{Lifetime, PrivatePcscd, StageError};
use reader::CardReader;
use reader::pcsc::{Service, Sharing};
use reader::tcp::{TcpReader, Timeouts};
use vpicc::{Connection, VSmartCard};

/// SELECT of the issuer security domain.
const SELECT: [u8; 13] = [0x00, 0xA4, 0x04, 0x00, 0x08, 0xA0, 0x00, 0x00, 0x00, 0x03, 0, 0, 0];

/// Names the readers to the part of this program that runs as a client of the private pcscd.
const READERS: &str = "CARDINAL_BENCH_READERS";

/// Time that pcscd has to see both cards.
const INSERTION_TIME_MAX: Duration = Duration::from_secs(10);

/// Commands of the summary: some 0.2 s of ours, 2 s of the plain card's.
const SUMMARY_COMMANDS: [u32; 2] = [2000, 40];

fn main() {
    if PrivatePcscd::is_inside() && env::var_os(READERS).is_some() {
        through_pcscd();
        return;
    }
    let mut criterion = criterion();
    in_process(&mut criterion);
    over_tcp(&mut criterion);
    criterion.final_summary();
    match with_private_pcscd() {
        Ok(true) => {}
        Ok(false) => std::process::exit(1),
        Err(StageError::MissingProgram(program)) => {
            println!("apdu_round_trip/pcscd: skipped, {program} is not installed");
        }
        Err(error) => {
            eprintln!("apdu_round_trip/pcscd: {error}");
            std::process::exit(1);
        }
    }
}

fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .without_plots()
        .configure_from_args()
}

fn blank_card() -> Card {
    Card::new(&CardProfile::default(), modules(), random()).unwrap()
}

fn select(reader: &mut impl CardReader) {
    let response = reader.transmit(&SELECT).unwrap();
    assert!(response.ends_with(&[0x90, 0x00]), "SELECT failed");
}

fn in_process(criterion: &mut Criterion) {
    let mut reader = InProcessReader::new(blank_card());
    reader.connect().unwrap();
    let mut group = criterion.benchmark_group("apdu_round_trip");
    group.throughput(Throughput::Elements(1));
    group.bench_function("in_process", |bencher| bencher.iter(|| select(&mut reader)));
    group.finish();
}

fn over_tcp(criterion: &mut Criterion) {
    let port = Port::bind("127.0.0.1:0").unwrap();
    let stop = Stop::new();
    thread::scope(|scope| {
        scope.spawn(|| port.run(&mut blank_card(), &stop, |_| {}).unwrap());
        let mut reader = TcpReader::new(port.address().to_string(), Timeouts::default());
        reader.connect().unwrap();
        let mut group = criterion.benchmark_group("apdu_round_trip");
        group.throughput(Throughput::Elements(1));
        group.bench_function("tcp", |bencher| bencher.iter(|| select(&mut reader)));
        group.finish();
        stop.request();
    });
}

/// Starts pcscd and two cards, and runs this program again as pcscd's client. `false` when that failed.
fn with_private_pcscd() -> Result<bool, StageError> {
    let folder = tempfile::tempdir().map_err(StageError::io("a folder for pcscd"))?;
    let pcscd = PrivatePcscd::start(folder.path(), 1, Lifetime::OfStage)?;
    let (ours, plain) = (pcscd.slot(0)?, pcscd.slot(1)?);
    let stop = Stop::new();
    let address = format!("127.0.0.1:{}", ours.port);
    let _plain = {
        let port = plain.port;
        // It ends when pcscd does.
        thread::spawn(move || PlainCard.run(port))
    };
    thread::scope(|scope| {
        scope.spawn(|| vpcd::run(&address, &mut blank_card(), &stop, |_| {}));
        let status = pcscd.run_self(&[(READERS, format!("{}\n{}", ours.reader, plain.reader))]);
        stop.request();
        Ok(status?.success())
    })
}

/// What a card is to vpcd's documentation: connect, read, answer. It says yes to everything.
struct PlainCard;

impl PlainCard {
    fn run(mut self, port: u16) {
        if let Ok(stream) = std::net::TcpStream::connect(("127.0.0.1", port)) {
            // The end of pcscd is the end of this card.
            let _ = Connection::from(stream).run(&mut self);
        }
    }
}

impl VSmartCard for PlainCard {
    fn execute(&mut self, _command: &[u8]) -> Vec<u8> {
        vec![0x90, 0x00]
    }
}

/// The client's part, with the environment that leads to the private pcscd.
fn through_pcscd() {
    let names = env::var(READERS).unwrap();
    let (ours, plain) = names.split_once('\n').unwrap();
    let service = Service::establish().unwrap();
    let open = |name: &str| {
        let mut reader = service.open(name, Sharing::Exclusive).unwrap();
        let start = Instant::now();
        while let Err(error) = reader.connect() {
            assert!(start.elapsed() < INSERTION_TIME_MAX, "{name}: {error}");
            thread::sleep(Duration::from_millis(20));
        }
        reader
    };
    let mut readers = [("cardinal", open(ours)), ("plain", open(plain))];
    let mut criterion = criterion().sample_size(10);
    let mut group = criterion.benchmark_group("apdu_round_trip/pcscd");
    group.throughput(Throughput::Elements(1)).sampling_mode(SamplingMode::Flat);
    for (name, reader) in &mut readers {
        group.bench_function(BenchmarkId::from_parameter(*name), |bencher| {
            bencher.iter(|| select(reader));
        });
    }
    group.finish();
    criterion.final_summary();
    // `cargo test` only wants to know that it runs.
    if env::args().any(|argument| argument == "--bench") {
        for ((name, reader), commands) in readers.iter_mut().zip(SUMMARY_COMMANDS) {
            let start = Instant::now();
            (0..commands).for_each(|_| select(reader));
            let rate = f64::from(commands) / start.elapsed().as_secs_f64();
            println!("through pcscd, {name} card: {rate:.0} SELECT/s");
        }
    }
}
