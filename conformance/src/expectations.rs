//! What is expected of one subject where it departs from a plain pass, with reasons and dates: `expect/<subject>.toml`.
//!
//! ```toml
//! "GPCS-11.9.3-fci-001" = { verdict = "fail", reason = "the vendor knows", until = "2027-06-30" }
//! ```
//!
//! A ratchet: a case that ends otherwise than expected fails the run even when it passes, and so does a waiver past its date. What was
//! mended can therefore not break again unnoticed, and nothing is waived for ever.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use der::DateTime;
use serde::Deserialize;

use crate::{
    registry::Registry,
    verdict::{Blame, Grade},
};

/// Longest file that is read, in bytes.
pub const FILE_MAX: u64 = 1 << 20;
/// Length of a date such as `2027-06-30`.
const DATE_LEN: usize = 10;

/// What is wrong with a file of expectations.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpectationError {
    /// No TOML of the right shape: a field is missing, unknown or no verdict.
    #[error("{0}")]
    Syntax(String),
    /// The registry knows no such case.
    #[error("{0}: there is no such case")]
    Unknown(String),
    /// The case is there under its identifier of today and an earlier one.
    #[error("{0} is there twice, once under an earlier identifier")]
    Twice(String),
    /// An empty reason.
    #[error("{0}: an expectation needs a reason")]
    NoReason(String),
    /// No such day.
    #[error("{0}: until '{1}' is no date such as 2027-06-30")]
    Date(String, String),
    /// A failure is waived without an end.
    #[error("{0}: a failure is waived until a date; give one as until")]
    NoEnd(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    verdict: Grade,
    reason: String,
    until: Option<String>,
}

/// What is expected of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The grade.
    pub verdict: Grade,
    /// Why.
    pub reason: String,
    /// The end of the last day on which it holds, in UTC.
    pub until: Option<DateTime>,
}

/// What is expected of a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations(BTreeMap<String, Expectation>);

/// How a case stands that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing special is expected: its own grade counts.
    Unlisted,
    /// As expected, or not run: nobody is blamed.
    Expected,
    /// It ended otherwise than expected, for better or for worse.
    Otherwise(Grade),
    /// The expectation is past its date.
    Expired(DateTime),
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlisted => f.write_str("nothing special is expected"),
            Self::Expected => f.write_str("as expected"),
            Self::Otherwise(grade) => write!(f, "{grade} was expected: change the expectation"),
            Self::Expired(until) => write!(f, "the expectation ended at {until}"),
        }
    }
}

impl Expectations {
    /// Reads a file; identifiers that a case had before are taken for those of today.
    ///
    /// # Errors
    /// See [`ExpectationError`].
    pub fn parse(text: &str, registry: &Registry) -> Result<Self, ExpectationError> {
        let raw: BTreeMap<String, Raw> =
            toml::from_str(text).map_err(|error| ExpectationError::Syntax(error.to_string()))?;
        let mut expectations = BTreeMap::new();
        for (id, raw) in raw {
            let today = registry.resolve(&id).to_owned();
            if !registry.knows(&today) {
                return Err(ExpectationError::Unknown(id));
            }
            if expectations.insert(today.clone(), raw.checked(&id)?).is_some() {
                return Err(ExpectationError::Twice(today));
            }
        }
        Ok(Self(expectations))
    }

    /// How a case stands that ended so.
    #[must_use]
    pub fn judge(&self, id: &str, grade: Grade, now: DateTime) -> Standing {
        let Some(expectation) = self.0.get(id) else { return Standing::Unlisted };
        match expectation.until {
            Some(until) if now > until => Standing::Expired(until),
            _ if grade == expectation.verdict || grade == Grade::SkippedByGuard => {
                Standing::Expected
            }
            // The harness' failure says nothing about the card, so the expectation is not at fault.
            _ if grade.blame() == Blame::Harness => Standing::Unlisted,
            _ => Standing::Otherwise(expectation.verdict),
        }
    }
}

impl Raw {
    fn checked(self, id: &str) -> Result<Expectation, ExpectationError> {
        let id = id.to_owned();
        if self.reason.trim().is_empty() {
            return Err(ExpectationError::NoReason(id));
        }
        let until = match self.until {
            None if self.verdict.blame() != Blame::Nobody => {
                return Err(ExpectationError::NoEnd(id));
            }
            None => None,
            Some(text) => Some(end_of_day(&text).ok_or(ExpectationError::Date(id, text))?),
        };
        Ok(Expectation { verdict: self.verdict, reason: self.reason, until })
    }
}

fn end_of_day(date: &str) -> Option<DateTime> {
    (date.len() == DATE_LEN).then(|| format!("{date}T23:59:59Z").parse().ok()).flatten()
}

/// The time of the machine, in UTC.
///
/// # Errors
/// When it is before 1970 or after 9999.
pub fn now() -> anyhow::Result<DateTime> {
    DateTime::from_system_time(SystemTime::now())
        .map_err(|_| anyhow::anyhow!("the machine's clock is wrong"))
}

#[cfg(test)]
mod tests {
    use super::{ExpectationError, Expectations, Standing, end_of_day};
    use crate::{registry::Registry, verdict::Grade};

    fn parse(text: &str) -> Result<Expectations, ExpectationError> {
        let registry = "\"A-1-b-001\" = { number = \"A-1\", was = [\"A-b-001\"] }";
        Expectations::parse(text, &Registry::parse(registry).unwrap())
    }

    const WAIVER: &str =
        "\"A-b-001\" = { verdict = \"fail\", reason = \"known\", until = \"2027-06-30\" }\n";

    fn standing(grade: Grade, now: &str) -> Standing {
        parse(WAIVER).unwrap().judge("A-1-b-001", grade, now.parse().unwrap())
    }

    #[test]
    fn an_expected_failure_is_waived_until_the_end_of_its_last_day() {
        assert_eq!(standing(Grade::Fail, "2027-06-30T23:59:59Z"), Standing::Expected);
        let end = end_of_day("2027-06-30").unwrap();
        assert_eq!(standing(Grade::Fail, "2027-07-01T00:00:00Z"), Standing::Expired(end));
        assert_eq!(standing(Grade::Pass, "2027-07-01T00:00:00Z"), Standing::Expired(end));
    }

    #[test]
    fn another_verdict_than_expected_fails_even_when_it_is_better() {
        let now = "2027-01-01T00:00:00Z";
        assert_eq!(standing(Grade::Pass, now), Standing::Otherwise(Grade::Fail));
        assert_eq!(standing(Grade::NotApplicable, now), Standing::Otherwise(Grade::Fail));
        assert_eq!(standing(Grade::SkippedByGuard, now), Standing::Expected);
        assert_eq!(standing(Grade::HarnessError, now), Standing::Unlisted);
        let other = parse(WAIVER).unwrap().judge("A-2-c-001", Grade::Fail, now.parse().unwrap());
        assert_eq!(other, Standing::Unlisted);
    }

    #[test]
    fn an_expectation_without_reason_end_or_case_is_refused() {
        let id = || "A-b-001".to_owned();
        let wrong = |from: &str, to: &str| parse(&WAIVER.replace(from, to)).unwrap_err();
        assert!(matches!(wrong("reason = \"known\", ", ""), ExpectationError::Syntax(_)));
        assert!(matches!(wrong("\"fail\"", "\"maybe\""), ExpectationError::Syntax(_)));
        assert!(matches!(wrong("reason", "why"), ExpectationError::Syntax(_)));
        assert_eq!(wrong("known", " "), ExpectationError::NoReason(id()));
        assert_eq!(wrong(", until = \"2027-06-30\"", ""), ExpectationError::NoEnd(id()));
        for date in ["2027-02-30", "2027-6-30", "30.06.2027", "", "§§§§§"] {
            assert_eq!(
                wrong("2027-06-30", date),
                ExpectationError::Date(id(), date.to_owned()),
                "{date}"
            );
        }
        let unknown = ExpectationError::Unknown("A-c-001".to_owned());
        assert_eq!(wrong("A-b-001", "A-c-001"), unknown);
        let twice = format!("{WAIVER}{}", WAIVER.replace("A-b-001", "A-1-b-001"));
        assert_eq!(parse(&twice), Err(ExpectationError::Twice("A-1-b-001".to_owned())));
    }

    #[test]
    fn what_blames_nobody_may_be_expected_without_an_end() {
        let text = "\"A-1-b-001\" = { verdict = \"not-applicable\", reason = \"no SSD\" }";
        let now = "2027-01-01T00:00:00Z".parse().unwrap();
        let judged = parse(text).unwrap().judge("A-1-b-001", Grade::NotApplicable, now);
        assert_eq!(judged, Standing::Expected);
    }
}
