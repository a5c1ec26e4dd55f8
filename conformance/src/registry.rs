//! The registry of identifiers: every identifier that a case ever had, with its catalogue number, embedded from `registry.toml`.
//!
//! An identifier is never used again for something else. A renamed case keeps its old identifiers in `was`, so that reports and
//! expectations from before still find it; a case that is gone stays as `retired` with the reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Deserialize;

use crate::{case::Case, specs::Specifications};

/// The embedded file.
const FILE: &str = include_str!("../registry.toml");
/// First line of the file.
const HEAD: &str = "# Every identifier that a case has or had; `cargo xtask conformance-registry` adds new cases.\n";
/// Digits of the serial at the end of an identifier.
const SERIAL_DIGITS: usize = 3;

/// What is known of one identifier.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The catalogue number, e.g. `GD-01`.
    pub number: String,
    /// Identifiers that the case had before.
    #[serde(default)]
    pub was: Vec<String>,
    /// Why the case is gone, if so.
    pub retired: Option<String>,
}

/// All identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry(BTreeMap<String, Entry>);

impl Registry {
    /// The embedded registry.
    ///
    /// # Errors
    /// When the file is malformed, which a test rules out.
    pub fn embedded() -> Result<Self, toml::de::Error> {
        Self::parse(FILE)
    }

    /// Reads a registry.
    ///
    /// # Errors
    /// When the text is no TOML of the right shape.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text).map(Self)
    }

    /// The identifier that a case has today, from one that it has or had.
    #[must_use]
    pub fn resolve<'a>(&'a self, id: &'a str) -> &'a str {
        let renamed = self.0.iter().find(|(_, entry)| entry.was.iter().any(|was| was == id));
        renamed.map_or(id, |(today, _)| today.as_str())
    }

    /// Whether a case that is not retired has this identifier today.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(|entry| entry.retired.is_none())
    }

    /// With the cases that it does not know yet.
    #[must_use]
    pub fn with(mut self, cases: impl IntoIterator<Item = &'static Case>) -> Self {
        for case in cases {
            self.0.entry(case.id.to_owned()).or_insert_with(|| Entry {
                number: case.number.to_owned(),
                was: Vec::new(),
                retired: None,
            });
        }
        self
    }

    /// The file: an identifier a line, so that two additions merge.
    #[must_use]
    pub fn render(&self) -> String {
        let line = |(id, entry): (&String, &Entry)| {
            let mut line = format!("{id:?} = {{ number = {:?}", entry.number);
            if !entry.was.is_empty() {
                let _ = write!(line, ", was = {:?}", entry.was);
            }
            if let Some(reason) = &entry.retired {
                let _ = write!(line, ", retired = {reason:?}");
            }
            line + " }\n"
        };
        self.0.iter().fold(HEAD.to_owned(), |text, entry| text + &line(entry))
    }

    /// Everything in which registry and catalogue disagree, or an identifier has not its shape.
    #[must_use]
    pub fn problems(
        &self,
        cases: &[&'static Case],
        specifications: &Specifications,
    ) -> Vec<String> {
        let mut problems: Vec<String> =
            cases.iter().flat_map(|case| self.problems_of(case, specifications)).collect();
        let living: BTreeSet<&str> = cases.iter().map(|case| case.id).collect();
        let mut former = BTreeSet::new();
        for (id, entry) in &self.0 {
            if entry.retired.is_none() && !living.contains(id.as_str()) {
                problems.push(format!(
                    "{id} has no case: name it in `was` of the new identifier, or give `retired` a reason"
                ));
            }
            if entry.retired.as_deref().is_some_and(|reason| reason.trim().is_empty()) {
                problems.push(format!("{id} is retired without a reason"));
            }
            for was in &entry.was {
                if self.0.contains_key(was) || !former.insert(was) {
                    problems.push(format!("{was} was another case's identifier"));
                }
            }
        }
        problems
    }

    fn problems_of(&self, case: &Case, specifications: &Specifications) -> Vec<String> {
        let id = case.id;
        let mut problems = Vec::new();
        match self.0.get(id) {
            None => problems
                .push(format!("{id} is not registered: run `cargo xtask conformance-registry`")),
            Some(entry) if entry.retired.is_some() => {
                problems.push(format!("{id} is retired and cannot be used again"));
            }
            Some(entry) if entry.number != case.number => {
                problems
                    .push(format!("{id} is registered as {}, not {}", entry.number, case.number));
            }
            Some(_) => {}
        }
        if let Some((specification, _)) = specifications.find(case.clause)
            && !has_shape(id, &specification.prefix)
        {
            problems
                .push(format!("{id} is not of the shape {}-clause-slug-001", specification.prefix));
        }
        problems
    }
}

/// Whether an identifier is the specification's prefix, then words of letters, digits and dots, then a serial, all joined by `-`.
fn has_shape(id: &str, prefix: &str) -> bool {
    let Some((head, rest)) = id.split_at_checked(prefix.len()) else { return false };
    let (true, Some(rest)) = (head.eq_ignore_ascii_case(prefix), rest.strip_prefix('-')) else {
        return false;
    };
    let Some((words, serial)) = rest.rsplit_once('-') else { return false };
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    };
    serial.len() == SERIAL_DIGITS
        && serial.bytes().all(|byte| byte.is_ascii_digit())
        && words.split('-').all(word)
}

#[cfg(test)]
mod tests {
    use super::{Registry, has_shape};
    use crate::{case::Case, catalogue, specs::Specifications};

    fn problems(registry: &Registry) -> Vec<String> {
        let cases: Vec<&'static Case> = catalogue::all().collect();
        registry.problems(&cases, &Specifications::embedded().unwrap())
    }

    #[test]
    fn catalogue_and_registry_agree() {
        let problems = problems(&Registry::embedded().unwrap());
        assert!(problems.is_empty(), "{problems:#?}");
    }

    #[test]
    fn numbers_are_given_once() {
        let mut numbers: Vec<&str> = catalogue::all().map(|case| case.number).collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }

    #[test]
    fn a_registry_reads_as_it_is_written() {
        let text = "\"A-1-b-001\" = { number = \"A-1\", was = [\"A-b-001\"], retired = \"a \\\"reason\\\"\" }\n";
        let registry = Registry::parse(text).unwrap();
        assert_eq!(Registry::parse(&registry.render()).unwrap(), registry);
        assert!(registry.render().ends_with(text));
        assert!(Registry::parse("\"A\" = { number = \"A-1\", why = \"\" }").is_err());
    }

    #[test]
    fn a_redirect_leads_to_the_identifier_of_today() {
        let registry = Registry::embedded().unwrap();
        assert_eq!(registry.resolve("ISO7816-5-aid-001"), "ISO7816-5-7-aid-001");
        assert_eq!(registry.resolve("ISO7816-5-7-aid-001"), "ISO7816-5-7-aid-001");
    }

    #[test]
    fn an_identifier_is_never_used_for_something_else() {
        let case = catalogue::all().next().unwrap();
        let registered = format!("{:?} = {{ number = {:?} }}", case.id, case.number);
        let all = Registry::embedded().unwrap().with(catalogue::all());
        let others = all.render().replace(&registered, "");
        let with = |added: &str| Registry::parse(&format!("{others}\n{added}")).unwrap();
        let line = |rest: &str| format!("{:?} = {{ number = {:?}{rest} }}", case.id, case.number);
        assert_eq!(problems(&with("")).len(), 1, "not registered");
        assert_eq!(problems(&with(&line(""))).len(), 0);
        assert_eq!(problems(&with(&line(", retired = \"gone\""))).len(), 1);
        assert_eq!(problems(&with(&line(", was = [\"GPCS-H.2-recognition-001\"]"))).len(), 1);
        let renumbered = format!("{:?} = {{ number = \"ZZ-1\" }}", case.id);
        assert_eq!(problems(&with(&renumbered)).len(), 1);
        let vanished = format!("{}\n\"GPCS-1-gone-001\" = {{ number = \"ZZ-2\" }}", line(""));
        assert_eq!(problems(&with(&vanished)).len(), 1);
    }

    #[test]
    fn identifiers_have_their_shape() {
        for good in ["GPCS-11.5.2-putkey-004", "GPCS-E.4.4-mac-chain-001"] {
            assert!(has_shape(good, "GPCS"), "{good}");
        }
        for bad in
            ["GPCS-004", "GPCS-11-putkey-4", "GPCS-11-put_key-004", "GPCS-11--004", "X-1-a-001"]
        {
            assert!(!has_shape(bad, "GPCS"), "{bad}");
        }
    }
}
