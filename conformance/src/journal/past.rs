//! What a journal tells of a run so far, and how the run goes on.

use super::{Entry, FORMAT_VERSION, Head};
use crate::{
    engine::{End, Observer, Outcome, Runner},
    plan::Step,
    report::record::{self, CaseRecord},
    session::{Exchange, OpenedExchange},
    undo::Undo,
    verdict::{Grade, Stop, Verdict},
};

/// The finding on a case that the card did not survive twice.
pub const LOST_TWICE: &str = "the card was lost twice during this case";

/// What happened before a run was interrupted.
pub struct Past {
    head: Head,
    judged: Vec<CaseRecord>,
    within: Option<Within>,
    stopped: Option<String>,
}

/// The case that has begun and not ended.
struct Within {
    case: String,
    begun: u32,
    promised: Vec<Undo>,
}

impl Past {
    /// What is known with one more line.
    pub(super) fn told(past: Option<Self>, entry: Entry) -> anyhow::Result<Self> {
        let Some(mut past) = past else {
            let Entry::Head(head) = entry else { anyhow::bail!("no header") };
            anyhow::ensure!(
                head.version == FORMAT_VERSION,
                "version {} of the format is not known",
                head.version
            );
            return Ok(Self { head, judged: Vec::new(), within: None, stopped: None });
        };
        match entry {
            Entry::Head(_) => anyhow::bail!("a second header"),
            Entry::Begins { case } => past.begins(case)?,
            Entry::Promises { case, undo } => past.within(&case)?.promised.push(undo),
            Entry::Stops { why } => past.stopped = Some(why),
            Entry::Ends { record } => past.ends(*record)?,
        }
        Ok(past)
    }

    fn begins(&mut self, case: String) -> anyhow::Result<()> {
        if self.within.is_some() {
            let within = self.within(&case)?;
            within.begun = within.begun.saturating_add(1);
        } else {
            self.within = Some(Within { case, begun: 1, promised: Vec::new() });
        }
        Ok(())
    }

    fn within(&mut self, case: &str) -> anyhow::Result<&mut Within> {
        let within = self.within.as_mut().filter(|within| within.case == case);
        within.ok_or_else(|| anyhow::anyhow!("'{case}' has not begun, or another has not ended"))
    }

    fn ends(&mut self, record: CaseRecord) -> anyhow::Result<()> {
        if self.within.is_some() {
            self.within(&record.id)?;
        }
        self.within = None;
        self.judged.push(record);
        Ok(())
    }

    /// Whether a case has begun and not ended.
    #[must_use]
    pub const fn is_within_a_case(&self) -> bool {
        self.within.is_some()
    }

    /// How many cases are judged.
    #[must_use]
    pub const fn judged(&self) -> usize {
        self.judged.len()
    }

    /// Holds the journal against the run that is to go on.
    pub(super) fn must_be_of(&self, head: &Head, steps: &[Step]) -> anyhow::Result<()> {
        let ours = &self.head;
        let same = [
            ("card", ours.atr == head.atr && ours.serial == head.serial),
            ("plan", ours.plan == head.plan && ours.ceiling == head.ceiling),
            ("seed", ours.seed == head.seed),
        ];
        if let Some((what, _)) = same.iter().find(|(_, same)| !same) {
            anyhow::bail!("the run was with another {what}");
        }
        if let Some(why) = &self.stopped {
            anyhow::bail!("the run was stopped for the card's sake and cannot go on: {why}");
        }
        let planned = |at: usize| steps.get(at).map(|step| step.case.id);
        let in_order =
            self.judged.iter().enumerate().all(|(at, judged)| planned(at) == Some(&judged.id));
        let next = self.within.as_ref().map(|within| within.case.as_str());
        anyhow::ensure!(
            in_order && (next.is_none() || next == planned(self.judged.len())),
            "the cases are not in the order of the plan"
        );
        Ok(())
    }

    /// Undoes what the interrupted case had promised to, and runs the rest. A case that was interrupted twice is not run again: it is
    /// most likely what takes the card away.
    ///
    /// # Errors
    /// When the observer or the harness fails.
    pub fn go_on(
        self,
        runner: &mut Runner<'_>,
        steps: &[Step],
        observer: &mut dyn Observer,
    ) -> anyhow::Result<(Vec<Outcome>, End)> {
        let mut outcomes: Vec<Outcome> =
            self.judged.iter().zip(steps).map(|(record, step)| outcome(record, *step)).collect();
        if let (Some(within), Some(step)) = (self.within, steps.get(outcomes.len())) {
            let (verdict, end) = match runner.undo(&within.promised) {
                Ok(()) if within.begun < 2 => (None, None),
                Ok(()) => (Some(Grade::Fail.because(LOST_TWICE)), None),
                Err(Stop::Lost(why)) => return Ok((outcomes, End::Interrupted(why))),
                Err(Stop::Harness(error)) => return Err(error),
                Err(Stop::Verdict(verdict) | Stop::Abort(verdict)) => {
                    let why = verdict.finding.clone();
                    observer.stops(&why)?;
                    (Some(verdict), Some(why))
                }
            };
            if let Some(verdict) = verdict {
                let lost = not_run(*step, verdict);
                observer.ends(&lost)?;
                outcomes.push(lost);
            }
            if let Some(why) = end {
                return Ok((outcomes, End::Stopped(why)));
            }
        }
        let rest = steps.get(outcomes.len()..).unwrap_or_default();
        let (more, end) = runner.run(rest, observer)?;
        outcomes.extend(more);
        Ok((outcomes, end))
    }
}

fn not_run(step: Step, verdict: Verdict) -> Outcome {
    Outcome { case: step.case, verdict, duration_us: 0, transcript: Vec::new() }
}

fn outcome(record: &CaseRecord, step: Step) -> Outcome {
    Outcome {
        case: step.case,
        verdict: record.grade.because(record.finding.clone()),
        duration_us: record.duration_us,
        transcript: record.transcript.iter().map(exchange).collect(),
    }
}

fn exchange(recorded: &record::Exchange) -> Exchange {
    let opened = recorded.opened.as_ref().map(|opened| OpenedExchange {
        command: opened.command.clone(),
        response: opened.response.clone(),
    });
    Exchange { command: recorded.command.clone(), response: recorded.response.clone(), opened }
}
