//! `demo`: a token's life, with the real programs.

use crate::{cargo, packages, steps::Steps};

/// Runs the demo; `keep` leaves everything running.
pub(crate) fn run(_keep: bool) -> anyhow::Result<()> {
    let mut steps = Steps::quiet();
    steps.must("Debian packages", || Ok(((), packages::install()?)))?;
    cargo::build_release(&["cardinal-emulator", "cardinal-server", "cardinal-client"])?;
    println!("{:.1} s in all", steps.elapsed().as_secs_f64());
    Ok(())
}
