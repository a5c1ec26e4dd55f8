//! Commands, responses, ATRs and data objects: what is written is read back, and no input makes a parser panic.

use hex_literal::hex;
use iso7816::{Aid, Atr, Command, ParseErrorKind, Response, StatusWord, tlv};
use proptest::prelude::*;

fn any_command() -> impl Strategy<Value = Command> {
    (
        any::<[u8; 4]>(),
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            proptest::collection::vec(any::<u8>(), 65_530..=65_535)
        ],
        proptest::option::of(1..=65_536_u32),
    )
        .prop_map(|([cla, ins, p1, p2], data, expected)| Command {
            expected,
            ..Command::new(cla, ins, p1, p2).with_data(data)
        })
}

proptest! {
    #[test]
    fn a_command_survives_the_wire(command in any_command()) {
        prop_assert_eq!(Command::parse(&command.to_bytes().unwrap()), Ok(command));
    }

    #[test]
    fn any_bytes_are_a_command_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(command) = Command::parse(&bytes) {
            // Not every coding is the shortest one, so the value must survive, not the bytes.
            prop_assert_eq!(Command::parse(&command.to_bytes().unwrap()), Ok(command));
        }
    }

    #[test]
    fn objects_survive_the_wire(tag in prop_oneof![Just(0x4F_u32), Just(0x9F7F), Just(0xE3), Just(0x5F_8101)], value in proptest::collection::vec(any::<u8>(), 0..70_000)) {
        let bytes = tlv::Writer::new().object(tag, &value).finish();
        prop_assert_eq!(tlv::find(&bytes, tag), Ok(Some(&value[..])));
    }

    #[test]
    fn walking_any_bytes_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(tlv::parse(&bytes).count() <= bytes.len());
    }

    #[test]
    fn any_bytes_are_an_atr_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(atr) = Atr::parse(&bytes) {
            prop_assert_eq!(atr.as_bytes(), &bytes[..]);
        }
    }
}

#[test]
fn the_four_cases() {
    let select = Command::parse(&hex!("00A40400 07 627601FF000000 00")).unwrap();
    assert_eq!(select.data, hex!("627601FF000000"));
    assert_eq!(select.expected, Some(256));
    assert_eq!(Command::parse(&hex!("00A40400")).unwrap().expected, None);
    assert_eq!(Command::parse(&hex!("80CA9F7F2D")).unwrap().expected, Some(45));
    assert_eq!(Command::parse(&hex!("80CA9F7F 00 0000")).unwrap().expected, Some(65_536));
    assert_eq!(Command::parse(&hex!("00A404")).unwrap_err(), ParseErrorKind::Truncated.at(3));
    assert_eq!(
        Command::parse(&hex!("80E40000 10 4F05")).unwrap_err(),
        ParseErrorKind::LengthMismatch.at(7)
    );
    assert_eq!(Command::parse(&hex!("80500000 08 0102030405060708 00 00")).unwrap_err().offset, 13);
}

#[test]
fn a_header_goes_on_any_channel() {
    let header = |cla| Command::new(cla, 0xF2, 0x40, 0x02).header;
    for (cla, secured) in [(0x80, false), (0x84, true), (0x00, false), (0x04, true)] {
        let there = |channel| header(cla).with_channel(channel).unwrap();
        for channel in 0..=19 {
            let moved = there(channel);
            assert_eq!((moved.channel(), moved.secure_messaging()), (channel, secured));
            assert_eq!(moved.cla & 0x80, cla & 0x80);
            assert_eq!(moved.with_channel(0), Some(header(cla)));
            assert_eq!(moved.with_channel(7), Some(there(7)));
        }
    }
    assert_eq!(header(0x84).with_channel(4).unwrap().cla, 0xE0);
    assert_eq!(header(0x80).with_channel(19).unwrap().cla, 0xCF);
    assert_eq!(header(0x8C).with_channel(2).unwrap().cla, 0x8E);
    assert_eq!(header(0x80).with_channel(20), None);
}

#[test]
fn a_class_names_its_channel() {
    let header = |cla| Command::new(cla, 0, 0, 0).header;
    assert_eq!((header(0x84).channel(), header(0x84).secure_messaging()), (0, true));
    assert_eq!((header(0x03).channel(), header(0x03).secure_messaging()), (3, false));
    assert_eq!((header(0xC0).channel(), header(0xC0).secure_messaging()), (4, false));
    assert_eq!((header(0xEF).channel(), header(0xEF).secure_messaging()), (19, true));
}

#[test]
fn responses_end_with_a_status_word() {
    let response = Response::parse(&hex!("0F010101 9000")).unwrap();
    assert_eq!((response.data.len(), response.status), (4, StatusWord::OK));
    assert_eq!(response.to_bytes(), hex!("0F0101019000"));
    assert_eq!(Response::parse(&[0x90]).unwrap_err(), ParseErrorKind::Truncated.at(1));
    assert_eq!(StatusWord(0x6C2D).exact_le(), Some(0x2D));
    assert_eq!(StatusWord(0x6100).bytes_available(), Some(256));
}

#[test]
fn atrs_of_real_cards() {
    let coolkey = Atr::parse(&hex!("3B769400 00FF627601 0000")).unwrap();
    assert_eq!(coolkey.historical_bytes(), hex!("FF6276010000"));
    assert_eq!(coolkey.protocols(), [0]);
    let vicc = Atr::parse(&hex!("3B95138101 80 73FF01000B")).unwrap();
    assert_eq!(vicc.protocols(), [1, 1]);
    assert_eq!(
        Atr::parse(&hex!("3B95138101 80 73FF01000C")).unwrap_err().kind,
        ParseErrorKind::BadChecksum
    );
    assert_eq!(Atr::parse(&hex!("3B")).unwrap_err(), ParseErrorKind::Truncated.at(1));
}

#[test]
fn aids_have_five_to_sixteen_bytes() {
    assert!(Aid::new(&[0; 4]).is_err());
    assert!(Aid::new(&[0; 17]).is_err());
    let aid = Aid::new(&hex!("627601FF000000")).unwrap();
    assert_eq!(aid.to_string(), "627601FF000000");
    assert!(aid.starts_with(&hex!("627601FF0000")));
}

#[test]
fn debug_output_shows_no_data() {
    let verify = Command::new(0xB0, 0x42, 0, 0).with_data(*b"1234");
    assert_eq!(format!("{verify:?}"), "Command(B0 42 00 00, Lc 4)");
    assert_eq!(format!("{:?}", Response::ok(vec![1, 2, 3])), "Response(3 bytes, 9000)");
}
