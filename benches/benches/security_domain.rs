//! What a host waits for at a card: a package loaded and installed, the registry told, a secure channel opened, a protected command
//! obeyed. The card runs in process and only its side is measured; its peers in the last group are the bare ciphers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aes::Aes128;
use capfile::assemble::{FRAMEWORK, Package};
use card::{Card, CardProfile, DOMAIN_MODULE};
use cardinal_benches::{HOST_CHALLENGE, key};
use cardinal_emulator::{modules, random};
use cbc::Decryptor;
use cipher::{Array, BlockCipherEncrypt, BlockModeDecrypt, InnerIvInit, KeyInit};
use cmac::{Cmac, Mac};
use criterion::measurement::WallTime;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main,
};
use des::{Des, TdesEde2};
use globalplatform::command::{
    GetStatus, Install, InstallParameters, InstallPurpose, Load, LoadFile, StatusScope,
};
use globalplatform::data::Privileges;
use globalplatform::scp::host::{Channel, Handshake};
use globalplatform::{KeySet, Protocol, SecurityLevel};
use iso7816::{Aid, Command, Response};

const PACKAGE: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x10");
const APPLET: Aid = Aid::from_const(b"\xD2\x76\x00\x00\x85\x01\x10\x01");
/// Size of the package that is loaded, in bytes.
const PACKAGE_LENGTH: usize = 16 * 1024;
/// Applications whose status is got.
const APPLICATIONS: u8 = 100;
const PROTECTED: SecurityLevel = SecurityLevel::C_MAC.union(SecurityLevel::C_DECRYPTION);
/// Data fields of 255 bytes with a MAC of 8: as they are, and (the longest whole number of blocks) encrypted.
const PLAIN_LENGTH: usize = 247;
const ENCRYPTED_LENGTH: usize = 239;

fn protocols() -> [(&'static str, Protocol); 3] {
    [("scp01", 1, 0x05), ("scp02", 2, 0x15), ("scp03", 3, 0x70)]
        .map(|(name, id, i)| (name, Protocol::new(id, i).unwrap()))
}

fn card(protocol: Protocol) -> Card {
    let mut card = Card::new(&CardProfile::speaking(protocol), modules(), random()).unwrap();
    card.power_on();
    card
}

fn send(card: &mut Card, command: &Command) -> Response {
    Response::parse(&card.transmit(&command.to_bytes().unwrap())).unwrap()
}

/// Opens a channel, and tells what the card needed for it.
fn open(card: &mut Card, protocol: Protocol, level: SecurityLevel) -> (Channel, Duration) {
    let keys = KeySet::same(&key(protocol).unwrap());
    let handshake = Handshake::new(&HOST_CHALLENGE);
    let update = handshake.command().to_bytes().unwrap();
    let started = Instant::now();
    let answer = card.transmit(&update);
    let mut spent = started.elapsed();
    let answer = Response::parse(&answer).unwrap();
    let verified = handshake.answer(&answer).unwrap().verify_with(&keys).unwrap();
    let (authenticate, channel) = verified.external_authenticate(level).unwrap();
    let authenticate = authenticate.to_bytes().unwrap();
    let started = Instant::now();
    let answer = card.transmit(&authenticate);
    spent += started.elapsed();
    assert_eq!(answer, [0x90, 0x00], "EXTERNAL AUTHENTICATE");
    (channel, spent)
}

/// A package of some 16 KiB, nearly all of it code that is verified and translated.
fn package() -> Vec<u8> {
    let mut package = Package::new(PACKAGE.as_bytes());
    package.import("framework", FRAMEWORK, 1, 0);
    package.applet(APPLET.as_bytes(), "Big.install");
    let class = package.class("Big");
    class.extends("framework:3");
    class.constructor("()V").code("aload_0; invokespecial @framework:3.0()V; return");
    class.static_method("install", "([BSB)V").code(
        "new @Big; dup; invokespecial @Big.<init>()V; invokevirtual @framework:3.1()V; return",
    );
    class.virtual_method("process", "(Lframework:10;)V").token(7).code("return");
    // 254 bytes of code a method, and a few around it.
    let body = "sload_0; bspush 7; sadd; sload_1; sxor; sstore_0; ".repeat(36);
    for number in 0..62 {
        class
            .static_method(&format!("work{number}"), "(SS)S")
            .code(&format!("{body} sload_0; sreturn"));
    }
    let file = package.build().expect("the package assembles").ijc();
    assert!(file.len().abs_diff(PACKAGE_LENGTH) < 1024, "{} bytes", file.len());
    file
}

/// INSTALL [for load], LOAD in blocks as long as they get, INSTALL [for install and make selectable].
fn load_and_install(file: &[u8]) -> Vec<Command> {
    let load = InstallPurpose::Load { load_file: PACKAGE, security_domain: None, hash: Vec::new() };
    let install = InstallPurpose::Install {
        load_file: Some(PACKAGE),
        module: Some(APPLET),
        instance: Some(APPLET),
        privileges: Privileges::empty(),
        make_selectable: true,
    };
    let parameters = InstallParameters::for_application(&[]).to_bytes();
    let blocks =
        Load::blocks(&LoadFile::plain(file.to_vec()).to_bytes(), ENCRYPTED_LENGTH).unwrap();
    let mut commands = vec![Install::new(load).to_command()];
    commands.extend(blocks.iter().map(Load::to_command));
    commands.push(Install::new(install).with_parameters(parameters).to_command());
    commands
}

/// A package of 16 KiB, with C-MAC and C-DECRYPTION.
fn content(criterion: &mut Criterion) {
    let file = package();
    let commands = load_and_install(&file);
    let mut group = criterion.benchmark_group("load_and_install");
    group.throughput(Throughput::Bytes(u64::try_from(file.len()).unwrap())).sample_size(20);
    for (name, protocol) in protocols() {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    let mut card = card(protocol);
                    let (mut channel, _) = open(&mut card, protocol, PROTECTED);
                    let wrap = |command| channel.wrap(command).unwrap().to_bytes().unwrap();
                    (card, commands.iter().map(wrap).collect::<Vec<_>>())
                },
                |(mut card, commands)| {
                    for command in &commands {
                        assert!(card.transmit(command).ends_with(&[0x90, 0x00]));
                    }
                    card
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// The whole registry, in as many answers as it takes, in a session without protection of commands.
fn status(criterion: &mut Criterion) {
    let protocol = Protocol::new(3, 0x70).unwrap();
    let mut card = card(protocol);
    for number in 0..APPLICATIONS {
        let aid = Aid::new(&[0xA0, 0, 0, 9, 0x99, number]).unwrap();
        card.install_with(DOMAIN_MODULE, aid, Privileges::SECURITY_DOMAIN, &[]).unwrap();
    }
    open(&mut card, protocol, SecurityLevel::empty());
    let mut group = criterion.benchmark_group("get_status");
    group.throughput(Throughput::Elements(u64::from(APPLICATIONS)));
    group.bench_function(format!("{APPLICATIONS}_applications"), |bencher| {
        bencher.iter(|| {
            let all = GetStatus::all(StatusScope::Applications);
            let mut answer = send(&mut card, &all.to_command());
            while answer.status == iso7816::StatusWord::MORE_DATA {
                let next = GetStatus { next: true, ..all.clone() };
                answer = send(&mut card, &next.to_command());
            }
            assert!(answer.status.is_ok());
        });
    });
    group.finish();
}

/// INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, the card's side.
fn channel_open(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("channel_open");
    group.throughput(Throughput::Elements(1));
    for (name, protocol) in protocols() {
        let mut plugged = card(protocol);
        let mut opened = 0_u32;
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| {
                let mut spent = Duration::ZERO;
                for _ in 0..iterations {
                    // SCP02 counts to FFFF.
                    opened += 1;
                    if opened.is_multiple_of(60_000) {
                        plugged = card(protocol);
                    }
                    spent += open(&mut plugged, protocol, PROTECTED).1;
                }
                spent
            });
        });
    }
    group.finish();
}

/// One protected command of 255 bytes that the card does not know: taken out of the channel, refused.
fn wrapped_command(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wrapped_255");
    for (name, protocol) in protocols() {
        for (what, level, length) in [
            ("mac", SecurityLevel::C_MAC, PLAIN_LENGTH),
            ("mac_and_decryption", PROTECTED, ENCRYPTED_LENGTH),
        ] {
            let mut card = card(protocol);
            let (mut channel, _) = open(&mut card, protocol, level);
            let command = Command::new(0x80, 0xEE, 0, 0).with_data(vec![0xA5; length]);
            group.bench_function(format!("{name}/{what}"), |bencher| {
                bencher.iter_batched(
                    || channel.wrap(&command).unwrap().to_bytes().unwrap(),
                    |wrapped| assert_eq!(card.transmit(&wrapped), [0x6D, 0x00]),
                    BatchSize::NumIterations(64),
                );
            });
        }
    }
    bare_ciphers(&mut group);
    group.finish();
}

/// What the ciphers alone need for the same bytes, their keys expanded once.
fn bare_ciphers(group: &mut BenchmarkGroup<'_, WallTime>) {
    let key = cardinal_benches::TEST_KEY;
    let data = [0xA5; 240];
    let mac = Cmac::<Aes128>::new(&key.into());
    let cipher = Aes128::new(&key.into());
    group.bench_function("peer/aes_cmac_and_cbc", |bencher| {
        bencher.iter(|| {
            let mut mac = mac.clone();
            mac.update(&[0; 21]);
            mac.update(black_box(&data));
            let mut plain = data;
            let mut cbc = Decryptor::inner_iv_init(cipher.clone(), &[0; 16].into());
            cbc.decrypt_blocks(Array::slice_as_chunks_mut(&mut plain).0);
            (mac.finalize().into_bytes(), plain)
        });
    });
    let (single, triple) =
        (Des::new(key.first_chunk::<8>().unwrap().into()), TdesEde2::new(&key.into()));

    group.bench_function("peer/retail_mac_and_3des_cbc", |bencher| {
        bencher.iter(|| {
            let mut plain = data;
            let mut cbc = Decryptor::inner_iv_init(triple.clone(), &[0; 8].into());
            cbc.decrypt_blocks(Array::slice_as_chunks_mut(&mut plain).0);
            let mut chain = Array::<u8, _>::default();
            for block in plain.chunks(8) {
                chain.iter_mut().zip(block).for_each(|(to, from)| *to ^= from);
                single.encrypt_block(&mut chain);
            }
            triple.encrypt_block(&mut chain);
            black_box(chain)
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots();
    targets = wrapped_command, channel_open, status, content
}
criterion_main!(benches);
