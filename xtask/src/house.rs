//! The rules of the house that no lint knows: how files begin, how long they are, how a specification is cited.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::cargo;

/// Longest source file, in lines.
const FILE_LINES_MAX: usize = 800;
/// Folders without sources of ours.
const NOT_OURS: [&str; 4] = ["target", ".git", "corpus", "artifacts"];
/// How citations of a clause begin; each needs a section sign or names a whole document.
const CITED: [&str; 10] =
    ["GPCS ", "AmdA ", "AmdC ", "AmdD ", "AmdF ", "ISO 7816-", "JCVM ", "JCRE ", "RFC ", "FIPS "];

/// Checks all sources.
///
/// # Errors
/// With everything that breaks a rule.
pub(crate) fn check() -> anyhow::Result<String> {
    let mut files = Vec::new();
    let root = cargo::workspace()?;
    collect(&root, &mut files)?;
    let mut problems = Vec::new();
    let mut citations = 0;
    for file in &files {
        let text =
            fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        citations += check_file(&name, &text, &mut problems);
    }
    if problems.is_empty() {
        return Ok(format!("{} files, {citations} citations of a clause", files.len()));
    }
    bail!("{} problems:\n  {}", problems.len(), problems.join("\n  "))
}

/// Checks one file and counts its citations.
fn check_file(name: &str, text: &str, problems: &mut Vec<String>) -> usize {
    let lines = text.lines().count();
    if !text.starts_with("//!") {
        problems.push(format!("{name}:1: does not open with `//!`"));
    }
    if lines > FILE_LINES_MAX {
        problems.push(format!("{name}: {lines} lines are more than {FILE_LINES_MAX}"));
    }
    if name.ends_with("/mod.rs") {
        problems.push(format!("{name}: is named mod.rs"));
    }
    let mut count = 0;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if !line.starts_with("//") {
            continue;
        }
        for citation in citations(line) {
            count += 1;
            if !is_well_formed(citation) {
                problems.push(format!("{name}:{}: [{citation}] names no clause (§)", number + 1));
            }
        }
    }
    count
}

/// What stands in brackets and begins like a citation.
fn citations(line: &str) -> impl Iterator<Item = &str> {
    line.split('[').skip(1).filter_map(|rest| rest.split_once(']')).filter_map(|(inside, after)| {
        let cites = CITED.iter().any(|document| inside.starts_with(document));
        (cites && !after.starts_with('(')).then_some(inside)
    })
}

/// `RFC 5649` alone names a whole document; a version of a specification needs a clause.
fn is_well_formed(citation: &str) -> bool {
    let whole_document = ["RFC ", "FIPS "].iter().any(|document| citation.starts_with(document));
    whole_document || citation.contains('§')
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        check_file("a/b.rs", text, &mut problems);
        problems
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        assert_eq!(problems("//! What it is.\n"), Vec::<String>::new());
        assert_eq!(problems("fn main() {}\n"), ["a/b.rs:1: does not open with `//!`"]);
    }

    #[test]
    fn a_citation_needs_a_clause() {
        assert!(
            problems("//! X [GPCS 2.3.1 §11.5.2], [ISO 7816-4 §5.1], [RFC 5649].\n").is_empty()
        );
        assert_eq!(problems("//! X [GPCS 2.3.1].\n").len(), 1);
        assert!(problems("//! X\nlet a = [\"GPCS 2.3.1\"];\n").is_empty());
    }

    #[test]
    fn a_file_that_is_too_long_is_found() {
        let long = format!("//! X\n{}", "//\n".repeat(FILE_LINES_MAX));
        assert_eq!(problems(&long).len(), 1);
    }
}
