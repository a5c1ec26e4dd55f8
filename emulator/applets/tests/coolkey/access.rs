//! Access control: every list against every caller, and the limits of the object store.

use applets::coolkey::Build;
use coolkey::{Command, Identities, Nonce, ObjectAcl, ObjectId, Pin, report::TokenStatus, status};
use iso7816::{Response, StatusWord};
use proptest::prelude::*;

use crate::token::{SCP02, Token};

const ID: ObjectId = ObjectId(*b"C1\0\0");
/// Install parameters that allow SET BUILTIN ACL.
const CHANGEABLE: &[u8] = &[0x00, 0x02, 0x13, 0x88, 0x01, 0x01];

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Nobody,
    Users { first: bool, second: bool },
    Authority,
}

impl Caller {
    fn identities(self) -> Identities {
        match self {
            Self::Nobody | Self::Users { first: false, second: false } => Identities::DEFAULT,
            Self::Users { first, second } => {
                Identities::from_bits_retain(u16::from(first) | u16::from(second) << 1)
            }
            Self::Authority => Identities::RA,
        }
    }
}

fn caller() -> impl Strategy<Value = Caller> {
    prop_oneof![
        Just(Caller::Nobody),
        any::<(bool, bool)>().prop_map(|(first, second)| Caller::Users { first, second }),
        Just(Caller::Authority),
    ]
}

/// Lists that mean something, and any at all.
fn list() -> impl Strategy<Value = u16> {
    prop_oneof![
        prop::sample::select(vec![0x0000, 0x0001, 0x0002, 0x4000, 0x8000, 0xFFFF, 0x3FFC]),
        any::<u16>(),
    ]
}

fn two_users() -> Token {
    let mut token = Token::installed(Build::DEFAULT, SCP02, CHANGEABLE);
    token.authority();
    for pin in [0, 1] {
        token.secured_ok(Command::CreatePin { pin, tries: 3, value: Pin::new(*b"1234") });
    }
    token
}

/// Sends a command as `caller`.
fn ask(token: &mut Token, caller: Caller, command: Command) -> Response {
    let mut nonce = Nonce::ZERO;
    match caller {
        Caller::Authority => return token.authority().secured(command),
        Caller::Nobody => {}
        Caller::Users { first, second } => {
            for (pin, logs_in) in [(0, first), (1, second)] {
                if logs_in {
                    nonce = Nonce::new(token.verify(pin, b"1234").data.try_into().unwrap());
                }
            }
        }
    }
    let response = token.with_nonce(command, &nonce);
    for pin in [0, 1] {
        token.plain(Command::Logout { pin });
    }
    response
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lists_admit_whom_they_name(
        caller in caller(), read in list(), write in list(), delete in list(), create in list()
    ) {
        let mut token = two_users();
        let [read, write, delete, create] =
            [read, write, delete, create].map(Identities::from_bits_retain);
        let acl = ObjectAcl { read, write, delete };
        token.secured_ok(Command::CreateObject { id: ID, size: 8, acl });
        let builtin = coolkey::report::BuiltinAcl {
            create_object: create, create_key: create, create_pin: create, changeable: true,
        };
        token.secured_ok(Command::SetBuiltinAcl(builtin));
        let expect = |list: Identities| {
            if list.admits(caller.identities()) { StatusWord::OK } else { status::UNAUTHORIZED }
        };
        let other = ObjectId(*b"C2\0\0");
        let steps = [
            (Command::WriteObject { id: ID, offset: 6, data: vec![1, 2] }, expect(write)),
            (Command::ReadObject { id: ID, offset: 0, length: 8 }, expect(read)),
            (Command::CreateObject { id: other, size: 1, acl }, expect(create)),
            (Command::CreatePin { pin: 5, tries: 3, value: Pin::new(*b"1234") }, expect(create)),
            (Command::DeleteObject { id: ID, zeroize: true }, expect(delete)),
        ];
        for (command, expected) in steps {
            let response = ask(&mut token, caller, command.clone());
            prop_assert_eq!(response.status, expected, "{:?}", command);
        }
        let after = ask(&mut token, caller, Command::DeleteObject { id: ID, zeroize: false }).status;
        let gone = expect(delete).is_ok();
        prop_assert_eq!(after, if gone { status::OBJECT_NOT_FOUND } else { status::UNAUTHORIZED });
    }
}

#[test]
fn nonce_must_be_there_and_right() {
    let mut token = two_users();
    let read =
        |nonce: &str| format!("B0560000{:02X} FFFFFFFF 00000000 00 {nonce}", 9 + nonce.len() / 2);
    assert_eq!(token.exchange(&read("0000000000000000")), "9000");
    assert_eq!(token.exchange(&read("0000000000000001")), "9C06");
    assert_eq!(token.exchange("B056000004 FFFFFFFF"), "9C06");
    assert_eq!(token.exchange("B05600000C FFFFFFFF 0000000000000000"), "9C0F");
    assert_eq!(token.exchange("B0560000"), "9C06");
    // Also while somebody is logged in.
    let mut right = token.verify(0, b"1234").data;
    assert_eq!(token.exchange(&read(&hex::encode(&right))), "9000");
    right[7] ^= 1;
    assert_eq!(token.exchange(&read(&hex::encode(&right))), "9C06");
}

#[test]
fn object_readable_by_default_only_is_not_readable_after_login() {
    let mut token = two_users();
    let acl = ObjectAcl { read: Identities::DEFAULT, ..ObjectAcl::PUBLIC };
    token.secured_ok(Command::CreateObject { id: ID, size: 8, acl });
    let read = || Command::ReadObject { id: ID, offset: 0, length: 8 };
    assert_eq!(ask(&mut token, Caller::Nobody, read()).status, StatusWord::OK);
    let user = Caller::Users { first: true, second: false };
    assert_eq!(ask(&mut token, user, read()).status, status::UNAUTHORIZED);
}

#[test]
fn objects_keep_to_their_size_and_the_heap_to_its() {
    let mut token = Token::formatted();
    token.authority();
    let create = |id, size| Command::CreateObject { id, size, acl: ObjectAcl::PUBLIC };
    for (command, expected) in [
        (create(ID, 0), status::INVALID_PARAMETER),
        (create(ID, 0x8000), status::NO_MEMORY_LEFT),
        (create(ID, 0x1_0001), status::NO_MEMORY_LEFT),
        (create(ID, 5000), status::NO_MEMORY_LEFT),
        (create(ID, 4985), status::NO_MEMORY_LEFT),
        (create(ID, 4984), StatusWord::OK),
        (create(ObjectId::COMBINED, 1), status::NO_MEMORY_LEFT),
        (create(ID, 100), StatusWord::OK),
        (create(ObjectId::IO_BUFFER, 900), StatusWord::OK),
        (create(ObjectId::IO_BUFFER_EXPORT, 901), status::NO_MEMORY_LEFT),
        (Command::ReadObject { id: ID, offset: 99, length: 1 }, StatusWord::OK),
        (Command::ReadObject { id: ID, offset: 99, length: 2 }, status::INVALID_PARAMETER),
        (Command::ReadObject { id: ID, offset: 0x1_0000, length: 1 }, StatusWord::OK),
        (Command::ReadObject { id: ID, offset: 0x8000, length: 0 }, status::INVALID_PARAMETER),
        (Command::WriteObject { id: ID, offset: 99, data: vec![1, 2] }, status::INVALID_PARAMETER),
        (Command::WriteObject { id: ID, offset: 98, data: vec![1, 2] }, StatusWord::OK),
        (
            Command::WriteObject { id: ObjectId::IO_BUFFER, offset: 899, data: vec![1, 2] },
            status::INVALID_PARAMETER,
        ),
        (
            Command::ReadObject { id: ObjectId::COMBINED, offset: 0, length: 1 },
            status::OBJECT_NOT_FOUND,
        ),
    ] {
        assert_eq!(token.secured(command.clone()).status, expected, "{command:?}");
    }
    let free = |token: &mut Token| {
        TokenStatus::parse(&token.plain(Command::GetStatus).data).unwrap().free_memory
    };
    assert_eq!(free(&mut token), 4998 - 116);
    token.secured_ok(Command::DeleteObject { id: ID, zeroize: true });
    assert_eq!(free(&mut token), 4998);
}

#[test]
fn objects_are_listed_newest_first_and_replaced_by_the_authority() {
    let mut token = Token::formatted();
    token.authority();
    let ids: Vec<_> = (0..5).map(|n| ObjectId::certificate(n).unwrap()).collect();
    for id in ids.iter().chain(&ids[1..2]) {
        token.secured_ok(Command::CreateObject { id: *id, size: 9, acl: ObjectAcl::PUBLIC });
    }
    let mut listed = Vec::new();
    let mut answer = token.exchange("B05800000E");
    while let Some(record) = answer.strip_suffix("9000") {
        listed.push(record[2..4].to_owned());
        answer = token.exchange("B05801000E");
    }
    assert_eq!(answer, "9C12");
    assert_eq!(listed, ["31", "34", "33", "32", "30"]);
    assert_eq!(token.exchange("B05801000E"), "9C12");
    assert_eq!(token.exchange("B05800000D"), "6700");
    assert_eq!(token.exchange("B058000080"), "6700");
}
