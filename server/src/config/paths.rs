//! Files of a server, made absolute.

use std::path::{Path, PathBuf};

use super::Config;

/// Where the files of a server are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The database.
    pub database: PathBuf,
    /// The key that seals all others.
    pub key_file: PathBuf,
    /// The authority's certificates, for clients.
    pub ca_chain: PathBuf,
}

impl Paths {
    /// The files that `config`, read from the file `path`, names.
    #[must_use]
    pub fn new(config: &Config, path: &Path) -> Self {
        let folder = folder_of(path);
        let storage = &config.storage;
        Self {
            database: folder.join(&storage.database),
            key_file: folder.join(&storage.key_file),
            ca_chain: folder.join(&storage.ca_chain),
        }
    }
}

/// The folder of a file.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
