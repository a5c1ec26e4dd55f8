//! Where subjects disagree: cases whose verdicts or status words differ between runs.

use std::collections::BTreeSet;

use super::record::{CaseRecord, Exchange, Run};
use crate::verdict::Grade;

/// What stands for a subject that did not run a case.
pub const ABSENT: &str = "did not run";

/// One case in which subjects disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement<'a> {
    /// The case, as the first run that has it tells it.
    pub case: &'a CaseRecord,
    /// The verdict on each subject, in the order of the runs; `None` where the run lacks the case.
    pub grades: Vec<Option<Grade>>,
    /// The first status word that differs, where one does.
    pub answers: Option<Answers>,
}

/// Answers to one command that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The command as the first subject got it, out of its secure channel.
    pub command: String,
    /// Which exchange of the case it is, from 1, resets and what was fetched in parts not counted.
    pub number: usize,
    /// The status word of each subject; `None` where the case ended before, or did not run.
    pub status: Vec<Option<String>>,
}

/// All disagreements, in the order of the first run, then of what only later ones have.
#[must_use]
pub fn disagreements(runs: &[Run]) -> Vec<Disagreement<'_>> {
    let mut seen = BTreeSet::new();
    let cases = runs.iter().flat_map(|run| &run.cases);
    cases
        .filter(|case| seen.insert(case.id.as_str()))
        .filter_map(|case| disagreement(case, runs))
        .collect()
}

fn disagreement<'a>(case: &'a CaseRecord, runs: &'a [Run]) -> Option<Disagreement<'a>> {
    let sides: Vec<Option<&CaseRecord>> = runs.iter().map(|run| run.case(&case.id)).collect();
    let grades: Vec<_> = sides.iter().map(|side| side.map(|side| side.grade)).collect();
    let answers = differing_answers(&sides);
    let same = grades.windows(2).all(|pair| pair.first() == pair.last());
    (!same || answers.is_some()).then_some(Disagreement { case, grades, answers })
}

fn differing_answers(sides: &[Option<&CaseRecord>]) -> Option<Answers> {
    let steps: Vec<Vec<(&str, &str)>> = sides
        .iter()
        .map(|side| side.map(|case| answered(&case.transcript)).unwrap_or_default())
        .collect();
    // A subject that did not run the case has given no answers that could differ.
    let ran: Vec<&Vec<(&str, &str)>> = steps.iter().filter(|steps| !steps.is_empty()).collect();
    let longest = ran.iter().map(|steps| steps.len()).max()?;
    let number = (0..longest).find(|index| {
        let words: BTreeSet<_> = ran.iter().map(|steps| status(steps, *index)).collect();
        words.len() > 1
    })?;
    let command = ran.iter().find_map(|steps| steps.get(number))?.0.to_owned();
    let status = steps.iter().map(|steps| status(steps, number).map(str::to_owned)).collect();
    Some(Answers { command, number: number + 1, status })
}

fn status<'a>(steps: &[(&'a str, &'a str)], index: usize) -> Option<&'a str> {
    steps.get(index).map(|(_, status)| *status)
}

/// Commands and status words, without resets and without the steps by which a response is fetched under T=0: whether there are such
/// steps is the transport's affair.
fn answered(transcript: &[Exchange]) -> Vec<(&str, &str)> {
    transcript
        .iter()
        .filter(|exchange| !exchange.is_reset())
        .map(|exchange| {
            let (command, response) = exchange.plain();
            (command, status_word(response))
        })
        .filter(|(_, status)| !status.starts_with("61") && !status.starts_with("6C"))
        .collect()
}

/// The last two bytes; empty where there are none.
fn status_word(response: &str) -> &str {
    response.len().checked_sub(4).and_then(|start| response.get(start..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::disagreements;
    use crate::{
        report::samples::{case, run},
        verdict::Grade,
    };

    #[test]
    fn verdicts_and_status_words_that_differ_are_told() {
        let left = run(
            "left",
            vec![
                case("A-1", Grade::Pass, &[("RESET", "3B00"), ("80CA006600", "6A88")]),
                case("A-2", Grade::Pass, &[("80CA00E000", "00009000")]),
                case("A-3", Grade::Pass, &[("80CA006600", "6C04"), ("80CA006604", "9000")]),
                case("A-4", Grade::Fail, &[]),
            ],
        );
        let right = run(
            "right",
            vec![
                case("A-1", Grade::Pass, &[("RESET", "3B01"), ("80CA006600", "6D00")]),
                case("A-2", Grade::Pass, &[("80CA00E000", "11119000")]),
                case("A-3", Grade::Pass, &[("80CA006600", "9000")]),
                case("A-5", Grade::Pass, &[]),
            ],
        );
        let runs = [left, right];
        let all = disagreements(&runs);
        let ids: Vec<_> = all.iter().map(|one| one.case.id.as_str()).collect();
        assert_eq!(ids, ["A-1", "A-4", "A-5"]);
        let answers = all[0].answers.as_ref().unwrap();
        assert_eq!(answers.number, 1);
        assert_eq!(answers.status, [Some("6A88".to_owned()), Some("6D00".to_owned())]);
        assert_eq!(all[1].grades, [Some(Grade::Fail), None]);
        assert_eq!(all[2].grades, [None, Some(Grade::Pass)]);
    }

    #[test]
    fn a_subject_agrees_with_itself() {
        let one = run("one", vec![case("A-1", Grade::Fail, &[("80CA006600", "6A88")])]);
        assert!(disagreements(&[one.clone(), one]).is_empty());
        assert!(disagreements(&[]).is_empty());
    }
}
