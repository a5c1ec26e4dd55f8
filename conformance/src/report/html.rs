//! One page with everything: what became of each subject, the matrix of clauses and subjects, what is covered, where subjects disagree, and
//! every case, with its transcript where it failed. It needs nothing but itself, and can be read without its script.

mod cases;
mod matrix;
mod overview;

use std::io::{self, Write};

use askama::Template;

use self::{
    cases::{Group, groups},
    matrix::{Table, tables},
    overview::{Disagreement, Summary, disagreements},
};
use super::{Input, clauses};
use crate::verdict::Grade;

/// The hash of the page's script [CSP 3 §2.3.1]: nothing else runs on the page, whatever a report holds.
const SCRIPT_HASH: &str = "sha256-qUy2YISpoToid2+7BjHpvEDDwlqfpj2oiBZTZpKhV2I=";

/// The page.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    script_hash: &'static str,
    headline: String,
    summaries: Vec<Summary<'a>>,
    legend: Vec<Look>,
    tables: Vec<Table<'a>>,
    coverage: Vec<clauses::Coverage<'a>>,
    several: bool,
    disagreements: Vec<Disagreement<'a>>,
    groups: Vec<Group<'a>>,
}

/// Writes the page.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
    let groups = groups(input.runs);
    let page = Page {
        script_hash: SCRIPT_HASH,
        headline: overview::headline(input.runs),
        summaries: input.runs.iter().map(Summary::of).collect(),
        legend: legend(input),
        tables: tables(input.runs),
        coverage: clauses::coverage(input),
        several: input.runs.len() > 1,
        disagreements: disagreements(input.runs),
        groups,
    };
    let mut out = out;
    page.write_into(&mut out)
}

/// The grades that occur, in their order.
fn legend(input: &Input<'_>) -> Vec<Look> {
    let grades = input.runs.iter().flat_map(|run| &run.cases).map(|case| case.grade);
    super::tally(grades).into_keys().map(Look::of).collect()
}

/// How a grade looks: by a sign as well as by colour.
#[derive(Clone, Copy)]
struct Look {
    name: &'static str,
    class: &'static str,
    sign: &'static str,
}

impl Look {
    const fn of(grade: Grade) -> Self {
        let (class, sign) = match grade {
            Grade::Pass => ("good", "✓"),
            Grade::PassWithObservation => ("note", "✓"),
            Grade::ConceptuallyPass => ("note", "≈"),
            Grade::Fail => ("bad", "✗"),
            Grade::HarnessError => ("doubt", "!"),
            Grade::Inconclusive => ("doubt", "?"),
            Grade::Blocked => ("idle", "‖"),
            Grade::NotApplicable => ("idle", "–"),
            Grade::NotEffective => ("idle", "○"),
            Grade::SkippedByGuard => ("idle", "»"),
        };
        Self { name: grade.name(), class, sign }
    }

    /// A subject that did not run the case.
    const ABSENT: Self = Self { name: super::comparison::ABSENT, class: "absent", sign: "·" };

    const fn of_optional(grade: Option<Grade>) -> Self {
        match grade {
            Some(grade) => Self::of(grade),
            None => Self::ABSENT,
        }
    }
}

/// The grade that stands for several: the one that is most to be looked at.
fn worst(grades: impl IntoIterator<Item = Grade>) -> Option<Grade> {
    const ORDER: [Grade; 10] = [
        Grade::Fail,
        Grade::HarnessError,
        Grade::Inconclusive,
        Grade::PassWithObservation,
        Grade::ConceptuallyPass,
        Grade::Pass,
        Grade::Blocked,
        Grade::NotEffective,
        Grade::SkippedByGuard,
        Grade::NotApplicable,
    ];
    let place = |grade: &Grade| ORDER.iter().position(|other| other == grade);
    grades.into_iter().min_by_key(place)
}

/// The name of a case's place on the page: letters, digits and hyphens only.
fn anchor(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("case-{}", id.chars().map(safe).collect::<String>())
}

/// A time in the unit that suits it.
fn duration(duration_us: u64) -> String {
    match duration_us {
        0..1_000 => format!("{duration_us} µs"),
        1_000..1_000_000 => format!("{}.{} ms", duration_us / 1_000, duration_us / 100 % 10),
        _ => format!("{}.{:02} s", duration_us / 1_000_000, duration_us / 10_000 % 100),
    }
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT_HASH, duration, worst, write};
    use crate::{
        case::Level,
        report::{
            Input,
            clauses::Clause,
            record::{Exchange, Opened},
            samples::{case, run},
        },
        verdict::Grade,
    };
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use sha2::{Digest as _, Sha256};

    fn page(runs: &[crate::report::record::Run], clauses: &[Clause]) -> String {
        let mut out = Vec::new();
        write(&mut out, &Input { runs, clauses }).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_script_is_the_only_one_that_may_run() {
        let page = page(&[], &[]);
        let (_, rest) = page.split_once("<script>").unwrap();
        let (script, rest) = rest.split_once("</script>").unwrap();
        assert!(!rest.contains("<script"));
        let hash = BASE64_STANDARD.encode(Sha256::digest(script));
        assert_eq!(SCRIPT_HASH, format!("sha256-{hash}"));
        assert!(page.contains(SCRIPT_HASH));
    }

    #[test]
    fn nothing_in_a_report_is_markup() {
        let attack = "<script>alert(1)</script>\"'&";
        let mut hostile = case(attack, Grade::Fail, &[("80CA006600", "6A88")]);
        hostile.title = attack.to_owned();
        hostile.clause = attack.to_owned();
        hostile.finding = attack.to_owned();
        hostile.number = attack.to_owned();
        let mut run = run(attack, vec![hostile]);
        run.header.plan = Some(attack.to_owned());
        run.header.profile = serde_json::json!({ attack: [attack, { attack: attack }] });
        let clause = Clause {
            id: attack.to_owned(),
            title: attack.to_owned(),
            level: Level::Must,
            covered_by: Vec::new(),
        };
        let page = page(&[run.clone(), run], &[clause]);
        assert!(!page.contains("<script>alert") && !page.contains("\"'&"), "{page}");
        assert_eq!(page.matches("<script").count(), 1);
    }

    #[test]
    fn a_failed_case_shows_its_transcript_out_of_the_channel() {
        let mut failed = case("A-1", Grade::Fail, &[("84F240020A00", "E1E2E3E49000")]);
        let opened = Opened { command: "80F24002024F0000".to_owned(), response: "6A88".to_owned() };
        failed.transcript = vec![Exchange { opened: Some(opened), ..failed.transcript.remove(0) }];
        let passed = case("A-2", Grade::Pass, &[("80CA00E000", "00009000")]);
        let page = page(&[run("one", vec![failed, passed])], &[]);
        for told in [
            "GET STATUS",
            "80F24002024F0000",
            "84F240020A00",
            "6A88 referenced data not found",
            "id=\"case-A-1\"",
            "1.5 ms",
        ] {
            assert!(page.contains(told), "{told}");
        }
        assert!(!page.contains("80CA00E000"), "what passed needs no transcript");
    }

    #[test]
    fn the_worst_grade_stands_for_all() {
        assert_eq!(worst([Grade::Pass, Grade::Fail, Grade::NotApplicable]), Some(Grade::Fail));
        assert_eq!(worst([Grade::NotApplicable, Grade::Pass]), Some(Grade::Pass));
        assert_eq!(worst([]), None);
        for grade in Grade::ALL {
            assert_eq!(worst([*grade, Grade::Fail]), Some(Grade::Fail));
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration(999), "999 µs");
        assert_eq!(duration(12_345), "12.3 ms");
        assert_eq!(duration(2_345_678), "2.34 s");
    }
}
