//! The graded outcome of a case.
//!
//! A suite that only knows pass and fail blames cards for customs and itself for nothing. This scale keeps apart what the card
//! did, what the case could not find out, and what the harness got wrong.

use core::fmt;

use serde::{Deserialize, Serialize};

/// How a case ends: with a verdict, or by what kept it from one.
pub type Ruling = Result<Verdict, Stop>;

/// Why a case stops before its end. `?` makes one of a verdict and of an error of the harness.
#[derive(Debug)]
pub enum Stop {
    /// With this verdict: a pre-condition failed, the guard refused, an answer was wrong on the way.
    Verdict(Verdict),
    /// The harness failed; the card is not judged.
    Harness(anyhow::Error),
    /// The card is out of reach: removed, reset by somebody, its reader or service gone. The run is interrupted and can be resumed.
    Lost(String),
    /// Going on might harm the card: the run ends here, with this verdict.
    Abort(Verdict),
}

impl From<Verdict> for Stop {
    fn from(verdict: Verdict) -> Self {
        Self::Verdict(verdict)
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Harness(error)
    }
}

/// Values of our own making that cannot be coded are the harness' fault.
macro_rules! harness_errors {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                Self::Harness(error.into())
            }
        })*
    };
}

harness_errors! {
    globalplatform::KeyError,
    globalplatform::ScpError,
    globalplatform::command::CommandError,
    iso7816::ParseError,
}

impl Stop {
    /// A pre-condition that failed, so that the case says nothing.
    #[must_use]
    pub fn blocked(finding: impl Into<String>) -> Self {
        Self::Verdict(Grade::Blocked.because(finding))
    }

    /// A clause that is broken.
    #[must_use]
    pub fn fail(finding: impl Into<String>) -> Self {
        Self::Verdict(Grade::Fail.because(finding))
    }

    /// The subject does not claim what the case is about.
    #[must_use]
    pub fn not_applicable(finding: impl Into<String>) -> Self {
        Self::Verdict(Grade::NotApplicable.because(finding))
    }

    /// Going on might harm the card.
    #[must_use]
    pub fn abort(finding: impl Into<String>) -> Self {
        Self::Abort(Grade::Fail.because(finding))
    }
}

/// What a case found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        f.pad(self.name())
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
