//! SCP02 with implicit initiation [GPCS 2.3.1 §E.1.2.2]: the first command with a C-MAC opens the session.

use globalplatform::{
    InitializeUpdateAnswer, KeySet, Protocol, ScpError, SecurityLevel, SessionKeys,
    command::{BeginRmacSession, EndRmacSession, KeyBlockDialect, PutKey},
    scp::{DerivationConstant, card, host},
};
use iso7816::{Aid, Command, Response, StatusWord};
use proptest::prelude::*;

use super::{
    hostile::{flips, sample},
    sessions::{command, response},
    set_up::{implicit_protocols, key_set, protocols},
};

const AID: [u8; 8] = [0xA0, 0, 0, 1, 0x51, 0, 0, 0];
const COUNTER: u32 = 0x01FF;

/// The security level of an implicit session, as a card tells it.
fn mac_level() -> SecurityLevel {
    SecurityLevel::AUTHENTICATED | SecurityLevel::C_MAC
}

fn host(protocol: Protocol, keys: &KeySet, sequence_counter: u32) -> host::Channel {
    let aid = Aid::new(&AID).unwrap();
    host::ImplicitHandshake { keys, protocol, sequence_counter, aid }.open().unwrap()
}

fn card(
    protocol: Protocol,
    keys: &KeySet,
    sequence_counter: u32,
    command: &Command,
) -> Result<(card::Channel, Command), ScpError> {
    let aid = Aid::new(&AID).unwrap();
    card::ImplicitHandshake { keys, protocol, sequence_counter, aid }.first_command(command)
}

/// Both ends after one exchange.
fn open(protocol: Protocol, keys: &KeySet) -> (host::Channel, card::Channel) {
    let mut host = host(protocol, keys, COUNTER);
    let (mut card, plain) = card(protocol, keys, COUNTER, &host.wrap(&sample()).unwrap()).unwrap();
    assert_eq!(plain, sample());
    let wire = card.wrap(Response::ok(b"first".to_vec())).unwrap();
    assert_eq!(host.unwrap(&sample(), wire).unwrap().data, b"first");
    (host, card)
}

#[test]
fn options_are_those_of_the_specification() {
    let accepted = |i: u8| {
        let initiation = i & 0x0E;
        i & 0x80 == 0 && (initiation == 0x04 || initiation == 0x0A)
    };
    for i in 0..=0xFF {
        assert_eq!(Protocol::new(2, i).is_ok(), accepted(i), "{i:02X}");
    }
    for i in [0x04, 0x05, 0x0A, 0x0B, 0x14, 0x15, 0x1A, 0x1B, 0x55, 0x75, 0x5A, 0x7B] {
        let protocol = Protocol::new(2, i).unwrap();
        assert_eq!(protocol.is_implicit(), i & 0x04 == 0);
        assert_eq!(protocol.base_key(), i & 0x01 == 0);
        assert_eq!(protocol.encrypts_icv(), i & 0x10 != 0);
    }
}

#[test]
fn the_first_mac_is_the_formula_of_the_specification() {
    for protocol in implicit_protocols() {
        let keys = key_set(protocol, 16);
        let static_mac = if protocol.base_key() { &keys.enc } else { &keys.mac };
        let s_mac =
            SessionKeys::scp02_key(static_mac, DerivationConstant::CommandMac, [0x01, 0xFF]);
        let s_mac = s_mac.unwrap();
        let mut host = host(protocol, &keys, COUNTER);
        let mut chain = s_mac.retail_mac(&[0; 8], &AID).unwrap();
        // The class without secure messaging and channel, the length of the plain data; also of none.
        for (command, header) in [
            (
                Command::new(0x80, 0xF0, 0x40, 0x07).with_data([1, 2, 3]),
                [0x80, 0xF0, 0x40, 0x07, 3],
            ),
            (Command::new(0x82, 0x78, 0x00, 0x01), [0x80, 0x78, 0x00, 0x01, 0]),
            (Command::new(0xC5, 0x78, 0x00, 0x01), [0x80, 0x78, 0x00, 0x01, 0]),
        ] {
            let input = [&header[..], &command.data].concat();
            let expected = s_mac.retail_mac(&chain, &input).unwrap();
            let wrapped = host.wrap(&command).unwrap();
            assert_eq!(wrapped.data, [&command.data[..], &expected].concat(), "{protocol:?}");
            // Left half of the key, single DES: what a retail MAC does to all but the last block.
            chain = if protocol.encrypts_icv() { single_des(&s_mac, expected) } else { expected };
        }
    }
}

/// DES under the left half of a key: triple DES under that half twice.
fn single_des(key: &globalplatform::Key, block: [u8; 8]) -> [u8; 8] {
    let half = &key.bytes()[..8];
    let twice = globalplatform::Key::des3([half, half].concat().try_into().unwrap());
    twice.encrypt_ecb(&block).unwrap().try_into().unwrap()
}

#[test]
fn a_session_begins_on_any_logical_channel() {
    let protocol = Protocol::new(2, 0x7B).unwrap();
    let keys = key_set(protocol, 16);
    for number in 0..=19 {
        let mut host = host(protocol, &keys, COUNTER).on_logical_channel(number).unwrap();
        let wrapped = host.wrap(&sample()).unwrap();
        assert_eq!(wrapped.header.channel(), number);
        let (_, plain) = card(protocol, &keys, COUNTER, &wrapped).unwrap();
        assert_eq!(Some(plain.header), sample().header.with_channel(number));
        assert_eq!(plain.data, sample().data);
    }
}

#[test]
fn sensitive_data_and_responses_use_the_next_counter() {
    for protocol in implicit_protocols() {
        let keys = key_set(protocol, 16);
        let (host, card) = open(protocol, &keys);
        let static_dek = if protocol.base_key() { &keys.enc } else { &keys.dek };
        let dek =
            SessionKeys::scp02_key(static_dek, DerivationConstant::DataEncryption, [0x02, 0x00]);
        let secret = [0x5A; 16];
        let encrypted = host.keys().unwrap().encrypt_sensitive(&secret).unwrap();
        assert_eq!(encrypted, dek.unwrap().encrypt_cbc(&[], &secret).unwrap());
        assert_ne!(encrypted[..8], encrypted[8..]);
        assert_eq!(card.decrypt_sensitive(&encrypted).unwrap().as_slice(), secret);
        assert_eq!(card.encrypt_sensitive(&secret).unwrap(), encrypted);
        assert_ne!(card.keys().unwrap().rmac, None);
    }
}

#[test]
fn put_key_goes_under_the_session_s_mode() {
    for protocol in implicit_protocols() {
        let keys = key_set(protocol, 16);
        let (host, card) = open(protocol, &keys);
        let session = host.keys().unwrap();
        let put = PutKey::for_session(None, 1, &keys, session, KeyBlockDialect::Scp02).unwrap();
        let put = PutKey::parse(&put.to_command()).unwrap();
        for (component, key) in put.components.iter().zip(keys.in_order()) {
            let decrypt = |block: &[u8]| Ok(card.decrypt_sensitive(block)?);
            assert_eq!(&component.decrypt(8, decrypt).unwrap(), key);
        }
    }
}

#[test]
fn explicit_and_implicit_initiation_do_not_mix() {
    let aid = Aid::new(&AID).unwrap();
    for protocol in protocols() {
        let keys = &key_set(protocol, 16);
        let unsupported = ScpError::UnsupportedProtocol { id: protocol.id(), i: protocol.i() };
        let handshake = host::ImplicitHandshake { keys, protocol, sequence_counter: 0, aid };
        assert_eq!(handshake.open().unwrap_err(), unsupported);
        assert_eq!(card(protocol, keys, 0, &sample()).unwrap_err(), unsupported);
    }
    for protocol in implicit_protocols() {
        let keys = &key_set(protocol, 16);
        let unsupported = ScpError::UnsupportedProtocol { id: 2, i: protocol.i() };
        let random = [0; 16];
        let handshake = card::Handshake {
            keys,
            key_version: 1,
            protocol,
            kdd: [0; 10],
            sequence_counter: 0,
            aid,
            random,
        };
        assert_eq!(handshake.initialize_update(&[0; 8]).unwrap_err(), unsupported);
        assert_eq!(unsupported.status(), StatusWord::CONDITIONS_OF_USE);
        let answer = [&[0; 10][..], &[1, 2], &[0; 16]].concat();
        let parsed = InitializeUpdateAnswer::parse(&answer, protocol.i());
        assert_eq!(parsed.unwrap_err(), unsupported);
        for p1 in 0..=0xFF {
            assert!(protocol.security_level(p1).is_err());
        }
    }
}

#[test]
fn a_plain_command_ends_the_mac_and_the_next_session_has_the_next_counter() {
    for protocol in implicit_protocols() {
        let keys = key_set(protocol, 16);
        let (mut old, mut on_card) = open(protocol, &keys);
        assert_eq!(on_card.level(), mac_level());
        assert!(!on_card.is_begun_anew_by(&old.wrap(&sample()).unwrap()));

        old.drop_command_mac().unwrap();
        assert_eq!(old.wrap(&sample()).unwrap(), sample());
        assert_eq!(on_card.unwrap(&sample()).unwrap(), sample());
        assert_eq!(on_card.level(), SecurityLevel::AUTHENTICATED);
        assert_eq!(on_card.wrap(Response::ok(vec![7])).unwrap(), Response::ok(vec![7]));
        let secret = old.keys().unwrap().encrypt_sensitive(&[1; 8]).unwrap();
        assert_eq!(on_card.decrypt_sensitive(&secret).unwrap().as_slice(), [1; 8]);

        let mut new = host(protocol, &keys, COUNTER + 1);
        let first = new.wrap(&sample()).unwrap();
        assert!(on_card.is_begun_anew_by(&first));
        // With the counter that was used the command is refused, with the next one it opens a session.
        let again = card(protocol, &keys, COUNTER, &first).unwrap_err();
        assert_eq!(again, ScpError::CommandMacMismatch);
        let (on_card, plain) = card(protocol, &keys, COUNTER + 1, &first).unwrap();
        assert_eq!((plain, on_card.level()), (sample(), mac_level()));
    }
}

#[test]
fn any_flipped_bit_is_refused() {
    for protocol in implicit_protocols() {
        let keys = key_set(protocol, 16);
        let mut first_host = host(protocol, &keys, COUNTER);
        let first = first_host.wrap(&sample()).unwrap();
        let (mut second_host, second_card) = open(protocol, &keys);
        let second = second_host.wrap(&sample()).unwrap();
        let point = second_card.resume_point().unwrap();
        for (wrapped, begins) in [(first, true), (second, false)] {
            let bytes = [&wrapped.header.to_bytes()[..], &wrapped.data].concat();
            for flipped in flips(&bytes) {
                let (header, data) = flipped.split_at(4);
                let tampered =
                    Command::new(header[0], header[1], header[2], header[3]).with_data(data);
                let class = header[0] ^ bytes[0];
                // The logical channel enters no MAC; a class without secure messaging is another command, without C-MAC.
                if class & 0x03 != 0 {
                    continue;
                }
                let outcome = if begins {
                    card(protocol, &keys, COUNTER, &tampered).map(|(_, plain)| plain)
                } else {
                    let keys = second_card.keys().unwrap().clone();
                    let mut card = card::Channel::resume(protocol, keys, &point);
                    let outcome = card.unwrap(&tampered);
                    assert!(outcome.is_ok() || !card.is_open());
                    assert!(!card.level().contains(SecurityLevel::C_MAC));
                    outcome
                };
                if !begins && !tampered.header.secure_messaging() {
                    assert_eq!(outcome, Ok(tampered));
                } else {
                    assert!(outcome.is_err(), "{protocol:?} {flipped:02X?}");
                }
            }
        }
    }
}

#[test]
fn the_counter_and_the_aid_count() {
    for protocol in implicit_protocols() {
        let keys = key_set(protocol, 16);
        let first = host(protocol, &keys, COUNTER).wrap(&sample()).unwrap();
        let other = Aid::new(&[0xA0, 0, 0, 0, 0x03, 0, 0, 0]).unwrap();
        let handshake = card::ImplicitHandshake {
            keys: &keys,
            protocol,
            sequence_counter: COUNTER,
            aid: other,
        };
        assert_eq!(handshake.first_command(&first).unwrap_err(), ScpError::CommandMacMismatch);
        let exhausted = card(protocol, &keys, 0xFFFF, &first).unwrap_err();
        assert_eq!(exhausted, ScpError::SequenceCounterExhausted);
        let plain = card(protocol, &keys, COUNTER, &sample()).unwrap_err();
        assert_eq!(plain, ScpError::CommandProtectionMismatch);
    }
}

#[test]
fn rmac_begins_with_a_mac_over_the_aid() {
    for protocol in implicit_protocols() {
        let keys = key_set(protocol, 16);
        let (mut host, mut card) = open(protocol, &keys);
        let begin = BeginRmacSession { level: 0x10, data: b"bound".to_vec() }.to_command();
        let plain = card.unwrap(&host.wrap(&begin).unwrap()).unwrap();
        let obeyed = card.rmac_session(&plain);
        if !protocol.supports_rmac() {
            assert_eq!(obeyed, Err(ScpError::MissingKey("R-MAC")));
            continue;
        }
        let rmac = card.keys().unwrap().rmac.clone().unwrap();
        let first = rmac.retail_mac(&[0; 8], &AID).unwrap();
        let covered = [&[0x80, 0x7A, 0x10, 0x01][..], &[6, 5], b"bound", &[0, 0x90, 0x00]].concat();
        let expected = rmac.retail_mac(&first, &covered).unwrap();
        let wire = card.wrap(obeyed.unwrap()).unwrap();
        host.unwrap(&begin, wire).unwrap();
        assert_eq!(card.resume_point().unwrap().response_chain, expected);
        assert_eq!(host.level(), SecurityLevel::C_MAC | SecurityLevel::R_MAC);

        // A plain command ends C-MAC, its response is still covered.
        host.drop_command_mac().unwrap();
        let sent = host.wrap(&sample()).unwrap();
        assert_eq!(sent.data, sample().data);
        assert_eq!(card.unwrap(&sent).unwrap().data, sample().data);
        let wire = card.wrap(Response::ok(b"answer".to_vec())).unwrap();
        assert_eq!(wire.data.len(), 6 + 8);
        assert_eq!(host.unwrap(&sample(), wire).unwrap().data, b"answer");

        let end = EndRmacSession { ends: true }.to_command();
        card.unwrap(&host.wrap(&end).unwrap()).unwrap();
        let wire = card.wrap(card.rmac_session(&end).unwrap()).unwrap();
        host.unwrap(&end, wire).unwrap();
        assert_eq!(card.level(), SecurityLevel::AUTHENTICATED);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn commands_and_responses_come_out_as_they_went_in(
        exchanges in prop::collection::vec((command(), response()), 1..6),
    ) {
        for protocol in implicit_protocols() {
            let keys = key_set(protocol, 16);
            let mut host = host(protocol, &keys, COUNTER);
            let mut on_card = None;
            for (command, response) in &exchanges {
                let wrapped = host.wrap(command).unwrap();
                let sent = Command::parse(&wrapped.to_bytes().unwrap()).unwrap();
                prop_assert!(sent.header.secure_messaging());
                let plain = match &mut on_card {
                    None => {
                        let (opened, plain) = card(protocol, &keys, COUNTER, &sent).unwrap();
                        on_card = Some(opened);
                        plain
                    }
                    Some(channel) => channel.unwrap(&sent).unwrap(),
                };
                prop_assert_eq!(&plain, command);
                let wire = on_card.as_mut().unwrap().wrap(response.clone()).unwrap();
                prop_assert_eq!(&host.unwrap(command, wire).unwrap(), response);
            }
        }
    }

    #[test]
    fn no_first_command_makes_the_card_panic(
        data in prop::collection::vec(any::<u8>(), 0..40),
        header in any::<[u8; 4]>(),
        counter in any::<u32>(),
    ) {
        let [cla, ins, p1, p2] = header;
        let command = Command::new(cla, ins, p1, p2).with_data(data);
        for protocol in implicit_protocols() {
            prop_assert!(card(protocol, &key_set(protocol, 16), counter, &command).is_err());
        }
    }
}
