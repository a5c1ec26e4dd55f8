//! The requirement texts: every clause that the suite tracks, in our own words, embedded from `specs/*.toml`.
//!
//! A case names its clause by a citation such as `GPCS 2.3.1 §11.5.2`: the name of a specification, a blank, the clause. The catalogues
//! `HOST` and `ROBUST` hold what no specification says: what hosts rely on, and that a card stays alive.

pub mod coverage;

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};

use crate::case::Level;

/// Embeds the files; a test holds the list against the folder.
macro_rules! embed {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../specs/", $name, ".toml")))),*]
    };
}

/// All files, in the order of reports.
const FILES: &[(&str, &str)] = &embed![
    "gpcs-2.3.1",
    "gp-amendment-d",
    "open-platform-2.0.1",
    "ts-102-226",
    "iso7816-3",
    "iso7816-4",
    "iso7816-5",
    "x690",
    "jcvm",
    "jcre",
    "jcapi",
    "coolkey",
    "sp800-73",
    "rfc5280",
    "rfc6960",
    "rfc7030",
    "rfc8894",
    "rfc9810",
    "tps",
    "host",
    "robustness",
];

/// What is wrong with a file of requirement texts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The file is no TOML of the right shape.
    #[error("{file}: {cause}")]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says, with line and column.
        cause: String,
    },
    /// A clause's identifier does not begin with `§`.
    #[error("{file}: clause '{id}' does not begin with §")]
    NoSection {
        /// The file.
        file: String,
        /// The identifier as it stands there.
        id: String,
    },
    /// A clause is there twice.
    #[error("{file}: clause {id} is there twice")]
    Twice {
        /// The file.
        file: String,
        /// The clause.
        id: String,
    },
    /// A clause does not say whether it can be tested, says both, or gives no reason.
    #[error("{file}: clause {id} needs either `testable = true` or `untestable = \"why\"`")]
    Testability {
        /// The file.
        file: String,
        /// The clause.
        id: String,
    },
    /// A text is empty.
    #[error("{file}: clause {id} has an empty title or summary")]
    Empty {
        /// The file.
        file: String,
        /// The clause.
        id: String,
    },
}

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its number or name, with `§`.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What it asks for, in our own words.
    pub summary: String,
    /// How binding it is.
    pub level: Level,
    /// Why it cannot be tested, if so.
    pub untestable: Option<String>,
}

/// One specification with its clauses, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specification {
    /// Its name in citations, e.g. `GPCS 2.3.1`.
    pub name: String,
    /// Other names that citations use, e.g. of later versions in which the clauses kept their numbers.
    pub also: Vec<String>,
    /// How identifiers of its cases begin, e.g. `GPCS`.
    pub prefix: String,
    /// Its title.
    pub title: String,
    /// Its clauses.
    pub clauses: Vec<Clause>,
}

impl Specification {
    /// Reads one file.
    ///
    /// # Errors
    /// See [`SpecError`].
    pub fn parse(file: &str, text: &str) -> Result<Self, SpecError> {
        let raw: RawFile = toml::from_str(text).map_err(|error| SpecError::Syntax {
            file: file.to_owned(),
            cause: error.to_string(),
        })?;
        let mut seen = BTreeSet::new();
        let mut clauses = Vec::with_capacity(raw.clause.len());
        for clause in raw.clause {
            let clause = clause.checked(file)?;
            if !seen.insert(clause.id.clone()) {
                return Err(SpecError::Twice { file: file.to_owned(), id: clause.id });
            }
            clauses.push(clause);
        }
        Ok(Self { name: raw.name, also: raw.also, prefix: raw.prefix, title: raw.title, clauses })
    }

    /// Whether citations may call the specification so.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.also.iter().any(|also| also == name)
    }

    /// The citation of a clause.
    #[must_use]
    pub fn cite(&self, clause: &Clause) -> String {
        format!("{} {}", self.name, clause.id)
    }
}

/// All specifications.
#[derive(Clone, Debug)]
pub struct Specifications(pub Vec<Specification>);

impl Specifications {
    /// The embedded ones.
    ///
    /// # Errors
    /// When an embedded file is malformed, which a test rules out.
    pub fn embedded() -> Result<Self, SpecError> {
        FILES
            .iter()
            .map(|(file, text)| Specification::parse(file, text))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The clause of a citation.
    #[must_use]
    pub fn find(&self, citation: &str) -> Option<(&Specification, &Clause)> {
        let (name, id) = split(citation)?;
        let specification = self.0.iter().find(|specification| specification.is_called(name))?;
        let clause = specification.clauses.iter().find(|clause| clause.id == id)?;
        Some((specification, clause))
    }
}

/// Name of the specification and clause of a citation.
#[must_use]
pub fn split(citation: &str) -> Option<(&str, &str)> {
    let at = citation.find('§')?;
    let (name, clause) = citation.split_at_checked(at)?;
    name.strip_suffix(' ').map(|name| (name, clause))
}

/// Whether `clause` is `of` or lies below it: `§11.5.2` lies below `§11.5`, `§11.50` does not.
#[must_use]
pub fn is_within(clause: &str, of: &str) -> bool {
    clause.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    name: String,
    #[serde(default)]
    also: Vec<String>,
    prefix: String,
    title: String,
    clause: Vec<RawClause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClause {
    id: String,
    title: String,
    summary: String,
    #[serde(deserialize_with = "level")]
    level: Level,
    testable: Option<bool>,
    untestable: Option<String>,
}

impl RawClause {
    fn checked(self, file: &str) -> Result<Clause, SpecError> {
        let (file, id) = (file.to_owned(), self.id);
        if !id.starts_with('§') || id.len() == '§'.len_utf8() {
            return Err(SpecError::NoSection { file, id });
        }
        if self.title.trim().is_empty() || self.summary.trim().is_empty() {
            return Err(SpecError::Empty { file, id });
        }
        let untestable = match (self.testable, self.untestable) {
            (Some(true), None) => None,
            (None, Some(why)) if !why.trim().is_empty() => Some(why),
            _ => return Err(SpecError::Testability { file, id }),
        };
        Ok(Clause { id, title: self.title, summary: self.summary, level: self.level, untestable })
    }
}

fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Level, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "must" => Ok(Level::Must),
        "should" => Ok(Level::Should),
        "may" => Ok(Level::May),
        _ => Err(serde::de::Error::unknown_variant(&text, &["must", "should", "may"])),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::{FILES, SpecError, Specification, Specifications, is_within, split};
    use crate::catalogue;

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let embedded: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(embedded, there);
    }

    #[test]
    fn names_belong_to_one_specification_each() {
        let all = Specifications::embedded().unwrap();
        let names: Vec<&String> = all
            .0
            .iter()
            .flat_map(|specification| specification.also.iter().chain([&specification.name]))
            .collect();
        assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn the_clause_of_every_case_is_tracked() {
        let all = Specifications::embedded().unwrap();
        let missing: Vec<_> = catalogue::all()
            .filter(|case| all.find(case.clause).is_none())
            .map(|case| (case.id, case.clause))
            .collect();
        assert!(missing.is_empty(), "add these clauses to conformance/specs: {missing:#?}");
    }

    #[test]
    fn no_case_is_about_a_clause_that_cannot_be_tested() {
        let all = Specifications::embedded().unwrap();
        for case in catalogue::all() {
            let (_, clause) = all.find(case.clause).unwrap();
            assert_eq!(clause.untestable, None, "{}", case.id);
        }
    }

    fn file(clause: &str) -> Result<Specification, SpecError> {
        let head = "name = \"A 1\"\nprefix = \"A\"\ntitle = \"A\"\n";
        Specification::parse("a", &format!("{head}{clause}"))
    }

    #[test]
    fn a_malformed_file_is_told_with_its_clause() {
        let good = "[[clause]]\nid = \"§1\"\ntitle = \"t\"\nsummary = \"s\"\nlevel = \"must\"\n";
        assert_eq!(file(&format!("{good}testable = true")).unwrap().clauses.len(), 1);
        let id = || "§1".to_owned();
        for wrong in
            ["", "testable = false", "untestable = \" \"", "testable = true\nuntestable = \"x\""]
        {
            assert_eq!(
                file(&format!("{good}{wrong}")),
                Err(SpecError::Testability { file: "a".to_owned(), id: id() })
            );
        }
        let twice = format!("{good}testable = true\n{good}testable = true");
        assert_eq!(file(&twice), Err(SpecError::Twice { file: "a".to_owned(), id: id() }));
        for (from, to) in [("level", "levl"), ("\"must\"", "\"always\"")] {
            let text = format!("{good}testable = true").replace(from, to);
            assert!(matches!(file(&text), Err(SpecError::Syntax { .. })), "{text}");
        }
        let unnamed = format!("{good}testable = true").replace('§', "");
        assert!(matches!(file(&unnamed), Err(SpecError::NoSection { .. })));
    }

    #[test]
    fn citations_are_split_and_compared() {
        assert_eq!(split("GPCS 2.3.1 §11.5"), Some(("GPCS 2.3.1", "§11.5")));
        assert_eq!(split("GPCS 2.3.1 table 3"), None);
        assert_eq!(split("§1"), None);
        assert!(is_within("§11.5.2", "§11.5") && is_within("§11.5", "§11.5"));
        assert!(!is_within("§11.50", "§11.5") && !is_within("§11", "§11.5"));
    }
}
