//! STORE DATA: data objects, keys in data groupings, blocks and their numbers, whom they reach.

use card::{DOMAIN_LOAD_FILE, DOMAIN_MODULE};
use globalplatform::{
    Key, KeyAlgorithm, KeySet,
    command::{StoreData, StoreDataEncryption, StoreDataFormat},
    data::{
        KeyAccess, KeyAttributes, KeyPart, KeyUsage,
        dgi::{DataGrouping, OBJECTS, StoredKey},
    },
    scp::host::{Channel, Handshake},
};
use iso7816::{Aid, Command, StatusWord};

use crate::support::{Bench, ISD, MODULE, keys_for, lv, new_keys, scp};

const OK: StatusWord = StatusWord::OK;
const WRONG: StatusWord = StatusWord::WRONG_DATA;
const ORDER: StatusWord = StatusWord::WRONG_P1P2;
const DOMAIN: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x09, 0x99, 0x01]);

/// STORE DATA in blocks of so many bytes.
fn blocks(format: StoreDataFormat, bytes: &[u8], length: usize) -> Vec<Command> {
    let count = bytes.chunks(length).len();
    let block = |(number, data): (usize, &[u8])| StoreData {
        last: number + 1 == count,
        encryption: StoreDataEncryption::None,
        format,
        response_expected: false,
        block: u8::try_from(number).unwrap(),
        data: data.to_vec(),
    };
    bytes.chunks(length).enumerate().map(block).map(|block| block.to_command()).collect()
}

fn send(bench: &mut Bench, channel: &mut Channel, commands: &[Command]) -> StatusWord {
    let mut status = OK;
    for command in commands {
        status = bench.secure(channel, command).status;
        if !status.is_ok() {
            break;
        }
    }
    status
}

fn store(p1: u8, number: u8, data: &[u8]) -> Command {
    Command::new(0x80, 0xE2, p1, number).with_data(data)
}

fn symmetric(channel: &Channel, number: (u8, u8), key: &Key) -> StoredKey {
    let session = channel.keys().unwrap();
    let block = session.enc.algorithm().block_length();
    StoredKey::symmetric(number, key, block, |plain| session.encrypt_sensitive(plain)).unwrap()
}

fn groupings(keys: &[StoredKey]) -> Vec<u8> {
    DataGrouping::write_all(&StoredKey::write_all(keys))
}

fn key_set(channel: &Channel, version: u8, keys: &KeySet) -> Vec<StoredKey> {
    let numbered = (1..).zip(keys.in_order());
    numbered.map(|(index, key)| symmetric(channel, (index, version), key)).collect()
}

/// The session of a domain that is made below the issuer's, without keys of its own.
fn domain(bench: &mut Bench) -> Channel {
    let mut issuer = bench.authenticate();
    let (file, module) = (DOMAIN_LOAD_FILE, DOMAIN_MODULE);
    let fields =
        [file.as_bytes(), module.as_bytes(), DOMAIN.as_bytes(), &[0x80, 0, 0], &[0xC9, 0], &[]];
    let install = Command::new(0x80, 0xE6, 0x0C, 0).with_data(fields.map(lv).concat());
    assert_eq!(bench.secure(&mut issuer, &install).status, OK);
    issuer
}

fn personalize(application: Aid) -> Command {
    let fields = [&[][..], &[], application.as_bytes(), &[], &[], &[]];
    Command::new(0x80, 0xE6, 0x20, 0).with_data(fields.map(lv).concat())
}

#[test]
fn keys_come_in_groupings_under_every_protocol() {
    for (id, i, algorithm) in [
        (1, 0x05, KeyAlgorithm::Des3),
        (2, 0x15, KeyAlgorithm::Des3),
        (3, 0x70, KeyAlgorithm::Aes128),
        (3, 0x70, KeyAlgorithm::Aes192),
        (3, 0x70, KeyAlgorithm::Aes256),
    ] {
        for length in [200, 37] {
            let mut bench = Bench::speaking(scp(id, i));
            let host = Handshake::new(&[1; 8]).with_option(i);
            let mut channel = bench.open(host, &keys_for(scp(id, i)), 0x03);
            let keys = new_keys(algorithm);
            let bytes = groupings(&key_set(&channel, 0x31, &keys));
            let commands = blocks(StoreDataFormat::Dgi, &bytes, length);
            assert_eq!(send(&mut bench, &mut channel, &commands), OK, "{id} {algorithm:?}");
            let mut twin = bench.twin();
            let host = Handshake::new(&[2; 8]).with_option(i).with_key_version(0x31);
            twin.open(host, &keys, 0x03);
        }
    }
}

#[test]
fn asymmetric_keys_come_with_usage_and_access() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let session = channel.keys().unwrap();
    let part = |key_type, length| KeyPart { key_type, length };
    let clear = |identifier: u16, length: usize| DataGrouping::new(identifier, vec![7; length]);
    let secret = |identifier: u16, length: usize| {
        let plain = vec![7; length.next_multiple_of(8)];
        DataGrouping::new(identifier, session.encrypt_sensitive(&plain).unwrap())
    };
    let attributes = KeyAttributes {
        usage: KeyUsage::VERIFICATION_ENCIPHERMENT | KeyUsage::AUTHORIZATION,
        access: Some(KeyAccess::SECURITY_DOMAIN),
    };
    let key = |index, parts: &[KeyPart], components: &[DataGrouping]| StoredKey {
        key_index: index,
        key_version: 0x70,
        parts: parts.to_vec(),
        attributes,
        components: components.to_vec(),
        ..StoredKey::default()
    };
    let point = DataGrouping::new(0x0036, [&[4][..], &[7; 64]].concat());
    let keys = [
        key(1, &[part(0xA1, 256), part(0xA0, 3)], &[clear(0x10, 256), clear(0x11, 3)]),
        key(2, &[part(0xA1, 128), part(0xA3, 127)], &[clear(0x10, 128), secret(0x8112, 127)]),
        key(
            3,
            &[0xA6, 0xA8, 0xA7, 0xA5, 0xA4].map(|kind| part(kind, 64)),
            &[0x8121, 0x8122, 0x8123, 0x8124, 0x8125].map(|identifier| secret(identifier, 64)),
        ),
        key(4, &[part(0xB0, 65), part(0xF0, 0)], &[point]),
        key(5, &[part(0xB1, 48), part(0xF0, 1)], &[secret(0x8137, 48)]),
    ];
    let commands = blocks(StoreDataFormat::Dgi, &groupings(&keys), 230);
    assert!(commands.len() > 4);
    assert_eq!(send(&mut bench, &mut channel, &commands), OK);
    bench.card.reset();
    let told = bench.bytes("80CA00E000").data;
    let told = globalplatform::data::parse_key_information(&told).unwrap();
    let told: Vec<_> = told.into_iter().filter(|key| key.key_version == 0x70).collect();
    assert!(told.iter().all(|key| key.attributes == Some(attributes)));
    let shapes: Vec<Vec<(u8, u16)>> = told
        .iter()
        .map(|key| key.parts.iter().map(|part| (part.key_type, part.length)).collect())
        .collect();
    assert_eq!(shapes[0], [(0xA1, 256), (0xA0, 3)]);
    assert_eq!(shapes[1], [(0xA1, 128), (0xA3, 127)]);
    assert_eq!(shapes[2][4], (0xA4, 64));
    assert_eq!(shapes[3], [(0xB0, 64), (0xF0, 0)]);
    assert_eq!(shapes[4], [(0xB1, 48), (0xF0, 1)]);
}

#[test]
fn wrong_groupings_change_nothing() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let before = bench.card.keys();
    let keys = key_set(&channel, 0x31, &new_keys(KeyAlgorithm::Des3));
    let with = |change: fn(&mut StoredKey)| {
        let mut keys = keys.clone();
        change(&mut keys[2]);
        groupings(&keys)
    };
    let objects = |bytes: &[u8]| DataGrouping::write_all(&[DataGrouping::new(OBJECTS, bytes)]);
    let stored_first = [objects(&[0x42, 1, 9]), with(|key| key.check_value = vec![1, 2, 3])];
    for (bytes, expected) in [
        (stored_first.concat(), StatusWord::SECURITY_STATUS),
        (with(|key| key.components[0].value.truncate(15)), WRONG),
        (with(|key| key.parts[0].length = 24), WRONG),
        (with(|key| key.parts[0].key_type = 0x88), StatusWord::SECURITY_STATUS),
        (with(|key| key.key_version = 0x80), WRONG),
        (with(|key| key.key_index = 0x80), WRONG),
        (groupings(&keys)[..60].to_vec(), WRONG),
        (groupings(&key_set(&channel, 1, &new_keys(KeyAlgorithm::Aes128))), WRONG),
        (objects(&[0xC1, 2, 0, 0]), WRONG),
        (DataGrouping::write_all(&[DataGrouping::new(0x0099, [1])]), WRONG),
    ] {
        let commands = blocks(StoreDataFormat::Dgi, &bytes, 200);
        assert_eq!(send(&mut bench, &mut channel, &commands), expected, "{bytes:02X?}");
    }
    assert_eq!(bench.card.keys(), before);
    bench.card.reset();
    assert_eq!(bench.bytes("80CA004200").status, StatusWord::REFERENCED_DATA_NOT_FOUND);
}

#[test]
fn objects_go_on_over_blocks() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let url = vec![b'u'; 130];
    let objects = [&[0x5F, 0x50, 0x81, 130][..], &url, &[0x42, 2, 1, 2], &[0x45, 1, 3]].concat();
    for format in [StoreDataFormat::BerTlv, StoreDataFormat::Unspecified] {
        for length in [1, 50, 136] {
            let commands = blocks(format, &objects, length);
            assert_eq!(send(&mut bench, &mut channel, &commands), OK, "{length}");
        }
    }
    let kdd = store(0x90, 0, &[&[0xCF, 10][..], &[6; 10]].concat());
    assert_eq!(bench.secure(&mut channel, &kdd).status, OK);
    let mut twin = bench.twin();
    assert_eq!(twin.bytes("00CA5F5000").data, url);
    assert_eq!(twin.bytes("80CA004500").data, [0x45, 1, 3]);
    assert_eq!(twin.bytes("80CA00CF00").data[2..], [6; 10]);
    assert_eq!(twin.bytes("8050000008 0102030405060708 00").data[..10], [6; 10]);
}

#[test]
fn what_a_domain_makes_itself_cannot_be_stored() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    for object in [
        &[0xC1, 2, 0, 0][..],
        &[0xC2, 2, 0, 0],
        &[0xD3, 1, 0],
        &[0xE0, 0],
        &[0x2F, 0x00],
        &[0xFF, 0x21, 0],
        &[0x9F, 0x7F, 0],
        &[0xCF, 2, 0, 0],
        &[0x66, 2, 0x73, 5],
        &[0x4F, 1, 1],
    ] {
        for p1 in [0x80, 0x90] {
            let status = bench.secure(&mut channel, &store(p1, 0, object)).status;
            assert_eq!(status, WRONG, "{object:02X?}");
        }
    }
}

#[test]
fn block_numbers_begin_anew_where_they_must() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let long = [0x42, 4, 1];
    let mut go = |bench: &mut Bench, p1, number| {
        bench.secure(&mut channel, &store(p1, number, &long)).status
    };
    assert_eq!(go(&mut bench, 0x00, 1), ORDER);
    assert_eq!(go(&mut bench, 0x00, 0), OK);
    assert_eq!(go(&mut bench, 0x00, 0), ORDER, "an error ends the run");
    assert_eq!(go(&mut bench, 0x00, 1), ORDER);
    assert_eq!(go(&mut bench, 0x00, 0), OK);
    assert_eq!(go(&mut bench, 0x10, 1), ORDER, "another structure");
    assert_eq!(go(&mut bench, 0x80, 0), WRONG, "an object that is cut off");
    for reserved in [0x40, 0x18, 0x02, 0x60] {
        assert_eq!(go(&mut bench, 0x80 | reserved, 0), ORDER, "{reserved:02X}");
    }
    // Asked for an answer: there is none, but it may have been.
    let asked = store(0x81, 0, &[0x42, 1, 5]).with_expected(256);
    assert_eq!(bench.secure(&mut channel, &asked).status, OK);
    assert_eq!(bench.secure(&mut channel, &store(0x00, 0, &long)).status, OK);
    let mut channel = bench.authenticate();
    assert_eq!(bench.secure(&mut channel, &store(0x80, 1, &[0, 0, 0])).status, ORDER);
    assert_eq!(bench.secure(&mut channel, &store(0x00, 0, &long)).status, OK);
    bench.select(ISD);
    let mut channel = bench.authenticate();
    assert_eq!(bench.secure(&mut channel, &store(0x80, 1, &[0, 0, 0])).status, ORDER);
}

#[test]
fn a_domain_below_is_personalized_from_above() {
    let mut bench = Bench::new();
    let mut issuer = domain(&mut bench);
    assert_eq!(bench.secure(&mut issuer, &personalize(DOMAIN)).status, OK);
    let keys = new_keys(KeyAlgorithm::Des3);
    let objects = DataGrouping::new(OBJECTS, [0x42, 1, 7, 0x5F, 0x50, 1, b'u']);
    let stored = key_set(&issuer, 0x20, &keys);
    let bytes = [DataGrouping::write_all(&[objects]), groupings(&stored)].concat();
    let commands = blocks(StoreDataFormat::Dgi, &bytes, 100);
    assert_eq!(send(&mut bench, &mut issuer, &commands), OK);
    let state = bench.card.applications().into_iter().find(|entry| entry.aid == DOMAIN).unwrap();
    assert_eq!(state.life_cycle, 0x0F, "it has keys now");
    // What comes after the last block is the issuer's own.
    assert_eq!(bench.secure(&mut issuer, &store(0x80, 0, &[0x42, 1, 1])).status, OK);
    assert_eq!(bench.select(DOMAIN).status, OK);
    assert_eq!(bench.bytes("00CA004200").data, [7]);
    assert_eq!(bench.bytes("00CA5F5000").data, b"u");
    let mut channel = bench.open(Handshake::new(&[7; 8]), &keys, 0x03);
    for refused in
        [&[0x4F, 5, 1, 2, 3, 4, 5][..], &[0x67, 0], &[0x9F, 0x67, 8, 0, 0, 0, 0, 0, 0, 0, 0]]
    {
        let status = bench.secure(&mut channel, &store(0x90, 0, refused)).status;
        assert_eq!(status, WRONG, "the issuer's only: {refused:02X?}");
    }
    bench.select(ISD);
    assert_eq!(bench.bytes("00CA004200").data, [1]);
}

#[test]
fn an_application_that_takes_no_data_is_not_personalized() {
    let mut bench = Bench::new();
    bench.card.install(MODULE, MODULE, b"born").unwrap();
    let mut issuer = bench.authenticate();
    let refused = bench.secure(&mut issuer, &personalize(MODULE)).status;
    assert_eq!(refused, StatusWord::CONDITIONS_OF_USE);
    // The session stays the domain's own.
    assert_eq!(bench.secure(&mut issuer, &store(0x80, 0, &[0x42, 1, 1])).status, OK);
}
