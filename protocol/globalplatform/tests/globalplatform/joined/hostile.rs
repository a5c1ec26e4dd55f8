//! Whatever is changed on the way is refused, and the channel is closed for good.

use globalplatform::{
    InitializeUpdateAnswer, Protocol, ScpError, SecurityLevel,
    scp::{INS_EXTERNAL_AUTHENTICATE, card::Handshake},
};
use iso7816::{Command, Response, StatusWord};
use proptest::prelude::*;

use super::set_up::{Ends, every_combination, protocols};

pub(super) fn sample() -> Command {
    Command::new(0x80, 0xE2, 0x90, 0x00).with_data(*b"some data of no block length")
}

/// Every single-bit change of these bytes.
pub(super) fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

#[test]
fn any_flipped_bit_in_a_command_closes_the_card_s_channel() {
    let protected = |(_, level): &(_, SecurityLevel)| level.contains(SecurityLevel::C_MAC);
    for (ends, level) in every_combination().into_iter().filter(protected) {
        let (mut host, card) = ends.open(level);
        let point = card.resume_point().unwrap();
        let keys = card.keys().unwrap().clone();
        let wrapped = host.wrap(&sample()).unwrap();
        let bytes = [&wrapped.header.to_bytes()[..], &wrapped.data].concat();
        for flipped in flips(&bytes) {
            let (header, data) = flipped.split_at(4);
            // The logical channel enters no MAC.
            if header[1..] == bytes[1..4]
                && data == wrapped.data
                && header[0] & 0xFC == bytes[0] & 0xFC
            {
                continue;
            }
            let mut card =
                globalplatform::scp::card::Channel::resume(ends.protocol, keys.clone(), &point);
            let command = Command::new(header[0], header[1], header[2], header[3]).with_data(data);
            assert!(card.unwrap(&command).is_err(), "{:?} {level:?} {flipped:02X?}", ends.protocol);
            assert!(!card.is_open());
            assert_eq!(card.unwrap(&wrapped), Err(ScpError::ChannelClosed));
            assert_eq!(card.wrap(Response::ok(vec![])), Err(ScpError::ChannelClosed));
            assert!(card.decrypt_sensitive(&[0; 16]).is_err());
            assert!(card.level().is_empty());
        }
        assert_eq!(card.level().bits(), level.bits() | 0x80);
    }
}

#[test]
fn any_flipped_bit_in_a_response_closes_the_host_s_channel() {
    let protected = |(_, level): &(_, SecurityLevel)| level.contains(SecurityLevel::R_MAC);
    for (ends, level) in every_combination().into_iter().filter(protected) {
        for data in [&b"an answer"[..], b""] {
            let (mut host, mut card) = ends.open(level);
            card.unwrap(&host.wrap(&sample()).unwrap()).unwrap();
            let point = host.resume_point().unwrap();
            let wire = card.wrap(Response::ok(data.to_vec())).unwrap().to_bytes();
            for flipped in flips(&wire) {
                let mut host = globalplatform::scp::host::Channel::resume(
                    ends.protocol,
                    host.keys().unwrap().clone(),
                    &point,
                    ends.dialect,
                );
                let response = Response::parse(&flipped).unwrap();
                assert!(host.unwrap(&sample(), response).is_err(), "{level:?} {flipped:02X?}");
                assert_eq!(host.wrap(&sample()), Err(ScpError::ChannelClosed));
                assert!(host.keys().is_err());
            }
        }
    }
}

#[test]
fn replayed_dropped_and_plain_commands_are_refused() {
    let protected = |(_, level): &(_, SecurityLevel)| level.contains(SecurityLevel::C_MAC);
    for (ends, level) in every_combination().into_iter().filter(protected) {
        let (mut host, mut card) = ends.open(level);
        let first = host.wrap(&sample()).unwrap();
        card.unwrap(&first).unwrap();
        assert_eq!(card.unwrap(&first), Err(ScpError::CommandMacMismatch));

        let (mut host, mut card) = ends.open(level);
        host.wrap(&sample()).unwrap();
        let second = host.wrap(&sample()).unwrap();
        assert_eq!(card.unwrap(&second), Err(ScpError::CommandMacMismatch));

        let (mut host, mut card) = ends.open(level);
        let wrapped = host.wrap(&sample()).unwrap();
        assert_eq!(card.unwrap(&sample()), Err(ScpError::CommandProtectionMismatch));
        assert_eq!(card.unwrap(&wrapped), Err(ScpError::ChannelClosed));
        assert_eq!(ScpError::ChannelClosed.status(), StatusWord::SECURITY_STATUS);
    }
}

#[test]
fn a_functional_error_keeps_the_channel() {
    for (ends, level) in every_combination() {
        let (mut host, mut card) = ends.open(level);
        for status in [StatusWord::WRONG_DATA, StatusWord::OK, StatusWord::NOT_FOUND] {
            card.unwrap(&host.wrap(&sample()).unwrap()).unwrap();
            let wire = card.wrap(Response::status(status)).unwrap();
            assert_eq!(host.unwrap(&sample(), wire).unwrap(), Response::status(status));
        }
    }
}

#[test]
fn a_plain_session_refuses_secure_messaging() {
    for (ends, _) in every_combination() {
        let (_, mut card) = ends.open(SecurityLevel::empty());
        assert_eq!(card.unwrap(&sample()).unwrap(), sample());
        let mut secured = sample();
        secured.header.cla = 0x84;
        assert_eq!(card.unwrap(&secured), Err(ScpError::CommandProtectionMismatch));
    }
}

#[test]
fn any_flipped_bit_in_the_handshake_is_refused() {
    for (ends, level) in every_combination() {
        let (answer, _) = ends.initialize_update();
        // The cryptogram covers the challenge and SCP02's counter; SCP03's option and counter go unprotected.
        let scp03 = ends.protocol.id() == 3;
        let counter = if scp03 && ends.protocol.pseudo_random_challenge() { 3 } else { 0 };
        let covered = 12 + usize::from(scp03)..answer.len() - counter;
        for flipped in flips(&answer[covered.clone()]) {
            let mut tampered = answer.clone();
            tampered[covered.clone()].copy_from_slice(&flipped);
            assert_eq!(ends.verify(&tampered).unwrap_err(), ScpError::CardCryptogramMismatch);
        }
        let (command, _) = ends.verify(&answer).unwrap().external_authenticate(level).unwrap();
        for flipped in flips(&command.data) {
            let (_, pending) = ends.initialize_update();
            let tampered = Command { data: flipped, ..command.clone() };
            let error = pending.external_authenticate(&tampered).unwrap_err();
            let cryptogram = ends.protocol.mac_length();
            let expected = if tampered.data[..cryptogram] == command.data[..cryptogram] {
                ScpError::CommandMacMismatch
            } else {
                ScpError::HostCryptogramMismatch
            };
            assert_eq!(error, expected);
        }
        let (_, pending) = ends.initialize_update();
        let mut other_level = command.clone();
        other_level.header.p1 ^= 1;
        assert!(pending.external_authenticate(&other_level).is_err());
    }
}

#[test]
fn only_external_authenticate_follows_initialize_update() {
    for protocol in protocols() {
        let ends = Ends::new(protocol, 16);
        let refused = |command: &Command| {
            ends.initialize_update().1.external_authenticate(command).unwrap_err()
        };
        assert_eq!(refused(&sample()), ScpError::UnexpectedCommand);
        let unsecured = Command::new(0x80, INS_EXTERNAL_AUTHENTICATE, 0x01, 0x00);
        assert_eq!(refused(&unsecured), ScpError::UnexpectedCommand);
        let short = Command::new(0x84, INS_EXTERNAL_AUTHENTICATE, 0x01, 0x00).with_data([0; 15]);
        assert_eq!(refused(&short), ScpError::WrongLength { length: 15 });
        let length = 2 * protocol.mac_length();
        let level =
            Command::new(0x84, INS_EXTERNAL_AUTHENTICATE, 0x02, 0x00).with_data(vec![0; length]);
        assert_eq!(refused(&level), ScpError::UnsupportedLevel(2));
        assert_eq!(ScpError::HostCryptogramMismatch.status(), StatusWord::AUTHENTICATION_FAILED);
    }
}

#[test]
fn sequence_counters_never_wrap() {
    for protocol in protocols() {
        match protocol.sequence_counter_max() {
            Some(max) => {
                assert_eq!(Handshake::next_counter(protocol, max - 1), Ok(max));
                let exhausted = Handshake::next_counter(protocol, max).unwrap_err();
                assert_eq!(exhausted.status(), StatusWord::CONDITIONS_OF_USE);
            }
            None => assert_eq!(protocol.id(), 1),
        }
    }
}

proptest! {
    #[test]
    fn no_answer_makes_the_host_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), option in any::<u8>()) {
        if let Ok(answer) = InitializeUpdateAnswer::parse(&bytes, option) {
            prop_assert_eq!(answer.to_bytes(), bytes);
        }
    }

    #[test]
    fn no_command_makes_the_card_panic(data in prop::collection::vec(any::<u8>(), 0..80), header in any::<[u8; 4]>()) {
        let [cla, ins, p1, p2] = header;
        let command = Command::new(cla, ins, p1, p2).with_data(data);
        for (ends, level) in every_combination().into_iter().step_by(7) {
            let (_, mut card) = ends.open(level);
            let protected = level.contains(SecurityLevel::C_MAC);
            prop_assert!(card.unwrap(&command).is_err() || !protected);
        }
    }
}

/// A command of SCP03 whose plain data field is one block, encrypted and with its C-MAC by hand.
#[test]
fn a_command_without_padding_is_refused() {
    let protocol = Protocol::new(3, 0x70).unwrap();
    let padded = [&[0x11; 15][..], &[0x80]].concat();
    for (plain, accepted) in [(padded, true), (vec![0x11; 16], false), (vec![0; 16], false)] {
        let (host, mut card) = Ends::new(protocol, 16).open(SecurityLevel::C_MAC_C_DECRYPTION);
        let keys = host.keys().unwrap();
        let mut counter = [0; 16];
        counter[15] = 1;
        let iv = keys.enc.encrypt_cbc(&[], &counter).unwrap();
        let data = keys.enc.encrypt_cbc(&iv, &plain).unwrap();
        let chain = host.resume_point().unwrap().command_chain;
        let mac = keys.mac.cmac(&[&chain, &[0x84, 0xE2, 0x90, 0x00, 24], &data]).unwrap();
        let command = Command::new(0x84, 0xE2, 0x90, 0).with_data([&data, &mac[..8]].concat());
        let opened = card.unwrap(&command).map(|plain| plain.data);
        let expected = Err(ScpError::CommandMacMismatch);
        assert_eq!(opened, if accepted { Ok(plain[..15].to_vec()) } else { expected });
        assert_eq!(card.is_open(), accepted);
    }
}
