//! Typed commands: bytes of real hosts in, the same bytes out.

use globalplatform::{
    Key, KeyError, KeySet,
    command::{
        CardCommand, CommandError, Delete, DeleteTarget, GetData, GetDataOfFile, GetStatus,
        Install, InstallParameters, InstallPurpose, KeyBlockDialect, Load, LoadFile, PutKey,
        Select, SetStatus, StatusScope, StoreData, StoreDataEncryption, StoreDataFormat,
        SystemParameters, parse_tag_list,
    },
    data::Privileges,
};
use hex_literal::hex;
use iso7816::{Aid, Command, ParseErrorKind, StatusWord};
use proptest::prelude::*;

fn command(bytes: &[u8]) -> Command {
    Command::parse(bytes).unwrap()
}

/// Parses what a host sent and writes it again; Le aside.
fn round_trip(bytes: &[u8]) -> CardCommand {
    let command = command(bytes);
    let parsed = CardCommand::parse(&command).unwrap();
    let written = parsed.to_command();
    assert_eq!(written.header, command.header);
    assert_eq!(written.data, command.data, "{parsed:?}");
    parsed
}

fn aid(bytes: &[u8]) -> Aid {
    Aid::new(bytes).unwrap()
}

#[test]
fn select_get_data_and_status_commands_of_real_hosts() {
    let select = round_trip(&hex!("00A4040000"));
    assert_eq!(select, CardCommand::Select(Select::first(&[])));
    round_trip(&hex!("00A4040008A000000003000000"));
    let cplc = round_trip(&hex!("80CA9F7F2D"));
    let expected = GetData { expected: Some(0x2D), ..GetData::object(0x9F7F) };
    assert_eq!(cplc, CardCommand::GetData(expected));
    let status = round_trip(&hex!("80F28002024F0000"));
    let expected = GetStatus::all(StatusScope::IssuerSecurityDomain);
    assert_eq!(status, CardCommand::GetStatus(expected));
    let status = round_trip(&hex!("80F220030A4F0212345C044F9F70C5"));
    let CardCommand::GetStatus(status) = status else { panic!("{status:?}") };
    assert!(status.tlv && status.next);
    assert_eq!(
        (status.name.as_slice(), status.tags.as_deref()),
        (&hex!("1234")[..], Some(&hex!("4F9F70C5")[..]))
    );
    let lock = round_trip(&hex!("80F0408008D0D1D2D3D4D50101"));
    let expected = SetStatus {
        scope: StatusScope::Applications,
        state: 0x80,
        aid: Some(aid(&hex!("D0D1D2D3D4D50101"))),
    };
    assert_eq!(lock, CardCommand::SetStatus(expected));
    round_trip(&hex!("80F0800F"));
}

#[test]
fn get_data_may_name_objects_in_its_data_field() {
    let applications = round_trip(&hex!("00CB2F00 02 5C00 00"));
    assert_eq!(applications, CardCommand::GetDataOfFile(GetDataOfFile::all(0x2F00)));
    let CardCommand::GetDataOfFile(applications) = applications else { panic!("CB") };
    assert_eq!(applications.0.tag_list(), Ok(Some(vec![])));
    let some = round_trip(&hex!("80CA2F00 08 5C064F9F705F5009 00"));
    let CardCommand::GetData(some) = some else { panic!("{some:?}") };
    assert_eq!(some.tag_list(), Ok(Some(vec![0x4F, 0x9F70, 0x5F50, 0x09])));
    assert_eq!(GetData::object(0x66).tag_list(), Ok(None));

    assert_eq!(parse_tag_list(&hex!("5F8101 66")), Ok(vec![0x5F_8101, 0x66]));
    assert_eq!(parse_tag_list(&hex!("669F")), Err(ParseErrorKind::Truncated.at(2)));
    assert_eq!(parse_tag_list(&hex!("5F818101")), Err(ParseErrorKind::OutOfRange.at(2)));
    assert_eq!(parse_tag_list(&[0x42; 65]), Err(ParseErrorKind::OutOfRange.at(64)));
    assert!(GetDataOfFile::parse(&command(&hex!("00CB2F00 02 5C02 00"))).is_err());
}

#[test]
fn delete_commands_of_real_hosts() {
    let one = round_trip(&hex!("80E4008009 4F07D0D1D2D3D4D501 00"));
    assert_eq!(one, CardCommand::Delete(Delete::object(aid(&hex!("D0D1D2D3D4D501")), true)));
    let keys = round_trip(&hex!("80E4000003 D20101"));
    assert_eq!(keys, CardCommand::Delete(Delete::key_version(1)));
    let both = round_trip(&hex!("80E4000006 D00103 D20101 00"));
    let CardCommand::Delete(both) = both else { panic!("{both:?}") };
    let target = DeleteTarget::Key { key_index: Some(3), key_version: Some(1) };
    assert_eq!(both.targets, [target]);
    round_trip(&hex!("80E400000F 4F07D0D1D2D3D4D501 9E04DEADBEEF 00"));
    assert!(Delete::parse(&command(&hex!("80E4000000"))).is_err());
    assert!(Delete::parse(&command(&hex!("80E40000054F03A0000000"))).is_err());
}

#[test]
fn install_commands_of_real_hosts() {
    let load = round_trip(&hex!(
        "80E602001E07D0D1D2D3D4D50108A000000003000000000AEF08C6020160C80207D00000"
    ));
    let CardCommand::Install(load) = load else { panic!("{load:?}") };
    let system = InstallParameters::parse(&load.parameters).unwrap().system.unwrap();
    let expected = SystemParameters {
        code: Some(0x160),
        non_volatile: Some(0x7D0),
        ..SystemParameters::default()
    };
    assert_eq!(system, expected);

    // One privilege byte, as kaoh and TPS send; written with three.
    let short = command(&hex!(
        "80E60C002007D0D1D2D3D4D50108D0D1D2D3D4D5010108D0D1D2D3D4D50101010202C9000000"
    ));
    let install = Install::parse(&short).unwrap();
    let expected = InstallPurpose::Install {
        load_file: Some(aid(&hex!("D0D1D2D3D4D501"))),
        module: Some(aid(&hex!("D0D1D2D3D4D50101"))),
        instance: Some(aid(&hex!("D0D1D2D3D4D50101"))),
        privileges: Privileges::CVM_MANAGEMENT,
        make_selectable: true,
    };
    assert_eq!(install.purpose, expected);
    assert_eq!(Install::parse(&install.to_command()).unwrap(), install);

    // With one byte a security domain becomes a trusted path.
    let domain = command(&hex!("80E60C001707D0D1D2D3D4D50107D0D1D2D3D4D50100018002C90000"));
    let InstallPurpose::Install { privileges, .. } = Install::parse(&domain).unwrap().purpose
    else {
        panic!("an installation")
    };
    assert_eq!(privileges, Privileges::SECURITY_DOMAIN | Privileges::TRUSTED_PATH);

    // A token of length 0 may be left away altogether.
    let with_token = round_trip(&hex!("80E620000E 00 00 08D0D1D2D3D4D50101 00 00 00 00"));
    let without = command(&hex!("80E620000D 00 00 08D0D1D2D3D4D50101 00 00"));
    assert_eq!(CardCommand::parse(&without).unwrap(), with_token);
}

fn purposes() -> Vec<InstallPurpose> {
    let (a, b, c) = (aid(&[0xA1; 5]), aid(&[0xB2; 16]), aid(&[0xC3; 8]));
    let privileges = Privileges::SECURITY_DOMAIN | Privileges::TRUSTED_PATH;
    let install = |load_file, make_selectable| InstallPurpose::Install {
        load_file,
        module: Some(b),
        instance: Some(c),
        privileges,
        make_selectable,
    };
    vec![
        InstallPurpose::Load { load_file: a, security_domain: Some(b), hash: vec![7; 32] },
        InstallPurpose::Load { load_file: a, security_domain: None, hash: vec![] },
        install(Some(a), false),
        install(None, true),
        InstallPurpose::MakeSelectable { instance: a, privileges: Privileges::CARD_RESET },
        InstallPurpose::Extradition { security_domain: a, application: b },
        InstallPurpose::Personalization { application: c },
        InstallPurpose::RegistryUpdate {
            security_domain: None,
            application: None,
            privileges: None,
        },
        InstallPurpose::RegistryUpdate {
            security_domain: Some(a),
            application: Some(b),
            privileges: Some(privileges),
        },
    ]
}

#[test]
fn every_form_of_install_comes_back_with_long_parameters_and_token() {
    for purpose in purposes() {
        for (parameters, token) in [(0, 0), (127, 0), (128, 128), (300, 256)] {
            let install = Install {
                purpose: purpose.clone(),
                combined: false,
                parameters: vec![0xC9; parameters],
                token: vec![0x5A; token],
            };
            let command = install.to_command();
            assert_eq!(Install::parse(&command).unwrap(), install);
            let signed = install.token_data();
            assert_eq!(signed[..2], [command.header.p1, command.header.p2]);
            assert!(command.data.starts_with(&signed[if parameters > 200 { 5 } else { 3 }..]));
        }
    }
    let combined = Install { combined: true, ..Install::new(purposes().remove(0)) };
    assert_eq!(combined.to_command().header.p1p2(), 0x0E01);
    assert_eq!(Install::parse(&combined.to_command()).unwrap(), combined);
}

#[test]
fn a_length_of_128_may_be_one_byte() {
    let mut data = hex!("00 00 05A1A1A1A1A1 00 80").to_vec();
    data.extend_from_slice(&[0xC9; 128]);
    data.push(0);
    let install = Install::parse(&Command::new(0x80, 0xE6, 0x40, 0).with_data(data)).unwrap();
    assert_eq!(install.parameters.len(), 128);
}

#[test]
fn load_files_are_cut_and_joined() {
    let file = LoadFile {
        dap: vec![(aid(&[0xA1; 8]), vec![0x11; 128])],
        data_block: vec![0xCA; 1000],
        ciphered: false,
        icv: None,
    };
    let bytes = file.to_bytes();
    for length in [5, 208, 216, 239, 247] {
        let blocks = Load::blocks(&bytes, length).unwrap();
        let joined: Vec<u8> = blocks.iter().flat_map(|block| block.data.clone()).collect();
        assert_eq!(LoadFile::parse(&joined).unwrap(), file);
        let lasts: Vec<bool> = blocks.iter().map(|block| block.last).collect();
        assert_eq!(lasts.iter().filter(|last| **last).count(), 1);
        assert!(lasts.last().unwrap());
        for block in blocks {
            assert_eq!(Load::parse(&block.to_command()).unwrap(), block);
        }
    }
    assert!(Load::blocks(&bytes, 4).is_err());
    assert!(Load::blocks(&bytes, 0).is_err());
    assert!(LoadFile::parse(&bytes[..bytes.len() - 1]).is_err());
    assert!(LoadFile::parse(&[&bytes[..], &bytes].concat()).is_err());
}

#[test]
fn store_data_of_real_hosts() {
    let parsed = round_trip(&hex!("80E28100 03 010203 00"));
    let expected = StoreData {
        last: true,
        encryption: StoreDataEncryption::None,
        format: StoreDataFormat::Unspecified,
        response_expected: true,
        block: 0,
        data: vec![1, 2, 3],
    };
    assert_eq!(parsed, CardCommand::StoreData(expected));
    for p1 in 0..=0xFF_u8 {
        let parsed = StoreData::parse(&Command::new(0x80, 0xE2, p1, 3));
        let reserved = p1 & 0x06 != 0 || p1 & 0x60 == 0x40 || p1 & 0x18 == 0x18;
        assert_eq!(parsed.is_err(), reserved, "{p1:02X}");
        if let Ok(parsed) = parsed {
            assert_eq!(parsed.to_command().header.p1, p1);
        }
    }
}

#[test]
fn put_key_brings_keys_to_the_card() {
    let dek = Key::des3([0x11; 16]);
    let aes_dek = Key::aes(&[0x22; 16]).unwrap();
    let des = |n: u8| Key::des3([n; 16]);
    let cases = [
        (des(1), &dek, KeyBlockDialect::Scp01),
        (des(2), &dek, KeyBlockDialect::Scp02),
        (Key::aes(&[3; 16]).unwrap(), &aes_dek, KeyBlockDialect::Scp03),
        (Key::aes(&[4; 24]).unwrap(), &aes_dek, KeyBlockDialect::Scp03),
        (Key::aes(&[5; 32]).unwrap(), &aes_dek, KeyBlockDialect::Scp03),
        (Key::aes(&[6; 16]).unwrap(), &aes_dek, KeyBlockDialect::Scp03WithoutLength),
        (Key::aes(&[7; 32]).unwrap(), &aes_dek, KeyBlockDialect::Scp03WithoutLength),
    ];
    for (key, dek, dialect) in cases {
        let keys = KeySet::same(&key);
        let put = PutKey::for_key_set(None, 0x21, &keys, dek, dialect).unwrap();
        let command = put.to_command();
        assert_eq!(command.header.to_bytes(), [0x80, 0xD8, 0x00, 0x81]);
        let read = PutKey::parse(&command).unwrap();
        assert_eq!(read, put);
        for component in &read.components {
            let block_length = dek.algorithm().block_length();
            let decrypt = |data: &[u8]| Ok(dek.decrypt_sensitive(data)?);
            assert_eq!(component.decrypt(block_length, decrypt).unwrap(), key);
            let mut wrong = component.clone();
            wrong.check_value[1] ^= 1;
            let error = wrong.decrypt(block_length, decrypt).unwrap_err();
            assert_eq!(error, CommandError::Key(KeyError::CheckValueMismatch));
            assert_eq!(error.status(), StatusWord::SECURITY_STATUS);
        }
        let kcv = key.check_value();
        assert_eq!(read.answer(), [&[0x21][..], &kcv, &kcv, &kcv].concat());
    }
    let odd = Key::aes(&[8; 24]).unwrap();
    let keys = KeySet::same(&odd);
    let without =
        PutKey::for_key_set(None, 1, &keys, &aes_dek, KeyBlockDialect::Scp03WithoutLength);
    assert_eq!(without, Err(KeyError::NotBlockAligned { length: 24 }));
}

#[test]
fn put_key_reads_public_keys() {
    let mut rsa = hex!("70 A1 8180").to_vec();
    rsa.extend_from_slice(&[0xAB; 128]);
    rsa.extend_from_slice(&hex!("A0 03 010001 00"));
    let read = PutKey::parse(&Command::new(0x80, 0xD8, 0x00, 0x01).with_data(rsa.clone())).unwrap();
    let types: Vec<_> =
        read.components.iter().map(|part| (part.key_type, part.continued)).collect();
    assert_eq!(types, [(0xA1, true), (0xA0, false)]);
    assert_eq!(read.to_command().data, rsa);
    assert!(!read.several);

    let mut ecc = hex!("73 B0 41 04").to_vec();
    ecc.extend_from_slice(&[0xCD; 64]);
    ecc.extend_from_slice(&hex!("F0 01 00 00"));
    let read = PutKey::parse(&Command::new(0x80, 0xD8, 0x73, 0x01).with_data(ecc.clone())).unwrap();
    assert_eq!((read.replaces, read.components.len()), (Some(0x73), 2));
    assert_eq!(read.to_command().data, ecc);
}

#[test]
fn unknown_parameters_and_instructions_are_told_apart() {
    let status = |bytes: &[u8]| CardCommand::parse(&command(bytes)).unwrap_err().status();
    assert_eq!(status(&hex!("80F2F002024F0000")), StatusWord::WRONG_P1P2);
    assert_eq!(status(&hex!("80F2800200")), StatusWord::WRONG_DATA);
    assert_eq!(status(&hex!("80E6030001 00")), StatusWord::WRONG_P1P2);
    assert_eq!(status(&hex!("80D8000101 01")), StatusWord::WRONG_DATA);
    assert_eq!(status(&hex!("80010000")), StatusWord::INS_NOT_SUPPORTED);
    let empty = Load::parse(&Command::new(0x80, 0xE8, 0, 0)).unwrap_err();
    assert_eq!(empty, CommandError::Parse(ParseErrorKind::Truncated.at(0)));
    assert!(CardCommand::INSTRUCTIONS.contains(&0x50));
}

proptest! {
    #[test]
    fn what_parses_is_written_to_what_parses_the_same(
        ins in prop::sample::select(CardCommand::INSTRUCTIONS.to_vec()),
        p1 in prop::sample::select(vec![0_u8, 2, 4, 0x08, 0x0C, 0x0E, 0x10, 0x20, 0x40, 0x80]),
        p2 in prop::sample::select(vec![0_u8, 1, 2, 3, 0x80, 0x81]),
        data in prop::collection::vec(prop_oneof![0_u8..8, any::<u8>()], 0..60),
    ) {
        let command = Command::new(0x80, ins, p1, p2).with_data(data);
        if let Ok(parsed) = CardCommand::parse(&command) {
            prop_assert_eq!(CardCommand::parse(&parsed.to_command()).unwrap(), parsed);
        }
    }
}
