//! Which clauses have cases, per specification.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use super::{Clause, Specification, Specifications, is_within};
use crate::{
    case::{Case, Level},
    report,
};

/// Clauses without a case that we know of, one citation a line.
const OPEN: &str = include_str!("../../open-clauses.txt");

/// How a clause stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A case is about it.
    Covered,
    /// Cases are about all clauses below it.
    CoveredByParts,
    /// No case yet.
    Open,
    /// It cannot be tested; the requirement text says why.
    Untestable,
}

/// One clause with its cases.
#[derive(Clone, Debug, Serialize)]
pub struct ClauseCoverage {
    /// The citation.
    pub clause: String,
    /// The heading.
    pub title: String,
    /// How binding it is.
    pub level: Level,
    /// How it stands.
    pub standing: Standing,
    /// Identifiers of the cases about it.
    pub cases: Vec<&'static str>,
}

/// One specification.
#[derive(Clone, Debug, Serialize)]
pub struct SpecificationCoverage {
    /// Its name in citations.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its clauses, in the order of the file.
    pub clauses: Vec<ClauseCoverage>,
}

impl SpecificationCoverage {
    /// How many clauses stand so.
    #[must_use]
    pub fn count(&self, standing: Standing) -> usize {
        self.clauses.iter().filter(|clause| clause.standing == standing).count()
    }

    /// Clauses that have cases, themselves or in all their parts.
    #[must_use]
    pub fn covered(&self) -> usize {
        self.count(Standing::Covered) + self.count(Standing::CoveredByParts)
    }
}

/// Holds the cases against the clauses.
#[must_use]
pub fn coverage(
    specifications: &Specifications,
    cases: impl IntoIterator<Item = &'static Case>,
) -> Vec<SpecificationCoverage> {
    let mut by_clause: BTreeMap<(&str, &str), Vec<&'static str>> = BTreeMap::new();
    for case in cases {
        if let Some((specification, clause)) = specifications.find(case.clause) {
            by_clause.entry((&specification.name, &clause.id)).or_default().push(case.id);
        }
    }
    let of = |specification: &Specification| {
        let cases = |clause: &Clause| {
            by_clause
                .get(&(specification.name.as_str(), clause.id.as_str()))
                .cloned()
                .unwrap_or_default()
        };
        let standing = |clause: &Clause| standing(&specification.clauses, clause, &cases);
        let clauses = specification.clauses.iter().map(|clause| ClauseCoverage {
            clause: specification.cite(clause),
            title: clause.title.clone(),
            level: clause.level,
            standing: standing(clause),
            cases: cases(clause),
        });
        SpecificationCoverage {
            name: specification.name.clone(),
            title: specification.title.clone(),
            clauses: clauses.collect(),
        }
    };
    specifications.0.iter().map(of).collect()
}

fn standing(
    all: &[Clause],
    clause: &Clause,
    cases: &impl Fn(&Clause) -> Vec<&'static str>,
) -> Standing {
    if clause.untestable.is_some() {
        return Standing::Untestable;
    }
    if !cases(clause).is_empty() {
        return Standing::Covered;
    }
    // A part that is no heading itself settles the question for everything below it, so only leaves and covered parts count.
    let mut parts = all
        .iter()
        .filter(|part| part.id != clause.id && is_within(&part.id, &clause.id))
        .filter(|part| part.untestable.is_none())
        .peekable();
    let any = parts.peek().is_some();
    let settled = |part: &Clause| {
        !cases(part).is_empty()
            || all.iter().any(|below| below.id != part.id && is_within(&below.id, &part.id))
    };
    if any && parts.all(settled) { Standing::CoveredByParts } else { Standing::Open }
}

/// The clauses that can be tested, as reports account for them; a heading has the cases of its parts.
#[must_use]
pub fn for_reports(coverage: &[SpecificationCoverage]) -> Vec<report::clauses::Clause> {
    let clauses = |specification: &SpecificationCoverage| -> Vec<report::clauses::Clause> {
        let testable = |clause: &&ClauseCoverage| clause.standing != Standing::Untestable;
        let told = |clause: &ClauseCoverage| report::clauses::Clause {
            id: clause.clause.clone(),
            title: clause.title.clone(),
            level: clause.level,
            covered_by: covered_by(&specification.clauses, clause),
        };
        specification.clauses.iter().filter(testable).map(told).collect()
    };
    coverage.iter().flat_map(clauses).collect()
}

fn covered_by(all: &[ClauseCoverage], clause: &ClauseCoverage) -> Vec<String> {
    let counts = |other: &&ClauseCoverage| {
        other.clause == clause.clause
            || clause.standing == Standing::CoveredByParts
                && is_within(&other.clause, &clause.clause)
    };
    all.iter().filter(counts).flat_map(|other| &other.cases).map(ToString::to_string).collect()
}

/// Citations of the clauses without a case.
#[must_use]
pub fn open(coverage: &[SpecificationCoverage]) -> Vec<&str> {
    coverage
        .iter()
        .flat_map(|specification| &specification.clauses)
        .filter(|clause| clause.standing == Standing::Open)
        .map(|clause| clause.clause.as_str())
        .collect()
}

/// Citations that are listed as open.
pub fn listed_open() -> impl Iterator<Item = &'static str> {
    OPEN.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The list of open clauses as the file should have it.
#[must_use]
pub fn render_open(coverage: &[SpecificationCoverage]) -> String {
    let head = "# Clauses without a case, one citation a line; written by `cargo xtask conformance-registry`.\n";
    open(coverage).into_iter().fold(head.to_owned(), |text, citation| text + citation + "\n")
}

/// Writes the figures of each specification and the clauses without a case.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write_text(out: &mut dyn Write, coverage: &[SpecificationCoverage]) -> io::Result<()> {
    writeln!(
        out,
        "{:<14} {:>7} {:>5} {:>10}  title",
        "specification", "covered", "open", "untestable"
    )?;
    for specification in coverage {
        let untestable = specification.count(Standing::Untestable);
        let testable = specification.clauses.len() - untestable;
        writeln!(
            out,
            "{:<14} {:>7} {:>5} {untestable:>10}  {}",
            specification.name,
            format!("{}/{testable}", specification.covered()),
            specification.count(Standing::Open),
            specification.title,
        )?;
    }
    writeln!(out, "\nClauses without a case:")?;
    for clause in coverage.iter().flat_map(|specification| &specification.clauses) {
        if clause.standing == Standing::Open {
            writeln!(out, "  {:<26} {}", clause.clause, clause.title)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        SpecificationCoverage, Standing, coverage, for_reports, listed_open, open, standing,
    };
    use crate::{
        case::Level,
        catalogue,
        specs::{Clause, Specifications},
    };

    #[test]
    fn a_clause_without_a_case_is_untestable_or_listed_as_open() {
        let coverage = coverage(&Specifications::embedded().unwrap(), catalogue::all());
        let listed: BTreeSet<&str> = listed_open().collect();
        let forgotten: Vec<_> =
            open(&coverage).into_iter().filter(|clause| !listed.contains(clause)).collect();
        assert!(forgotten.is_empty(), "run `cargo xtask conformance-registry`: {forgotten:#?}");
        let specifications = Specifications::embedded().unwrap();
        for clause in listed {
            assert!(specifications.find(clause).is_some(), "{clause} is listed and not tracked");
        }
    }

    #[test]
    fn reports_account_for_every_clause_that_can_be_tested() {
        let coverage = coverage(&Specifications::embedded().unwrap(), catalogue::all());
        let told = for_reports(&coverage);
        let testable: usize =
            coverage.iter().map(|of| of.clauses.len() - of.count(Standing::Untestable)).sum();
        assert_eq!(told.len(), testable);
        let covered = told.iter().filter(|clause| !clause.covered_by.is_empty()).count();
        assert_eq!(covered, coverage.iter().map(SpecificationCoverage::covered).sum::<usize>());
    }

    fn clause(id: &str) -> Clause {
        let text = || "text".to_owned();
        Clause {
            id: id.to_owned(),
            title: text(),
            summary: text(),
            level: Level::Must,
            untestable: None,
        }
    }

    #[test]
    fn a_heading_is_covered_when_all_its_parts_are() {
        let mut clauses: Vec<Clause> =
            ["§1", "§1.1", "§1.1.1", "§1.2", "§1.3", "§10"].into_iter().map(clause).collect();
        clauses[4].untestable = Some("why".to_owned());
        let of = |id: &str, covered: &[&str]| {
            let wanted = clauses.iter().find(|clause| clause.id == id).unwrap();
            let cases = |clause: &Clause| {
                if covered.contains(&clause.id.as_str()) { vec!["case"] } else { Vec::new() }
            };
            standing(&clauses, wanted, &cases)
        };
        assert_eq!(of("§1", &["§1.1.1", "§1.2"]), Standing::CoveredByParts);
        assert_eq!(of("§1", &["§1.1.1"]), Standing::Open);
        assert_eq!(of("§1", &["§1.1", "§1.2"]), Standing::Open, "§1.1.1 is not");
        assert_eq!(of("§1.1", &["§1.1.1"]), Standing::CoveredByParts);
        assert_eq!(of("§1", &["§1"]), Standing::Covered);
        assert_eq!(of("§1.3", &[]), Standing::Untestable);
        assert_eq!(of("§10", &["§1"]), Standing::Open);
    }
}
