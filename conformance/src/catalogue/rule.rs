//! A row of the tables of lints.

use crate::{case::Level, document::lint::Lint};

/// A lint with what it declares.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Number in the catalogue.
    pub number: &'static str,
    /// Stable identifier.
    pub id: &'static str,
    /// The clause.
    pub clause: &'static str,
    /// How binding the clause is.
    pub level: Level,
    /// What it is about.
    pub title: &'static str,
    /// The lint.
    pub lint: Lint,
}

const fn rule(
    number: &'static str,
    id: &'static str,
    clause: &'static str,
    level: Level,
    title: &'static str,
    lint: Lint,
) -> Rule {
    Rule { number, id, clause, level, title, lint }
}

/// A rule whose clause says "must".
#[must_use]
pub const fn must(
    number: &'static str,
    id: &'static str,
    clause: &'static str,
    title: &'static str,
    lint: Lint,
) -> Rule {
    rule(number, id, clause, Level::Must, title, lint)
}

/// A rule whose clause says "should".
#[must_use]
pub const fn should(
    number: &'static str,
    id: &'static str,
    clause: &'static str,
    title: &'static str,
    lint: Lint,
) -> Rule {
    rule(number, id, clause, Level::Should, title, lint)
}
