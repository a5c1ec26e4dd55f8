//! `fuzz-smoke`: the fuzz targets build and find nothing in some seconds.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context as _, ensure};
use end_to_end::Program;

use crate::{
    cargo, packages,
    steps::{Done, Steps},
};

/// Time that all targets together run.
const SMOKE_TIME: Duration = Duration::from_secs(20);
/// Time one target has to end by itself after that.
const END_TIME_MAX: Duration = Duration::from_mins(1);
/// Time for one input, in seconds: longer is a hang.
const INPUT_SECONDS_MAX: u32 = 10;
/// Memory of a fuzzer, in MiB.
const MEMORY_MEBIBYTES_MAX: u32 = 2048;
/// What makes a build tell the fuzzer where it goes: what `cargo fuzz` sets, less the sanitizer, which stable lacks.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Runs the smoke test alone.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut steps = Steps::noisy();
    steps.must("Debian packages", || Ok(((), packages::install()?)))?;
    steps.try_to("fuzz targets", smoke);
    steps.verdict()
}

/// Builds all targets and runs each for some seconds.
pub(crate) fn smoke() -> anyhow::Result<Done> {
    let folder = cargo::workspace()?.join("fuzz");
    let targets = targets(&folder)?;
    let host = host()?;
    // A folder of its own: instrumented builds share nothing with the others.
    cargo::run_in(
        &folder,
        &["build", "--release", "--target", &host, "--target-dir", "target"],
        &[("RUSTC_BOOTSTRAP", "1"), ("RUSTFLAGS", FLAGS)],
    )?;
    let programs = folder.join("target").join(host).join("release");
    let each = SMOKE_TIME.as_secs() / u64::try_from(targets.len())?;
    let mut told = Vec::new();
    for target in &targets {
        let executions = attack(&folder, &programs, target, each.max(1))?;
        told.push(format!("{target} {executions}"));
    }
    Ok(Done::Well(format!("executions: {}", told.join(", "))))
}

/// Runs one target from its seeds, and returns how often it ran.
fn attack(folder: &Path, programs: &Path, target: &str, seconds: u64) -> anyhow::Result<String> {
    let artifacts = folder.join("artifacts").join(target);
    fs::create_dir_all(&artifacts).context("folder for inputs that fail")?;
    // The fuzzer keeps what it finds in the first folder; the seeds are only read.
    let corpus = folder.join("corpus").join(target);
    fs::create_dir_all(&corpus).context("folder for new inputs")?;
    let outcome = Program::new(programs.join(target))
        .current_dir(folder)
        .within(Duration::from_secs(seconds) + END_TIME_MAX)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MEBIBYTES_MAX}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(&corpus)
        .arg(format!("seeds/{target}"))
        .run()?;
    let text = outcome.text();
    ensure!(outcome.status.success(), "target {target} failed:\n{text}");
    let line = text.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or("Done ?");
    Ok(line.split_whitespace().nth(1).unwrap_or("?").to_owned())
}

/// The targets: the files that define them.
fn targets(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(folder.join("fuzz_targets")).context("fuzz/fuzz_targets")?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.path().file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    ensure!(!names.is_empty(), "there are no fuzz targets");
    Ok(names)
}

fn host() -> anyhow::Result<String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc).arg("-vV").output().context("asking rustc for its host")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}
