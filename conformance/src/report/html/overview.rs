//! The top of the page: each subject with its tally and profile, and where subjects disagree.

use serde_json::Value;

use super::{
    super::{
        Kind, comparison,
        markdown::answers,
        record::{CaseRecord, Header, Run},
        tally,
    },
    Look, anchor, duration,
};

/// Most lines of a profile that are shown.
const FACTS_MAX: usize = 64;
/// Most characters of one of them.
const FACT_LENGTH_MAX: usize = 2_000;

/// What all runs come to, in one line.
pub(super) fn headline(runs: &[Run]) -> String {
    let cases = || runs.iter().flat_map(|run| &run.cases);
    let count = |kind| cases().filter(|case| Kind::of(case.grade) == kind).count();
    let (failed, broken) = (count(Kind::Failed), count(Kind::Broken));
    let verdict = match (failed, broken) {
        (0, 0) if cases().next().is_none() => return "No case ran.".to_owned(),
        (0, 0) => "Nothing is wrong".to_owned(),
        (0, 1) => "The harness failed once".to_owned(),
        (0, _) => format!("The harness failed {broken} times"),
        (1, _) => "1 failure".to_owned(),
        _ => format!("{failed} failures"),
    };
    let subjects = match runs.len() {
        1 => "one subject".to_owned(),
        several => format!("{several} subjects"),
    };
    format!("{verdict}: {} verdicts on {subjects}.", cases().count())
}

/// One subject.
pub(super) struct Summary<'a> {
    pub(super) header: &'a Header,
    pub(super) complete: bool,
    pub(super) count: usize,
    pub(super) time: String,
    pub(super) bars: Vec<Bar>,
    pub(super) facts: Vec<(String, String)>,
}

/// How many cases have a grade.
pub(super) struct Bar {
    pub(super) look: Look,
    pub(super) count: usize,
}

impl<'a> Summary<'a> {
    pub(super) fn of(run: &'a Run) -> Self {
        let tally = tally(run.cases.iter().map(|case| case.grade));
        Self {
            header: &run.header,
            complete: run.complete,
            count: run.cases.len(),
            time: duration(run.duration_us()),
            bars: tally
                .iter()
                .map(|(&grade, &count)| Bar { look: Look::of(grade), count })
                .collect(),
            facts: facts(&run.header),
        }
    }
}

/// The profile and how the run can be repeated, by name.
fn facts(header: &Header) -> Vec<(String, String)> {
    let mut facts = vec![("suite".to_owned(), header.suite.clone())];
    facts.extend(header.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
    facts.extend(header.plan.clone().map(|plan| ("plan".to_owned(), plan)));
    let profile = header.profile.as_object().into_iter().flatten();
    let told = profile.filter(|(_, value)| !value.is_null());
    facts.extend(told.map(|(name, value)| (name.replace('_', " "), fact(value))));
    facts.truncate(FACTS_MAX);
    facts
}

fn fact(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(fact).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    text.chars().take(FACT_LENGTH_MAX).collect()
}

/// A case in which subjects disagree.
pub(super) struct Disagreement<'a> {
    pub(super) case: &'a CaseRecord,
    pub(super) anchor: String,
    pub(super) looks: Vec<Look>,
    pub(super) answers: String,
}

pub(super) fn disagreements(runs: &[Run]) -> Vec<Disagreement<'_>> {
    let all = comparison::disagreements(runs).into_iter();
    all.map(|one| Disagreement {
        anchor: anchor(&one.case.id),
        looks: one.grades.iter().copied().map(Look::of_optional).collect(),
        answers: answers(&one),
        case: one.case,
    })
    .collect()
}
