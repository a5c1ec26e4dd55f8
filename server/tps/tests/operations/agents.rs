//! Tokens that are lost, damaged, suspended and found again, and what the next token gets.

use globalplatform::Protocol;
use store::{
    clock::SystemClock,
    tps::{CertificateStatus, TokenStatus},
};
use token_management::message::{Operation, Status};
use tps::{
    Config,
    agent::{AgentError, Change, change_status},
};

use crate::{card::Card, world::World};

const SCP03: Protocol = Protocol::Scp03 { i: 0x70 };

async fn change(
    world: &World,
    card: &Card,
    status: TokenStatus,
) -> Result<TokenStatus, AgentError> {
    let change = Change { cuid: card.cuid, status, reason: None, agent: "the test".to_owned() };
    let ca = &world.driver.services().ca;
    let token = change_status(&world.config, &world.database, ca, &SystemClock, change).await?;
    Ok(token.status)
}

async fn enrolled(world: &World, number: u32) -> Card {
    let mut card = Card::blank(number, SCP03);
    world.must(Operation::Enroll, &mut card, "ada").await;
    card
}

fn is(entries: &[(&str, CertificateStatus)]) -> Vec<(String, CertificateStatus)> {
    entries.iter().map(|(name, status)| ((*name).to_owned(), *status)).collect()
}

use CertificateStatus::{Active, OnHold, Retired, Revoked};

#[tokio::test]
async fn a_lost_token_is_dead_and_the_next_one_reads_what_was_enciphered_for_it() {
    let world = World::new(Config::default()).await;
    let mut lost = enrolled(&world, 1).await;
    change(&world, &lost, TokenStatus::PermLost).await.unwrap();
    assert_eq!(world.summary(&lost).await, is(&[("signing", Revoked), ("encryption", Revoked)]));
    assert!(world.in_force(&lost).await.is_empty());
    for operation in [Operation::Enroll, Operation::Format] {
        world.must_fail(operation, &mut lost, "ada", Status::DisabledToken).await;
    }
    let next = enrolled(&world, 2).await;
    let expected = [("signing", Active), ("encryption", Active), ("encryption", Revoked)];
    assert_eq!(world.summary(&next).await, is(&expected));
    let recovered = &world.certificates(&next).await[2];
    assert_eq!(recovered.origin, lost.cuid);
    assert_eq!(next.applet.as_ref().unwrap().slots, [2, 4, 6]);
    assert_eq!(world.in_force(&next).await.len(), 2);
}

#[tokio::test]
async fn a_recovered_key_survives_the_next_enrolment_of_its_token() {
    let world = World::new(Config::default()).await;
    let lost = enrolled(&world, 1).await;
    change(&world, &lost, TokenStatus::PermLost).await.unwrap();
    let mut next = enrolled(&world, 2).await;
    world.must(Operation::Enroll, &mut next, "ada").await;
    let slots = &next.applet.as_ref().unwrap().slots;
    assert!(slots.contains(&6), "{slots:?}");
    assert_eq!(world.in_force(&next).await.len(), 2);
}

#[tokio::test]
async fn a_damaged_token_hands_its_encryption_key_on() {
    let world = World::new(Config::default()).await;
    let damaged = enrolled(&world, 1).await;
    change(&world, &damaged, TokenStatus::Damaged).await.unwrap();
    assert_eq!(world.summary(&damaged).await, is(&[("signing", Revoked), ("encryption", Retired)]));
    let next = enrolled(&world, 2).await;
    assert_eq!(world.summary(&next).await, is(&[("signing", Active), ("encryption", Active)]));
    let serial = |certificates: &[store::tps::TokenCertificate]| certificates[1].serial.clone();
    assert_eq!(
        serial(&world.certificates(&next).await),
        serial(&world.certificates(&damaged).await)
    );
    assert_eq!(world.in_force(&damaged).await.len(), 1);
}

#[tokio::test]
async fn a_suspended_token_comes_back() {
    let world = World::new(Config::default()).await;
    let mut card = enrolled(&world, 1).await;
    change(&world, &card, TokenStatus::Suspended).await.unwrap();
    assert_eq!(world.summary(&card).await, is(&[("signing", OnHold), ("encryption", OnHold)]));
    assert!(world.in_force(&card).await.is_empty());
    world.must_fail(Operation::ResetPin, &mut card, "ada", Status::NotPinResettable).await;
    change(&world, &card, TokenStatus::Active).await.unwrap();
    assert_eq!(world.summary(&card).await, is(&[("signing", Active), ("encryption", Active)]));
    assert_eq!(world.in_force(&card).await.len(), 2);
    world.must(Operation::ResetPin, &mut card, "ada").await;
}

#[tokio::test]
async fn a_key_on_hold_is_released_when_it_moves_to_another_token() {
    let world = World::new(Config::default()).await;
    let suspended = enrolled(&world, 1).await;
    change(&world, &suspended, TokenStatus::Suspended).await.unwrap();
    let next = enrolled(&world, 2).await;
    assert_eq!(world.summary(&next).await, is(&[("signing", Active), ("encryption", Active)]));
    assert_eq!(
        world.summary(&suspended).await,
        is(&[("signing", OnHold), ("encryption", Retired)])
    );
    world.assert_consistent(&suspended).await;
}

#[tokio::test]
async fn a_terminated_token_goes_round_and_forbidden_ways_are_refused() {
    let world = World::new(Config::default()).await;
    let mut card = enrolled(&world, 1).await;
    assert!(matches!(
        change(&world, &card, TokenStatus::Unformatted).await,
        Err(AgentError::ForbiddenTransition { from: TokenStatus::Active, .. })
    ));
    assert_eq!(world.in_force(&card).await.len(), 2, "a refused change revokes nothing");
    change(&world, &card, TokenStatus::Terminated).await.unwrap();
    assert_eq!(world.summary(&card).await, is(&[("signing", Revoked), ("encryption", Revoked)]));
    change(&world, &card, TokenStatus::Unformatted).await.unwrap();
    world.must(Operation::Format, &mut card, "bob").await;
    let stranger = Card::blank(9, SCP03);
    assert!(matches!(
        change(&world, &stranger, TokenStatus::PermLost).await,
        Err(AgentError::NoSuchToken)
    ));
}
