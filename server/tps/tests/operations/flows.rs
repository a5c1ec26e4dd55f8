//! What the operations do when all goes well, and which statuses the rules give.

use coolkey::{ObjectId, pkcs11::CombinedObject};
use globalplatform::Protocol;
use store::tps::{CertificateStatus, TokenStatus, TokenStore as _};
use token_management::message::{Extensions, Operation, Status};
use tps::{
    Config,
    config::{applet::AppletFile, profile::SymmetricKeys},
    driver::Unobserved,
};

use crate::{
    card::Card,
    client::TestClient,
    world::{World, on_card_only},
};

const PROTOCOLS: [Protocol; 5] = [
    Protocol::Scp01 { i: 0x05 },
    Protocol::Scp01 { i: 0x15 },
    Protocol::Scp02 { i: 0x15 },
    Protocol::Scp02 { i: 0x55 },
    Protocol::Scp03 { i: 0x70 },
];

fn combined(card: &Card) -> CombinedObject {
    let bytes = &card.applet.as_ref().unwrap().objects[&ObjectId::COMBINED.0];
    CombinedObject::parse(bytes).unwrap()
}

fn labels(card: &Card) -> Vec<String> {
    combined(card).objects.iter().filter_map(|spec| spec.label()).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_token_of_every_protocol_lives_its_life() {
    let config = Config { allow_multiple_active_tokens: true, ..Config::default() };
    let world = World::new(config).await;
    for (number, protocol) in (0_u32..).zip(PROTOCOLS) {
        let mut card = Card::blank(number, protocol);
        world.must(Operation::Format, &mut card, "ada").await;
        assert_eq!(world.status(&card).await, Some(TokenStatus::Formatted));
        world.must(Operation::Enroll, &mut card, "ada").await;
        assert_eq!(world.status(&card).await, Some(TokenStatus::Active));
        let applet = card.applet.as_ref().unwrap();
        assert_eq!(applet.life_cycle, 0x0F);
        assert_eq!(applet.pin.as_deref(), Some(&b"1234"[..]));
        assert_eq!(applet.slots, [2, 4]);
        assert_eq!(applet.issuer.as_deref(), Some("https://localhost:8443/tps/phoneHome"));
        assert_eq!(labels(&card), ["signing key for ada", "encryption key for ada"]);
        let mut client = TestClient::new(&mut card, "ada");
        client.pin = "987654".to_owned();
        assert_eq!(world.run(Operation::ResetPin, &mut client).await.result, Ok(()));
        assert_eq!(card.applet.as_ref().unwrap().pin.as_deref(), Some(&b"987654"[..]));
        world.must(Operation::Format, &mut card, "ada").await;
        assert!(world.in_force(&card).await.is_empty(), "format revokes");
        assert_eq!(world.token(&card.cuid).await.unwrap().user, None);
    }
}

#[tokio::test]
async fn an_unknown_token_is_formatted_by_its_enrolment_and_replaced_certificates_are_revoked() {
    let world = World::new(on_card_only()).await;
    let mut card = Card::blank(1, PROTOCOLS[2]);
    world.must(Operation::Enroll, &mut card, "ada").await;
    let first = world.in_force(&card).await;
    let version = combined(&card).version;
    world.must(Operation::Enroll, &mut card, "ada").await;
    let second = world.in_force(&card).await;
    assert_eq!((first.len(), second.len()), (2, 2));
    assert!(first.iter().all(|serial| !second.contains(serial)));
    assert_eq!(combined(&card).version, version.wrapping_add(1));
    let activities =
        world.database.activities(Some(&card.cuid), store::page::Page::first()).await.unwrap();
    let told: Vec<_> =
        activities.entries.iter().map(|row| row.activity.operation.as_str()).collect();
    assert_eq!(told, ["enrollment", "enrollment", "format"], "the last first");
}

#[tokio::test]
async fn progress_is_told_to_those_who_ask() {
    let world = World::new(on_card_only()).await;
    let mut card = Card::blank(1, PROTOCOLS[0]);
    let mut client = TestClient::new(&mut card, "ada");
    let extensions =
        Extensions::default().with("statusUpdate", "true").with("extendedLoginRequest", "true");
    let outcome = world.run_with(Operation::Enroll, extensions, &mut client, &mut Unobserved).await;
    assert_eq!(outcome.result, Ok(()));
    let told: Vec<u32> = client.progress.iter().map(|(percent, _)| *percent).collect();
    assert_eq!(told, [10, 15, 52, 52, 89, 92, 98, 99, 100]);
    assert_eq!(client.progress.last().unwrap().1, "PROGRESS_DONE_ENROLLMENT");
}

#[tokio::test]
async fn a_load_file_is_loaded_with_the_last_block_flagged() {
    for (protocol, block) in [(PROTOCOLS[0], 208), (PROTOCOLS[2], 216), (PROTOCOLS[4], 216)] {
        // With its tag and length the file fills four blocks exactly.
        let length = 4 * block - 4;
        let mut config = on_card_only();
        config.applet.directory = Some("applets".to_owned());
        config.applet.required_version = Some("1.4.58768072".to_owned());
        let file = AppletFile { version: "1.4.58768072".to_owned(), bytes: vec![0xCA; length] };
        config.applet.file = Some(file.into());
        let world = World::new(config).await;
        let mut card = Card::blank(1, protocol);
        world.must(Operation::Format, &mut card, "ada").await;
        let expected: Vec<_> =
            (0..4_u8).map(|n| (if n == 3 { 0x80 } else { 0 }, n, block)).collect();
        assert_eq!(card.blocks, expected);
        assert_eq!(world.token(&card.cuid).await.unwrap().applet, "1.4.58768072");
    }
}

#[tokio::test]
async fn keys_are_changed_over_once() {
    for (protocol, version) in [(PROTOCOLS[0], 2), (PROTOCOLS[2], 2), (PROTOCOLS[4], 3)] {
        let mut config = on_card_only();
        let wanted = SymmetricKeys { update: true, required_version: version };
        config.format.get_mut("userKey").unwrap().symmetric_keys = wanted;
        let world = World::new(config).await;
        let mut card = Card::blank(1, protocol);
        world.must(Operation::Format, &mut card, "ada").await;
        assert_eq!(card.key_version, version);
        assert_eq!(world.token(&card.cuid).await.unwrap().key_version, Some(version));
        world.must(Operation::Format, &mut card, "ada").await;
        world.must(Operation::Enroll, &mut card, "ada").await;
        let put_keys: Vec<_> = card.commands.iter().filter(|ins| **ins == 0xD8).collect();
        assert_eq!(put_keys.len(), 1);
    }
}

#[tokio::test]
async fn a_key_version_that_is_not_in_the_record_is_refused() {
    let world = World::new(on_card_only()).await;
    let mut card = Card::blank(1, PROTOCOLS[0]);
    world.must(Operation::Format, &mut card, "ada").await;
    card.key_version = 0xFF;
    world.must_fail(Operation::Format, &mut card, "ada", Status::SecureChannel).await;
}

#[tokio::test]
async fn a_card_with_other_keys_is_refused() {
    let world = World::new(on_card_only()).await;
    let mut card = Card::blank(1, PROTOCOLS[2]);
    card.key_version = 2; // says it has diversified keys, and has the developer keys
    world.must_fail(Operation::Enroll, &mut card, "ada", Status::SecureChannel).await;
    assert_eq!(world.status(&card).await, Some(TokenStatus::Unformatted));
}

#[tokio::test]
async fn a_wrong_proof_of_possession_gives_no_certificate() {
    let world = World::new(on_card_only()).await;
    let mut card = Card::blank(1, PROTOCOLS[4]);
    card.lies = true;
    world.must_fail(Operation::Enroll, &mut card, "ada", Status::MacEnrollPdu).await;
    assert!(world.certificates(&card).await.is_empty());
    let mut config = on_card_only();
    config.enroll.get_mut("userKey").unwrap().verify_proof = false;
    let world = World::new(config).await;
    world.must(Operation::Enroll, &mut card, "ada").await;
}

#[tokio::test]
async fn the_rules_have_their_statuses() {
    let mut config = on_card_only();
    config.allow_multiple_active_tokens = false;
    let world = World::new(config).await;
    let mut card = Card::blank(1, PROTOCOLS[0]);
    world.must_fail(Operation::ResetPin, &mut card, "ada", Status::UnknownToken).await;
    world.must(Operation::Format, &mut card, "ada").await;
    world.must_fail(Operation::ResetPin, &mut card, "ada", Status::NotPinResettable).await;
    world.must(Operation::Enroll, &mut card, "ada").await;
    for operation in [Operation::Enroll, Operation::ResetPin, Operation::Format] {
        world.must_fail(operation, &mut card, "bob", Status::NotTokenOwner).await;
    }
    let mut second = Card::blank(2, PROTOCOLS[0]);
    world.must_fail(Operation::Enroll, &mut second, "ada", Status::HasAtLeastOneActiveToken).await;
    world.must_fail(Operation::Unblock, &mut card, "ada", Status::NoError).await;
    let mut client = TestClient::new(&mut card, "ada");
    client.password = "wrong".to_owned();
    let outcome = world.run(Operation::ResetPin, &mut client).await;
    assert_eq!(outcome.result.unwrap_err().status, Status::Login);
    let mut client = TestClient::new(&mut card, "ada");
    client.pin = "12".to_owned();
    let outcome = world.run(Operation::ResetPin, &mut client).await;
    assert_eq!(outcome.result.unwrap_err().status, Status::TokenResetPinFailed);
    let unknown = Extensions::default().with("tokenType", "noSuchKey");
    let mut client = TestClient::new(&mut card, "ada");
    let outcome = world.run_with(Operation::Format, unknown, &mut client, &mut Unobserved).await;
    assert_eq!(outcome.result.unwrap_err().status, Status::MappingResolverFailed);
}

#[tokio::test]
async fn unknown_tokens_may_be_kept_out() {
    let mut config = on_card_only();
    config.format_unknown_tokens = false;
    config.enroll_unknown_tokens = false;
    let world = World::new(config).await;
    let mut card = Card::blank(1, PROTOCOLS[0]);
    for operation in [Operation::Format, Operation::Enroll] {
        world.must_fail(operation, &mut card, "ada", Status::UnknownToken).await;
    }
    assert_eq!(world.status(&card).await, None);
}

#[tokio::test]
async fn the_policy_is_obeyed_and_used_up() {
    let mut config = on_card_only();
    config.default_policy = "PIN_RESET=YES;RESET_PIN_RESET_TO_NO=YES;RE_ENROLL=YES".to_owned();
    let world = World::new(config).await;
    let mut card = Card::blank(1, PROTOCOLS[0]);
    world.must(Operation::Enroll, &mut card, "ada").await;
    world.must(Operation::ResetPin, &mut card, "ada").await;
    assert_eq!(
        world.token(&card.cuid).await.unwrap().policy,
        "RE_ENROLL=YES;RENEW=NO;FORCE_FORMAT=NO;PIN_RESET=NO;RESET_PIN_RESET_TO_NO=YES;RENEW_KEEP_OLD_ENC_CERTS=YES"
    );
    world.must_fail(Operation::ResetPin, &mut card, "ada", Status::NotPinResettable).await;

    let mut config = on_card_only();
    config.default_policy = "RE_ENROLL=NO".to_owned();
    let world = World::new(config).await;
    let mut card = Card::blank(1, PROTOCOLS[0]);
    world.must(Operation::Format, &mut card, "ada").await;
    world.must_fail(Operation::Enroll, &mut card, "ada", Status::DisabledToken).await;
    assert_eq!(world.summary(&card).await, Vec::<(String, CertificateStatus)>::new());
}
