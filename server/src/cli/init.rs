//! `init`: a folder with everything that a server needs.

use std::{fs, io, path::Path};

use super::output;
use crate::{
    config::{Config, FILE_NAME, Paths, default_text},
    error::ServerError,
    subsystems::{Foundation, LocalAuthority},
};

pub(super) async fn init(dir: &Path) -> Result<(), ServerError> {
    let path = dir.join(FILE_NAME);
    if path.exists() {
        return Err(ServerError::Exists(path.display().to_string()));
    }
    fs::create_dir_all(dir).map_err(|source| ServerError::File { path: dir.to_owned(), source })?;
    write(&path, default_text().as_bytes())?;
    let config = Config::read(&path)?;
    let paths = Paths::new(&config, &path);
    let foundation = Foundation::open(&config, &paths).await?;
    publish_chain(&foundation.authority(&config).await?, &paths.ca_chain)?;
    foundation.database.close().await;
    for made in [&path, &paths.key_file, &paths.database, &paths.ca_chain] {
        output::line(&made.display().to_string())?;
    }
    output::line(&format!("next: cardinal-server run --config {}", path.display()))
}

/// Writes the authority's certificates for clients, unless the file has them.
pub(super) fn publish_chain(authority: &LocalAuthority, path: &Path) -> Result<(), ServerError> {
    let chain = authority.chain_pem()?;
    match fs::read(path) {
        Ok(there) if there == chain.as_bytes() => Ok(()),
        _ => write(path, chain.as_bytes()),
    }
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), ServerError> {
    let fault = |source: io::Error| ServerError::File { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .permissions(readable_by_all())
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(fault)?;
    io::Write::write_all(&mut file, bytes).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    file.persist(path).map(drop).map_err(|error| fault(error.error))
}

fn readable_by_all() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}
