//! What a secure channel costs: the card's keys from the master key, the session's keys from the card's, one wrapped command.
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::hint::black_box;
use std::time::Duration;

use cardinal_benches::{
    HOST_CHALLENGE, KDD, TEST_KEY, initialize_update, key, long_command, open_channel,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use globalplatform::scp::SessionKeys;
use globalplatform::{
    Diversification, InitializeUpdateAnswer, Key, KeySet, Protocol, SecurityLevel,
};

/// Every scheme with a master key that it takes.
const SCHEMES: [(&str, Diversification, bool); 5] = [
    ("emv", Diversification::Emv, false),
    ("visa2", Diversification::Visa2, false),
    ("kdf3", Diversification::Kdf3, true),
    ("dogtag-nist", Diversification::DogtagNist, false),
    ("dogtag-cmac", Diversification::DogtagCmac, true),
];

/// Name, protocol, and the strongest level that protects commands and, where it can, responses.
fn protocols() -> [(&'static str, Protocol, SecurityLevel); 3] {
    let command = SecurityLevel::C_MAC | SecurityLevel::C_DECRYPTION;
    [
        ("scp01-i15", Protocol::new(1, 0x15).unwrap(), command),
        ("scp02-i15", Protocol::new(2, 0x15).unwrap(), command),
        ("scp03-i70", Protocol::new(3, 0x70).unwrap(), command),
    ]
}

/// Static keys of one card from the master key: TKS does this for each operation.
fn diversification(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("diversification");
    group.throughput(Throughput::Elements(1));
    for (name, scheme, aes) in SCHEMES {
        let master = if aes { Key::aes(&TEST_KEY).unwrap() } else { Key::des3(TEST_KEY) };
        group.bench_function(name, |bencher| {
            bencher.iter(|| scheme.derive(black_box(&master), black_box(&KDD)).unwrap());
        });
    }
    group.finish();
}

/// Session keys from the card's keys.
fn session_keys(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session_keys");
    group.throughput(Throughput::Elements(1));
    for (name, protocol, _) in protocols() {
        let keys = KeySet::same(&key(protocol).unwrap());
        let (response, _) = initialize_update(&keys, protocol).unwrap();
        let answer = InitializeUpdateAnswer::parse(&response.data, protocol.i()).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                SessionKeys::derive(black_box(&keys), black_box(&answer), &HOST_CHALLENGE).unwrap()
            });
        });
    }
    group.finish();
}

/// INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, both ends.
fn handshake(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("handshake");
    group.throughput(Throughput::Elements(1));
    for (name, protocol, level) in protocols() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| open_channel(black_box(protocol), level).unwrap());
        });
    }
    group.finish();
}

/// One command of 200 bytes, encrypted and with a MAC: wrapped by the host, and wrapped by the host and unwrapped by the card.
fn wrapped_command(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wrapped_command");
    let command = long_command();
    group.throughput(Throughput::Bytes(200));
    for (name, protocol, level) in protocols() {
        let (mut host, _) = open_channel(protocol, level).unwrap();
        group.bench_function(format!("{name}/host"), |bencher| {
            bencher.iter(|| host.wrap(black_box(&command)).unwrap());
        });
        let (mut host, mut card) = open_channel(protocol, level).unwrap();
        group.bench_function(format!("{name}/card"), |bencher| {
            // Each command is chained to the one before: the host's part runs outside the measured time.
            bencher.iter_batched(
                || host.wrap(&command).unwrap(),
                |wrapped| card.unwrap(&wrapped).unwrap(),
                BatchSize::NumIterations(64),
            );
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .sample_size(30)
        .without_plots();
    targets = diversification, session_keys, handshake, wrapped_command
}
criterion_main!(benches);
