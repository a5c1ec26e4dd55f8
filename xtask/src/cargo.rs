//! Cargo, called from within cargo.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};

/// The cargo that runs us.
fn program() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Root folder of the workspace.
pub(crate) fn workspace() -> anyhow::Result<PathBuf> {
    let own = env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask …`")?;
    let root = Path::new(&own).parent().context("the workspace has no folder")?;
    Ok(root.to_owned())
}

/// Folder of a profile's programs, e.g. `release`.
pub(crate) fn binaries(profile: &str) -> anyhow::Result<PathBuf> {
    let own = env::current_exe().context("path of this program")?;
    let target =
        own.parent().and_then(Path::parent).context("this program is not in a target folder")?;
    Ok(target.join(profile))
}

/// Runs cargo in the workspace; its output is shown.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<()> {
    run_in(&workspace()?, arguments, environment)
}

/// Runs cargo in a folder; its output is shown.
pub(crate) fn run_in(
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> anyhow::Result<()> {
    let status = command(folder, arguments, environment)
        .status()
        .with_context(|| format!("running cargo {}", arguments.join(" ")))?;
    ensure!(status.success(), "`cargo {}` ended with {status}", arguments.join(" "));
    Ok(())
}

/// Whether a subcommand of cargo is installed.
pub(crate) fn has(subcommand: &str) -> bool {
    let Ok(folder) = workspace() else { return false };
    command(&folder, &[subcommand, "--version"], &[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Builds programs and returns their folder.
pub(crate) fn build_release(packages: &[&str]) -> anyhow::Result<PathBuf> {
    let mut arguments = vec!["build", "--release"];
    for package in packages {
        arguments.extend(["--package", package]);
    }
    run(&arguments, &[])?;
    let folder = binaries("release")?;
    if !folder.is_dir() {
        bail!("there is no {} after the build", folder.display());
    }
    Ok(folder)
}

fn command(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program());
    command.current_dir(folder).args(arguments).envs(environment.iter().copied());
    command.stdin(Stdio::null());
    // They describe this program's package, and would make cargo rebuild what looks at them.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}
