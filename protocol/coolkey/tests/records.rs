//! Reports and key blobs: the numbers of real cards, both ways, and hostile bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use coolkey::{
    Identities, KeyAcl, ObjectAcl, ObjectRecord,
    blob::{EnrollmentResult, KeyBlob, RsaPrivateCrtKey, RsaPublicKey},
    report::{AppletVersion, BuiltinAcl, IssuerInfo, KeyRecord, LifeCycle, TokenStatus},
    status,
};
use hex_literal::hex;
use iso7816::{ParseErrorKind, StatusWord};
use proptest::prelude::*;

#[test]
fn status_of_a_fresh_token() {
    let bytes = hex!("0101 0104 00001388 00001386 00 00 0000");
    let status = TokenStatus::parse(&bytes).unwrap();
    assert_eq!((status.protocol, status.applet), ([1, 1], [1, 4]));
    assert_eq!((status.total_memory, status.free_memory), (5000, 4998));
    assert_eq!(status.to_bytes(), bytes);
    let kind = TokenStatus::parse(&bytes[..15]).unwrap_err().kind;
    assert_eq!(kind, ParseErrorKind::Truncated);
}

#[test]
fn life_cycle_of_a_personalised_token() {
    let life_cycle = LifeCycle::parse(&hex!("0F 01 01 01")).unwrap();
    assert!(life_cycle.pin_enabled && !life_cycle.writable);
    assert_eq!(life_cycle.state, coolkey::report::life_cycle::PERSONALIZED);
    assert_eq!(life_cycle.to_bytes(), hex!("0F 01 01 01"));
}

#[test]
fn version_is_written_as_tps_compares_it() {
    let version = AppletVersion { version: [1, 4], build: 0x5876_8072 };
    assert_eq!(version.to_string(), "1.4.58768072");
    assert_eq!("1.4.58768072".parse(), Ok(version));
    for wrong in ["", "1", "1.4", "1.4.", "1.4.xyz", "1.4.123456789", "a.4.1"] {
        assert!(wrong.parse::<AppletVersion>().is_err(), "{wrong}");
    }
}

#[test]
fn issuer_information_is_padded_with_zeros() {
    let info = IssuerInfo::new("http://host/tps").unwrap();
    assert_eq!(info.as_bytes().len(), 224);
    assert_eq!(info.url(), Some("http://host/tps"));
    assert_eq!(IssuerInfo::EMPTY.url(), Some(""));
    assert!(IssuerInfo::new(&"x".repeat(224)).is_ok());
    assert!(IssuerInfo::new(&"x".repeat(225)).is_err());
    assert_eq!(IssuerInfo::parse(&[0xFF; 224]).unwrap().url(), None);
    assert!(IssuerInfo::parse(&[0; 223]).is_err());
}

#[test]
fn builtin_acl_after_installation() {
    assert_eq!(BuiltinAcl::DEFAULT.to_bytes(), hex!("4000 4000 4000 00"));
    assert!(!BuiltinAcl::DEFAULT.writable());
    let open = BuiltinAcl::parse(&hex!("0001 0001 4000 01")).unwrap();
    assert!(open.writable() && open.changeable);
}

#[test]
fn access_is_decided_by_one_common_identity() {
    assert!(Identities::ANYONE.admits(Identities::DEFAULT));
    assert!(!Identities::NONE.admits(Identities::ANYONE));
    assert!(!Identities::RA.admits(Identities::PIN_0));
    assert!((Identities::RA | Identities::PIN_0).admits(Identities::PIN_0));
    // Readable by the default identity only: not after a login.
    assert!(!Identities::DEFAULT.admits(Identities::PIN_0));
    assert_eq!(Identities::pin(7), Some(Identities::PIN_7));
    assert_eq!(Identities::pin(8), None);
    assert_eq!(ObjectAcl::PUBLIC.to_bytes(), hex!("FFFF 4000 4000"));
    assert_eq!(KeyAcl::private(0).unwrap().to_bytes(), hex!("0000 4000 0001"));
    assert_eq!(KeyAcl::PUBLIC.to_bytes(), hex!("FFFF 4000 FFFF"));
}

#[test]
fn list_records() {
    let bytes = hex!("7A300000 00000514 FFFF 4000 4000");
    let record = ObjectRecord::parse(&bytes).unwrap();
    assert_eq!((record.size, record.acl), (1300, ObjectAcl::PUBLIC));
    assert_eq!(record.to_bytes(), bytes);
    let bytes = hex!("02 03 03 0800 0000 4000 0001");
    let key = KeyRecord::parse(&bytes).unwrap();
    assert_eq!((key.slot, key.mate, key.bits), (2, 3, 2048));
    assert_eq!(key.to_bytes(), bytes);
}

#[test]
fn status_words_have_texts_and_numbers() {
    assert_eq!(status::SEQUENCE_END, StatusWord(0x9C12));
    assert_eq!(status::meaning(status::UNAUTHORIZED), Some("unauthorized"));
    assert_eq!(status::meaning(StatusWord::OK), Some("success"));
    assert_eq!(status::meaning(StatusWord(0x9C99)), None);
    assert!(status::ALL.iter().all(|(word, _)| word.to_bytes()[0] == 0x9C));
}

#[test]
fn the_result_of_an_enrolment() {
    let key =
        RsaPublicKey { bits: 1024, modulus: vec![0xC1; 128], exponent: hex!("010001").to_vec() };
    let blob = key.to_bytes().unwrap();
    assert_eq!(blob.len(), 139);
    assert_eq!(blob[..6], hex!("00 01 0400 0080"));
    let result = EnrollmentResult { public_key_blob: blob.clone(), proof: vec![0x55; 128] };
    let bytes = result.to_bytes().unwrap();
    // What the simulated token answers for RSA-1024: 271 bytes.
    assert_eq!(bytes.len(), 271);
    assert_eq!(bytes[..2], hex!("008B"));
    assert_eq!(EnrollmentResult::parse(&bytes).unwrap(), result);
    assert_eq!(RsaPublicKey::parse(&blob).unwrap(), key);
    assert_eq!(result.proof_input(&[9; 16]).len(), 139 + 16);
    assert!(EnrollmentResult::parse(&bytes[..270]).is_err());
    assert_eq!(RsaPublicKey::parse(&hex!("01 01 0400")).unwrap_err().offset, 0);
    assert_eq!(RsaPublicKey::parse(&hex!("00 03 0400")).unwrap_err().offset, 1);
}

#[test]
fn a_wrapped_private_key_has_the_header_of_dogtag() {
    let blob = KeyBlob::wrapped_pkcs8(1024, vec![0xB1, 0x5E]);
    assert_eq!(blob.to_bytes(), hex!("01 09 0400 B15E"));
    assert_eq!(KeyBlob::parse(&blob.to_bytes()).unwrap(), blob);
    assert_eq!(KeyBlob::parse(&hex!("02 09 0400")).unwrap_err().offset, 0);
    assert!(KeyBlob::parse(&hex!("01 09 04")).is_err());
}

#[test]
fn secrets_are_not_shown() {
    let key = RsaPrivateCrtKey {
        bits: 1024,
        p: vec![0xAB; 64],
        q: vec![0xAB; 64],
        pq: vec![0xAB; 64],
        dp: vec![0xAB; 64],
        dq: vec![0xAB; 64],
    };
    assert_eq!(RsaPrivateCrtKey::parse(&key.to_bytes().unwrap()).unwrap(), key);
    assert_eq!(format!("{key:?}"), "RsaPrivateCrtKey(1024 bits)");
    let pin = coolkey::Pin::new(*b"12345678");
    assert_eq!(format!("{pin:?} {:?}", coolkey::Nonce::new([7; 8])), "Pin Nonce");
    assert!(pin.has_valid_length() && !coolkey::Pin::new(*b"123").has_valid_length());
}

proptest! {
    #[test]
    fn what_is_parsed_is_written_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(status) = TokenStatus::parse(&bytes) {
            prop_assert_eq!(status.to_bytes(), &bytes[..]);
        }
        if let Ok(record) = KeyRecord::parse(&bytes) {
            prop_assert_eq!(record.to_bytes(), &bytes[..]);
        }
        if let Ok(result) = EnrollmentResult::parse(&bytes) {
            prop_assert_eq!(result.to_bytes().unwrap(), &bytes[..]);
        }
        if let Ok(blob) = KeyBlob::parse(&bytes) {
            prop_assert_eq!(blob.to_bytes(), &bytes[..]);
        }
        if let Ok(key) = RsaPublicKey::parse(&bytes) {
            prop_assert_eq!(key.to_bytes().unwrap(), &bytes[..]);
        }
        let _ = (LifeCycle::parse(&bytes), BuiltinAcl::parse(&bytes), RsaPrivateCrtKey::parse(&bytes));
    }

    #[test]
    fn keys_go_both_ways(
        bits in any::<u16>(), modulus in proptest::collection::vec(any::<u8>(), 0..300),
        exponent in proptest::collection::vec(any::<u8>(), 0..5),
    ) {
        let key = RsaPublicKey { bits, modulus, exponent };
        prop_assert_eq!(RsaPublicKey::parse(&key.to_bytes().unwrap()).unwrap(), key);
    }
}
