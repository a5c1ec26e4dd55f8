//! The matrix: a table a specification, a row a clause, a column a subject.

use std::collections::BTreeMap;

use super::{
    super::{
        Kind,
        clauses::{Part, order, specification},
        record::{CaseRecord, Run},
    },
    Look, anchor, worst,
};

/// The clauses of one specification.
pub(super) struct Table<'a> {
    pub(super) specification: &'a str,
    pub(super) rows: Vec<Row<'a>>,
}

/// One clause.
pub(super) struct Row<'a> {
    pub(super) clause: &'a str,
    pub(super) cells: Vec<Cell>,
}

/// What a clause came to on a subject.
pub(super) struct Cell {
    pub(super) look: Look,
    /// How many cases of it passed, of how many.
    pub(super) passed: usize,
    pub(super) all: usize,
    /// The case to look at first.
    pub(super) anchor: String,
}

pub(super) fn tables(runs: &[Run]) -> Vec<Table<'_>> {
    let mut clauses: BTreeMap<Vec<Part>, &str> = BTreeMap::new();
    for case in runs.iter().flat_map(|run| &run.cases) {
        clauses.insert(order(&case.clause), &case.clause);
    }
    let mut tables: Vec<Table<'_>> = Vec::new();
    let columns: Vec<_> = runs.iter().map(by_clause).collect();
    for clause in clauses.into_values() {
        let specification = specification(clause);
        if tables.last().is_none_or(|last| last.specification != specification) {
            tables.push(Table { specification, rows: Vec::new() });
        }
        let cells = columns.iter().map(|column| cell(column.get(clause))).collect();
        let row = Row { clause: short(clause, specification), cells };
        tables.extend_row(row);
    }
    tables
}

/// The last table takes a row.
trait ExtendRow<'a> {
    fn extend_row(&mut self, row: Row<'a>);
}

impl<'a> ExtendRow<'a> for Vec<Table<'a>> {
    fn extend_row(&mut self, row: Row<'a>) {
        if let Some(last) = self.last_mut() {
            last.rows.push(row);
        }
    }
}

/// The cases of a run by clause.
fn by_clause(run: &Run) -> BTreeMap<&str, Vec<&CaseRecord>> {
    run.cases.iter().fold(BTreeMap::new(), |mut clauses, case| {
        clauses.entry(case.clause.as_str()).or_insert_with(Vec::new).push(case);
        clauses
    })
}

/// The clause without the name of its specification, which the table has.
fn short<'a>(clause: &'a str, specification: &str) -> &'a str {
    match clause.strip_prefix(specification).map(str::trim) {
        Some(rest) if !rest.is_empty() => rest,
        _ => clause,
    }
}

fn cell(cases: Option<&Vec<&CaseRecord>>) -> Cell {
    let cases = cases.map(Vec::as_slice).unwrap_or_default();
    let grade = worst(cases.iter().map(|case| case.grade));
    let first = cases.iter().find(|case| Some(case.grade) == grade);
    Cell {
        look: Look::of_optional(grade),
        passed: cases.iter().filter(|case| Kind::of(case.grade) == Kind::Passed).count(),
        all: cases.len(),
        anchor: first.map(|case| anchor(&case.id)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::tables;
    use crate::{
        report::samples::{case, run},
        verdict::Grade,
    };

    #[test]
    fn a_clause_shows_its_worst_case() {
        let mut other = case("B-1", Grade::Pass, &[]);
        other.clause = "ISO 7816-4 §5.1".to_owned();
        let one = run("one", vec![case("A-1", Grade::Pass, &[]), case("A-2", Grade::Fail, &[])]);
        let tables_of = [one, run("two", vec![other])];
        let tables = tables(&tables_of);
        let [first, second] = tables.as_slice() else { panic!("{}", tables.len()) };
        assert_eq!((first.specification, first.rows[0].clause), ("GPCS 2.3.1", "§11.3"));
        let cells = &first.rows[0].cells;
        assert_eq!((cells[0].look.name, cells[0].passed, cells[0].all), ("fail", 1, 2));
        assert_eq!(cells[0].anchor, "case-A-2");
        assert_eq!((cells[1].look.class, cells[1].all), ("absent", 0));
        assert_eq!(second.rows[0].cells[1].look.name, "pass");
    }
}
