//! Where the workspace's programs are.
//!
//! They are built before the tests (by the test command, or by hand), next to the executable that asks: in the same
//! profile's folder of the same target directory.

use std::{path::PathBuf, sync::OnceLock};

use crate::StageError;

/// Environment variable with the folder of the programs, when they are elsewhere.
pub const FOLDER_VARIABLE: &str = "CARDINAL_BIN_DIR";

/// The folder that [`use_folder`] was told.
static CHOSEN: OnceLock<PathBuf> = OnceLock::new();

/// Lets this process take the programs from a folder, e.g. of another profile. Only the first call counts.
pub fn use_folder(folder: PathBuf) {
    // A second call means a second opinion within one program: the first is kept.
    let _ = CHOSEN.set(folder);
}

/// The path of one of the workspace's programs.
///
/// # Errors
/// [`StageError::MissingProgram`] when it has not been built.
pub fn binary(name: &str) -> Result<PathBuf, StageError> {
    let given = CHOSEN.get().cloned();
    let given = given.or_else(|| std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from));
    let own = std::env::current_exe().map_err(StageError::io("path of this program"))?;
    // Programs are in target/<profile>/, tests and benches one folder deeper.
    let neighbours = own.ancestors().skip(1).take(2).map(PathBuf::from);
    given
        .into_iter()
        .chain(neighbours)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| StageError::MissingProgram(format!("{name} (cargo build --workspace)")))
}
