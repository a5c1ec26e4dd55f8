//! Delegated management: what tokens sign, what receipts sign, and how a card confirms.

use globalplatform::{
    command::{CommandError, Delete, Install, InstallPurpose, token_data_of},
    data::{Confirmation, Privileges, ReceiptData},
};
use hex_literal::hex;
use iso7816::{Aid, Command, ParseErrorKind};
use proptest::prelude::*;

fn aid(bytes: &[u8]) -> Aid {
    Aid::new(bytes).unwrap()
}

fn install(p1: u8, p2: u8, data: &[u8]) -> Command {
    Command::new(0x80, 0xE6, p1, p2).with_data(data)
}

#[test]
fn a_token_signs_the_bytes_that_came() {
    let fields = hex!("05D0D1D2D3D4 06D0D1D2D3D401 06D0D1D2D3D401 0102 02C900");
    let with_token = [&fields[..], &hex!("04DEADBEEF")].concat();
    let signed = [&hex!("0C0019")[..], &fields].concat();
    // One byte of privileges stays one byte, though Install writes three.
    let command = install(0x0C, 0, &with_token);
    assert_eq!(token_data_of(&command).unwrap(), signed);
    assert_ne!(Install::parse(&command).unwrap().token_data(), signed);
    // No token, and none with a length byte; the last of several segments.
    assert_eq!(token_data_of(&install(0x0C, 0, &fields)).unwrap(), signed);
    assert_eq!(token_data_of(&install(0x8C, 0, &with_token)).unwrap(), signed);

    // Lengths that are coded longer than needed are signed as they are.
    let long = hex!("00 00 06D0D1D2D3D401 00 820002EF00 8104DEADBEEF");
    let expected = [&hex!("08000F")[..], &long[..0x0F]].concat();
    assert_eq!(token_data_of(&install(0x08, 0, &long)).unwrap(), expected);
}

#[test]
fn lengths_beyond_255_take_three_bytes() {
    let application = aid(&hex!("D0D1D2D3D401"));
    let purpose =
        InstallPurpose::MakeSelectable { instance: application, privileges: Privileges::empty() };
    let mut command = Install::new(purpose).with_parameters(vec![0; 0x0100]);
    command.token = vec![7; 128];
    let signed = command.token_data();
    assert_eq!(signed[..5], hex!("08 00 00 0110"));
    assert_eq!(signed.len(), 5 + 0x0110);
    assert_eq!(token_data_of(&command.to_command()).unwrap(), signed);
}

#[test]
fn delete_is_signed_up_to_its_token() {
    let fields = hex!("4F05D0D1D2D3D4 B60342015F");
    let signed = [&hex!("00800C")[..], &fields].concat();
    let delete = |data: &[u8]| Command::new(0x80, 0xE4, 0, 0x80).with_data(data);
    assert_eq!(token_data_of(&delete(&fields)).unwrap(), signed);
    let with_token = [&fields[..], &hex!("9E04DEADBEEF")].concat();
    assert_eq!(token_data_of(&delete(&with_token)).unwrap(), signed);
    assert_eq!(Delete::parse(&delete(&with_token)).unwrap().token_data(), signed);
    // What stands behind the token would not be signed.
    let more = delete(&[&with_token[..], &hex!("4F05D0D1D2D3D5")].concat());
    let refused = |error| matches!(error, CommandError::Parse(error) if error.kind == ParseErrorKind::TrailingBytes);
    assert!(refused(token_data_of(&more).unwrap_err()));
    assert!(refused(Delete::parse(&more).unwrap_err()));
}

#[test]
fn only_delete_and_install_have_tokens() {
    let load = Command::new(0x80, 0xE8, 0, 0).with_data([1, 2]);
    assert_eq!(token_data_of(&load), Err(CommandError::UnknownInstruction(0xE8)));
    assert!(token_data_of(&install(0x03, 0, &[0; 6])).is_err());
    let behind = hex!("00 00 06D0D1D2D3D401 00 00 01AA BB");
    assert!(token_data_of(&install(0x08, 0, &behind)).is_err());
}

fn confirmation() -> Confirmation {
    Confirmation {
        counter: 0x0102,
        unique_data: hex!("123456 C0FFEE").to_vec(),
        token_id: Some(vec![0x01]),
        token_digest: Some(vec![0xDD; 20]),
    }
}

#[test]
fn confirmation_data_have_their_lengths() {
    let full = confirmation();
    let bytes = [&hex!("020102 06123456C0FFEE 0101 14")[..], &[0xDD; 20]].concat();
    assert_eq!(full.to_bytes(), bytes);
    assert_eq!(Confirmation::parse(&bytes), Ok(full.clone()));
    let short = Confirmation { token_id: None, token_digest: None, ..full.clone() };
    assert_eq!(short.to_bytes(), hex!("020102 06123456C0FFEE"));
    let digest_only = Confirmation { token_id: None, ..full };
    assert_eq!(digest_only.to_bytes()[10..12], [0x00, 0x14]);
    for known in [short, digest_only] {
        assert_eq!(Confirmation::parse(&known.to_bytes()), Ok(known));
    }
    assert!(Confirmation::parse(&hex!("03010203 00")).is_err());
    assert!(Confirmation::parse(&hex!("020102 00 00 00 00")).is_err());
}

#[test]
fn a_response_has_receipt_and_confirmation_or_nothing() {
    let full = confirmation();
    let response = full.to_response(&[0xAB; 8]);
    assert_eq!(usize::from(response[0]), response.len() - 1);
    assert_eq!(response[1..3], [8, 0xAB]);
    assert_eq!(Confirmation::parse_response(&response), Ok(Some((vec![0xAB; 8], full.clone()))));
    let long = full.to_response(&[0xAB; 256]);
    assert_eq!(long[..6], hex!("820124 820100"));
    assert_eq!(Confirmation::parse_response(&long), Ok(Some((vec![0xAB; 256], full))));
    assert_eq!(Confirmation::parse_response(&[0]), Ok(None));
    assert_eq!(Confirmation::parse_response(&[]), Ok(None));
    assert!(Confirmation::parse_response(&response[..response.len() - 1]).is_err());
}

#[test]
fn receipts_sign_the_fields_of_their_operation() {
    let confirmation = Confirmation { counter: 7, ..Confirmation::default() };
    let (file, app, from, to) =
        (aid(&[0xA1; 5]), aid(&[0xB2; 6]), aid(&[0xC3; 5]), aid(&[0xD4; 5]));
    let (file_lv, app_lv) = (hex!("05A1A1A1A1A1"), hex!("06B2B2B2B2B2B2"));
    let (from_lv, to_lv) = (hex!("05C3C3C3C3C3"), hex!("05D4D4D4D4D4"));
    let update = ReceiptData::RegistryUpdate {
        from: None,
        application: Some(app),
        to: None,
        privileges: Some(Privileges::CARD_RESET),
        parameters: &[0xEF, 0],
    };
    let cases: [(ReceiptData<'_>, &[&[u8]]); 6] = [
        (ReceiptData::Load { load_file: file, security_domain: to }, &[&file_lv, &to_lv]),
        (ReceiptData::Install { load_file: file, instance: app }, &[&file_lv, &app_lv]),
        (ReceiptData::Extradition { from, application: app, to }, &[&from_lv, &app_lv, &to_lv]),
        (ReceiptData::Delete { aid: app }, &[&app_lv]),
        (update, &[&[0], &app_lv, &hex!("00 03040000 02EF00")]),
        (
            ReceiptData::Combined { load_file: file, instance: app, security_domain: to },
            &[&file_lv, &app_lv, &to_lv],
        ),
    ];
    for (data, fields) in cases {
        let expected = [&hex!("020007 00")[..], &fields.concat()].concat();
        assert_eq!(data.to_bytes(&confirmation), expected, "{data:?}");
    }
}

proptest! {
    #[test]
    fn token_data_are_a_piece_of_the_command(
        ins in prop_oneof![Just(0xE4_u8), Just(0xE6)],
        p1 in any::<u8>(),
        p2 in any::<u8>(),
        data in proptest::collection::vec(0_u8..8, 0..40),
    ) {
        let command = Command::new(0x80, ins, p1, p2).with_data(data.clone());
        if let Ok(signed) = token_data_of(&command) {
            prop_assert!(data.starts_with(&signed[3..]));
        }
        let _ = Confirmation::parse_response(&data);
    }
}
