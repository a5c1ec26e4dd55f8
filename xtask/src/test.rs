//! `test`: every check there is, in the order in which they tell most for the least time.

use crate::{
    cargo, fuzz, house, packages,
    steps::{Done, Steps},
    tpsclient,
};

/// Runs all checks; those that can go on after another's failure do.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut steps = Steps::noisy();
    steps.must("Debian packages", || Ok(((), packages::install()?)))?;
    steps.try_to("format of the code", || checked(&["fmt", "--all", "--check"], &[]));
    steps.try_to("rules of the house", || house::check().map(Done::Well));
    // Everything the tests run is built once, in the one profile that all of this uses.
    steps.must("build", || {
        cargo::run(&["build", "--workspace", "--bins"], &[])?;
        cargo::run(&["test", "--workspace", "--no-run"], &[])?;
        Ok(((), String::new()))
    })?;
    steps.try_to("unit, property and end-to-end tests", || {
        checked(&["test", "--workspace", "--no-fail-fast"], &[])
    });
    steps.try_to("tpsclient against our server", || tpsclient::check("debug"));
    steps.try_to("clippy", || {
        checked(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])
    });
    steps.try_to("documentation", || {
        checked(&["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")])
    });
    steps.try_to("licences and advisories of dependencies", dependencies);
    steps.try_to("fuzz targets", fuzz::smoke);
    steps.verdict()
}

fn checked(arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Done> {
    cargo::run(arguments, environment)?;
    Ok(Done::Well(String::new()))
}

fn dependencies() -> anyhow::Result<Done> {
    if !cargo::has("deny") {
        return Ok(Done::Skipped("cargo-deny is not installed".to_owned()));
    }
    checked(&["deny", "--workspace", "check"], &[])
}
