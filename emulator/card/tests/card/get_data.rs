//! GET DATA.

use card::{CardProfile, DOMAIN_LOAD_FILE, DOMAIN_MODULE};
use globalplatform::data::{CardCapability, Privileges};
use iso7816::{Aid, Command, StatusWord, tlv};

use crate::{
    memo::{MEMO_APPLET, loaded},
    support::{Bench, ISD, MODULE, OTHER, lv, scp},
};

const DOMAIN: Aid = Aid::from_const(&[0xA0, 0x00, 0x00, 0x09, 0x99, 0x01]);

/// A domain below the issuer's, without keys of its own.
fn with_domain(bench: &mut Bench) {
    let mut issuer = bench.authenticate();
    let (file, module) = (DOMAIN_LOAD_FILE, DOMAIN_MODULE);
    let names = [file.as_bytes(), module.as_bytes(), DOMAIN.as_bytes()];
    let fields = [&names[..], &[&[0x80, 0, 0], &[0xC9, 0], &[]]].concat();
    let data: Vec<u8> = fields.into_iter().flat_map(lv).collect();
    let install = Command::new(0x80, 0xE6, 0x0C, 0).with_data(data);
    assert!(bench.secure(&mut issuer, &install).status.is_ok());
    bench.card.reset();
}

/// AIDs in a list of applications.
fn names(list: &[u8]) -> Vec<Vec<u8>> {
    let template = |object: tlv::DataObject<'_>| {
        assert_eq!(object.tag.0, 0x61);
        tlv::find(object.value, 0x4F).unwrap().unwrap().to_vec()
    };
    tlv::parse(list).map(Result::unwrap).map(template).collect()
}

#[test]
fn the_list_of_applications_is_what_can_be_selected() {
    let mut bench = Bench::new();
    assert_eq!(names(&bench.bytes("00CB2F00 02 5C00 00").data), [ISD.as_bytes()]);
    bench.card.install(MODULE, MODULE, &[]).unwrap();
    bench.card.install(MODULE, OTHER, &[]).unwrap();
    with_domain(&mut bench);
    let all = [ISD, MODULE, OTHER, DOMAIN].map(|aid| aid.as_bytes().to_vec());
    for command in ["00CB2F00 02 5C00 00", "80CA2F00 02 5C00 00", "00CB2F00 03 5C014F 00"] {
        let answer = bench.bytes(command);
        assert_eq!(names(&answer.data), all, "{command}");
    }
    for (command, expected) in [
        ("00CB2F00 00", StatusWord::REFERENCED_DATA_NOT_FOUND),
        ("00CB2F00 03 5C0142 00", StatusWord::REFERENCED_DATA_NOT_FOUND),
        ("00CB2F00 02 5C01 00", StatusWord::WRONG_DATA),
        ("00CB0066 02 5C00 00", StatusWord::REFERENCED_DATA_NOT_FOUND),
        ("00CA2F00 02 5C00 00", StatusWord::REFERENCED_DATA_NOT_FOUND),
        ("80CB2F00 02 5C00 00", StatusWord::INS_NOT_SUPPORTED),
    ] {
        assert_eq!(bench.bytes(command).status, expected, "{command}");
    }
    let mut channel = bench.authenticate();
    let lock = Command::new(0x80, 0xF0, 0x40, 0x80).with_data(OTHER.as_bytes());
    assert!(bench.secure(&mut channel, &lock).status.is_ok());
    let list = Command::new(0x80, 0xCA, 0x2F, 0x00).with_data([0x5C, 0]).with_expected(256);
    let told = bench.secure(&mut channel, &list);
    assert_eq!(names(&told.data), [&all[..2], &all[3..]].concat(), "a locked one is left out");
    bench.select(DOMAIN);
    let own = names(&bench.bytes("00CB2F00 02 5C00 00").data);
    assert_eq!(own, [DOMAIN.as_bytes()], "a domain tells what is its own");
}

#[test]
fn capabilities_are_those_that_the_card_has() {
    let mut bench = Bench::with_all_protocols();
    let told = CardCapability::parse(&bench.bytes("80CA006700").data).unwrap();
    assert_eq!(told.channels.len(), 3);
    assert_eq!(told.channels[2].options, [0x70]);
    assert_eq!(told.channels.iter().map(|channel| channel.key_sizes).max(), Some(Some(7)));
    assert_eq!(told.domain_privileges, Some(Privileges::all()));
    let applications = told.application_privileges.unwrap();
    assert!(applications.contains(Privileges::CARD_RESET | Privileges::GLOBAL_LOCK));
    assert!(
        !applications.intersects(Privileges::DAP_VERIFICATION | Privileges::TOKEN_VERIFICATION)
    );
    assert_eq!(told.hash_algorithms, [1, 2, 3, 4]);
    let signatures = vec![0xFF, 0x03];
    let curves = (0..9).collect();
    let expected: [(u32, Vec<u8>); 5] = [
        (0x84, vec![0x8F]),
        (0x85, signatures.clone()),
        (0x86, signatures.clone()),
        (0x87, signatures),
        (0x88, curves),
    ];
    assert_eq!(told.others, expected);
}

#[test]
fn resources_are_those_that_are_left() {
    let mut bench = loaded(&CardProfile::default());
    let resources = |bench: &mut Bench| {
        bench.card.reset();
        let value = bench.bytes("00CAFF2100").data;
        [0x81, 0x82, 0x83].map(|tag| {
            let bytes = tlv::find(&value, tag).unwrap().unwrap();
            bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
        })
    };
    let [applications, persistent, volatile] = resources(&mut bench);
    assert_eq!((applications, volatile), (0, 32 * 1024));
    bench.card.install(MEMO_APPLET, MEMO_APPLET, &[]).unwrap();
    let after = resources(&mut bench);
    assert_eq!(after[0], 1);
    assert!(after[1] < persistent);
    assert_eq!(after[2], volatile - 16, "two transient arrays of 8 bytes");
}

#[test]
fn a_domain_tells_its_own_objects() {
    let mut bench = Bench::new();
    with_domain(&mut bench);
    bench.select(DOMAIN);
    for (tag, expected) in [
        ("0066", StatusWord::OK),
        ("00E0", StatusWord::OK),
        ("00C1", StatusWord::OK),
        ("00CF", StatusWord::OK),
        ("00D3", StatusWord::OK),
        ("9F7F", StatusWord::OK),
        ("FF21", StatusWord::OK),
        ("0042", StatusWord::REFERENCED_DATA_NOT_FOUND),
        ("0045", StatusWord::REFERENCED_DATA_NOT_FOUND),
        ("5F50", StatusWord::REFERENCED_DATA_NOT_FOUND),
        ("00C2", StatusWord::REFERENCED_DATA_NOT_FOUND),
    ] {
        for class in ["80", "00"] {
            let status = bench.bytes(&format!("{class}CA{tag}00")).status;
            assert_eq!(status, expected, "{class} {tag}");
        }
    }
    assert_eq!(bench.bytes("80CA00E000").data, [0xE0, 0], "no keys of its own");
}

#[test]
fn a_length_that_is_too_short_is_told_through_a_channel_too() {
    let mut bench = Bench::new();
    let mut channel = bench.authenticate();
    let short = Command::new(0x80, 0xCA, 0x9F, 0x7F).with_expected(5);
    let answer = bench.secure(&mut channel, &short);
    assert_eq!((answer.status, answer.data.len()), (StatusWord::from_bytes(0x6C, 45), 0));
    let exact = Command::new(0x80, 0xCA, 0x9F, 0x7F).with_expected(45);
    assert_eq!(bench.secure(&mut channel, &exact).data.len(), 45);
    let value = Command::new(0x00, 0xCA, 0x9F, 0x7F).with_expected(256);
    assert_eq!(bench.secure(&mut channel, &value).data.len(), 42);
}

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
