//! A row of the tables of lints.

use crate::{
    case::{Effect, Level},
    document::lint::Lint,
    verdict::Verdict,
};

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

/// A case about a server: `S` is what it talks to.
pub struct ServerRule<S> {
    /// Number in the catalogue.
    pub number: &'static str,
    /// Stable identifier.
    pub id: &'static str,
    /// The clause.
    pub clause: &'static str,
    /// How binding the clause is.
    pub level: Level,
    /// What it may do: nothing begun, an operation that is not finished, or a token recorded for good.
    pub effect: Effect,
    /// What it is about.
    pub title: &'static str,
    /// The case.
    pub run: fn(&mut S) -> anyhow::Result<Verdict>,
}

macro_rules! server_levels {
    ($($name:ident = $level:ident, $doc:literal;)*) => {
        $(
            #[doc = concat!("A case about a server whose clause says \"", $doc, "\".")]
            #[must_use]
            pub const fn $name<S>(
                number: &'static str,
                id: &'static str,
                clause: &'static str,
                effect: Effect,
                title: &'static str,
                run: fn(&mut S) -> anyhow::Result<Verdict>,
            ) -> ServerRule<S> {
                ServerRule { number, id, clause, level: Level::$level, effect, title, run }
            }
        )*
    };
}

server_levels! {
    server_must = Must, "must";
    server_should = Should, "should";
    server_may = May, "may";
}
