//! JSON lines: the run, an object a case, and the end. The form in which runs are kept and handed on; `docs/report.md` describes it.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Read as _, Write},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    Input,
    record::{CaseRecord, Exchange, FORMAT_VERSION, Header, Run},
    tally,
};
use crate::session::EXCHANGES_MAX;

/// Longest line, in bytes.
pub const LINE_LENGTH_MAX: usize = 8 * 1024 * 1024;
/// Longest report, in bytes.
pub const REPORT_LENGTH_MAX: usize = 256 * 1024 * 1024;
/// Most runs of all reports together.
pub const RUNS_MAX: usize = 64;
/// Most cases of a run.
pub const CASES_MAX: usize = 10_000;
/// Longest identifier, title, clause or finding, in bytes.
const TEXT_LENGTH_MAX: usize = 64 * 1024;

/// A line.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'a> {
    Run(&'a Header),
    Case(&'a CaseRecord),
    End { cases: usize, grades: BTreeMap<&'static str, usize> },
}

/// Writes the report.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
    for run in input.runs {
        line(out, &Line::Run(&run.header))?;
        run.cases.iter().try_for_each(|case| line(out, &Line::Case(case)))?;
        if run.complete {
            let grades = tally(run.cases.iter().map(|case| case.grade));
            let grades = grades.into_iter().map(|(grade, count)| (grade.name(), count)).collect();
            line(out, &Line::End { cases: run.cases.len(), grades })?;
        }
    }
    Ok(())
}

fn line(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// A line that was read. What it has besides is for a later version of the suite.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Told {
    Run(Header),
    Case(Box<CaseRecord>),
    End { cases: usize },
}

/// A report that is none.
#[derive(Debug, Error)]
#[error("line {line}: {kind}")]
pub struct ReadError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: ReadErrorKind,
}

/// What is wrong with a report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The file cannot be read.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// The line is no line of a report.
    #[error("no line of a report: {0}")]
    Json(#[from] serde_json::Error),
    /// Of another version of the format.
    #[error("format version {0}; this suite reads version {FORMAT_VERSION}")]
    Version(u32),
    /// A case, or an end, without a run before it.
    #[error("a line 'run' must come first")]
    NoRun,
    /// The end counts other cases than there are.
    #[error("the end counts {told} cases, there are {there}")]
    Count {
        /// What the line says.
        told: usize,
        /// What was read.
        there: usize,
    },
    /// A limit of this module.
    #[error("more than {1} {0}")]
    TooMuch(&'static str, usize),
    /// Neither a reset nor hexadecimal.
    #[error("an exchange is neither RESET nor hexadecimal")]
    Hexadecimal,
}

/// Reads the runs of a report; one that was cut off has its last run incomplete.
///
/// # Errors
/// The first line that is wrong, and why.
pub fn read(input: impl BufRead) -> Result<Vec<Run>, ReadError> {
    let mut input = input.take(REPORT_LENGTH_MAX as u64);
    let (mut runs, mut number, mut length) = (Vec::new(), 0, 0);
    loop {
        let wrong = |kind| ReadError { line: number + 1, kind };
        let mut text = Vec::new();
        let mut limited = (&mut input).take(LINE_LENGTH_MAX as u64);
        length += limited.read_until(b'\n', &mut text).map_err(|error| wrong(error.into()))?;
        if text.is_empty() {
            return Ok(runs);
        }
        if text.len() >= LINE_LENGTH_MAX {
            return Err(wrong(ReadErrorKind::TooMuch("bytes in a line", LINE_LENGTH_MAX)));
        }
        if length >= REPORT_LENGTH_MAX {
            return Err(wrong(ReadErrorKind::TooMuch("bytes", REPORT_LENGTH_MAX)));
        }
        if !text.trim_ascii().is_empty() {
            take(&mut runs, &text).map_err(wrong)?;
        }
        number += 1;
    }
}

fn take(runs: &mut Vec<Run>, line: &[u8]) -> Result<(), ReadErrorKind> {
    match serde_json::from_slice(line)? {
        Told::Run(header) => {
            if header.version != FORMAT_VERSION {
                return Err(ReadErrorKind::Version(header.version));
            }
            limit("runs", runs.len() + 1, RUNS_MAX)?;
            short(&[&header.subject, &header.suite])?;
            runs.push(Run { header, cases: Vec::new(), complete: false });
        }
        Told::Case(mut case) => {
            let run = runs.last_mut().ok_or(ReadErrorKind::NoRun)?;
            limit("cases", run.cases.len() + 1, CASES_MAX)?;
            check(&case)?;
            case.transcript = case.transcript.into_iter().map(Exchange::masked).collect();
            run.cases.push(*case);
        }
        Told::End { cases } => {
            let run = runs.last_mut().ok_or(ReadErrorKind::NoRun)?;
            let there = run.cases.len();
            if cases != there {
                return Err(ReadErrorKind::Count { told: cases, there });
            }
            run.complete = true;
        }
    }
    Ok(())
}

fn check(case: &CaseRecord) -> Result<(), ReadErrorKind> {
    short(&[&case.id, &case.number, &case.title, &case.clause, &case.finding])?;
    limit("exchanges", case.transcript.len(), EXCHANGES_MAX)?;
    let fine = case.transcript.iter().all(is_exchange);
    if fine { Ok(()) } else { Err(ReadErrorKind::Hexadecimal) }
}

fn is_exchange(exchange: &Exchange) -> bool {
    let (command, response) = exchange.plain();
    (exchange.is_reset() || is_hexadecimal(&exchange.command))
        && is_hexadecimal(&exchange.response)
        && (exchange.is_reset() || is_hexadecimal(command))
        && is_hexadecimal(response)
}

/// Whole bytes, each of them two digits or hidden.
fn is_hexadecimal(text: &str) -> bool {
    let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty() && pairs.iter().all(|pair| pair == b"**" || pair.iter().all(digit))
}

fn short(texts: &[&str]) -> Result<(), ReadErrorKind> {
    texts.iter().try_for_each(|text| limit("bytes of text", text.len(), TEXT_LENGTH_MAX))
}

const fn limit(what: &'static str, count: usize, most: usize) -> Result<(), ReadErrorKind> {
    if count > most { Err(ReadErrorKind::TooMuch(what, most)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{EXCHANGES_MAX, ReadErrorKind, read};

    const RUN: &str = r#"{"kind":"run","version":1,"subject":"a","suite":"0.1.0","later":true}"#;

    fn case(exchange: &str) -> String {
        format!(
            r#"{{"kind":"case","id":"A-1","number":"A-01","title":"t","clause":"c","level":"must","effect":"read","grade":"pass","finding":"","duration_us":1,"transcript":[{exchange}]}}"#
        )
    }

    fn kind(text: &str) -> ReadErrorKind {
        read(text.as_bytes()).unwrap_err().kind
    }

    #[test]
    fn a_report_that_was_cut_off_is_incomplete() {
        let text = format!("{RUN}\n{}\n", case(r#"{"command":"RESET","response":"3B00"}"#));
        let runs = read(text.as_bytes()).unwrap();
        assert_eq!((runs.len(), runs[0].cases.len(), runs[0].complete), (1, 1, false));
        let whole = read(format!("{text}\n{{\"kind\":\"end\",\"cases\":1}}").as_bytes()).unwrap();
        assert!(whole[0].complete);
    }

    #[test]
    fn what_is_no_report_is_refused_by_line() {
        assert!(matches!(kind(&case("")), ReadErrorKind::NoRun));
        assert!(matches!(kind("{\"kind\":\"other\"}"), ReadErrorKind::Json(_)));
        assert!(matches!(kind("\u{0}\u{1}"), ReadErrorKind::Json(_)));
        assert!(matches!(kind(&RUN.replace(":1", ":2")), ReadErrorKind::Version(2)));
        let end = format!("{RUN}\n{{\"kind\":\"end\",\"cases\":3}}");
        assert!(matches!(kind(&end), ReadErrorKind::Count { told: 3, there: 0 }));
        let scripts = format!("{RUN}\n{}", case(r#"{"command":"<b>","response":""}"#));
        assert!(matches!(kind(&scripts), ReadErrorKind::Hexadecimal));
        assert_eq!(read(scripts.as_bytes()).unwrap_err().line, 2);
        let deep = format!("{RUN}\n{}", "[".repeat(100_000));
        assert!(matches!(kind(&deep), ReadErrorKind::Json(_)));
    }

    #[test]
    fn limits_hold() {
        let exchanges = vec![r#"{"command":"RESET","response":""}"#; EXCHANGES_MAX + 1].join(",");
        let text = format!("{RUN}\n{}", case(&exchanges));
        assert!(matches!(kind(&text), ReadErrorKind::TooMuch("exchanges", EXCHANGES_MAX)));
        let long = format!("{RUN}\n{}", " ".repeat(super::LINE_LENGTH_MAX));
        assert!(matches!(kind(&long), ReadErrorKind::TooMuch("bytes in a line", _)));
        let many = vec![RUN; super::RUNS_MAX + 1].join("\n");
        assert!(matches!(kind(&many), ReadErrorKind::TooMuch("runs", _)));
    }
}
