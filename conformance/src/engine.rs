//! Runs a plan on a subject.

use std::time::{Duration, Instant};

use reader::CardReader;
use serde::Serialize;

use crate::{
    case::{Case, Effect, Level},
    plan::Step,
    probe::Profile,
    session::{Exchange, Session},
    verdict::{Grade, Verdict},
};

/// What became of one case.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Identifier of the case.
    pub id: &'static str,
    /// Its number in the catalogue.
    pub number: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The clause it is about.
    pub clause: &'static str,
    /// How binding the clause is.
    pub level: Level,
    /// What the case may do to the card.
    pub effect: Effect,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What was exchanged.
    pub transcript: Vec<Exchange>,
}

/// Runs the steps in order. After each case the sentinel is checked: a card that no longer answers SELECT ends the run, so that the
/// last outcome names the culprit.
pub fn run(
    reader: &mut dyn CardReader,
    profile: &Profile,
    steps: &[Step],
    mut each: impl FnMut(&Outcome),
) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(steps.len());
    for step in steps {
        let mut outcome = run_step(reader, profile, *step);
        let poisoned = outcome.duration_us > 0 && !still_answers(reader);
        if poisoned {
            outcome.verdict = Grade::Fail.because(format!(
                "the card no longer answers after this case; the run stops here ({}: {})",
                outcome.verdict.grade, outcome.verdict.finding
            ));
        }
        each(&outcome);
        outcomes.push(outcome);
        if poisoned {
            break;
        }
    }
    outcomes
}

fn run_step(reader: &mut dyn CardReader, profile: &Profile, step: Step) -> Outcome {
    let case = step.case;
    if !step.allowed {
        let finding = format!("effect '{}' is above the ceiling", case.effect);
        return outcome(case, Grade::SkippedByGuard.because(finding), Duration::ZERO, Vec::new());
    }
    if let Some(missing) = case.requires.iter().find(|capability| !profile.has(**capability)) {
        let finding = format!("the subject lacks {missing:?}");
        return outcome(case, Grade::NotApplicable.because(finding), Duration::ZERO, Vec::new());
    }
    let started = Instant::now();
    let mut session = Session::new(reader, profile);
    let verdict = session
        .reset()
        .and_then(|_| (case.run)(&mut session))
        .unwrap_or_else(|error| Grade::HarnessError.because(format!("{error:#}")));
    outcome(case, verdict, started.elapsed(), session.into_transcript())
}

fn outcome(case: &Case, verdict: Verdict, took: Duration, transcript: Vec<Exchange>) -> Outcome {
    Outcome {
        id: case.id,
        number: case.number,
        title: case.title,
        clause: case.clause,
        level: case.level,
        effect: case.effect,
        verdict,
        duration_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        transcript,
    }
}

/// The sentinel: after a reset the card answers SELECT with a status word.
fn still_answers(reader: &mut dyn CardReader) -> bool {
    reader.reset().is_ok()
        && reader.transmit(&[0x00, 0xA4, 0x04, 0x00, 0x00]).is_ok_and(|answer| answer.len() >= 2)
}
