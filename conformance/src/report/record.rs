//! A run as reports have it: plain data that owns itself, the same whether the run was judged just now or read back from JSON lines.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mask;
use crate::{
    case::{Effect, Level},
    engine::Outcome,
    probe::Profile,
    session,
    verdict::Grade,
};

/// Version of the format of JSON lines. A new field does not change it, another meaning of a field does.
pub const FORMAT_VERSION: u32 = 1;
/// What a transcript has in place of a command when the card was reset; the response is the ATR.
pub const RESET: &str = "RESET";

/// What is known of a run before its first case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the format.
    pub version: u32,
    /// The subject, as it was named.
    pub subject: String,
    /// Version of the suite.
    pub suite: String,
    /// When the run began, in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// The seed of what the run left to chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Hash of the plan: equal for runs of the same cases in the same order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// What the probe found out.
    #[serde(default)]
    pub profile: Value,
}

impl Header {
    /// The header of a run of this suite.
    #[must_use]
    pub fn new(subject: &str, profile: &Profile) -> Self {
        Self {
            version: FORMAT_VERSION,
            subject: subject.to_owned(),
            suite: env!("CARGO_PKG_VERSION").to_owned(),
            started: None,
            seed: None,
            plan: None,
            // A profile that cannot be told is left out: the verdicts matter more.
            profile: serde_json::to_value(profile).unwrap_or_default(),
        }
    }
}

/// One run on one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What was known before the first case.
    pub header: Header,
    /// What became of the cases, in the order in which they ran.
    pub cases: Vec<CaseRecord>,
    /// Whether the run came to its end, as far as the report knows.
    pub complete: bool,
}

impl Run {
    /// A run that came to its end.
    #[must_use]
    pub fn new(header: Header, outcomes: &[Outcome]) -> Self {
        let cases = outcomes.iter().map(CaseRecord::from).collect();
        Self { header, cases, complete: true }
    }

    /// The record of a case.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&CaseRecord> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// How long all cases took, in microseconds.
    #[must_use]
    pub fn duration_us(&self) -> u64 {
        self.cases.iter().fold(0, |sum, case| sum.saturating_add(case.duration_us))
    }
}

/// One case that was judged: what it declares, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// Stable identifier.
    pub id: String,
    /// Number in the catalogue of cases.
    pub number: String,
    /// What the case is about.
    pub title: String,
    /// The clause.
    pub clause: String,
    /// How binding the clause is.
    pub level: Level,
    /// What the case may do to the card.
    pub effect: Effect,
    /// The verdict's grade.
    pub grade: Grade,
    /// What was seen, in one line.
    pub finding: String,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What was exchanged.
    pub transcript: Vec<Exchange>,
}

impl From<&Outcome> for CaseRecord {
    fn from(outcome: &Outcome) -> Self {
        let (case, verdict) = (outcome.case, &outcome.verdict);
        Self {
            id: case.id.to_owned(),
            number: case.number.to_owned(),
            title: case.title.to_owned(),
            clause: case.clause.to_owned(),
            level: case.level,
            effect: case.effect,
            grade: verdict.grade,
            finding: verdict.finding.clone(),
            duration_us: outcome.duration_us,
            transcript: outcome.transcript.iter().map(Exchange::from).collect(),
        }
    }
}

/// One exchange, in upper-case hexadecimal; `**` is a byte that is hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What went to the card; [`RESET`] for a reset.
    pub command: String,
    /// What came back.
    pub response: String,
    /// The same out of the secure channel, where the command went through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Opened>,
}

/// A command before it was wrapped, and its response after it was unwrapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The plain command.
    pub command: String,
    /// The plain response.
    pub response: String,
}

impl Exchange {
    /// Command and response without secure messaging.
    #[must_use]
    pub fn plain(&self) -> (&str, &str) {
        self.opened
            .as_ref()
            .map_or((&self.command, &self.response), |opened| (&opened.command, &opened.response))
    }

    /// The exchange with its secrets hidden, whoever recorded it.
    #[must_use]
    pub fn masked(self) -> Self {
        let opened =
            self.opened.map(|opened| Opened { command: mask::command(&opened.command), ..opened });
        Self { command: mask::command(&self.command), opened, ..self }
    }

    /// Whether this is a reset.
    #[must_use]
    pub fn is_reset(&self) -> bool {
        self.command == RESET
    }
}

impl From<&session::Exchange> for Exchange {
    fn from(exchange: &session::Exchange) -> Self {
        let (command, response) = (exchange.command.clone(), exchange.response.clone());
        let opened = exchange.opened.as_ref().map(|opened| Opened {
            command: opened.command.clone(),
            response: opened.response.clone(),
        });
        Self { command, response, opened }.masked()
    }
}
