//! Commands: what real hosts send is understood and rebuilt byte for byte; what nobody sends is refused with the right word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use coolkey::{
    Access, Command, CommandError, Identities, Instruction, KeyAcl, Nonce, ObjectAcl, ObjectId,
    Pin, Request,
    command::{
        CryptInput, CryptParameters, CryptStep, Direction, Enrollment, ImportKeyEncrypted,
        KeySlots, LifeCycleForm, Sequence, WrappingAlgorithm,
    },
    report::{BuiltinAcl, IssuerInfo},
    status,
};
use hex_literal::hex;
use iso7816::{Command as Apdu, StatusWord};
use proptest::prelude::*;

/// Parses a command, builds it again and compares, Le aside where hosts differ.
fn both_ways(bytes: &[u8], command: &Command, nonce: Option<[u8; 8]>) {
    let apdu = Apdu::parse(bytes).unwrap();
    let request = Request::parse(&apdu).unwrap();
    assert_eq!(&request.command, command);
    let access = if bytes[0] == 0x84 {
        Access::SecureChannel
    } else {
        Access::Plain { nonce: nonce.map(Nonce::new) }
    };
    assert_eq!(request.access, access);
    let built = request.to_apdu().unwrap();
    assert_eq!((built.header, &built.data), (apdu.header, &apdu.data));
    if apdu.data.is_empty() {
        assert_eq!(built.expected, apdu.expected);
    }
}

#[test]
fn what_the_pkcs11_modules_send() {
    both_ways(&hex!("B0 F2 00 00 04"), &Command::GetLifeCycle(LifeCycleForm::Full), None);
    both_ways(&hex!("B0 F2 00 00 01"), &Command::GetLifeCycle(LifeCycleForm::State), None);
    both_ways(&hex!("B0 3C 00 00 10"), &Command::GetStatus, None);
    both_ways(&hex!("B0 58 00 00 0E"), &Command::ListObjects(Sequence::First), None);
    both_ways(&hex!("B0 58 01 00 0E"), &Command::ListObjects(Sequence::Next), None);
    both_ways(
        &hex!("B0 56 00 00 11 7A300000 000000FF FF 0000000000000000"),
        &Command::ReadObject { id: ObjectId::COMBINED, offset: 255, length: 255 },
        Some([0; 8]),
    );
    both_ways(
        &hex!("B0 42 00 00 06 313233343536"),
        &Command::VerifyPin { pin: 0, value: Pin::new(*b"123456") },
        None,
    );
    both_ways(
        &hex!("B0 54 00 00 13 FFFFFFFF 00000000 02 0100 0102030405060708"),
        &Command::WriteObject { id: ObjectId::IO_BUFFER, offset: 0, data: vec![1, 0] },
        Some([1, 2, 3, 4, 5, 6, 7, 8]),
    );
    both_ways(
        &hex!("B0 36 02 04 0D 00 03 02 0000 0102030405060708"),
        &Command::ComputeCrypt {
            key: 2,
            step: CryptStep::OneStep(
                CryptParameters::rsa(Direction::Encrypt),
                CryptInput::io_buffer(),
            ),
        },
        Some([1, 2, 3, 4, 5, 6, 7, 8]),
    );
}

/// A nonce after LOGOUT is sent by all clients and looked at by no current build.
#[test]
fn logout_ignores_its_nonce() {
    let apdu = Apdu::parse(&hex!("B0 61 00 00 08 0102030405060708")).unwrap();
    let request = Request::parse(&apdu).unwrap();
    assert_eq!(request.command, Command::Logout { pin: 0 });
    assert_eq!(request.access, Access::Plain { nonce: None });
}

/// The commands of a recorded enrolment by Dogtag's TPS, as they were before they were wrapped.
#[test]
fn what_dogtag_sends() {
    both_ways(
        &hex!("84 40 00 7F 08 70617373776F7264"),
        &Command::CreatePin { pin: 0, tries: 127, value: Pin::new(coolkey::pin::INITIAL_PIN) },
        None,
    );
    both_ways(
        &hex!("84 04 00 00 0A 5365637265742E313233"),
        &Command::SetPin { pin: 0, value: Pin::new(*b"Secret.123") },
        None,
    );
    both_ways(
        &hex!("84 0C 02 03 17 80 0400 00 00 10 8C14B59F572DF11C03EF663F6C3D0494 00 01020304050600")
            [..28],
        &Command::StartEnrollment(Enrollment {
            slots: KeySlots { owner: 0, private: 2, usage: 0, public: 3 },
            algorithm: Enrollment::RSA,
            bits: 1024,
            option: 0,
            key_type: 0,
            wrapped_challenge: hex!("8C14B59F572DF11C03EF663F6C3D0494"),
        }),
        None,
    );
    both_ways(
        &hex!("84 5A 00 00 0E FF00FFF3 00000284 400040004000"),
        &Command::CreateObject { id: ObjectId::WRAPPED_KEY, size: 644, acl: ObjectAcl::RA_ONLY },
        None,
    );
    both_ways(
        &hex!("84 5A 00 00 0E 7A300000 00000514 FFFF40004000"),
        &Command::CreateObject { id: ObjectId::COMBINED, size: 1300, acl: ObjectAcl::PUBLIC },
        None,
    );
    both_ways(
        &hex!(
            "84 0A 04 05 23 FF00FFF3 81 10 C5DAE00E3CE809807CF89623514B7C69 03 203DAE"
            "08 43809E914074604E"
        ),
        &Command::ImportKeyEncrypted(ImportKeyEncrypted {
            slots: KeySlots { owner: 0, private: 4, usage: 0, public: 5 },
            blob: ObjectId::WRAPPED_KEY,
            algorithm: WrappingAlgorithm::DES3,
            wrapped_key: hex!("C5DAE00E3CE809807CF89623514B7C69").to_vec(),
            check_value: hex!("203DAE").to_vec(),
            iv: hex!("43809E914074604E").to_vec(),
        }),
        None,
    );
    both_ways(&hex!("84 F0 0F 00"), &Command::SetLifeCycle { state: 0x0F }, None);
    both_ways(
        &hex!("84 55 00 00 04 02030405"),
        &Command::ClearKeySlots { keep: vec![2, 3, 4, 5] },
        None,
    );
    let info = IssuerInfo::new("http://localhost:18080/tps/phoneHome").unwrap();
    let mut bytes = hex!("84 F4 00 00 E0").to_vec();
    bytes.extend_from_slice(info.as_bytes());
    both_ways(&bytes, &Command::SetIssuerInfo(info), None);
}

#[test]
fn secure_channel_commands_stay_raw() {
    let initialize = Apdu::parse(&hex!("80 50 00 00 08 85700426593424A0")).unwrap();
    let request = Request::parse(&initialize).unwrap();
    assert_eq!(request.command.instruction(), Instruction::InitializeUpdate);
    assert_eq!(request.access, Access::SecureChannel);
    assert_eq!(request.to_apdu().unwrap(), initialize);
    let wrong_class = Apdu::parse(&hex!("84 50 00 00 08 85700426593424A0")).unwrap();
    assert_eq!(Request::parse(&wrong_class), Err(CommandError::UnknownInstruction(0x50)));
}

#[test]
fn refusals_have_the_status_words_of_the_applet() {
    let cases: &[(&[u8], StatusWord)] = &[
        // By this answer OpenSC knows the applet.
        (&hex!("B0 3C 01 00"), StatusWord::INS_NOT_SUPPORTED),
        (&hex!("B0 3C 01 00 00"), StatusWord::INS_NOT_SUPPORTED),
        (&hex!("B0 3C 02 00 10"), status::INCORRECT_P1),
        (&hex!("B0 3C 00 01 10"), status::INCORRECT_P2),
        (&hex!("00 A4 00 00"), StatusWord::OK),
        (&hex!("A4 12 00 00"), StatusWord::OK),
        (&hex!("90 3C 00 00"), StatusWord::CLA_NOT_SUPPORTED),
        (&hex!("B0 99 00 00"), StatusWord::INS_NOT_SUPPORTED),
        // SET PIN is for the secure channel only, VERIFY PIN for plain commands only.
        (&hex!("B0 04 00 00 04 31313131"), StatusWord::INS_NOT_SUPPORTED),
        (&hex!("84 42 00 00 04 31313131"), StatusWord::INS_NOT_SUPPORTED),
        (&hex!("B0 42 08 00 04 31313131"), status::INCORRECT_P1),
        (&hex!("B0 42 00 01 04 31313131"), status::INCORRECT_P2),
        (&hex!("B0 48 00 00 03"), StatusWord::WRONG_LENGTH),
        (&hex!("B0 4A 00 00 02"), StatusWord::WRONG_LENGTH),
        (&hex!("B0 3A 00 00 0E"), StatusWord::WRONG_LENGTH),
        (&hex!("B0 3A 02 00 0B"), status::INCORRECT_P1),
        // Compared as signed bytes: 80 and more are negative.
        (&hex!("B0 58 00 00 0D"), StatusWord::WRONG_LENGTH),
        (&hex!("B0 58 00 00 80"), StatusWord::WRONG_LENGTH),
        (&hex!("B0 70 00 00 03"), StatusWord::WRONG_LENGTH),
        (&hex!("B0 F6 00 00 DF"), StatusWord::WRONG_LENGTH),
        (&hex!("B0 FA 00 00 06"), StatusWord::WRONG_LENGTH),
        (&hex!("B0 56 00 00 07 01020304050607"), status::UNAUTHORIZED),
        (&hex!("B0 56 00 00"), status::UNAUTHORIZED),
        (&hex!("B0 56 00 00 08 0000000000000000"), status::INVALID_PARAMETER),
        (&hex!("84 56 00 00 0A 7A300000 00000000 FF 00"), status::INVALID_PARAMETER),
        (&hex!("84 5A 00 00 0D FF00FFF3 00000284 4000400040"), status::INVALID_PARAMETER),
        (&hex!("84 0C 02 03 02 8004"), StatusWord::WRONG_LENGTH),
        (
            &hex!("84 0C 00 00 17 80 0400 00 00 11 00000000000000000000000000000000 00"),
            status::KEY_SIZE_INVALID,
        ),
        (
            &hex!("84 0C 00 00 17 80 0400 00 00 10 00000000000000000000000000000000 01"),
            status::UNSUPPORTED_FEATURE,
        ),
        (&hex!("84 0A 04 05 05 FF00FFF3 81"), StatusWord::WRONG_LENGTH),
        (&hex!("84 F4 00 00 01 00"), StatusWord::WRONG_LENGTH),
        (&hex!("84 F8 00 00 01 00"), StatusWord::WRONG_LENGTH),
        (&hex!("84 55 00 00"), status::INVALID_PARAMETER),
        (&hex!("84 55 00 00 03 020304"), status::INVALID_PARAMETER),
        (&hex!("B0 36 02 05 0D 00 03 02 0000 0102030405060708"), status::INCORRECT_P2),
    ];
    for (bytes, expected) in cases {
        let error = Request::parse(&Apdu::parse(bytes).unwrap()).unwrap_err();
        assert_eq!(error.status(), *expected, "{bytes:02X?}");
    }
}

#[test]
fn cipher_parameters_are_checked_one_after_the_other() {
    let check = |mode, direction| CryptParameters { mode, direction }.check();
    assert_eq!(check(0, 3), Ok(Direction::Encrypt));
    assert_eq!(check(0, 4), Ok(Direction::Decrypt));
    assert_eq!(check(0, 1), Err(status::DIRECTION_UNSUPPORTED));
    assert_eq!(check(0, 9), Err(status::DIRECTION_INVALID));
    assert_eq!(check(1, 3), Err(status::MODE_UNSUPPORTED));
    assert_eq!(check(2, 9), Err(status::MODE_INVALID));
}

/// P1 = P2 = 0 stands for slots 0 and 1, open to everybody.
#[test]
fn no_slots_at_all_means_the_first_pair() {
    let apdu =
        Apdu::parse(&hex!("84 0C 00 00 17 80 0400 00 00 10 00000000000000000000000000000000 00"))
            .unwrap();
    let Command::StartEnrollment(enrollment) = Request::parse(&apdu).unwrap().command else {
        panic!("not START ENROLLMENT");
    };
    assert_eq!(enrollment.slots, KeySlots { owner: 15, private: 0, usage: 0, public: 1 });
    assert_eq!(KeyAcl::private(15).unwrap().usage, Identities::ANYONE);
    assert_eq!(KeyAcl::private(2).unwrap().usage, Identities::PIN_2);
    assert_eq!(KeyAcl::private(8), None);
}

#[test]
fn data_that_does_not_fit_is_refused_by_the_builder() {
    let write =
        |length| Command::WriteObject { id: ObjectId::IO_BUFFER, offset: 0, data: vec![0; length] };
    assert!(write(238).with_nonce(Nonce::ZERO).is_ok());
    assert_eq!(write(239).with_nonce(Nonce::ZERO), Err(CommandError::TooLong));
    assert!(write(246).secured().is_ok());
    assert_eq!(write(256).secured(), Err(CommandError::TooLong));
    assert_eq!(write(1).plain(), Err(CommandError::MissingNonce));
}

#[test]
fn the_table_of_instructions_is_consistent() {
    for instruction in Instruction::ALL {
        assert_eq!(Instruction::from_ins(instruction.ins()), Some(*instruction));
        let rules = instruction.rules();
        assert!(rules.plain || rules.secure, "{instruction} can be sent");
        assert!(rules.plain || !rules.nonce, "{instruction}: a nonce is for plain commands");
    }
    let with_nonce: Vec<u8> =
        Instruction::ALL.iter().filter(|i| i.rules().nonce).map(|i| i.ins()).collect();
    assert_eq!(with_nonce, hex!("32 36 40 52 54 56 5A"));
}

fn bytes(length: core::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), length)
}

fn pin() -> impl Strategy<Value = Pin> {
    bytes(0..20).prop_map(Pin::new)
}

fn object_id() -> impl Strategy<Value = ObjectId> {
    any::<[u8; 4]>().prop_map(ObjectId)
}

fn key_slots() -> impl Strategy<Value = KeySlots> {
    (0u8..16, 0u8..16, 0u8..16, 0u8..16)
        .prop_map(|(owner, private, usage, public)| KeySlots { owner, private, usage, public })
        .prop_filter("P1 = P2 = 0 has a meaning of its own", |slots| {
            (slots.owner, slots.private, slots.usage, slots.public) != (0, 0, 0, 0)
        })
}

fn crypt_step() -> impl Strategy<Value = CryptStep> {
    let parameters =
        any::<(u8, u8)>().prop_map(|(mode, direction)| CryptParameters { mode, direction });
    let input =
        (any::<u8>(), bytes(0..200)).prop_map(|(location, data)| CryptInput { location, data });
    (1u8..5, parameters, input).prop_map(|(step, parameters, input)| match step {
        1 => CryptStep::Init(parameters, input),
        2 => CryptStep::Process(input),
        3 => CryptStep::Final(input),
        _ => CryptStep::OneStep(parameters, input),
    })
}

fn data_command() -> impl Strategy<Value = Command> {
    let acl = any::<[u8; 6]>().prop_map(ObjectAcl::from_bytes);
    let key_acl = || any::<[u8; 6]>().prop_map(KeyAcl::from_bytes);
    prop_oneof![
        (object_id(), any::<u32>(), acl).prop_map(|(id, size, acl)| Command::CreateObject {
            id,
            size,
            acl
        }),
        (object_id(), any::<bool>())
            .prop_map(|(id, zeroize)| Command::DeleteObject { id, zeroize }),
        (object_id(), any::<u32>(), any::<u8>())
            .prop_map(|(id, offset, length)| Command::ReadObject { id, offset, length }),
        (object_id(), any::<u32>(), bytes(0..238))
            .prop_map(|(id, offset, data)| Command::WriteObject { id, offset, data }),
        (any::<(u8, u8)>(), object_id(), key_acl(), proptest::option::of(key_acl())).prop_map(
            |((key, mate), blob, acl, public_acl)| Command::ImportKey {
                key,
                mate,
                blob,
                acl,
                public_acl
            }
        ),
        (any::<u8>(), crypt_step()).prop_map(|(key, step)| Command::ComputeCrypt { key, step }),
        (any::<(u8, u8)>(), pin()).prop_map(|((pin, tries), value)| Command::CreatePin {
            pin,
            tries,
            value
        }),
    ]
}

fn plain_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        (0u8..8, pin()).prop_map(|(pin, value)| Command::VerifyPin { pin, value }),
        (0u8..8, pin(), pin()).prop_map(|(pin, old, new)| Command::ChangePin { pin, old, new }),
        (0u8..8).prop_map(|pin| Command::GetPinTries { pin }),
        (1u16..257).prop_map(|length| Command::GetRandom { length }),
        bytes(0..255).prop_map(|seed| Command::SeedRandom { seed }),
        Just(Command::ListPins),
        Just(Command::GetBuildId),
        Just(Command::GetIssuerInfo),
        Just(Command::GetBuiltinAcl),
        Just(Command::Nop),
        Just(Command::ListKeys(Sequence::Next)),
    ]
}

fn secure_command() -> impl Strategy<Value = Command> {
    let enrollment = (key_slots(), any::<(u8, u16, u8, u8)>(), any::<[u8; 16]>()).prop_map(
        |(slots, (algorithm, bits, option, key_type), wrapped_challenge)| Enrollment {
            slots,
            algorithm,
            bits,
            option,
            key_type,
            wrapped_challenge,
        },
    );
    let import = (key_slots(), object_id(), any::<u8>(), bytes(0..40), bytes(0..4), bytes(0..17))
        .prop_map(|(slots, blob, algorithm, wrapped_key, check_value, iv)| ImportKeyEncrypted {
            slots,
            blob,
            algorithm: WrappingAlgorithm(algorithm),
            wrapped_key,
            check_value,
            iv,
        });
    prop_oneof![
        (0u8..8, pin()).prop_map(|(pin, value)| Command::SetPin { pin, value }),
        (enrollment, any::<bool>()).prop_map(|(enrollment, ecc)| if ecc {
            Command::StartEnrollmentEcc(enrollment)
        } else {
            Command::StartEnrollment(enrollment)
        }),
        import.prop_map(Command::ImportKeyEncrypted),
        any::<(u8, u16)>().prop_map(|(length, offset)| Command::ReadIoBuffer { length, offset }),
        any::<u8>().prop_map(|state| Command::SetLifeCycle { state }),
        any::<[u8; 7]>().prop_map(|mut bytes| {
            bytes[6] &= 1;
            Command::SetBuiltinAcl(BuiltinAcl::parse(&bytes).unwrap())
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_built_is_parsed_again(
        plain in plain_command(), secure in secure_command(), data in data_command(),
        nonce in any::<[u8; 8]>(),
    ) {
        let requests = [
            Request { access: Access::Plain { nonce: None }, command: plain },
            Request { access: Access::SecureChannel, command: secure },
            Request { access: Access::SecureChannel, command: data.clone() },
            Request { access: Access::Plain { nonce: Some(Nonce::new(nonce)) }, command: data },
        ];
        for request in requests {
            let bytes = request.to_apdu().unwrap().to_bytes().unwrap();
            prop_assert_eq!(Request::parse(&Apdu::parse(&bytes).unwrap()).unwrap(), request);
        }
    }

    #[test]
    fn any_bytes_are_a_request_or_a_status_word(
        class in prop_oneof![Just(0xB0u8), Just(0x84), Just(0x80), any::<u8>()],
        ins in prop_oneof![proptest::sample::select(Instruction::ALL).prop_map(Instruction::ins), any::<u8>()],
        p1 in any::<u8>(), p2 in any::<u8>(), data in bytes(0..300), le in proptest::option::of(1u32..300),
    ) {
        let mut apdu = Apdu::new(class, ins, p1, p2).with_data(data);
        apdu.expected = le;
        match Request::parse(&apdu) {
            Ok(request) => {
                // What was understood can be said again, unless it was longer than one command.
                let again = request.to_apdu().unwrap();
                prop_assert_eq!(again.header.ins, ins);
            }
            Err(error) => prop_assert_ne!(error.status(), StatusWord(0)),
        }
    }
}
