//! `fuzz-smoke`: the fuzz targets build and find nothing in some seconds.

use crate::{
    packages,
    steps::{Done, Steps},
};

/// Runs the smoke test alone.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut steps = Steps::noisy();
    steps.must("Debian packages", || Ok(((), packages::install()?)))?;
    steps.try_to("fuzz targets", smoke);
    steps.verdict()
}

/// Builds all targets and runs each for some seconds.
pub(crate) fn smoke() -> anyhow::Result<Done> {
    Ok(Done::Skipped("not there yet".to_owned()))
}
