//! Clauses in order, and which of them are covered.

use crate::case::Level;

use super::Input;

/// A clause that the suite tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The clause, as cases name it: `GPCS 2.3.1 §11.9`.
    pub id: String,
    /// What it requires, in a few words.
    pub title: String,
    /// How binding it is.
    pub level: Level,
    /// Identifiers of the cases about it.
    pub covered_by: Vec<String>,
}

/// The specification that a clause is of: what stands before the section sign, the table or the figure.
#[must_use]
pub fn specification(clause: &str) -> &str {
    let cut = ["§", "table ", "figure ", "annex "];
    let end = cut.iter().filter_map(|mark| clause.find(mark)).min();
    let specification = clause.get(..end.unwrap_or(clause.len())).unwrap_or(clause).trim();
    if specification.is_empty() { clause } else { specification }
}

/// Where a clause stands among others: numbers by value, letters after them, so that §11.3 is before §11.10 and §H.2 after both.
#[must_use]
pub fn order(clause: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for character in clause.chars() {
        match (character.to_digit(10), parts.last_mut()) {
            (Some(digit), Some(Part::Number(number))) => {
                *number = number.saturating_mul(10).saturating_add(digit);
            }
            (Some(digit), _) => parts.push(Part::Number(digit)),
            (None, Some(Part::Text(text))) => text.push(character),
            (None, _) => parts.push(Part::Text(character.to_string())),
        }
    }
    parts
}

/// A part of a clause's number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Digits.
    Number(u32),
    /// Anything else.
    Text(String),
}

/// How much of a specification is covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage<'a> {
    /// The specification.
    pub specification: &'a str,
    /// Its clauses that have a case.
    pub covered: usize,
    /// All its clauses.
    pub all: usize,
    /// Those without a case, in order.
    pub missing: Vec<&'a Clause>,
}

/// The account of all specifications, in order.
#[must_use]
pub fn coverage<'a>(input: &Input<'a>) -> Vec<Coverage<'a>> {
    let mut clauses: Vec<&Clause> = input.clauses.iter().collect();
    clauses.sort_by_cached_key(|clause| order(&clause.id));
    let mut accounts: Vec<Coverage<'a>> = Vec::new();
    for clause in clauses {
        let specification = specification(&clause.id);
        if accounts.last().is_none_or(|last| last.specification != specification) {
            accounts.push(Coverage { specification, covered: 0, all: 0, missing: Vec::new() });
        }
        let Some(account) = accounts.last_mut() else { continue };
        account.all += 1;
        if clause.covered_by.is_empty() {
            account.missing.push(clause);
        } else {
            account.covered += 1;
        }
    }
    accounts
}

#[cfg(test)]
mod tests {
    use super::{Clause, coverage, order, specification};
    use crate::{case::Level, report::Input};

    #[test]
    fn specifications_are_told_from_clauses() {
        for (clause, expected) in [
            ("GPCS 2.3.1 §11.9", "GPCS 2.3.1"),
            ("GPCS 2.3.1 table 11-10", "GPCS 2.3.1"),
            ("host behaviour", "host behaviour"),
            ("§5", "§5"),
        ] {
            assert_eq!(specification(clause), expected);
        }
    }

    #[test]
    fn clauses_are_in_the_order_of_the_book() {
        let mut clauses = ["GPCS §11.10", "GPCS §H.2", "GPCS §11.3.2", "GPCS §9", "GPCS §11.3"];
        clauses.sort_by_cached_key(|clause| order(clause));
        assert_eq!(clauses, ["GPCS §9", "GPCS §11.3", "GPCS §11.3.2", "GPCS §11.10", "GPCS §H.2"]);
    }

    #[test]
    fn what_has_no_case_is_missing() {
        let clause = |id: &str, covered_by: &[&str]| Clause {
            id: id.to_owned(),
            title: String::new(),
            level: Level::Must,
            covered_by: covered_by.iter().map(|&id| id.to_owned()).collect(),
        };
        let clauses = [clause("A §10", &[]), clause("B §1", &["x"]), clause("A §2", &["y", "z"])];
        let accounts = coverage(&Input { runs: &[], clauses: &clauses });
        let [a, b] = accounts.as_slice() else { panic!("{accounts:?}") };
        assert_eq!((a.specification, a.covered, a.all), ("A", 1, 2));
        assert_eq!(a.missing[0].id, "A §10");
        assert_eq!((b.covered, b.all), (1, 1));
    }
}
