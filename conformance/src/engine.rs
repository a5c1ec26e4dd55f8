//! Runs a plan on a subject.

use std::time::Instant;

use serde::Serialize;

use crate::{
    case::{Case, Effect},
    guard::Guard,
    plan::Step,
    probe::{self, Profile},
    session::{Exchange, Session},
    snapshot::Snapshot,
    subject::Subject,
    undo::Undo,
    verdict::{Grade, Ruling, Stop, Verdict},
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

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Every case of the plan has its outcome.
    Completed,
    /// The card is not what it was before the last case; the rest was not run.
    Stopped(String),
    /// The card is out of reach; the rest can be run later.
    Interrupted(String),
}

/// Who follows a run: a journal, a terminal. Its errors end the run.
pub trait Observer {
    /// A case begins.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn begins(&mut self, _case: &'static Case) -> anyhow::Result<()> {
        Ok(())
    }

    /// The case is about to do something that has to be undone.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn promises(&mut self, _case: &'static Case, _undo: &Undo) -> anyhow::Result<()> {
        Ok(())
    }

    /// The run will stop after the case that is about to end: the card is not what it was.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn stops(&mut self, _why: &str) -> anyhow::Result<()> {
        Ok(())
    }

    /// All that the case had to undo is undone, and this is what became of it.
    ///
    /// # Errors
    /// When the journal cannot be written.
    fn ends(&mut self, outcome: &Outcome) -> anyhow::Result<()>;
}

impl<F: FnMut(&Outcome)> Observer for F {
    fn ends(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        self(outcome);
        Ok(())
    }
}

/// Probes a subject: by read-only commands, and with its keys where the ceiling allows a session.
///
/// # Errors
/// When there is no card, or the keys are not the card's.
pub fn probe(
    subject: &mut dyn Subject,
    guard: &mut Guard,
    ceiling: Effect,
) -> Result<Profile, Stop> {
    subject.reader().connect().map_err(|error| Stop::Lost(error.to_string()))?;
    guard.between_cases(Effect::Read);
    let none = Profile::default();
    let profile = probe::read_only(&mut Session::new(subject, &none, guard, &mut |_| Ok(())))?;
    if ceiling < Effect::Session || subject.keys().is_none() {
        return Ok(profile);
    }
    guard.between_cases(Effect::Session);
    let mut quiet = ignore;
    let mut session = Session::new(subject, &profile, guard, &mut quiet);
    probe::with_keys(&mut session, profile.clone())
}

/// Nobody keeps what is to be undone: nothing is, outside of cases.
#[allow(clippy::unnecessary_wraps)] // the observers of cases can fail
fn ignore(_: &Undo) -> anyhow::Result<()> {
    Ok(())
}

/// A run: a subject under conditions.
pub struct Runner<'a> {
    /// The subject, connected.
    pub subject: &'a mut dyn Subject,
    /// What the probe found out.
    pub profile: &'a Profile,
    /// The guard.
    pub guard: &'a mut Guard,
    /// The seed of challenges.
    pub seed: u64,
}

impl Runner<'_> {
    /// Runs the steps in order. After each case that ran, what it did is undone and the sentinels are checked: a card that is no longer
    /// what it was ends the run, so that the last outcome names the culprit.
    ///
    /// # Errors
    /// When the observer fails.
    pub fn run(
        &mut self,
        steps: &[Step],
        observer: &mut dyn Observer,
    ) -> anyhow::Result<(Vec<Outcome>, End)> {
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            let (outcome, end) = match reason_to_skip(self.profile, *step) {
                Some(verdict) => {
                    (Outcome { case: step.case, verdict, duration_us: 0, transcript: vec![] }, None)
                }
                None => match self.case(step.case, observer)? {
                    Ended::Interrupted(why) => return Ok((outcomes, End::Interrupted(why))),
                    Ended::With(outcome, end) => (outcome, end),
                },
            };
            if let Some(why) = &end {
                observer.stops(why)?;
            }
            observer.ends(&outcome)?;
            outcomes.push(outcome);
            if let Some(why) = end {
                return Ok((outcomes, End::Stopped(why)));
            }
        }
        Ok((outcomes, End::Completed))
    }

    /// Undoes what an interrupted run had promised to, latest first.
    ///
    /// # Errors
    /// [`Stop`] of the first step that fails.
    pub fn undo(&mut self, promised: &[Undo]) -> Result<(), Stop> {
        self.guard.between_cases(Effect::Irreversible);
        let mut quiet = ignore;
        let mut session = Session::new(self.subject, self.profile, self.guard, &mut quiet);
        promised.iter().rev().try_for_each(|undo| undo.execute(&mut session))
    }

    fn case(&mut self, case: &'static Case, observer: &mut dyn Observer) -> anyhow::Result<Ended> {
        let fresh = self.subject.renew()?;
        observer.begins(case)?;
        let before = if fresh { None } else { self.snapshot(case) };
        let started = Instant::now();
        self.guard.begin(case, self.seed);
        let mut on_undo = |undo: &Undo| observer.promises(case, undo);
        let mut session = Session::new(&mut *self.subject, self.profile, self.guard, &mut on_undo);
        let ruling = run_on(case, &mut session);
        let (transcript, promised) = session.finish();
        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (verdict, mut end) = match ruling {
            Ok(verdict) | Err(Stop::Verdict(verdict)) => (verdict, None),
            Err(Stop::Harness(error)) => (Grade::HarnessError.because(format!("{error:#}")), None),
            Err(Stop::Lost(why)) if !self.answers() => return Ok(Ended::Interrupted(why)),
            Err(Stop::Lost(why)) => (Grade::HarnessError.because(why), None),
            Err(Stop::Abort(verdict)) => {
                let why = verdict.finding.clone();
                (verdict, Some(why))
            }
        };
        if !fresh {
            match self.put_right(case, &promised, before.as_ref()) {
                Ok(()) => {}
                Err(Stop::Lost(why)) => return Ok(Ended::Interrupted(why)),
                Err(Stop::Harness(error)) => end = Some(format!("{error:#}")),
                Err(Stop::Verdict(verdict) | Stop::Abort(verdict)) => end = Some(verdict.finding),
            }
        } else if !self.answers() {
            end = Some("the card no longer answers after this case".to_owned());
        }
        let verdict = match &end {
            Some(why) if verdict.finding != *why => Grade::Fail.because(format!(
                "{why}; the run stops here ({}: {})",
                verdict.grade, verdict.finding
            )),
            _ => verdict,
        };
        // On a card of its own a case stops nobody else.
        let end = end.filter(|_| !fresh);
        Ok(Ended::With(Outcome { case, verdict, duration_us, transcript }, end))
    }

    /// What the card holds before a case that changes it.
    fn snapshot(&mut self, case: &Case) -> Option<Snapshot> {
        if case.effect < Effect::Persist {
            return None;
        }
        self.guard.between_cases(Effect::Session);
        Snapshot::take(&mut Session::new(self.subject, self.profile, self.guard, &mut ignore)).ok()
    }

    /// After a case: undoes what it did, and looks whether the card is as it was.
    fn put_right(
        &mut self,
        case: &Case,
        promised: &[Undo],
        before: Option<&Snapshot>,
    ) -> Result<(), Stop> {
        let poisoned = self.guard.poisoned().map(str::to_owned);
        let owes = self.guard.owes_authentication();
        self.undo(promised)?;
        if !self.answers() {
            return Err(Stop::abort("the card no longer answers after this case"));
        }
        self.guard.between_cases(Effect::Session);
        let mut quiet = ignore;
        let mut session = Session::new(self.subject, self.profile, self.guard, &mut quiet);
        if owes && session.keys().is_ok() {
            session.reset()?;
            session.open_mac()?;
        }
        if let (Some(before), true) = (before, case.effect == Effect::Persist) {
            before.compare(&Snapshot::take(&mut session)?)?;
        }
        poisoned.map_or(Ok(()), |why| Err(Stop::abort(why)))
    }

    /// The sentinel: after a reset the card answers SELECT with a status word.
    fn answers(&mut self) -> bool {
        let reader = self.subject.reader();
        reader.reset().is_ok()
            && reader
                .transmit(&[0x00, 0xA4, 0x04, 0x00, 0x00])
                .is_ok_and(|answer| answer.len() >= 2)
    }
}

/// How a case ended: with an outcome, and perhaps the reason to stop the run; or not at all.
enum Ended {
    With(Outcome, Option<String>),
    Interrupted(String),
}

fn run_on(case: &Case, session: &mut Session<'_>) -> Ruling {
    session.reset()?;
    case.run.on_card(session)
}

/// Why a case does not run on this subject.
fn reason_to_skip(profile: &Profile, step: Step) -> Option<Verdict> {
    if !step.allowed {
        let finding = format!("effect '{}' is above the ceiling", step.case.effect);
        return Some(Grade::SkippedByGuard.because(finding));
    }
    let missing = step.case.requires.iter().find(|capability| !profile.has(**capability))?;
    Some(Grade::NotApplicable.because(format!("the subject lacks {}", missing.name())))
}
