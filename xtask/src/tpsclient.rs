//! `tpsclient`: Dogtag's own client against our server.

use std::path::PathBuf;

use end_to_end::{StageError, binaries, tpsclient::FOLDER_VARIABLE, visitor};

use crate::{
    cargo, packages,
    steps::{Done, Steps},
};

/// Folder for the fetched packages, in the target folder.
const PACKAGES: &str = "tpsclient";

/// Builds the server and runs the check alone.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut steps = Steps::noisy();
    steps.must("Debian packages", || Ok(((), packages::install()?)))?;
    steps.must("build", || Ok((cargo::build_release(&["cardinal-server"])?, String::new())))?;
    steps.try_to("tpsclient against our server", || check("release"));
    steps.verdict()
}

/// Runs the check with the server of a profile.
pub(crate) fn check(profile: &str) -> anyhow::Result<Done> {
    binaries::use_folder(cargo::binaries(profile)?);
    let folder = match std::env::var_os(FOLDER_VARIABLE) {
        Some(folder) => PathBuf::from(folder),
        None => cargo::binaries(PACKAGES)?,
    };
    match visitor::check(&folder) {
        Ok(told) => Ok(Done::Well(told)),
        Err(StageError::Unavailable(reason)) => Ok(Done::Skipped(reason)),
        Err(error) => Err(error.into()),
    }
}
