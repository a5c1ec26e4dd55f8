//! An operation holds nothing of the world: the same answers lead to the same effects.

use std::sync::Arc;

use globalplatform::Protocol;
use token_management::message::{Extensions, Operation};
use tps::{
    Begin, Config, Step,
    driver::Observer,
    effect::{Answer, Effect},
};

use crate::{card::Card, client::TestClient, world::World};

#[derive(Default)]
struct Transcript {
    effects: Vec<String>,
    answers: Vec<Answer>,
}

impl Observer for Transcript {
    fn effect(&mut self, effect: &Effect) -> Option<Answer> {
        self.effects.push(format!("{effect:?}"));
        None
    }

    fn answer(&mut self, answer: &Answer) {
        self.answers.push(answer.clone());
    }
}

#[tokio::test]
async fn a_run_replays_from_its_transcript() {
    let world = World::new(Config::default()).await;
    let mut card = Card::blank(1, Protocol::Scp03 { i: 0x70 });
    for operation in [Operation::Format, Operation::Enroll, Operation::ResetPin] {
        let mut transcript = Transcript::default();
        let mut client = TestClient::new(&mut card, "ada");
        let extensions = Extensions::default();
        let outcome =
            world.run_with(operation, extensions.clone(), &mut client, &mut transcript).await;
        assert_eq!(outcome.result, Ok(()));

        let begin = Begin { operation, extensions, client: "192.0.2.1".to_owned() };
        let mut step = tps::begin(Arc::clone(&world.config), begin);
        let mut effects = Vec::new();
        let mut answers = transcript.answers.into_iter();
        let replayed = loop {
            match step {
                Step::Perform(effect, operation) => {
                    effects.push(format!("{effect:?}"));
                    step = operation.resume(answers.next().unwrap());
                }
                Step::Done(outcome) => break outcome,
            }
        };
        assert_eq!(effects, transcript.effects);
        assert_eq!(replayed, outcome);
        assert!(answers.next().is_none());
    }
}

#[tokio::test]
async fn an_answer_to_another_effect_ends_the_operation() {
    let begin = Begin {
        operation: Operation::Format,
        extensions: Extensions::default(),
        client: String::new(),
    };
    let Step::Perform(_, operation) = tps::begin(Arc::new(Config::default()), begin) else {
        panic!("a format begins with a command for the card");
    };
    let mut step = operation.resume(Answer::Claimed(true));
    // All that is left is to say so in the records.
    for _ in 0..3 {
        step = match step {
            Step::Perform(_, operation) => operation.resume(Answer::Claimed(true)),
            done @ Step::Done(_) => done,
        };
    }
    assert!(matches!(step, Step::Done(outcome) if outcome.result.is_err()));
}
