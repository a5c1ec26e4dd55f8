//! The cases on the page, by specification; those to be looked at with their transcripts.

use std::collections::BTreeMap;

use globalplatform::describe::Field;

use super::{
    super::{
        Kind,
        clauses::{order, specification},
        record::{CaseRecord, Exchange, Opened, Run},
        transcript,
    },
    Look, anchor, duration, worst,
};
use crate::verdict::Grade;

/// Exchanges of a transcript that are shown at its beginning, and at its end.
const SHOWN_MAX: usize = 100;
/// Fields of a command or an answer that are shown.
const FIELDS_MAX: usize = 16;
/// With more failures than this, they are folded at first.
const UNFOLDED_MAX: usize = 3;

/// The cases of one specification.
pub(super) struct Group<'a> {
    pub(super) specification: &'a str,
    pub(super) cases: Vec<CaseView<'a>>,
}

/// One case, with what became of it on each subject.
pub(super) struct CaseView<'a> {
    pub(super) case: &'a CaseRecord,
    pub(super) anchor: String,
    pub(super) look: Look,
    pub(super) level: String,
    pub(super) effect: String,
    pub(super) results: Vec<ResultView<'a>>,
    /// The names of the verdicts, for the filter.
    pub(super) verdicts: String,
    pub(super) open: bool,
}

/// A case on one subject.
pub(super) struct ResultView<'a> {
    pub(super) subject: &'a str,
    pub(super) look: Look,
    pub(super) finding: &'a str,
    pub(super) time: String,
    pub(super) steps: Vec<Step<'a>>,
}

/// One exchange.
pub(super) struct Step<'a> {
    pub(super) number: usize,
    /// How many exchanges before this one are left out.
    pub(super) gap: usize,
    pub(super) name: String,
    pub(super) clause: &'static str,
    pub(super) fields: Vec<Field>,
    pub(super) status: String,
    pub(super) refused: bool,
    pub(super) answer: Vec<Field>,
    pub(super) wire: &'a Exchange,
    pub(super) opened: Option<&'a Opened>,
}

pub(super) fn groups(runs: &[Run]) -> Vec<Group<'_>> {
    let mut cases: BTreeMap<(Vec<_>, &str), CaseView<'_>> = BTreeMap::new();
    for run in runs {
        for case in &run.cases {
            let view =
                cases.entry((order(&case.clause), &case.id)).or_insert_with(|| CaseView::of(case));
            view.results.push(result(&run.header.subject, case));
        }
    }
    let failures = runs.iter().flat_map(|run| &run.cases).filter(|case| is_blamed(case.grade));
    let unfold = failures.count() <= UNFOLDED_MAX;
    let mut groups: Vec<Group<'_>> = Vec::new();
    for view in cases.into_values() {
        let specification = specification(&view.case.clause);
        let view = view.finished(unfold, runs);
        match groups.last_mut() {
            Some(last) if last.specification == specification => last.cases.push(view),
            _ => groups.push(Group { specification, cases: vec![view] }),
        }
    }
    groups
}

const fn is_blamed(grade: Grade) -> bool {
    matches!(Kind::of(grade), Kind::Failed | Kind::Broken)
}

impl<'a> CaseView<'a> {
    fn of(case: &'a CaseRecord) -> Self {
        Self {
            case,
            anchor: anchor(&case.id),
            look: Look::of(case.grade),
            level: format!("{:?}", case.level).to_lowercase(),
            effect: case.effect.to_string(),
            results: Vec::new(),
            verdicts: String::new(),
            open: false,
        }
    }

    /// What can be told when all results are there.
    fn finished(self, unfold: bool, runs: &[Run]) -> Self {
        let grades: Vec<_> =
            runs.iter().filter_map(|run| run.case(&self.case.id)).map(|case| case.grade).collect();
        let names: Vec<_> = self.results.iter().map(|result| result.look.name).collect();
        Self {
            look: Look::of_optional(worst(grades.iter().copied())),
            verdicts: names.join(" "),
            open: unfold && grades.iter().any(|grade| is_blamed(*grade)),
            ..self
        }
    }
}

fn result<'a>(subject: &'a str, case: &'a CaseRecord) -> ResultView<'a> {
    let transcript = if is_blamed(case.grade) { case.transcript.as_slice() } else { &[] };
    let left_out = transcript.len().saturating_sub(2 * SHOWN_MAX);
    let shown = transcript.iter().enumerate();
    let steps = shown
        .filter(|(index, _)| *index < SHOWN_MAX || *index >= SHOWN_MAX + left_out)
        .map(|(index, exchange)| {
            let gap = if index == SHOWN_MAX + left_out { left_out } else { 0 };
            Step::of(index + 1, gap, exchange)
        });
    ResultView {
        subject,
        look: Look::of(case.grade),
        finding: &case.finding,
        time: duration(case.duration_us),
        steps: steps.collect(),
    }
}

impl<'a> Step<'a> {
    fn of(number: usize, gap: usize, wire: &'a Exchange) -> Self {
        let words = transcript::words(wire);
        let status = words.status.unwrap_or_default();
        let few = |mut fields: Vec<Field>| {
            fields.truncate(FIELDS_MAX);
            fields
        };
        Self {
            number,
            gap,
            name: words.name,
            clause: words.clause.unwrap_or_default(),
            fields: few(words.fields),
            refused: !status.is_empty() && !status.starts_with("9000"),
            status,
            answer: few(words.answer),
            wire,
            opened: wire.opened.as_ref(),
        }
    }
}
