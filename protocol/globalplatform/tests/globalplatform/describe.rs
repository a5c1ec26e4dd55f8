//! Commands and answers in words: names, clauses, fields, and what must stay hidden.

use globalplatform::command::{
    CardCommand, GetStatus, Install, InstallPurpose, KeyBlockDialect, PutKey, StatusScope,
};
use globalplatform::data::{ApplicationState, Privileges, RegistryEntry};
use globalplatform::describe::{Description, Receiver, describe, describe_response};
use globalplatform::{Key, KeySet};
use iso7816::{Aid, Command, Response};
use proptest::prelude::*;

const TEST_KEY: [u8; 16] = *b"@ABCDEFGHIJKLMNO";

fn domain(command: &str) -> Description {
    let command = Command::parse(&hex::decode(command).unwrap()).unwrap();
    describe(&command, Receiver::SecurityDomain).unwrap()
}

fn value<'a>(description: &'a Description, field: &str) -> &'a str {
    let found = description.fields.iter().find(|known| known.name == field);
    found.map_or_else(|| panic!("no field {field}: {description:?}"), |found| &found.value)
}

/// What is left of the data field when the secrets are taken out.
fn shown(command: &Command, description: &Description) -> Vec<u8> {
    let hidden = |index: &usize| description.secrets.iter().any(|range| range.contains(index));
    let bytes = command.data.iter().enumerate();
    bytes.filter(|(index, _)| !hidden(index)).map(|(_, byte)| *byte).collect()
}

#[test]
fn every_command_of_a_security_domain_has_a_name() {
    for ins in CardCommand::INSTRUCTIONS {
        let command = Command::new(if *ins == 0xA4 { 0 } else { 0x80 }, *ins, 4, 0);
        let description = describe(&command, Receiver::SecurityDomain).unwrap();
        assert!(!description.name.is_empty(), "{ins:02X}");
        assert!(description.clause.starts_with("GPCS 2.3.1 §"), "{ins:02X}");
    }
}

#[test]
fn install_is_named_by_its_form() {
    let aid = |last| Aid::new(&[0xA0, 0, 0, 0, last]).unwrap();
    let load =
        InstallPurpose::Load { load_file: aid(1), security_domain: Some(aid(2)), hash: Vec::new() };
    let command = Install::new(load).with_parameters(hex::decode("EF04C60210A0").unwrap());
    let description = describe(&command.to_command(), Receiver::SecurityDomain).unwrap();
    assert_eq!(description.name, "INSTALL [for load]");
    assert_eq!(description.clause, "GPCS 2.3.1 §11.5.2.3.1");
    assert_eq!(value(&description, "load file"), "A000000001");
    assert_eq!(value(&description, "security domain"), "A000000002");
    assert_eq!(value(&description, "memory for code"), "4256 bytes");

    let install = InstallPurpose::Install {
        load_file: Some(aid(1)),
        module: Some(aid(3)),
        instance: Some(aid(4)),
        privileges: Privileges::CARD_RESET | Privileges::MANDATED_DAP_VERIFICATION,
        make_selectable: true,
    };
    let command = Install::new(install).with_parameters(hex::decode("C9021234CF0140").unwrap());
    let description = describe(&command.to_command(), Receiver::SecurityDomain).unwrap();
    assert_eq!(description.name, "INSTALL [for install and make selectable]");
    let privileges = "C50000 security domain, mandated DAP verification, card reset";
    assert_eq!(value(&description, "privileges"), privileges);
    assert_eq!(value(&description, "applet parameters"), "1234");
    assert_eq!(value(&description, "implicit selection"), "40");
}

#[test]
fn what_real_hosts_send_is_told_in_words() {
    let select = domain("00A4040000");
    assert_eq!((select.name.as_ref(), value(&select, "name")), ("SELECT", "none"));
    let cplc = domain("80CA9F7F2D");
    assert_eq!(value(&cplc, "object"), "9F7F card production life cycle (CPLC)");
    let update = domain("8050000008000102030405060700");
    assert_eq!(value(&update, "key version"), "00 (the card's default)");
    let authenticate = domain("8482030010000102030405060708090A0B0C0D0E0F");
    assert_eq!(value(&authenticate, "security level"), "03 (C-MAC, C-ENC)");
    assert_eq!(value(&authenticate, "C-MAC"), "08090A0B0C0D0E0F");
    let lock = domain("80F0807F");
    assert_eq!((value(&lock, "of"), value(&lock, "state")), ("card", "7F CARD_LOCKED"));
    let applet = domain("80F0408007A0000000030000");
    assert_eq!(value(&applet, "state"), "80 LOCKED");
    let delete = domain("80E4008007 4F05A000000001 00".replace(' ', "").as_str());
    assert_eq!(value(&delete, "related objects"), "deleted, too");
    let open = domain("0070000001");
    assert_eq!(value(&open, "open"), "the next free channel");
}

#[test]
fn keys_stay_hidden_and_are_recognised_by_their_check_values() {
    let key = Key::des3(TEST_KEY);
    let keys = KeySet::new(key.clone(), key.clone(), key.clone());
    let command =
        PutKey::for_key_set(None, 1, &keys, &key, KeyBlockDialect::Scp02).unwrap().to_command();
    let description = describe(&command, Receiver::SecurityDomain).unwrap();
    assert_eq!(value(&description, "key"), "id 01 DES, 16 bytes, check value 8BAF47");
    assert_eq!(description.fields.iter().filter(|field| field.name == "key").count(), 3);
    assert_eq!(shown(&command, &description), [1], "the version");

    // A public key is no secret.
    let public = domain("80D80001 0A 70 A103C0FFEE A00103 00 00".replace(' ', "").as_str());
    assert_eq!(public.secrets, []);
    // A segment and a damaged command may hold a key, too.
    for command in ["80D8808104 018010AA", "84D8008104 018010AA", "80D8008104 0180 10AA"] {
        let bytes = hex::decode(command.replace(' ', "")).unwrap();
        let command = Command::parse(&bytes).unwrap();
        let description = describe(&command, Receiver::SecurityDomain).unwrap();
        assert!(shown(&command, &description).is_empty(), "{command:?}");
    }
}

#[test]
fn encrypted_values_and_pins_stay_hidden() {
    let stored = |p1: u8, data: &[u8]| {
        let command = Command::new(0x80, 0xE2, p1, 0).with_data(data);
        let description = describe(&command, Receiver::SecurityDomain).unwrap();
        shown(&command, &description)
    };
    assert!(stored(0xE0, &[1, 2]).is_empty(), "encrypted");
    assert!(stored(0xA0, &[1, 2]).is_empty(), "as the application has it");
    assert!(stored(0x88, &[0x80, 0x10, 1, 2]).is_empty(), "a key or a PIN");
    assert_eq!(stored(0x88, &[0, 0x70, 1, 2]), [0, 0x70, 1, 2]);
    assert_eq!(stored(0x90, &[0x42, 1, 2]), [0x42, 1, 2]);

    let verify = Command::new(0, 0x20, 0, 0x81).with_data(*b"123456");
    let description = describe(&verify, Receiver::Application).unwrap();
    assert_eq!((description.name.as_ref(), shown(&verify, &description)), ("VERIFY", vec![]));
}

#[test]
fn the_receiver_decides_what_an_instruction_means() {
    let read = Command::new(0, 0xB0, 0, 0).with_expected(256);
    assert_eq!(describe(&read, Receiver::Application).unwrap().name, "READ BINARY");
    assert_eq!(describe(&read, Receiver::SecurityDomain), None);
    let proprietary = Command::new(0x80, 0xE6, 2, 0);
    assert_eq!(describe(&proprietary, Receiver::Application), None);
    assert_eq!(describe(&proprietary, Receiver::SecurityDomain).unwrap().name, "INSTALL");
    let by_identifier = Command::new(0, 0xA4, 0, 0).with_data([0x3F, 0]);
    assert!(describe(&by_identifier, Receiver::Application).unwrap().clause.starts_with("ISO"));
}

#[test]
fn answers_are_told_in_words() {
    let entry = RegistryEntry {
        aid: Some(Aid::new(&[0xA0, 0, 0, 0, 1]).unwrap()),
        life_cycle: 0x87,
        privileges: Some(Privileges::CARD_LOCK),
        ..RegistryEntry::default()
    };
    let command = GetStatus::all(StatusScope::Applications).to_command();
    let response = Response::ok(entry.to_bytes(None));
    let fields = describe_response(&command, &response);
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].value, "A000000001 SELECTABLE, LOCKED, card lock");

    let update = Command::new(0x80, 0x50, 0, 0).with_data([0; 8]);
    let answer = hex::decode("00002001000000000001010200074D0000000000000000000000000000").unwrap();
    let fields = describe_response(&update, &Response::ok(answer[..28].to_vec()));
    let shown: Vec<&str> = fields.iter().map(|field| field.name).collect();
    assert!(shown.contains(&"sequence counter"), "{shown:?}");
}

#[test]
fn states_have_names() {
    assert_eq!(ApplicationState(0x0F).to_string(), "PERSONALIZED");
    assert_eq!(ApplicationState(0x83).to_string(), "INSTALLED, LOCKED");
    assert_eq!(ApplicationState(0x17).to_string(), "application state 17");
    assert_eq!(Privileges::empty().to_string(), "none");
    let all = Privileges::all().names();
    assert_eq!(all.len(), 19, "DAP verification is told as mandated: {all:?}");
}

proptest! {
    #[test]
    fn whatever_the_bytes_a_description_stays_within_them(
        header in any::<[u8; 4]>(),
        data in proptest::collection::vec(any::<u8>(), 0..300),
        domain in any::<bool>(),
    ) {
        let [cla, ins, p1, p2] = header;
        let command = Command::new(cla, ins, p1, p2).with_data(data.clone());
        let receiver = if domain { Receiver::SecurityDomain } else { Receiver::Application };
        if let Some(description) = describe(&command, receiver) {
            prop_assert!(description.secrets.iter().all(|range| range.end <= data.len()));
            let _ = describe_response(&command, &Response::ok(data));
        }
    }
}
