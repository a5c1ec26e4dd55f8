//! `registry`: the identifiers that cases have or had, and the clauses without a case.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use cardinal_conformance::{
    catalogue,
    registry::Registry,
    specs::{Specifications, coverage},
};
use clap::Args;

#[derive(Args)]
pub(super) struct RegistryArgs {
    /// Rewrite registry.toml and open-clauses.txt in this folder instead
    #[arg(long, value_name = "FOLDER")]
    update: Option<PathBuf>,
}

pub(super) fn run(args: &RegistryArgs) -> anyhow::Result<ExitCode> {
    let registry = Registry::embedded()?.with(catalogue::all()).render();
    let Some(folder) = &args.update else {
        write!(io::stdout(), "{registry}")?;
        return Ok(ExitCode::SUCCESS);
    };
    let coverage = coverage::coverage(&Specifications::embedded()?, catalogue::all());
    for (name, text) in
        [("registry.toml", registry), ("open-clauses.txt", coverage::render_open(&coverage))]
    {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
