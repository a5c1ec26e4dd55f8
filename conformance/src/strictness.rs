//! How much of a verdict counts against a card: only what a specification gives, customs as well, or status words to the letter.

use crate::{
    case::Level,
    verdict::{Grade, Verdict},
};

/// How strictly verdicts are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Strictness {
    /// Only what a specification gives counts; broken customs are observations.
    Must,
    /// What is customary counts too.
    #[default]
    Should,
    /// And a refusal must have the status word of the clause, not only one that means the same.
    SwExact,
}

impl Strictness {
    /// The verdict about a clause that is so binding, taken so strictly.
    #[must_use]
    pub fn take(self, level: Level, verdict: Verdict) -> Verdict {
        let grade = match (verdict.grade, level) {
            // What is recorded and not judged blames nobody, however strict one is.
            (Grade::Fail, Level::May) => Grade::PassWithObservation,
            (Grade::Fail, Level::Should) if self == Self::Must => Grade::PassWithObservation,
            (Grade::ConceptuallyPass, Level::Must | Level::Should) if self == Self::SwExact => {
                Grade::Fail
            }
            (grade, _) => grade,
        };
        Verdict { grade, ..verdict }
    }
}

#[cfg(test)]
mod tests {
    use super::Strictness::{self, Must, Should, SwExact};
    use crate::{case::Level, verdict::Grade};

    fn take(strictness: Strictness, level: Level, grade: Grade) -> Grade {
        let taken = strictness.take(level, grade.because("why"));
        assert_eq!(taken.finding, "why");
        taken.grade
    }

    #[test]
    fn a_broken_custom_counts_unless_only_rules_do() {
        assert_eq!(take(Must, Level::Should, Grade::Fail), Grade::PassWithObservation);
        assert_eq!(take(Should, Level::Should, Grade::Fail), Grade::Fail);
        for strictness in [Must, Should, SwExact] {
            assert_eq!(take(strictness, Level::Must, Grade::Fail), Grade::Fail);
            assert_eq!(take(strictness, Level::May, Grade::Fail), Grade::PassWithObservation);
        }
    }

    #[test]
    fn status_words_that_mean_the_same_are_not_the_same_to_the_letter() {
        assert_eq!(take(SwExact, Level::Must, Grade::ConceptuallyPass), Grade::Fail);
        for strictness in [Must, Should] {
            let taken = take(strictness, Level::Must, Grade::ConceptuallyPass);
            assert_eq!(taken, Grade::ConceptuallyPass);
        }
    }

    #[test]
    fn what_is_no_verdict_on_a_card_stays() {
        for grade in [Grade::Pass, Grade::Blocked, Grade::SkippedByGuard, Grade::HarnessError] {
            for strictness in [Must, Should, SwExact] {
                assert_eq!(take(strictness, Level::Should, grade), grade);
            }
        }
    }
}
