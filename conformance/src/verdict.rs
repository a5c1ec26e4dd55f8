//! The graded outcome of a case.
//!
//! A suite that only knows pass and fail blames cards for customs and itself for nothing. This scale keeps apart what the card
//! did, what the case could not find out, and what the harness got wrong.

use core::fmt;

use serde::{Deserialize, Serialize};

/// What a case found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The grade.
    pub grade: Grade,
    /// What was seen, in one line; empty for a plain pass.
    pub finding: String,
}

/// The scale of verdicts; one table gives each its name in reports and its weight.
macro_rules! grades {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $blame:ident;)*) => {
        /// The scale of verdicts.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Grade { $($(#[$doc])* $name,)* }

        impl Grade {
            /// All grades, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// Who is to look at it.
            #[must_use]
            pub const fn blame(self) -> Blame {
                match self { $(Self::$name => Blame::$blame),* }
            }
        }
    };
}

/// Whom a grade points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Nobody: nothing is wrong.
    Nobody,
    /// The card broke a rule.
    Card,
    /// The harness or the reader failed; the card is not judged.
    Harness,
}

grades! {
    /// The card did what the clause says.
    Pass = "pass", Nobody;
    /// Right, with something worth knowing.
    PassWithObservation = "pass-with-observation", Nobody;
    /// The right refusal with another status word than the customary one.
    ConceptuallyPass = "conceptually-pass", Nobody;
    /// The clause is broken.
    Fail = "fail", Card;
    /// The card does not claim what the case is about.
    NotApplicable = "not-applicable", Nobody;
    /// The case cannot reach what it is about through this kind of subject.
    NotEffective = "not-effective", Nobody;
    /// A pre-condition failed, so the case says nothing.
    Blocked = "blocked", Nobody;
    /// The effect ceiling keeps the case from running.
    SkippedByGuard = "skipped-by-guard", Nobody;
    /// The answers allow no verdict.
    Inconclusive = "inconclusive", Nobody;
    /// The reader or the harness failed.
    HarnessError = "harness-error", Harness;
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Grade {
    /// This grade with a finding.
    #[must_use]
    pub fn because(self, finding: impl Into<String>) -> Verdict {
        Verdict { grade: self, finding: finding.into() }
    }
}

impl Verdict {
    /// A plain pass.
    #[must_use]
    pub const fn pass() -> Self {
        Self { grade: Grade::Pass, finding: String::new() }
    }

    /// A pass if `condition` holds, else a fail with this finding.
    #[must_use]
    pub fn require(condition: bool, finding: impl FnOnce() -> String) -> Self {
        if condition { Self::pass() } else { Grade::Fail.because(finding()) }
    }
}
