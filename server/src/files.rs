//! Files that are read and written once.

use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use anyhow::{Context as _, ensure};
use tps::config::applet::{AppletFile, LOAD_FILE_LENGTH_MAX};

/// File name extensions of load files, in the order in which they are looked for.
const APPLET_EXTENSIONS: [&str; 2] = ["ijc", "cap"];

/// Reads the load file of a version.
///
/// # Errors
/// It is not there, or too large.
pub fn applet(directory: &Path, version: &str) -> anyhow::Result<AppletFile> {
    ensure!(
        !version.contains(['/', '\\']) && !version.starts_with('.') && !version.is_empty(),
        "tps.applet.required_version: {version:?} is no version"
    );
    let path = APPLET_EXTENSIONS
        .iter()
        .map(|extension| directory.join(format!("{version}.{extension}")))
        .find(|path| path.is_file())
        .with_context(|| format!("no applet {version} in {}", directory.display()))?;
    let bytes =
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(bytes.len() <= LOAD_FILE_LENGTH_MAX, "{} is too large for a card", path.display());
    Ok(AppletFile { version: version.to_owned(), bytes })
}

/// Makes a directory that only its owner may look into, with those above it.
///
/// # Errors
/// The file system is at fault.
pub fn make_private_directory(path: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make {}", path.display()))
}

/// Writes a file that is not there yet.
///
/// # Errors
/// It is there, or the file system is at fault.
pub fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
