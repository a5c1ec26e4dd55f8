//! Whatever fails, wherever: the records stay true, and the next operation repairs the token.

use globalplatform::Protocol;
use store::tps::TokenStatus;
use token_management::{
    message::{Extensions, Operation, Status},
    subsystem::SubsystemError,
};
use tps::{
    driver::Observer,
    effect::{Answer, CaRequest, Effect, StoreRequest},
};

use crate::{
    card::Card,
    client::{Mischief, TestClient},
    world::{World, on_card_only},
};

const SCP02: Protocol = Protocol::Scp02 { i: 0x15 };

/// After trouble: nothing is half done, and an enrolment works.
async fn assert_repairable(world: &World, card: &mut Card, at: usize) {
    world.assert_consistent(card).await;
    let active = world.status(card).await == Some(TokenStatus::Active);
    let in_force = world.in_force(card).await.len();
    assert_eq!(in_force, if active { 2 } else { 0 }, "after trouble at {at}");
    world.must(Operation::Enroll, card, "ada").await;
    assert_eq!(world.in_force(card).await.len(), 2, "after trouble at {at}");
}

/// How many answers a client gives in an undisturbed enrolment of a blank card.
async fn answers_of_an_enrolment(world: &World) -> usize {
    let mut card = Card::blank(0xFFFF, SCP02);
    let mut client = TestClient::new(&mut card, "ada");
    assert_eq!(world.run(Operation::Enroll, &mut client).await.result, Ok(()));
    client.asked
}

#[tokio::test]
async fn a_client_may_vanish_at_any_answer() {
    let world = World::new(on_card_only()).await;
    let answers = answers_of_an_enrolment(&world).await;
    assert!(answers > 50, "{answers}");
    for at in 0..answers {
        let mut card = Card::blank(u32::try_from(at).unwrap(), SCP02);
        let mut client = TestClient::new(&mut card, "ada").with_mischief(at, Mischief::Vanishes);
        let outcome = world.run(Operation::Enroll, &mut client).await;
        // The last command, CLEAR KEY SLOTS, comes when all is done.
        let expected = if at + 1 < answers { Err(Status::ConnectionLost) } else { Ok(()) };
        assert_eq!(outcome.result.map_err(|fault| fault.status), expected, "at {at}");
        assert_repairable(&world, &mut card, at).await;
    }
}

#[tokio::test]
async fn a_card_may_fail_at_any_command() {
    let world = World::new(on_card_only()).await;
    let answers = answers_of_an_enrolment(&world).await;
    for (kind, answer) in [vec![0x6F, 0x00], vec![0x90, 0x00], vec![]].into_iter().enumerate() {
        for at in (kind..answers).step_by(3) {
            let mut card = Card::blank(u32::try_from(at).unwrap(), SCP02);
            let mischief = Mischief::CardAnswers(answer.clone());
            let mut client = TestClient::new(&mut card, "ada").with_mischief(at, mischief);
            world.run(Operation::Enroll, &mut client).await;
            if world.status(&card).await.is_some() {
                assert_repairable(&world, &mut card, at).await;
            }
        }
    }
}

#[tokio::test]
async fn a_re_enrolment_that_is_cut_off_keeps_or_replaces_the_certificates() {
    let world = World::new(on_card_only()).await;
    for at in (20..60).step_by(4) {
        let mut card = Card::blank(u32::try_from(at).unwrap(), SCP02);
        world.must(Operation::Enroll, &mut card, "ada").await;
        let mut client = TestClient::new(&mut card, "ada").with_mischief(at, Mischief::Vanishes);
        world.run(Operation::Enroll, &mut client).await;
        let recorded = world.certificates(&card).await;
        assert!(recorded.iter().all(|row| row.status != store::tps::CertificateStatus::Pending));
        world.must(Operation::Enroll, &mut card, "ada").await;
        assert_eq!(world.in_force(&card).await.len(), 2, "at {at}");
    }
}

/// Makes one effect fail, or loses its answer.
struct Saboteur {
    /// Which effects.
    hits: fn(&Effect) -> bool,
    /// How many of them are left alone first.
    spared: usize,
    /// What stands in for the answer.
    stand_in: fn() -> Answer,
}

impl Observer for Saboteur {
    fn effect(&mut self, effect: &Effect) -> Option<Answer> {
        if !(self.hits)(effect) {
            return None;
        }
        if self.spared == 0 {
            return Some((self.stand_in)());
        }
        self.spared -= 1;
        None
    }

    fn answer(&mut self, _: &Answer) {}
}

async fn sabotaged(world: &World, number: u32, saboteur: &mut Saboteur) -> (Card, Status) {
    let mut card = Card::blank(number, SCP02);
    let mut client = TestClient::new(&mut card, "ada");
    let extensions = Extensions::default();
    let outcome = world.run_with(Operation::Enroll, extensions, &mut client, saboteur).await;
    let status = outcome.result.map_or_else(|fault| fault.status, |()| Status::NoError);
    (card, status)
}

#[tokio::test]
async fn a_store_may_fail_at_any_request() {
    let world = World::new(on_card_only()).await;
    for spared in 0..40 {
        let mut saboteur = Saboteur {
            hits: |effect| matches!(effect, Effect::Store(_)),
            spared,
            stand_in: || Answer::Store(Err("disk full".to_owned())),
        };
        let (mut card, status) =
            sabotaged(&world, u32::try_from(spared).unwrap(), &mut saboteur).await;
        if status == Status::NoError {
            assert!(spared > 10, "an enrolment asks the store more than {spared} times");
            return;
        }
        let database = [Status::Db, Status::UpdateTokenDbFailed, Status::CreateTusTokenEntry];
        assert!(database.contains(&status), "{status:?}");
        // The store stayed broken to the end: what could not be written then is put right now.
        world.must(Operation::Enroll, &mut card, "ada").await;
        assert_eq!(world.in_force(&card).await.len(), 2, "after {spared}");
    }
    panic!("an enrolment asks the store without end");
}

/// Which effects fail, how, and what the client is told.
type Case = (fn(&Effect) -> bool, fn() -> Answer, Status);

#[tokio::test]
async fn subsystems_that_fail_have_their_statuses() {
    let world = World::new(on_card_only()).await;
    let cases: [Case; 4] = [
        (
            |effect| matches!(effect, Effect::Tks(_)),
            || Answer::Bytes(Err(SubsystemError::Unavailable(String::new()))),
            Status::Connection,
        ),
        (
            |effect| matches!(effect, Effect::Ca(CaRequest::Enroll(_))),
            || Answer::Certificate(Err(SubsystemError::Refused(String::new()))),
            Status::CaResponse,
        ),
        (
            |effect| matches!(effect, Effect::Store(StoreRequest::AddToken(_))),
            || Answer::Store(Err(String::new())),
            Status::CreateTusTokenEntry,
        ),
        (
            |effect| matches!(effect, Effect::Claim(_)),
            || Answer::Claimed(false),
            Status::CannotPerformOperation,
        ),
    ];
    for (number, (hits, stand_in, expected)) in (1_u32..).zip(cases) {
        let mut saboteur = Saboteur { hits, spared: 0, stand_in };
        let (mut card, status) = sabotaged(&world, number, &mut saboteur).await;
        assert_eq!(status, expected);
        world.must(Operation::Enroll, &mut card, "ada").await;
    }
}

/// Performs the effect and loses its answer: what a crash between CA and store looks like to the next operation.
struct LosesCertificates;

impl Observer for LosesCertificates {
    fn effect(&mut self, effect: &Effect) -> Option<Answer> {
        // The CA issues; the record of it is never written, and neither is the end of the journal.
        let lost = matches!(
            effect,
            Effect::Store(StoreRequest::PutCertificate(_) | StoreRequest::Commit(_))
                | Effect::Ca(CaRequest::Revoke(..))
        );
        lost.then(|| match effect {
            Effect::Ca(_) => Answer::Done(Err(SubsystemError::Unavailable(String::new()))),
            _ => Answer::Store(Err("killed".to_owned())),
        })
    }

    fn answer(&mut self, _: &Answer) {}
}

#[tokio::test]
async fn a_certificate_that_never_got_a_record_is_revoked_by_the_next_operation() {
    let world = World::new(on_card_only()).await;
    let mut card = Card::blank(1, SCP02);
    world.must(Operation::Format, &mut card, "ada").await;
    let mut client = TestClient::new(&mut card, "ada");
    let extensions = Extensions::default();
    let outcome =
        world.run_with(Operation::Enroll, extensions, &mut client, &mut LosesCertificates).await;
    assert_eq!(outcome.result.unwrap_err().status, Status::UpdateTokenDbFailed);
    assert_eq!(world.in_force(&card).await.len(), 1, "the CA has it");
    assert!(world.certificates(&card).await.is_empty(), "TPS does not");
    world.must(Operation::Format, &mut card, "ada").await;
    assert!(world.in_force(&card).await.is_empty());
}
