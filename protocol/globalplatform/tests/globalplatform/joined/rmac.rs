//! BEGIN and END R-MAC SESSION [GPCS 2.3.1 §E.5.3, §E.5.4, AmdD 1.1.1 §7.1.3].

use globalplatform::{
    ScpError, SecurityLevel,
    command::{BeginRmacSession, EndRmacSession},
    scp::{card, host},
};
use iso7816::{Command, Response, StatusWord};

use super::set_up::{Ends, every_combination, protocols};

/// One exchange; BEGIN and END are obeyed, everything else answers `data`. Gives what went over the wire and what the host got.
fn exchange(
    host: &mut host::Channel,
    card: &mut card::Channel,
    command: &Command,
    data: &[u8],
) -> (Response, Response) {
    let plain = card.unwrap(&host.wrap(command).unwrap()).unwrap();
    let response = match plain.header.ins {
        0x7A | 0x78 => {
            card.rmac_session(&plain).unwrap_or_else(|error| Response::status(error.status()))
        }
        _ => Response::ok(data.to_vec()),
    };
    let protected = card.wrap(response).unwrap();
    let opened = host.unwrap(command, protected.clone()).unwrap();
    (protected, opened)
}

fn begin(level: u8) -> Command {
    BeginRmacSession { level, data: b"bound to this".to_vec() }.to_command()
}

fn end(ends: bool) -> Command {
    EndRmacSession { ends }.to_command()
}

#[test]
fn rmac_begins_and_ends_within_a_session() {
    let command = Command::new(0x80, 0xCA, 0x00, 0x66).with_expected(256);
    for (ends, level) in every_combination() {
        let protocol = ends.protocol;
        let possible = protocol.supports_rmac()
            && !level.contains(SecurityLevel::R_MAC)
            && (protocol.id() == 2 || level.contains(SecurityLevel::C_MAC));
        let (mut host, mut card) = ends.open(level);
        let (_, begun) = exchange(&mut host, &mut card, &begin(0x10), b"");
        assert_eq!(begun.status.is_ok(), possible, "{protocol:?} {level:?}");
        if !possible {
            assert_eq!(host.level(), level);
            continue;
        }
        assert_eq!(begun.data, b"");
        assert_eq!(host.level(), level | SecurityLevel::R_MAC);
        for data in [&b"answer"[..], b"", b"another"] {
            let (wire, opened) = exchange(&mut host, &mut card, &command, data);
            assert_eq!(wire.data.len(), data.len() + protocol.mac_length());
            assert_eq!(opened.data, data);
        }
        let (again, _) = exchange(&mut host, &mut card, &begin(0x10), b"");
        assert_eq!(again.status, StatusWord::CONDITIONS_OF_USE);
        let (wire, ended) = exchange(&mut host, &mut card, &end(true), b"");
        assert_eq!((wire.data.len(), ended.data.len()), (protocol.mac_length(), 0));
        assert_eq!(host.level(), level);
        let (wire, _) = exchange(&mut host, &mut card, &command, b"answer");
        assert_eq!(wire.data, b"answer");
    }
}

#[test]
fn rencryption_begins_within_an_encrypted_session() {
    for protocol in protocols().into_iter().filter(|protocol| protocol.supports_rencryption()) {
        for (level, possible) in [(0x01, false), (0x03, true), (0x13, true), (0x33, false)] {
            let level = SecurityLevel::from_bits_truncate(level);
            let (mut host, mut card) = Ends::new(protocol, 32).open(level);
            let (_, begun) = exchange(&mut host, &mut card, &begin(0x30), b"");
            assert_eq!(begun.status.is_ok(), possible, "{protocol:?} {level:?}");
            let command = Command::new(0x80, 0xF2, 0x40, 0x02);
            let (wire, opened) = exchange(&mut host, &mut card, &command, b"secret answer");
            assert_eq!(opened.data, b"secret answer");
            if possible {
                assert_eq!(wire.data.len(), 16 + protocol.mac_length());
                exchange(&mut host, &mut card, &end(true), b"");
                assert_eq!(host.level(), level);
            }
        }
    }
}

#[test]
fn scp02_returns_one_rmac_for_many_responses() {
    let command = Command::new(0x80, 0xCA, 0x00, 0x66).with_expected(256);
    for protocol in protocols().into_iter().filter(|p| p.id() == 2 && p.supports_rmac()) {
        let (mut host, mut card) = Ends::new(protocol, 16).open(SecurityLevel::C_MAC);
        exchange(&mut host, &mut card, &begin(0x00), b"");
        for data in [&b"one"[..], b"two"] {
            let (wire, _) = exchange(&mut host, &mut card, &command, data);
            assert_eq!(wire.data, data);
        }
        // An intermediate R-MAC, then one more response and the final one.
        let (wire, _) = exchange(&mut host, &mut card, &end(false), b"");
        assert_eq!(wire.data.len(), 8);
        let (wire, _) = exchange(&mut host, &mut card, &command, b"three");
        assert_eq!(wire.data, b"three");
        let (wire, _) = exchange(&mut host, &mut card, &end(true), b"");
        assert_eq!(wire.data.len(), 8);
        let (wire, _) = exchange(&mut host, &mut card, &command, b"four");
        assert_eq!(wire.data, b"four");
        let again = card.unwrap(&host.wrap(&end(true)).unwrap()).unwrap();
        assert_eq!(card.rmac_session(&again), Err(ScpError::UnexpectedCommand));
    }
}

#[test]
fn a_response_changed_while_rmacs_accumulate_is_found_at_the_end() {
    let protocol = globalplatform::Protocol::new(2, 0x35).unwrap();
    let (mut host, mut card) = Ends::new(protocol, 16).open(SecurityLevel::C_MAC);
    exchange(&mut host, &mut card, &begin(0x00), b"");
    let command = Command::new(0x80, 0xCA, 0x00, 0x66);
    card.unwrap(&host.wrap(&command).unwrap()).unwrap();
    card.wrap(Response::ok(b"true".to_vec())).unwrap();
    host.unwrap(&command, Response::ok(b"lies".to_vec())).unwrap();
    let end = end(true);
    let plain = card.unwrap(&host.wrap(&end).unwrap()).unwrap();
    let wire = card.wrap(card.rmac_session(&plain).unwrap()).unwrap();
    assert_eq!(host.unwrap(&end, wire), Err(ScpError::ResponseMacMismatch));
    assert!(!host.is_open());
}
