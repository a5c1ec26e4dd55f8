//! Random commands and responses go through and come out as they went in.

use globalplatform::{ScpError, SecurityLevel, command::chain, scp::host::Dialect};
use iso7816::{Command, Response, StatusWord};
use proptest::prelude::*;

use super::set_up::{Ends, every_combination, levels, protocols};

/// Longest plain data of the random commands: more than a short APDU holds.
const DATA_MAX: usize = 300;
const STATUSES: [u16; 5] = [0x9000, 0x6283, 0x6310, 0x6A88, 0x6985];

pub(super) fn command() -> impl Strategy<Value = Command> {
    let data = prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(any::<u8>(), 0..DATA_MAX),
    ];
    // Logical channels of both codings; GlobalPlatform and ISO class.
    let cla =
        prop_oneof![Just(0x80_u8), Just(0x83), Just(0x00), Just(0x02), Just(0xC5), Just(0x40)];
    let ins = any::<u8>()
        .prop_filter("R-MAC sessions have their own test", |ins| !matches!(ins, 0x7A | 0x78));
    (cla, ins, any::<[u8; 2]>(), data, prop::option::of(1_u32..=256)).prop_map(
        |(cla, ins, [p1, p2], data, expected)| {
            let mut command = Command::new(cla, ins, p1, p2).with_data(data);
            command.expected = expected;
            command
        },
    )
}

pub(super) fn response() -> impl Strategy<Value = Response> {
    let data = prop_oneof![Just(Vec::new()), prop::collection::vec(any::<u8>(), 0..DATA_MAX)];
    (data, prop::sample::select(STATUSES.to_vec())).prop_map(|(data, status)| {
        let refused = status & 0xFF00 == 0x6A00 || status & 0xFF00 == 0x6900;
        Response::new(if refused { Vec::new() } else { data }, StatusWord(status))
    })
}

fn check(
    ends: &Ends,
    level: SecurityLevel,
    exchanges: &[(Command, Response)],
) -> Result<(), TestCaseError> {
    let (mut host, mut card) = ends.open(level);
    for (command, response) in exchanges {
        let mut command = command.clone();
        if ends.protocol.id() == 1 {
            command.data.truncate(255);
        }
        let wrapped = host.wrap(&command).unwrap();
        let sent = Command::parse(&wrapped.to_bytes().unwrap()).unwrap();
        let received = card.unwrap(&sent).unwrap();
        prop_assert_eq!(&received.data, &command.data);
        prop_assert_eq!(received.header, command.header);
        if level.contains(SecurityLevel::R_MAC) {
            prop_assert_eq!(received.expected, Some(256));
        } else {
            prop_assert_eq!(received.expected, command.expected);
        }
        if level.contains(SecurityLevel::C_DECRYPTION) && command.data.len() > 8 {
            prop_assert!(!wrapped.data.windows(9).any(|part| part == &command.data[..9]));
        }
        let protected = card.wrap(response.clone()).unwrap();
        prop_assert_eq!(&host.unwrap(&command, protected).unwrap(), response);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn commands_and_responses_come_out_as_they_went_in(
        exchanges in prop::collection::vec((command(), response()), 1..6),
        dogtag in any::<bool>(),
    ) {
        for (mut ends, level) in every_combination() {
            ends.dialect = if dogtag { Dialect::Dogtag } else { Dialect::GlobalPlatform };
            check(&ends, level, &exchanges)?;
        }
    }

    #[test]
    fn chained_segments_are_the_wrapped_command(data in prop::collection::vec(any::<u8>(), 0..1000)) {
        for (ends, level) in every_combination().into_iter().filter(|(ends, _)| ends.protocol.id() > 1) {
            let (mut host, mut card) = ends.open(level);
            let command = Command::new(0x80, 0xD8, 0x01, 0x81).with_data(data.clone()).with_expected(256);
            let segments = chain(&host.wrap(&command).unwrap());
            prop_assert!(segments.iter().all(|segment| segment.data.len() <= 255));
            let last = segments.last().unwrap();
            prop_assert!(segments.iter().rev().skip(1).all(|segment| segment.header.p1 == 0x81));
            let mut joined = last.clone();
            joined.data = segments.iter().flat_map(|segment| segment.data.clone()).collect();
            prop_assert_eq!(card.unwrap(&joined).unwrap(), command);
        }
    }
}

#[test]
fn the_longest_data_field_fits_a_short_command_exactly() {
    for (ends, level) in every_combination() {
        let (mut host, _) = ends.open(level);
        let length = host.max_data_length();
        let wrapped = |host: &mut globalplatform::scp::host::Channel, length| {
            host.wrap(&Command::new(0x80, 0xE8, 0, 0).with_data(vec![1; length]))
                .map(|c| c.data.len())
        };
        assert!(wrapped(&mut host, length).unwrap() <= 255, "{:?} {level:?}", ends.protocol);
        let more = wrapped(&mut host, length + 1);
        assert!(more.is_ok_and(|length| length > 255), "{:?} {level:?}", ends.protocol);
    }
}

#[test]
fn a_session_runs_on_any_logical_channel() {
    for protocol in protocols() {
        let ends = Ends::new(protocol, 16);
        let level = *levels(protocol).last().unwrap();
        let handshake = || {
            globalplatform::scp::host::Handshake::new(&ends.host_challenge)
                .with_option(protocol.i())
        };
        assert_eq!(
            handshake().on_logical_channel(20).unwrap_err(),
            ScpError::UnknownLogicalChannel(20)
        );
        for number in 0..=19 {
            let handshake = handshake().on_logical_channel(number).unwrap();
            assert_eq!(handshake.command().header.channel(), number);
            let (answer, pending) = ends.initialize_update();
            let verified = handshake.answer(&Response::ok(answer)).unwrap();
            let verified = verified.verify_with(&ends.keys).unwrap();
            let (authenticate, mut host) = verified.external_authenticate(level).unwrap();
            let header = authenticate.header;
            assert_eq!((header.channel(), header.secure_messaging()), (number, true));
            let mut card = pending.external_authenticate(&authenticate).unwrap();
            let command = Command::new(0x80, 0xCA, 0x00, 0x66).with_expected(256);
            let wrapped = host.wrap(&command).unwrap();
            assert_eq!(wrapped.header.channel(), number);
            assert_eq!(wrapped.header.secure_messaging(), level.contains(SecurityLevel::C_MAC));
            let plain = card.unwrap(&wrapped).unwrap();
            assert_eq!(Some(plain.header), command.header.with_channel(number));
            let wire = card.wrap(Response::ok(b"data".to_vec())).unwrap();
            assert_eq!(host.unwrap(&command, wire).unwrap().data, b"data");
        }
    }
}

#[test]
fn oversized_data_leave_the_channel_open() {
    for protocol in protocols() {
        let ends = Ends::new(protocol, 16);
        for level in levels(protocol) {
            let (mut host, mut card) = ends.open(level);
            let long = Command::new(0x80, 0xE8, 0, 0).with_data(vec![0; 65_535]);
            assert_eq!(host.wrap(&long), Err(ScpError::DataTooLong { length: 65_535 }));
            let short = Command::new(0x80, 0xE8, 0, 0).with_data([1]);
            let wrapped = host.wrap(&short).unwrap();
            assert_eq!(card.unwrap(&wrapped).unwrap().data, short.data);
        }
    }
}

#[test]
fn sensitive_data_travel_under_the_same_key_at_both_ends() {
    for (ends, level) in every_combination() {
        let (host, card) = ends.open(level);
        let secret = [0x5A; 32];
        let encrypted = host.keys().unwrap().encrypt_sensitive(&secret).unwrap();
        assert_ne!(encrypted, secret);
        assert_eq!(card.decrypt_sensitive(&encrypted).unwrap().as_slice(), secret);
        assert_eq!(card.encrypt_sensitive(&secret).unwrap(), encrypted);
    }
}

#[test]
fn session_keys_differ_between_sessions_of_a_pseudo_random_card() {
    for protocol in protocols().into_iter().filter(|protocol| protocol.pseudo_random_challenge()) {
        let ends = Ends::new(protocol, 16);
        let (answer, _) = ends.initialize_update();
        let aid = iso7816::Aid::new(&[0xA0, 0, 0, 1, 0x51, 0, 0, 0]).unwrap();
        let other = iso7816::Aid::new(&[0xA0, 0, 0, 0, 0x03, 0, 0, 0]).unwrap();
        let state = globalplatform::scp::host::Handshake::new(&ends.host_challenge)
            .with_option(protocol.i())
            .answer(&Response::ok(answer))
            .unwrap();
        assert!(state.challenge_is_derived(&ends.keys, &aid).unwrap());
        assert!(!state.challenge_is_derived(&ends.keys, &other).unwrap());
        assert_eq!(state.answer().sequence_counter, Some(0x0102));
    }
}

#[test]
fn a_response_without_data_is_not_encrypted() {
    for protocol in protocols().into_iter().filter(|protocol| protocol.supports_rencryption()) {
        let level = SecurityLevel::from_bits_truncate(0x33);
        let (mut host, mut card) = Ends::new(protocol, 16).open(level);
        let command = Command::new(0x80, 0xE4, 0, 0);
        card.unwrap(&host.wrap(&command).unwrap()).unwrap();
        let protected = card.wrap(Response::ok(Vec::new())).unwrap();
        assert_eq!(protected.data.len(), protocol.mac_length(), "{protocol:?}");
    }
}
