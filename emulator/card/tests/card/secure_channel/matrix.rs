//! Every option of every protocol, at every level, on basic, supplementary and further logical channels.

use globalplatform::{
    SecurityLevel,
    scp::{
        Protocol,
        host::{Channel, Handshake},
    },
};
use iso7816::{Command, Response, StatusWord};

use super::{LEVELS, get_status, handshake, options, set_counter};
use crate::support::{Bench, keys_for, scp};

/// The basic channel, one in the first interindustry coding, one in the further coding, the last one.
const CHANNELS: [u8; 4] = [0, 3, 4, 19];
const CHANNEL_COUNT: u8 = 20;

fn explicit() -> Vec<Protocol> {
    let all = [1, 2, 3].map(options).concat();
    all.into_iter().filter(|protocol| !protocol.is_implicit()).collect()
}

/// A command as it is on a logical channel [GPCS 2.3.1 §11.1.4].
fn on(channel: u8, command: &Command) -> Command {
    let mut command = command.clone();
    let (class, secured) = (command.header.cla & 0x80, command.header.secure_messaging());
    command.header.cla = match (channel, secured) {
        (0..=3, _) => command.header.cla & !0x03 | channel,
        (_, false) => class | 0x40 | (channel - 4),
        (_, true) => class | 0x60 | (channel - 4),
    };
    command
}

/// A card with all its logical channels open, a security domain selected on each.
fn wide_open(protocol: Protocol) -> Bench {
    let mut profile = card::CardProfile::speaking(protocol);
    profile.personality.channels = CHANNEL_COUNT;
    let mut bench = Bench::with(&profile);
    for channel in 1..CHANNEL_COUNT {
        assert_eq!(bench.bytes("0070000001").data, [channel]);
    }
    bench
}

fn open(bench: &mut Bench, channel: u8, protocol: Protocol, level: u8) -> Channel {
    let handshake: Handshake = handshake(protocol);
    let answer = bench.send(&on(channel, &handshake.command()));
    let verified = handshake.answer(&answer).unwrap().verify_with(&keys_for(protocol)).unwrap();
    let level = SecurityLevel::from_bits(level).unwrap();
    let (authenticate, opened) = verified.external_authenticate(level).unwrap();
    assert_eq!(bench.send(&on(channel, &authenticate)).status, StatusWord::OK);
    opened
}

fn secure(bench: &mut Bench, channel: u8, opened: &mut Channel, command: &Command) -> Response {
    let command = on(channel, command);
    let response = bench.send(&opened.wrap(&command).unwrap());
    opened.unwrap(&command, response).unwrap()
}

fn levels(protocol: Protocol) -> impl Iterator<Item = u8> {
    LEVELS.into_iter().filter(move |level| protocol.security_level(*level).is_ok())
}

#[test]
fn sessions_are_the_same_on_every_logical_channel() {
    assert_eq!(explicit().len(), 2 + 16 + 12);
    for protocol in explicit() {
        let mut bench = wide_open(protocol);
        for (channel, level) in CHANNELS
            .into_iter()
            .flat_map(|channel| levels(protocol).map(move |level| (channel, level)))
        {
            let what = format!("{protocol:?} channel {channel} level {level:02X}");
            let mut opened = open(&mut bench, channel, protocol, level);
            let isd = secure(&mut bench, channel, &mut opened, &get_status());
            assert!(isd.status.is_ok() && isd.data.starts_with(&[0xE3]), "{what}");
            let missing = Command::new(0x80, 0xF2, 0x40, 2).with_data([0x4F, 0]);
            let none = secure(&mut bench, channel, &mut opened, &missing).status;
            assert_eq!(none, StatusWord::REFERENCED_DATA_NOT_FOUND, "{what}");
            let told = Command::new(0x80, 0xCA, 0, 0xD3).with_expected(256);
            let told = secure(&mut bench, channel, &mut opened, &told).data;
            assert_eq!(told, [0xD3, 1, level | 0x80], "{what}");
            assert_eq!(secure(&mut bench, channel, &mut opened, &get_status()), isd, "{what}");
        }
    }
}

#[test]
fn rmac_sessions_begin_and_end_at_every_level() {
    for protocol in explicit().into_iter().filter(|protocol| protocol.supports_rmac()) {
        let mut bench = wide_open(protocol);
        for level in levels(protocol).filter(|level| level & 0x30 == 0) {
            for channel in [0, 19] {
                let what = format!("{protocol:?} channel {channel} level {level:02X}");
                let mut opened = open(&mut bench, channel, protocol, level);
                let begin = Command::new(0x80, 0x7A, 0x10, 0x01).with_data([0]);
                let answer = secure(&mut bench, channel, &mut opened, &begin).status;
                if protocol.id() == 3 && level == 0 {
                    assert_eq!(answer, StatusWord::CONDITIONS_OF_USE, "{what}");
                    continue;
                }
                assert_eq!(answer, StatusWord::OK, "{what}");
                let command = on(channel, &get_status());
                let wire = bench.send(&opened.wrap(&command).unwrap());
                let plain = opened.unwrap(&command, wire.clone()).unwrap();
                assert_eq!(wire.data.len(), plain.data.len() + protocol.mac_length(), "{what}");
                let end = Command::new(0x80, 0x78, 0x00, 0x03).with_expected(256);
                assert!(secure(&mut bench, channel, &mut opened, &end).status.is_ok(), "{what}");
                let wire = bench.send(&opened.wrap(&command).unwrap());
                assert_eq!(opened.unwrap(&command, wire.clone()).unwrap(), wire, "{what}");
            }
        }
    }
}

#[test]
fn responses_are_encrypted_when_the_session_asks_for_it_later() {
    for i in [0x60, 0x70, 0x61, 0x71] {
        let protocol = scp(3, i);
        let mut bench = wide_open(protocol);
        let mut opened = open(&mut bench, 4, protocol, 0x03);
        let begin = Command::new(0x80, 0x7A, 0x30, 0x01).with_data([0]);
        assert!(secure(&mut bench, 4, &mut opened, &begin).status.is_ok());
        assert!(opened.level().contains(SecurityLevel::R_ENCRYPTION));
        let isd = secure(&mut bench, 4, &mut opened, &get_status());
        assert!(isd.data.starts_with(&[0xE3]), "{protocol:?}");
    }
}

#[test]
fn counters_end_where_the_protocol_says_and_never_begin_again() {
    for (protocol, last) in
        [(scp(2, 0x15), 0xFFFF_u32), (scp(2, 0x55), 0xFFFF), (scp(3, 0x70), 0xFF_FFFF)]
    {
        let mut bench = Bench::speaking(protocol);
        set_counter(&mut bench, last - 1);
        open(&mut bench, 0, protocol, 0x01);
        assert_eq!(bench.card.keys()[0].counter, last);
        for _ in 0..2 {
            let refused = bench.send(&handshake(protocol).command()).status;
            assert_eq!(refused, StatusWord::CONDITIONS_OF_USE, "{protocol:?}");
        }
        assert_eq!(bench.card.keys()[0].counter, last);
        assert_eq!(bench.twin().card.keys()[0].counter, last);
    }
}
