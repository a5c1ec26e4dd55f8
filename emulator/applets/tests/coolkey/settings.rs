//! Install parameters and settings.

use applets::coolkey::Build;
use coolkey::{
    Command, Identities,
    report::{AppletVersion, BuiltinAcl, IssuerInfo, LifeCycle, TokenStatus},
    status,
};
use iso7816::{Command as Apdu, StatusWord};

use crate::token::{SCP02, Token};

const EVERYBODY: BuiltinAcl = BuiltinAcl {
    create_object: Identities::ANYONE,
    create_key: Identities::ANYONE,
    create_pin: Identities::ANYONE,
    changeable: false,
};

#[test]
fn installer_chooses_memory_issuer_and_whether_access_may_change() {
    let parameters = b"\x03url\x02\x20\x00\x01\x01";
    let mut token = Token::installed(Build::DEFAULT, SCP02, parameters);
    token.authority();
    let status = TokenStatus::parse(&token.plain(Command::GetStatus).data).unwrap();
    assert_eq!((status.total_memory, status.free_memory), (0x2000, 0x1FFE));
    let issuer = token.plain(Command::GetIssuerInfo).data;
    assert_eq!(IssuerInfo::parse(&issuer).unwrap().url(), Some("url"));
    token.secured_ok(Command::SetBuiltinAcl(EVERYBODY));
    let acl = token.plain(Command::GetBuiltinAcl).data;
    assert_eq!(BuiltinAcl::parse(&acl).unwrap(), EVERYBODY);
    let life_cycle = token.exchange("B0F2000004");
    assert_eq!(life_cycle, "070201019000");
    assert_eq!(
        token.secured(Command::SetBuiltinAcl(EVERYBODY)).status,
        status::OPERATION_NOT_ALLOWED
    );
}

#[test]
fn access_stays_unless_the_installer_allowed_otherwise() {
    let mut token = Token::installed(Build::DEFAULT, SCP02, &[]);
    token.authority();
    assert_eq!(
        token.secured(Command::SetBuiltinAcl(EVERYBODY)).status,
        status::OPERATION_NOT_ALLOWED
    );
    let short = Apdu::new(0x84, 0xF4, 0, 0).with_data([0; 200]);
    assert_eq!(token.wrapped(&short).status, StatusWord::WRONG_LENGTH);
    let full = token.exchange("B0F2000004");
    let life_cycle = LifeCycle::parse(&hex::decode(&full[..8]).unwrap()).unwrap();
    assert!(!life_cycle.pin_enabled && !life_cycle.writable);
}

#[test]
fn deleted_instance_leaves_nothing_to_the_next() {
    let mut token = Token::with_pin();
    token.install(&[]);
    token.select();
    assert_eq!(token.exchange("B048000002"), "00009000");
}

#[test]
fn builds_are_found_by_version() {
    for build in Build::ALL {
        let version: AppletVersion = build.version.to_string().parse().unwrap();
        assert_eq!(Build::find(&version), Some(*build));
    }
}
