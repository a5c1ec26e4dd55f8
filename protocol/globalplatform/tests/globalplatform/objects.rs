//! Data objects: what a card writes, a host reads; life cycles; key values that are not shown.

use globalplatform::{
    Cryptogram, Key, KeyAlgorithm, KeySet, Protocol, SecurityLevel,
    data::{
        ApplicationState, CARD_TRANSITIONS, CardRecognitionData, CardState, Cplc,
        FileControlInformation, KeyAccess, KeyInformation, KeyPart, Privileges, RegistryEntry,
        key_information, parse_key_information,
    },
};
use hex_literal::hex;
use iso7816::Aid;
use proptest::prelude::*;

fn aid(bytes: &[u8]) -> Aid {
    Aid::new(bytes).unwrap()
}

#[test]
fn card_data_are_what_tps_reads_by_position() {
    let data = CardRecognitionData {
        version: vec![2, 1, 1],
        identified_by_iin_cin: true,
        channels: vec![(2, 0x15), (3, 0x70), (0x11, 0x0D86)],
        others: vec![(0x65, hex!("06092B8510864864020103").to_vec())],
    };
    let bytes = data.to_bytes();
    let head = hex!(
        "73 06072A864886FC6B01 600C060A2A864886FC6B02020101 630906072A864886FC6B03 640B06092A864886FC6B040215"
    );
    assert_eq!((bytes[0], bytes[2], &bytes[4..4 + head.len() - 1]), (0x66, 0x73, &head[1..]));
    assert_eq!(CardRecognitionData::parse(&bytes).unwrap(), data);
    assert_eq!((data.option(2), data.option(3), data.option(1)), (Some(0x15), Some(0x70), None));
    assert!(CardRecognitionData::parse(&hex!("6602 7300")).is_err());
}

#[test]
fn several_protocols_in_one_object_are_read() {
    let oid = |rest: &str| format!("06{:02X}2A864886FC6B04{rest}", 7 + rest.len() / 2);
    let channels = format!("{}{}", oid("0215"), oid("0370"));
    let inner = format!("06072A864886FC6B0164{:02X}{channels}", channels.len() / 2);
    let all = format!("66{:02X}73{:02X}{inner}", inner.len() / 2 + 2, inner.len() / 2);
    let data = CardRecognitionData::parse(&hex::decode(all).unwrap()).unwrap();
    assert_eq!(data.channels, [(2, 0x15), (3, 0x70)]);
}

#[test]
fn the_answer_to_select_comes_back() {
    let fci = FileControlInformation {
        aid: Some(aid(&hex!("A000000151000000"))),
        card_data: Some(CardRecognitionData { channels: vec![(3, 0x60)], ..Default::default() }),
        production_life_cycle: Some(vec![1, 2, 3]),
        data_length_max: Some(0xFF),
    };
    assert_eq!(FileControlInformation::parse(&fci.to_bytes()).unwrap(), fci);
    let bytes = hex!("6F10 8408A000000151000000 A504 9F65 01 FF");
    let minimal = FileControlInformation::parse(&bytes).unwrap();
    assert_eq!(minimal.data_length_max, Some(255));
    assert_eq!(minimal.to_bytes(), bytes);
    let wild = FileControlInformation::parse(&hex!("6F09 8400 A505 9F65 02 00FF")).unwrap();
    assert_eq!((wild.aid, wild.data_length_max), (None, Some(255)));
    assert!(FileControlInformation::parse(&hex!("9F6501FF")).is_err());
}

#[test]
fn key_information_is_what_tps_reads_by_position() {
    let keys: Vec<_> =
        (1..=3).map(|index| KeyInformation::symmetric(index, 0x20, 0x80, 16)).collect();
    let bytes = key_information(&keys);
    assert_eq!(bytes, hex!("E012 C00401208010 C00402208010 C00403208010"));
    assert_eq!(parse_key_information(&bytes).unwrap(), keys);
}

#[test]
fn extended_key_information_is_read() {
    let bytes = hex!("E010 C00E 01 70 FFA1 0080 FFA0 0003 01 12 01 00");
    let [key] = parse_key_information(&bytes).unwrap().try_into().unwrap();
    let parts = [KeyPart { key_type: 0xA1, length: 128 }, KeyPart { key_type: 0xA0, length: 3 }];
    assert_eq!(key.parts, parts);
    let attributes = key.attributes.unwrap();
    assert_eq!(
        (attributes.usage.to_bytes(), attributes.access),
        (vec![0x12], Some(KeyAccess::ALL))
    );
    assert_eq!(key_information(&[key]), bytes);
    // A card that leaves FF away before the second type.
    let deviant = hex!("E00F C00D 01 70 FFA1 0080 A0 0003 01 12 01 00");
    assert_eq!(parse_key_information(&deviant).unwrap()[0].parts, parts);
    assert!(parse_key_information(&hex!("E004 C0020120")).is_err());
}

#[test]
fn registry_entries_come_back_in_both_forms() {
    let domain = RegistryEntry {
        aid: Some(aid(&hex!("A000000151000000"))),
        life_cycle: 0x0F,
        privileges: Some(Privileges::SECURITY_DOMAIN | Privileges::CARD_LOCK),
        implicit_selection: vec![0x40],
        security_domain: Some(aid(&hex!("A000000151000000"))),
        ..RegistryEntry::default()
    };
    let file = RegistryEntry {
        aid: Some(aid(&hex!("627601FF0000"))),
        life_cycle: 0x01,
        version: Some(vec![1, 4]),
        modules: vec![aid(&hex!("627601FF000000"))],
        ..RegistryEntry::default()
    };
    let both = [domain.to_bytes(None), file.to_bytes(None)].concat();
    assert_eq!(RegistryEntry::parse_all(&both).unwrap(), [domain.clone(), file.clone()]);
    assert_eq!(domain.to_bytes(Some(&[0x9F70])), hex!("E304 9F70010F"));
    let legacy = file.to_legacy(true);
    assert_eq!(legacy, hex!("06627601FF0000 01 00 01 07627601FF000000"));
    let read = RegistryEntry::parse_legacy(&legacy, true).unwrap();
    assert_eq!((&read[0].aid, &read[0].modules), (&file.aid, &file.modules));
    let legacy = domain.to_legacy(false);
    assert_eq!(RegistryEntry::parse_legacy(&legacy, false).unwrap()[0].life_cycle, 0x0F);
    assert!(RegistryEntry::parse_all(&hex!("E0020000")).is_err());
}

#[test]
fn cplc_gives_the_cuid() {
    let cplc = Cplc {
        ic_fabricator: [0xA0, 0x01],
        ic_type: [0x92, 0x03],
        ic_batch: [0x04, 0x05],
        ic_serial: [0x06, 0x07, 0x08, 0xC9],
        ..Cplc::default()
    };
    assert_eq!(cplc.cuid(), hex!("a0019203040506 0708c9"));
    assert_eq!(cplc.to_object().len(), 45);
    assert!(Cplc::parse(&[0; 41]).is_err());
    assert!(Cplc::parse(&[0; 43]).is_err());
}

#[test]
fn a_terminated_card_stays_terminated() {
    assert!(CARD_TRANSITIONS.iter().all(|(from, _)| *from != CardState::Terminated));
    for (from, to) in CARD_TRANSITIONS {
        assert!(from < to || *from == CardState::CardLocked && *to == CardState::Secured);
        assert!(from.may_become(*to) && !from.may_become(*from));
    }
    for byte in 0..=0xFF {
        let state = CardState::from_byte(byte);
        assert_eq!(state.is_some(), matches!(byte, 0x01 | 0x07 | 0x0F | 0x7F | 0xFF));
        assert!(state.is_none_or(|state| state.to_byte() == byte));
    }
    assert!(!CardState::OpReady.may_become(CardState::CardLocked));
}

#[test]
fn a_lock_remembers_the_state_before() {
    let state = ApplicationState(0x1F);
    assert!(state.is_selectable() && state.locked().is_locked() && !state.locked().is_selectable());
    assert_eq!(state.locked().unlocked(), state);
    assert!(state.may_become_by_itself(state.locked()));
    assert!(!state.locked().may_become_by_itself(state));
    assert!(!ApplicationState::INSTALLED.may_become_by_itself(ApplicationState::SELECTABLE));
    let domain = ApplicationState::SELECTABLE;
    assert!(domain.domain_may_become(ApplicationState::PERSONALIZED));
    assert!(!ApplicationState::PERSONALIZED.domain_may_become(domain));
    assert!(domain.locked().domain_may_become(domain));
    assert!(!domain.locked().domain_may_become(ApplicationState::PERSONALIZED));
}

#[test]
fn privileges_of_one_and_three_bytes() {
    assert_eq!(Privileges::parse(&[0x80]).unwrap(), Privileges::SECURITY_DOMAIN);
    let spec = Privileges::parse(&[0x9E, 0xFE, 0x80]).unwrap();
    assert!(spec.contains(Privileges::AUTHORIZED_MANAGEMENT) && spec.are_consistent());
    assert_eq!(spec.to_bytes(), [0x9E, 0xFE, 0x80]);
    let delegated = Privileges::DELEGATED_MANAGEMENT;
    assert!(delegated.are_consistent());
    assert!(!(delegated | Privileges::AUTHORIZED_MANAGEMENT).are_consistent());
    assert!(!Privileges::AUTHORIZED_MANAGEMENT.are_consistent());
    assert!(Privileges::parse(&[1, 2]).is_err());
}

#[test]
fn keys_are_compared_and_never_shown() {
    const fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>() {}
    wiped_on_drop::<Key>();
    let key = Key::des3(*b"secret key bytes");
    let shown = format!("{:?} {:?}", key, KeySet::same(&key));
    assert!(shown.contains("Des3") && !shown.contains("115") && !shown.contains("secret"));
    assert_ne!(key, Key::new(KeyAlgorithm::Aes128, key.bytes()).unwrap());
    assert_eq!(key.clone().into_aes().bytes(), key.bytes());
    assert!(Key::new(KeyAlgorithm::Des3, &[0; 24]).is_err());
    assert!(Key::aes(&[0; 20]).is_err());
    assert_eq!(format!("{:?}", Cryptogram::from([0xAB; 8])), "Cryptogram(8 bytes)");
    let parity = Key::des3([0; 16]).with_odd_parity();
    assert_eq!(parity.bytes(), [1; 16]);
    assert!(key.cmac(&[]).is_err() && parity.into_aes().retail_mac(&[0; 8], &[]).is_err());
}

#[test]
fn protocols_offer_the_levels_of_their_tables() {
    let levels = |id, i| -> Vec<u8> {
        let protocol = Protocol::new(id, i).unwrap();
        (0..=0xFF).filter(|p1| protocol.security_level(*p1).is_ok()).collect()
    };
    assert_eq!(levels(1, 0x15), [0x00, 0x01, 0x03]);
    assert_eq!(levels(2, 0x15), [0x00, 0x01, 0x03]);
    assert_eq!(levels(2, 0x35), [0x00, 0x01, 0x03, 0x10, 0x11, 0x13]);
    assert_eq!(levels(3, 0x10), [0x00, 0x01, 0x03]);
    assert_eq!(levels(3, 0x30), [0x00, 0x01, 0x03, 0x11, 0x13]);
    assert_eq!(levels(3, 0x70), [0x00, 0x01, 0x03, 0x11, 0x13, 0x33]);
    // Implicit initiation has no EXTERNAL AUTHENTICATE.
    assert!(levels(2, 0x1A).is_empty());
    assert!(Protocol::new(3, 0x40).is_err() && Protocol::new(10, 0).is_err());
    let level = SecurityLevel::C_MAC_C_DECRYPTION;
    assert_eq!(Protocol::new(3, 0x70).unwrap().max_command_data(level), 239);
    assert_eq!(Protocol::new(3, 0x71).unwrap().max_command_data(level), 223);
    assert_eq!(Protocol::new(2, 0x15).unwrap().max_command_data(SecurityLevel::C_MAC), 247);
}

proptest! {
    #[test]
    fn no_object_makes_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), modules in any::<bool>()) {
        let wrap = |tag: &[u8]| [tag, &[u8::try_from(bytes.len()).unwrap()], bytes.as_slice()].concat();
        if let Ok(data) = CardRecognitionData::parse(&wrap(&[0x66])) {
            prop_assert!(data.channels.len() <= bytes.len());
        }
        if let Ok(keys) = parse_key_information(&wrap(&[0xE0])) {
            prop_assert!(keys.iter().all(|key| !key.parts.is_empty()));
        }
        if let Ok(entries) = RegistryEntry::parse_all(&wrap(&[0xE3])) {
            prop_assert_eq!(entries.len(), 1);
        }
        if let Ok(entries) = RegistryEntry::parse_legacy(&bytes, modules) {
            prop_assert!(entries.len() <= bytes.len());
        }
        if let Ok(fci) = FileControlInformation::parse(&wrap(&[0x6F])) {
            prop_assert_eq!(FileControlInformation::parse(&fci.to_bytes()).unwrap().aid, fci.aid);
        }
    }
}
