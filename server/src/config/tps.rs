//! The applet file that TPS puts on cards.

use std::{fs::File, io::Read as _, path::Path, sync::Arc};

use tps::config::{
    AppletConfig,
    applet::{AppletFile, LOAD_FILE_LENGTH_MAX},
};

use super::paths::folder_of;
use crate::error::ServerError;

/// Reads the load file of the required version, where one is configured.
pub(super) fn load_applet(applet: &mut AppletConfig, config: &Path) -> Result<(), ServerError> {
    let (Some(directory), Some(version)) = (&applet.directory, &applet.required_version) else {
        return Ok(());
    };
    let path = folder_of(config).join(directory).join(format!("{version}.ijc"));
    let problem = |error: String| {
        ServerError::Config(format!("tps.applet.required_version: {}: {error}", path.display()))
    };
    let file = File::open(&path).map_err(|error| problem(error.to_string()))?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(LOAD_FILE_LENGTH_MAX).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| problem(error.to_string()))?;
    applet.file = Some(Arc::new(AppletFile { version: version.clone(), bytes }));
    Ok(())
}
