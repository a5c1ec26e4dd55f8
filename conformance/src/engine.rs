//! Runs a plan on a subject.

use std::time::Instant;

use reader::CardReader;
use serde::Serialize;

use crate::{
    case::Case,
    plan::Step,
    probe::Profile,
    session::{Exchange, Session},
    verdict::{Grade, Verdict},
};

/// What became of one case.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The case.
    #[serde(flatten)]
    pub case: &'static Case,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What was exchanged.
    pub transcript: Vec<Exchange>,
}

/// Runs the steps in order. After each case that ran, the sentinel is checked: a card that no longer answers SELECT ends the run, so that
/// the last outcome names the culprit.
pub fn run(
    reader: &mut dyn CardReader,
    profile: &Profile,
    steps: &[Step],
    mut each: impl FnMut(&Outcome),
) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(steps.len());
    for step in steps {
        let (outcome, alive) = match reason_to_skip(profile, *step) {
            Some(verdict) => {
                let outcome =
                    Outcome { case: step.case, verdict, duration_us: 0, transcript: Vec::new() };
                (outcome, true)
            }
            None => run_case(reader, profile, step.case),
        };
        each(&outcome);
        outcomes.push(outcome);
        if !alive {
            break;
        }
    }
    outcomes
}

/// Why a case does not run on this subject.
fn reason_to_skip(profile: &Profile, step: Step) -> Option<Verdict> {
    if !step.allowed {
        let finding = format!("effect '{}' is above the ceiling", step.case.effect);
        return Some(Grade::SkippedByGuard.because(finding));
    }
    let missing = step.case.requires.iter().find(|capability| !profile.has(**capability))?;
    Some(Grade::NotApplicable.because(format!("the subject lacks {missing:?}")))
}

/// Runs one case; also tells whether the card is still alive after it.
fn run_case(
    reader: &mut dyn CardReader,
    profile: &Profile,
    case: &'static Case,
) -> (Outcome, bool) {
    let started = Instant::now();
    let mut session = Session::new(&mut *reader, profile);
    let mut verdict = session
        .reset()
        .and_then(|_| (case.run)(&mut session))
        .unwrap_or_else(|error| Grade::HarnessError.because(format!("{error:#}")));
    let transcript = session.into_transcript();
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let alive = still_answers(reader);
    if !alive {
        verdict = Grade::Fail.because(format!(
            "the card no longer answers after this case; the run stops here ({}: {})",
            verdict.grade, verdict.finding
        ));
    }
    (Outcome { case, verdict, duration_us, transcript }, alive)
}

/// The sentinel: after a reset the card answers SELECT with a status word.
fn still_answers(reader: &mut dyn CardReader) -> bool {
    reader.reset().is_ok()
        && reader.transmit(&[0x00, 0xA4, 0x04, 0x00, 0x00]).is_ok_and(|answer| answer.len() >= 2)
}
