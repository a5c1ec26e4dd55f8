//! Enrolment as TPS drives it, from a blank card to a personalised token.

use applets::coolkey::Build;
use coolkey::{
    Command, ObjectAcl, ObjectId, Pin,
    blob::{EnrollmentResult, RsaPublicKey},
    command::{LifeCycleForm, Sequence},
    report::{IssuerInfo, KeyRecord, TokenStatus, life_cycle},
    status,
};
use globalplatform::SecurityLevel;
use iso7816::{Command as Apdu, StatusWord};
use rsa::{BoxedUint, pkcs1v15};
use sha1::{Digest, Sha1};

use crate::token::{CHALLENGE, SCP02, SCP03, Token, USER_PIN, slots};

/// The proof of possession verifies, by another implementation of PKCS#1 v1.5.
fn assert_proven(result: &EnrollmentResult, bits: u16) -> rsa::RsaPublicKey {
    let blob = RsaPublicKey::parse(&result.public_key_blob).unwrap();
    assert_eq!(blob.bits, bits);
    assert_eq!(blob.modulus.len() * 8, usize::from(bits));
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let key = rsa::RsaPublicKey::new(number(&blob.modulus), number(&blob.exponent)).unwrap();
    let digest = Sha1::digest(result.proof_input(&CHALLENGE));
    key.verify(pkcs1v15::Pkcs1v15Sign::new::<Sha1>(), &digest, &result.proof).unwrap();
    key
}

#[test]
fn token_is_enrolled_from_blank_to_personalised() {
    let mut token = Token::formatted();
    token.authority();
    token.secured_ok(Command::CreatePin {
        pin: 0,
        tries: 127,
        value: Pin::new(coolkey::pin::INITIAL_PIN),
    });
    token.secured_ok(Command::SetPin { pin: 0, value: Pin::new(USER_PIN) });
    let signing = token.enroll(slots(0, 2, 3), 1024);
    assert_proven(&signing, 1024);
    let encryption = token.enroll(slots(0, 4, 5), 2048);
    assert_proven(&encryption, 2048);

    token.authority();
    let z0: Vec<u8> = (0..=255).cycle().take(1047).collect();
    token.write_all(ObjectId::COMBINED, ObjectAcl::PUBLIC, &z0);
    token.secured_ok(Command::SetIssuerInfo(IssuerInfo::new("https://tps.example/").unwrap()));
    token.secured_ok(Command::SetLifeCycle { state: life_cycle::PERSONALIZED });
    token.secured_ok(Command::ClearKeySlots { keep: vec![2, 3, 4, 5] });

    assert_eq!(token.read_all(ObjectId::COMBINED, 1047), z0);
    assert_eq!(token.exchange("B0F2000004"), "0F0101019000");
    assert_eq!(token.exchange("B0F2000001"), "0F9000");
    assert_eq!(token.exchange("B070000004"), "587680729000");
    assert_eq!(token.exchange("B048000002"), "00019000");
    assert_eq!(token.exchange("B04A000001"), "7F9000");
    let issuer = token.plain(Command::GetIssuerInfo).data;
    assert_eq!(IssuerInfo::parse(&issuer).unwrap().url(), Some("https://tps.example/"));
    assert_eq!(token.exchange("B058000E0E"), "9C11");
    assert_eq!(token.exchange("B05800000E"), "7A30000000000417FFFF400040009000");
    assert_eq!(token.exchange("B05801000E"), "9C12");
    let status = TokenStatus::parse(&token.plain(Command::GetStatus).data).unwrap();
    assert_eq!((status.total_memory, status.free_memory), (5000, 4998 - 1047 - 16));
    assert_eq!((status.pins, status.keys), (1, 4));
}

#[test]
fn every_protocol_carries_an_enrolment() {
    use globalplatform::Protocol::{Scp01, Scp02, Scp03};
    for (build, protocol) in [
        (Build::DEFAULT, Scp01 { i: 0x05 }),
        (Build::DEFAULT, Scp01 { i: 0x15 }),
        (Build::DEFAULT, Scp02 { i: 0x05 }),
        (Build::LATEST, Scp02 { i: 0x55 }),
        (Build::LATEST, Scp03 { i: 0x00 }),
        (Build::DEFAULT, Scp03 { i: 0x70 }),
    ] {
        let mut token = Token::installed(build, protocol, &[0x00, 0x02, 0x13, 0x88]);
        token.create_pin();
        assert_proven(&token.enroll(slots(0, 2, 3), 1024), 1024);
    }
}

#[test]
fn keys_are_listed_with_their_mates_and_access() {
    let mut token = Token::with_pin();
    token.enroll(slots(0, 2, 3), 1024);
    let expected = [(2, 3, 3, "0000", "4000", "0001"), (3, 1, 2, "FFFF", "4000", "FFFF")];
    for (first, (slot, key_type, mate, read, write, usage)) in [0, 1].into_iter().zip(expected) {
        let answer = token.exchange(&format!("B03A0{first}000B"));
        let text = format!("{slot:02X}{key_type:02X}{mate:02X}0400{read}{write}{usage}9000");
        assert_eq!(answer, text);
    }
    assert_eq!(token.exchange("B03A01000B"), "9000");
    assert_eq!(token.exchange("B03A01000A"), "6700");
    assert_eq!(token.exchange("B03A02000B"), "9C10");
}

#[test]
fn slots_zero_stand_for_zero_and_one_open_to_everybody() {
    let mut token = Token::with_pin();
    let enrollment = token.enrollment(slots(0, 0, 0), 1024);
    token.secured_ok(Command::StartEnrollment(enrollment));
    let record = token.plain(Command::ListKeys(Sequence::First)).data;
    let record = KeyRecord::parse(&record).unwrap();
    assert_eq!((record.slot, record.mate), (0, 1));
    assert_eq!(record.acl.usage, coolkey::Identities::ANYONE);
}

#[test]
fn pair_is_replaced_in_its_slots_and_nowhere_else() {
    let mut token = Token::with_pin();
    let first = token.enroll(slots(0, 2, 3), 1024);
    let second = token.enroll(slots(0, 2, 3), 1024);
    assert_ne!(first.public_key_blob, second.public_key_blob);
    for (slots, bits, expected) in [
        (slots(0, 2, 5), 1024, status::KEY_PAIRING_INVALID),
        (slots(0, 4, 3), 1024, status::KEY_PAIRING_INVALID),
        (slots(0, 3, 2), 1024, status::OPERATION_NOT_ALLOWED),
        (slots(0, 2, 3), 2048, status::OPERATION_NOT_ALLOWED),
        (slots(9, 2, 3), 1024, status::INCORRECT_P1),
        (slots(0, 4, 5), 512, status::KEY_SIZE_INVALID),
        (slots(0, 4, 5), 4096, status::KEY_SIZE_INVALID),
    ] {
        let enrollment = token.enrollment(slots, bits);
        let response = token.secured(Command::StartEnrollment(enrollment));
        assert_eq!(response.status, expected, "{slots:?} {bits}");
    }
}

#[test]
fn cleared_slots_lose_their_keys_but_not_their_shape() {
    let mut token = Token::with_pin();
    token.enroll(slots(0, 2, 3), 1024);
    token.enroll(slots(0, 4, 5), 1024);
    token.secured_ok(Command::ClearKeySlots { keep: vec![2, 3] });
    let status = TokenStatus::parse(&token.plain(Command::GetStatus).data).unwrap();
    assert_eq!(status.keys, 4);
    assert_eq!(token.exchange("B03A00000B").len(), 26);
    assert_eq!(token.exchange("B03A01000B").len(), 26);
    assert_eq!(token.exchange("B03A01000B"), "9000");
    let enrollment = token.enrollment(slots(0, 4, 5), 2048);
    let response = token.secured(Command::StartEnrollment(enrollment));
    assert_eq!(response.status, status::OPERATION_NOT_ALLOWED);
    token.enroll(slots(0, 4, 5), 1024);
    for (keep, expected) in [
        (vec![], status::INVALID_PARAMETER),
        (vec![2], status::INVALID_PARAMETER),
        (vec![2, 25], status::INVALID_PARAMETER),
        (vec![2, 24], StatusWord::UNKNOWN),
    ] {
        let clear = Apdu::new(0x84, 0x55, 0, 0).with_data(keep);
        assert_eq!(token.wrapped(&clear).status, expected);
    }
}

#[test]
fn enrolment_data_must_have_23_bytes() {
    let mut token = Token::with_pin();
    let apdu = Command::StartEnrollment(token.enrollment(slots(0, 2, 3), 1024)).secured().unwrap();
    let mut long = apdu.clone();
    *long.data.last_mut().unwrap() = 3;
    long.data.extend_from_slice(&[1, 2, 3]);
    assert_eq!(token.wrapped(&long).status, StatusWord::WRONG_LENGTH);
    let mut ecc = apdu;
    ecc.header.ins = 0x0D;
    assert_eq!(token.wrapped(&ecc).status, StatusWord::INS_NOT_SUPPORTED);
    let read = Apdu::new(0x84, 0x08, 0, 0).with_data([0, 0]);
    assert_eq!(token.wrapped(&read).status, StatusWord::INS_NOT_SUPPORTED);
}

#[test]
fn latest_build_enrols_over_scp03() {
    let mut token = Token::installed(Build::LATEST, SCP03, &[0x00, 0x02, 0x13, 0x88]);
    token.create_pin();
    assert_proven(&token.enroll(slots(0, 2, 3), 1024), 1024);
    assert_eq!(token.exchange("B070000004"), "65CBF5A69000");
    let mut enrollment = token.enrollment(slots(0, 4, 5), 1024);
    enrollment.algorithm = 0x81;
    let response = token.secured(Command::StartEnrollment(enrollment));
    assert_eq!(response.status, StatusWord(0x0009));
}

#[test]
fn responses_carry_their_mac_where_the_level_says_so() {
    let mut token = Token::installed(Build::LATEST, SCP03, &[]);
    for bits in [0x11, 0x13, 0x33] {
        token.authority_at(SecurityLevel::from_bits_truncate(bits));
        token.secured_ok(Command::CreateObject {
            id: ObjectId::COMBINED,
            size: 10,
            acl: ObjectAcl::PUBLIC,
        });
        let read = Command::ReadObject { id: ObjectId::COMBINED, offset: 0, length: 10 };
        assert_eq!(token.secured_ok(read), [0; 10]);
        let read = Command::ReadObject { id: ObjectId::WRAPPED_KEY, offset: 0, length: 10 };
        assert_eq!(token.secured(read).status, status::OBJECT_NOT_FOUND);
    }
}

#[test]
fn response_macs_begin_and_end_with_the_host_asking() {
    let begin = Apdu::new(0x84, 0x7A, 0x10, 0x01);
    let end = Apdu::new(0x84, 0x78, 0x00, 0x03);
    let read = || Command::ReadObject { id: ObjectId::IO_BUFFER, offset: 0, length: 0 };
    let mut token = Token::installed(Build::LATEST, SCP03, &[]);
    token.authority();
    assert_eq!(token.wrapped(&begin).status, StatusWord::OK);
    // The host's end checks the MAC of each response from here on, and that there is one.
    token.secured_ok(read());
    assert_eq!(token.wrapped(&end).status, StatusWord::OK);
    token.secured_ok(read());
    let mut old = Token::formatted();
    old.authority();
    assert_eq!(old.wrapped(&begin).status, StatusWord::INS_NOT_SUPPORTED);
}

#[test]
fn builds_accept_the_security_levels_of_their_platform() {
    let mac = SecurityLevel::C_MAC;
    let mut old = Token::formatted();
    old.select();
    for (level, expected) in [
        (SecurityLevel::empty(), StatusWord::CONDITIONS_OF_USE),
        (mac, StatusWord::OK),
        (SecurityLevel::C_MAC_C_DECRYPTION, StatusWord::OK),
        (SecurityLevel::C_MAC | SecurityLevel::R_MAC, StatusWord::CONDITIONS_OF_USE),
    ] {
        let mut token =
            Token::installed(Build::DEFAULT, globalplatform::Protocol::Scp02 { i: 0x35 }, &[]);
        token.select();
        assert_eq!(token.authenticate(level), expected, "{level:?}");
    }
    let mut new = Token::installed(Build::LATEST, SCP02, &[]);
    new.select();
    assert_eq!(new.authenticate(SecurityLevel::empty()), StatusWord::OK);
    let set = Command::SetLifeCycle { state: 0x0F }.secured().unwrap();
    assert_eq!(new.send(&set).status, StatusWord::SECURITY_STATUS);
}

#[test]
fn life_cycle_takes_application_states_only() {
    let mut token = Token::formatted();
    token.authority();
    assert_eq!(
        token.secured(Command::SetLifeCycle { state: 0x03 }).status,
        status::INVALID_PARAMETER
    );
    token.secured_ok(Command::SetLifeCycle { state: 0x0F });
    assert_eq!(token.plain(Command::GetLifeCycle(LifeCycleForm::State)).data, [0x0F]);
    token.secured_ok(Command::SetLifeCycle { state: 0x07 });
    assert_eq!(token.plain(Command::GetLifeCycle(LifeCycleForm::State)).data, [0x07]);
}
