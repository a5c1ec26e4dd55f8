//! GET DATA.

use card::CardProfile;
use iso7816::{StatusWord, tlv};

use crate::support::{Bench, scp};

#[test]
fn card_data_are_laid_out_as_tps_reads_them() {
    let mut bench = Bench::new();
    let answer = bench.bytes("80CA00662D");
    let exact = answer.status.exact_le().expect("6Cxx for a Le that is too small");
    let data = bench.bytes(&format!("80CA0066{exact:02X}")).data;
    assert_eq!(data.len(), usize::from(exact));
    let expected = hex_literal::hex!(
        "06 07 2A864886FC6B01"
        "60 0C 06 0A 2A864886FC6B02020101"
        "63 09 06 07 2A864886FC6B03"
        "64 0B 06 09 2A864886FC6B040215"
        "66 0C 06 0A 2B060104012A026E0103"
    );
    let length = u8::try_from(expected.len()).unwrap();
    assert_eq!(data[..4], [0x66, length + 2, 0x73, length]);
    assert_eq!(data[4..], expected);
    assert_eq!(bench.bytes("00CA006600").data, data[2..], "interindustry class: value only");
}

#[test]
fn cplc_and_its_unique_identifier_differ_by_card() {
    let mut bench = Bench::with(&CardProfile::default().with_serial(0x1234_5678));
    let cplc = bench.bytes("80CA9F7F2D").data;
    assert_eq!(cplc[..3], [0x9F, 0x7F, 0x2A]);
    let cuid = [&cplc[3..7], &cplc[19..21], &cplc[15..19]].concat();
    assert_eq!(cuid, bench.card.personality().kdd());
    assert!(cuid.ends_with(&[0x12, 0x34, 0x56, 0x78]));
    assert_eq!(bench.bytes("80CA00CF00").data[2..], cuid);
}

#[test]
fn key_information_is_triples_of_six_bytes() {
    let mut bench = Bench::with_all_protocols();
    let data = bench.bytes("80CA00E000").data;
    assert_eq!(data[..2], [0xE0, 54]);
    assert_eq!(data[2..8], [0xC0, 4, 1, 1, 0x80, 16]);
    assert_eq!(data[50..56], [0xC0, 4, 3, 0x30, 0x88, 16]);
}

#[test]
fn capabilities_cover_the_protocols_of_the_card_data() {
    let mut bench = Bench::with_all_protocols();
    let capabilities = bench.bytes("00CA006700").data;
    let protocols: Vec<u8> = tlv::parse(&capabilities)
        .map(Result::unwrap)
        .filter(|object| object.tag.0 == 0xA0)
        .map(|object| tlv::find(object.value, 0x80).unwrap().unwrap()[0])
        .collect();
    assert_eq!(protocols, [1, 2, 3]);
    // Hashes, ciphers, and the algorithms of tokens, receipts and load file signatures: all that there are.
    for (tag, value) in [
        (0x83, &[1, 2, 3, 4][..]),
        (0x84, &[0x8F]),
        (0x85, &[0xFF, 0x03]),
        (0x86, &[0xFF, 0x03]),
        (0x87, &[0xFF, 0x03]),
    ] {
        assert_eq!(tlv::find(&capabilities, tag).unwrap(), Some(value), "{tag:02X}");
    }
}

#[test]
fn counters_are_shown_where_the_protocol_has_one() {
    for (protocol, expected) in [
        (scp(1, 0x05), None),
        (scp(2, 0x15), Some(vec![0xC1, 2, 0, 0])),
        (scp(3, 0x70), Some(vec![0xC1, 3, 0, 0, 0])),
        (scp(3, 0x60), None),
    ] {
        let mut bench = Bench::speaking(protocol);
        let answer = bench.bytes("80CA00C100");
        assert_eq!(answer.status.is_ok().then_some(answer.data), expected, "{protocol:?}");
        assert_eq!(bench.bytes("80CA00C200").data, [0xC2, 2, 0, 0], "no receipt was made yet");
    }
}

#[test]
fn what_is_not_there_is_told_so() {
    let mut bench = Bench::new();
    for tag in ["1234", "0000", "0042", "0045", "00CE", "01E0", "2F00"] {
        let status = bench.bytes(&format!("80CA{tag}00")).status;
        assert_eq!(status, StatusWord::REFERENCED_DATA_NOT_FOUND, "{tag}");
    }
    assert_eq!(bench.bytes("80CA00D300").data, [0xD3, 1, 0]);
    assert!(bench.bytes("80CAFF2100").status.is_ok());
}
