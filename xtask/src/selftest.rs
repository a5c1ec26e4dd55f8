//! `conformance-selftest`: the suite judged by mutants of the virtual card.

use crate::cargo;

/// Builds the suite with faults in its card, and runs it; the table of mutants goes to standard output.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let fixed = ["run", "--quiet", "--package", "cardinal-conformance", "--features", "mutants"];
    let mut all = fixed.to_vec();
    all.extend(["--", "selftest"]);
    all.extend(arguments.iter().map(String::as_str));
    cargo::run(&all, &[])
}
