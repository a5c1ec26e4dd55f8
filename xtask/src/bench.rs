//! `bench`: the benches, in the profile they are meant for.

use crate::{cargo, packages};

/// Builds what the benches talk to, and runs them.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    packages::install()?;
    cargo::build_release(&["cardinal-emulator", "cardinal-server", "cardinal-client"])?;
    let mut line = vec!["bench", "--package", "cardinal-benches"];
    if !arguments.is_empty() {
        line.push("--");
        line.extend(arguments.iter().map(String::as_str));
    }
    cargo::run(&line, &[])
}
